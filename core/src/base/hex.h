/* Lowercase hexadecimal. */
#ifndef PT_BASE_HEX_H
#define PT_BASE_HEX_H

#include "peertide/peertide.h"

/* Writes 2 * len digits and a NUL: out has 2 * len + 1 bytes. */
void pt_hex_encode(const uint8_t *bytes, size_t len, char *out);
/* Reads exactly 2 * len digits (either case) from text of text_len bytes. */
bool pt_hex_decode(const char *text, size_t text_len, uint8_t *out, size_t len);

#endif
