#include "place.h"

#include "base/hash.h"

#include <math.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#define EARTH_DIAMETER_KM 12742.0
#define PI 3.14159265358979323846

const uint8_t *pt_place_address(const struct sockaddr *address, unsigned *length) {
  *length = 0;
  if (address->sa_family == AF_INET) {
    const struct sockaddr_in *four = (const void *)address;
    *length = 4;
    return (const uint8_t *)&four->sin_addr;
  }
  if (address->sa_family != AF_INET6) return NULL;
  const struct sockaddr_in6 *six = (const void *)address;
  const uint8_t *bytes = (const uint8_t *)&six->sin6_addr;
  bool mapped = IN6_IS_ADDR_V4MAPPED(&six->sin6_addr);
  *length = mapped ? 4 : 16;
  return mapped ? bytes + 12 : bytes;
}

uint32_t pt_place_network(const struct sockaddr *address) {
  unsigned length;
  const uint8_t *bytes = pt_place_address(address, &length);
  if (bytes == NULL) return 0;
  return (uint32_t)pt_hash64(bytes, length == 4 ? 3 : 6, length) | 1u;
}

static double haversine(double radians) {
  double half = sin(radians / 2);
  return half * half;
}

uint32_t pt_place_distance(const pt_place *a, const pt_place *b) {
  if (a->network && a->network == b->network) return 0;
  if (!a->located || !b->located) return PT_PLACE_FAR;
  double north_a = a->latitude * PI / 180, north_b = b->latitude * PI / 180;
  double east = (b->longitude - a->longitude) * PI / 180;
  double h = haversine(north_b - north_a) + cos(north_a) * cos(north_b) * haversine(east);
  return 1 + (uint32_t)(EARTH_DIAMETER_KM * asin(sqrt(h < 1 ? h : 1)));
}
