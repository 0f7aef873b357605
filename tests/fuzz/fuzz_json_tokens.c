/* Small JSON documents. What we accept another reader (cJSON) must accept too,
 * and walking through it must find every token. */
#include "format/json_tokens.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

#define TOKENS 512u /* also keeps the nesting below cJSON's limit */

static void require(bool holds) {
  if (!holds) abort();
}

static size_t walk(const pt_json *json, size_t value, pt_writer *arena) {
  enum pt_json_type type = pt_json_type_of(json, value);
  pt_bytes text;
  uint64_t number = 0;
  size_t tokens = 1, children = 0;
  arena->len = 0;
  require(pt_json_text(json, value, arena, &text) ==
          (type == PT_JSON_STRING ? PT_OK : PT_ERR_RANGE));
  if (pt_json_uint(json, value, PT_JSON_INTEGER_MAX, &number) == PT_OK)
    require(type == PT_JSON_NUMBER && number <= PT_JSON_INTEGER_MAX);
  if (type != PT_JSON_ARRAY && type != PT_JSON_OBJECT) return tokens;
  for (size_t child = pt_json_first(json, value); child != 0;
       child = pt_json_next(json, value, child)) {
    tokens += walk(json, child, arena);
    if (type == PT_JSON_OBJECT) tokens += walk(json, child + 1, arena);
    children++;
  }
  require(children == pt_json_count(json, value));
  pt_json_get(json, value, "a");
  return tokens;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static pt_json_token tokens[TOKENS];
  pt_json json;
  if (pt_json_parse((pt_bytes){data, size}, tokens, TOKENS, &json) != PT_OK) return 0;
  uint8_t *room = malloc(size);
  if (room == NULL) return 0;
  pt_writer arena = pt_writer_of(room, size);
  require(walk(&json, 0, &arena) == json.count);
  free(room);
  cJSON *other = cJSON_ParseWithLength((const char *)data, size);
  require(other != NULL);
  cJSON_Delete(other);
  return 0;
}
