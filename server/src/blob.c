#include "blob.h"

#include <stdlib.h>
#include <string.h>

pt_blob *pt_blob_new(const void *data, size_t len, const char *type) {
  pt_blob *blob = malloc(sizeof *blob + len);
  if (blob == NULL) return NULL;
  blob->refs = 1;
  blob->len = len;
  blob->type = type;
  memcpy(blob->data, data, len);
  pt_etag_of_bytes(data, len, blob->etag);
  return blob;
}

pt_blob *pt_blob_ref(pt_blob *blob) {
  blob->refs++;
  return blob;
}

void pt_blob_unref(pt_blob *blob) {
  if (blob && --blob->refs == 0) free(blob);
}
