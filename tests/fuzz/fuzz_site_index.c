/* The site index. What is read must be written so that it reads the same. */
#include "format/site_index.h"

#include <stdlib.h>
#include <string.h>

static void require(bool holds) {
  if (!holds) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  pt_site_index index, back;
  char why[64] = "";
  int error = pt_site_index_parse((pt_bytes){data, size}, &index, why, sizeof why);
  require(strlen(why) < sizeof why);
  require((error == PT_OK) == (why[0] == '\0'));
  if (error != PT_OK) return 0;
  char *first = pt_site_index_write(&index);
  require(first != NULL);
  require(pt_site_index_parse((pt_bytes){(const uint8_t *)first, strlen(first)}, &back, NULL, 0) ==
          PT_OK);
  char *second = pt_site_index_write(&back);
  require(second != NULL && strcmp(first, second) == 0);
  free(first);
  free(second);
  pt_site_index_free(&index);
  pt_site_index_free(&back);
  return 0;
}
