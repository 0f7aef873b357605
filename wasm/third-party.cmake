# Third-party code of the wasm build, put into build/deps/ by tests/setup/sources
# (nothing of it is committed):
#   pt_third_party   the header of xxHash
#   pt_cjson         cJSON, for the simulator
#   pt_cmocka        cmocka, for the unit tests
set(PT_DEPS ${CMAKE_SOURCE_DIR}/build/deps CACHE PATH "Where tests/setup/sources put its files")
if(NOT EXISTS ${PT_DEPS}/versions)
  message(FATAL_ERROR "${PT_DEPS} is not there yet: run tests/setup/sources first")
endif()

add_library(pt_third_party INTERFACE)
target_include_directories(pt_third_party SYSTEM INTERFACE ${PT_DEPS}/include)

add_library(pt_cjson STATIC EXCLUDE_FROM_ALL ${PT_DEPS}/cjson/cJSON.c)
target_compile_options(pt_cjson PRIVATE -w)
target_include_directories(pt_cjson SYSTEM PUBLIC ${PT_DEPS}/include)

add_library(pt_cmocka STATIC EXCLUDE_FROM_ALL ${PT_DEPS}/cmocka/cmocka.c)
target_compile_options(pt_cmocka PRIVATE -w)
target_include_directories(pt_cmocka SYSTEM PUBLIC ${PT_DEPS}/cmocka
                           PRIVATE ${CMAKE_CURRENT_LIST_DIR}/cmocka)
# (cmocka.h would define uintptr_t itself, with another type than the libc.)
target_compile_definitions(pt_cmocka PRIVATE HAVE_CONFIG_H _GNU_SOURCE PUBLIC _UINTPTR_T_DEFINED)
