/* Writing JSON by hand: the parts that need care. */
#ifndef PT_FORMAT_JSON_WRITE_H
#define PT_FORMAT_JSON_WRITE_H

#include "base/cursor.h"

/* The most bytes that one byte of text can become. */
#define PT_JSON_ESCAPE_LEN_MAX 6u

/* Appends text as a JSON string with its quotes. Quotes, backslashes and
 * control characters are escaped; bytes that are not UTF-8 become U+FFFD, so
 * that what is written is always readable. */
void pt_json_write_string(pt_writer *w, const void *text, size_t len);
/* Appends bytes as a JSON string of lowercase hex digits. */
void pt_json_write_hex(pt_writer *w, const uint8_t *bytes, size_t len);

#endif
