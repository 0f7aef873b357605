#include "geo.h"

#include <maxminddb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct pt_geo {
  MMDB_s database;
};

pt_geo *pt_geo_open(const char *file, char *why, size_t why_cap) {
  pt_geo *geo = calloc(1, sizeof *geo);
  int error = geo ? MMDB_open(file, MMDB_MODE_MMAP, &geo->database) : MMDB_OUT_OF_MEMORY_ERROR;
  if (error == MMDB_SUCCESS) return geo;
  snprintf(why, why_cap, "geoip-db: %s: %s", file, MMDB_strerror(error));
  free(geo);
  return NULL;
}

void pt_geo_close(pt_geo *geo) {
  if (geo == NULL) return;
  MMDB_close(&geo->database);
  free(geo);
}

/* A number of the entry's "location". */
static bool read_number(MMDB_entry_s *entry, const char *name, double limit, float *out) {
  MMDB_entry_data_s data;
  if (MMDB_get_value(entry, &data, "location", name, NULL) != MMDB_SUCCESS || !data.has_data)
    return false;
  double value = data.type == MMDB_DATA_TYPE_DOUBLE  ? data.double_value
                 : data.type == MMDB_DATA_TYPE_FLOAT ? (double)data.float_value
                                                     : limit + 1;
  if (!(value >= -limit && value <= limit)) return false;
  *out = (float)value;
  return true;
}

void pt_geo_find(const pt_geo *geo, const struct sockaddr *address, pt_place *out) {
  *out = (pt_place){.network = pt_place_network(address)};
  unsigned length;
  const uint8_t *bytes = pt_place_address(address, &length);
  if (geo == NULL || bytes == NULL) return;
  struct sockaddr_in four = {.sin_family = AF_INET};
  if (length == 4) {
    memcpy(&four.sin_addr, bytes, length);
    address = (const struct sockaddr *)&four;
  }
  int error = MMDB_SUCCESS;
  MMDB_lookup_result_s found = MMDB_lookup_sockaddr(&geo->database, address, &error);
  if (error != MMDB_SUCCESS || !found.found_entry) return;
  out->located = read_number(&found.entry, "latitude", 90, &out->latitude) &&
                 read_number(&found.entry, "longitude", 180, &out->longitude);
}
