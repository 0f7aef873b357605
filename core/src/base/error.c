#include "peertide/peertide.h"

const char *pt_error_text(int error) {
  switch (error) {
  case PT_OK:
    return "no error";
  case PT_ERR_ARG:
    return "an argument is out of its range";
  case PT_ERR_LIMIT:
    return "a limit is reached";
  case PT_ERR_STATE:
    return "not possible in this state";
  case PT_ERR_FULL:
    return "the buffer is too small";
  case PT_ERR_MORE:
    return "the input ends too early";
  case PT_ERR_SYNTAX:
    return "the input does not have the expected format";
  case PT_ERR_RANGE:
    return "a field has a value that is not allowed";
  case PT_ERR_HASH:
    return "a hash does not match";
  case PT_ERR_UNSUPPORTED:
    return "a kind that is not supported";
  case PT_ERR_UNKNOWN:
    return "the index has no such asset";
  case PT_ERR_UNREACHABLE:
    return "neither peers nor the origin could deliver";
  case PT_ERR_STALE:
    return "the origin's bytes do not match the index";
  case PT_ERR_CANCELLED:
    return "cancelled";
  case PT_ERR_NOMEM:
    return "out of memory";
  default:
    return "unknown error";
  }
}
