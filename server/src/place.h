/* Where a peer is, as far as its address tells: enough to say who is nearer. */
#ifndef PT_SERVER_PLACE_H
#define PT_SERVER_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#define PT_PLACE_FAR UINT32_MAX /* the distance when nothing is known */

struct sockaddr;

typedef struct pt_place {
  uint32_t network;          /* equal for addresses of one IPv4 /24 or IPv6 /48; 0: unknown */
  bool located;              /* the rest is known */
  float latitude, longitude; /* degrees, north and east */
} pt_place;

/* An address as it counts: an IPv4 one in IPv6's clothes (::ffff:a.b.c.d) is an
 * IPv4 one. `length` gets the number of bytes, 4 or 16; 0: of another family. */
const uint8_t *pt_place_address(const struct sockaddr *address, unsigned *length);

/* The network of an address, never 0 but for another family's. */
uint32_t pt_place_network(const struct sockaddr *address);

/* 0 in one network, else 1 + kilometres along the earth's surface, or
 * PT_PLACE_FAR where one of them is not located. */
uint32_t pt_place_distance(const pt_place *a, const pt_place *b);

#endif
