/* Limits of connections and networks: without them one client takes the server
 * from all others; too strict, it keeps out those who did nothing. */
#include "gate.h"
#include "unit.h"

#define SECOND_US 1000000ull

static void open_gate(pt_gate *gate, pt_gate_limits limits) { pt_gate_init(gate, &limits, 7); }

static void test_connections_in_all_and_of_a_network(void **state) {
  (void)state;
  pt_gate gate;
  open_gate(&gate, (pt_gate_limits){.connections = 3, .network_connections = 2});
  for (int i = 0; i < 3; i++) assert_true(pt_gate_enter(&gate));
  assert_false(pt_gate_enter(&gate));
  pt_gate_leave(&gate);
  assert_true(pt_gate_enter(&gate));
  assert_int_equal(gate.refused.connections, 1);
  pt_gate_network *a = pt_gate_enter_network(&gate, 5, 0);
  assert_ptr_equal(pt_gate_enter_network(&gate, 5, 0), a);
  assert_null(pt_gate_enter_network(&gate, 5, 0));
  assert_int_equal(gate.refused.network_connections, 1);
  pt_gate_network *b = pt_gate_enter_network(&gate, 6, 0);
  assert_non_null(b); /* another network is not concerned */
  pt_gate_leave_network(&gate, a, 0);
  assert_ptr_equal(pt_gate_enter_network(&gate, 5, 0), a);
  pt_gate_leave_network(&gate, a, 0);
  pt_gate_leave_network(&gate, a, 0);
  pt_gate_leave_network(&gate, b, 0);
  pt_gate_free(&gate);
}

static unsigned said(pt_gate *gate, pt_gate_pass *pass, size_t len, uint64_t now_us) {
  unsigned count = 0;
  while (count < 100000 && pt_gate_may_say(gate, pass, len, now_us)) count++;
  return count;
}

static void test_rates_come_back_with_time(void **state) {
  (void)state;
  pt_gate gate;
  open_gate(&gate, (pt_gate_limits){.connections = 1, .messages = 10, .bytes = 1000, .joins = 2});
  pt_gate_pass pass;
  pt_gate_pass_init(&gate, &pass, NULL, 0);
  assert_int_equal(said(&gate, &pass, 1, 0), 10 * PT_GATE_BURST_S);
  assert_int_equal(gate.refused.messages, 1);
  assert_int_equal(said(&gate, &pass, 1, 2 * SECOND_US), 20);
  assert_int_equal(said(&gate, &pass, 1000, 1000 * SECOND_US), PT_GATE_BURST_S);
  assert_int_equal(gate.refused.bytes, 1);
  unsigned joins = 0;
  while (pt_gate_may_join(&gate, &pass, 1000 * SECOND_US)) joins++;
  assert_int_equal(joins, 2 * PT_GATE_BURST_S);
  assert_int_equal(gate.refused.joins, 1);
  pt_gate_free(&gate);
}

static void test_a_network_shares_its_rate(void **state) {
  (void)state;
  pt_gate gate;
  open_gate(&gate, (pt_gate_limits){.connections = 9, .network_messages = 10, .network_joins = 1});
  pt_gate_pass passes[3];
  for (uint32_t i = 0; i < 3; i++)
    pt_gate_pass_init(&gate, &passes[i], pt_gate_enter_network(&gate, i < 2 ? 5 : 6, 0), 0);
  assert_int_equal(said(&gate, &passes[0], 1, 0), 10 * PT_GATE_BURST_S);
  assert_int_equal(said(&gate, &passes[1], 1, 0), 0);
  assert_int_equal(said(&gate, &passes[2], 1, 0), 10 * PT_GATE_BURST_S);
  while (pt_gate_may_join(&gate, &passes[0], 0)) continue;
  assert_false(pt_gate_may_join(&gate, &passes[1], 0));
  assert_true(pt_gate_may_join(&gate, &passes[2], 0));
  /* Connecting anew does not help. */
  pt_gate_leave_network(&gate, passes[0].network, 0);
  pt_gate_leave_network(&gate, passes[1].network, 0);
  pt_gate_tick(&gate, SECOND_US);
  pt_gate_network *again = pt_gate_enter_network(&gate, 5, 0);
  pt_gate_pass_init(&gate, &passes[0], again, 0);
  assert_int_equal(said(&gate, &passes[0], 1, 0), 0);
  pt_gate_free(&gate);
}

static void test_networks_are_forgotten_and_zero_is_no_limit(void **state) {
  (void)state;
  pt_gate gate;
  open_gate(&gate, (pt_gate_limits){.connections = 4});
  for (uint32_t i = 1; i <= 1000; i++)
    pt_gate_leave_network(&gate, pt_gate_enter_network(&gate, i, 0), i * 1000);
  assert_int_equal(gate.networks.count, 1000);
  pt_gate_tick(&gate, PT_GATE_MEMORY_S * SECOND_US + 500 * 1000);
  assert_int_equal(gate.networks.count, 500);
  pt_gate_tick(&gate, PT_GATE_MEMORY_S * SECOND_US + 2 * SECOND_US);
  assert_int_equal(gate.networks.count, 0);
  pt_gate_pass pass;
  pt_gate_pass_init(&gate, &pass, pt_gate_enter_network(&gate, 7, 0), 0);
  assert_int_equal(said(&gate, &pass, 65536, 0), 100000);
  pt_gate_free(&gate);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_connections_in_all_and_of_a_network),
      cmocka_unit_test(test_rates_come_back_with_time),
      cmocka_unit_test(test_a_network_shares_its_rate),
      cmocka_unit_test(test_networks_are_forgotten_and_zero_is_no_limit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
