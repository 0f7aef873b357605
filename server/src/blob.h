/* A document in memory that responses share while they send it. */
#ifndef PT_SERVER_BLOB_H
#define PT_SERVER_BLOB_H

#include "etag.h"

#include <stddef.h>

typedef struct pt_blob {
  size_t refs;
  size_t len;
  const char *type; /* a static string */
  char etag[PT_ETAG_SIZE];
  unsigned char data[];
} pt_blob;

/* A copy of the bytes with one reference, or NULL when out of memory. */
pt_blob *pt_blob_new(const void *data, size_t len, const char *type);
pt_blob *pt_blob_ref(pt_blob *blob);
void pt_blob_unref(pt_blob *blob); /* NULL is fine */

#endif
