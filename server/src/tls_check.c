#include "tls_check.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>

bool pt_tls_check(const char *cert_file, const char *key_file, char *why, size_t why_cap) {
  const char *what = NULL;
  SSL_CTX *context = SSL_CTX_new(TLS_server_method());
  if (context == NULL) {
    snprintf(why, why_cap, "out of memory");
    return false;
  }
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context, cert_file) != 1)
    what = cert_file;
  else if (SSL_CTX_use_PrivateKey_file(context, key_file, SSL_FILETYPE_PEM) != 1)
    what = key_file;
  SSL_CTX_free(context);
  const char *reason = ERR_reason_error_string(ERR_peek_error());
  ERR_clear_error();
  if (what == NULL) return true;
  snprintf(why, why_cap, "%s is no usable %s: %s", what, what == cert_file ? "certificate" : "key",
           reason ? reason : "it can't be read");
  return false;
}
