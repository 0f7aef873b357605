/* The bytes of pieces. This unit alone looks at them; everyone else moves them
 * by piece and place, so that a build without bytes (a simulation of thousands
 * of visitors) needs only another content.c.
 *
 * Places and lengths are bytes within the piece. */
#ifndef PT_SWARM_CONTENT_H
#define PT_SWARM_CONTENT_H

#include "format/merkle.h"

/* Room for a piece of that many bytes, or NULL. */
uint8_t *pt_content_new(uint32_t size);
void pt_content_del(uint8_t *content);

/* Bytes that have come, wherever in the piece. */
void pt_content_write(uint8_t *content, uint32_t at, pt_bytes bytes);
/* Copies bytes into a message. */
void pt_content_read(const uint8_t *content, uint32_t at, uint32_t length, uint8_t *out);
/* Bytes to be handed out, valid until the piece goes or the next call. */
pt_bytes pt_content_view(const uint8_t *content, uint32_t at, uint32_t length);

/* The hash the piece has; see pt_merkle_piece(). */
void pt_content_hash(const uint8_t *content, uint32_t size, uint32_t height, pt_hash *leaves,
                     pt_hash out);
/* The hash of one block / of each of its blocks. */
void pt_content_leaf(const uint8_t *content, uint32_t at, uint32_t length, pt_hash out);
void pt_content_leaves(const uint8_t *content, uint32_t size, pt_hash *leaves);

#endif
