/* Proxies in front of the server that are trusted to say who connects
 * (X-Forwarded-For). */
#ifndef PT_SERVER_PROXY_H
#define PT_SERVER_PROXY_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PT_PROXIES_MAX 32u

/* An address, IPv4 or IPv6. */
typedef union pt_address {
  struct sockaddr any;
  struct sockaddr_in four;
  struct sockaddr_in6 six;
} pt_address;

/* A range of addresses: those whose first `bits` bits are the same. */
typedef struct pt_cidr {
  pt_address address;
  unsigned bits;
} pt_cidr;

/* Reads "10.0.0.0/8", "fd00::/8" or one address. */
bool pt_cidr_parse(const char *text, pt_cidr *out);
bool pt_cidr_has(const pt_cidr *range, const struct sockaddr *address);

/* Who connects by the word of trusted proxies. `header` lists addresses, each
 * proxy having added whom it heard from: the last one that is no trusted proxy
 * counts, since what stands before it anybody may have written. Only for a
 * connection from a trusted proxy. What can't be read, or is all proxies,
 * leaves the address as it is. */
void pt_proxy_client(const pt_cidr *trusted, size_t count, const char *header, pt_address *address);
bool pt_proxy_trusted(const pt_cidr *trusted, size_t count, const struct sockaddr *address);

#endif
