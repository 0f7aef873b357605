/* UTF-8 (RFC 3629): no surrogates, no overlong forms, up to U+10FFFF. */
#ifndef PT_FORMAT_UTF8_H
#define PT_FORMAT_UTF8_H

#include "peertide/peertide.h"

#define PT_UTF8_LEN_MAX 4u /* bytes of one character */

/* The character at the front of text: its length in bytes and *character, or
 * 0 when there is none (empty, or not UTF-8). */
size_t pt_utf8_decode(const uint8_t *text, size_t len, uint32_t *character);
/* Writes a character (not a surrogate, at most U+10FFFF); returns its length. */
size_t pt_utf8_encode(uint32_t character, uint8_t out[PT_UTF8_LEN_MAX]);
/* How many characters at the front are plain: ASCII that stands for itself in a
 * JSON string (no control character, '"' or '\\'). May stop early, by 7 at most. */
size_t pt_utf8_plain_run(const uint8_t *text, size_t len);
bool pt_utf8_valid(const uint8_t *text, size_t len);

#endif
