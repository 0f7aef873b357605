/* A certificate that is renewed is used without a restart. */
#ifndef PT_SERVER_TLS_RENEWAL_H
#define PT_SERVER_TLS_RENEWAL_H

#include "scan.h"

/* The files as they were when they were looked at last; both may be links. */
typedef struct pt_tls_renewal {
  pt_file_state cert, key;
} pt_tls_renewal;

/* Looks at both files: is one another than the last time? (The first time: yes,
 * if it is there.) A file that is gone for the moment counts as unchanged. */
bool pt_tls_renewed(pt_tls_renewal *renewal, const char *cert_file, const char *key_file);

#endif
