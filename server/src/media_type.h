/* Media types by file name. */
#ifndef PT_SERVER_MEDIA_TYPE_H
#define PT_SERVER_MEDIA_TYPE_H

#include <stdbool.h>

/* The media type for a file's name or path, with its charset where text has
 * one; "application/octet-stream" when unknown. A static string. */
const char *pt_media_type(const char *name);

/* Is a file of that type compressed in itself, so that a compressed twin makes no
 * sense? */
bool pt_media_is_dense(const char *type);

#endif
