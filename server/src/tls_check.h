/* Whether a certificate and its key can be used, said in words. */
#ifndef PT_SERVER_TLS_CHECK_H
#define PT_SERVER_TLS_CHECK_H

#include <stdbool.h>
#include <stddef.h>

/* Loads both PEM files. False with one line in why. */
bool pt_tls_check(const char *cert_file, const char *key_file, char *why, size_t why_cap);

#endif
