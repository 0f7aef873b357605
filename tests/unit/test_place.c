/* Who is near: a visitor must not be sent around the world for what is next door. */
#include "place.h"
#include "unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

static uint32_t network_of(const char *text) {
  struct sockaddr_in four = {.sin_family = AF_INET};
  struct sockaddr_in6 six = {.sin6_family = AF_INET6};
  if (inet_pton(AF_INET, text, &four.sin_addr) == 1)
    return pt_place_network((const struct sockaddr *)&four);
  assert_int_equal(inet_pton(AF_INET6, text, &six.sin6_addr), 1);
  return pt_place_network((const struct sockaddr *)&six);
}

static void neighbours_share_a_network(void **state) {
  (void)state;
  assert_int_equal(network_of("192.0.2.1"), network_of("192.0.2.200"));
  assert_int_not_equal(network_of("192.0.2.1"), network_of("192.0.3.1"));
  assert_int_equal(network_of("2001:db8:1:2::3"), network_of("2001:db8:1:ffff::1"));
  assert_int_not_equal(network_of("2001:db8:1::3"), network_of("2001:db8:2::3"));
  /* A listener for both kinds sees IPv4 visitors in IPv6's clothes. */
  assert_int_equal(network_of("::ffff:192.0.2.9"), network_of("192.0.2.1"));
  struct sockaddr_un local = {.sun_family = AF_UNIX};
  assert_int_equal(pt_place_network((const struct sockaddr *)&local), 0);
}

static void distances_are_those_of_the_earth(void **state) {
  (void)state;
  pt_place berlin = {1, true, 52.52f, 13.405f}, paris = {2, true, 48.8566f, 2.3522f};
  pt_place auckland = {3, true, -36.8485f, 174.7633f}, suva = {4, true, -18.1416f, 178.4419f};
  pt_place apia = {5, true, -13.8333f, -171.7667f};
  assert_in_range(pt_place_distance(&berlin, &paris), 870, 890);
  assert_int_equal(pt_place_distance(&berlin, &paris), pt_place_distance(&paris, &berlin));
  assert_in_range(pt_place_distance(&berlin, &auckland), 17500, 17900);
  /* Over the line where longitude turns from 180 to -180. */
  assert_in_range(pt_place_distance(&suva, &apia), 1100, 1200);
  assert_int_equal(pt_place_distance(&berlin, &(pt_place){9, true, 52.52f, 13.405f}), 1);
}

static void nothing_known_is_far_but_one_network_is_nearest(void **state) {
  (void)state;
  pt_place berlin = {1, true, 52.52f, 13.405f}, somewhere = {2, false, 0, 0}, nobody = {0};
  assert_int_equal(pt_place_distance(&berlin, &somewhere), PT_PLACE_FAR);
  assert_int_equal(pt_place_distance(&nobody, &nobody), PT_PLACE_FAR);
  assert_int_equal(pt_place_distance(&somewhere, &(pt_place){.network = 2}), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(neighbours_share_a_network),
      cmocka_unit_test(distances_are_those_of_the_earth),
      cmocka_unit_test(nothing_known_is_far_but_one_network_is_nearest),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
