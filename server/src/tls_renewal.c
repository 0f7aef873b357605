#include "tls_renewal.h"

#include <sys/stat.h>

static bool renew(pt_file_state *known, const char *file) {
  struct stat st;
  if (stat(file, &st) != 0) return false;
  pt_file_state now = pt_file_state_of(&st);
  if (pt_file_state_equal(known, &now)) return false;
  *known = now;
  return true;
}

bool pt_tls_renewed(pt_tls_renewal *renewal, const char *cert_file, const char *key_file) {
  bool cert = renew(&renewal->cert, cert_file), key = renew(&renewal->key, key_file);
  return cert || key;
}
