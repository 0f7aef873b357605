/* A peer id stands for a certificate: were a wrong fingerprint accepted, who
 * carries the offers could read and change what visitors exchange. */
#include "base/hex.h"
#include "format/fingerprint.h"
#include "unit.h"

/* As the browsers wrote them: Chromium 156 for the medium, Firefox 153 for the
 * session. */
static const char CHROMIUM_OFFER[] =
    "v=0\r\n"
    "o=- 3547791289317680599 2 IN IP4 127.0.0.1\r\n"
    "s=-\r\n"
    "t=0 0\r\n"
    "a=group:BUNDLE 0\r\n"
    "a=extmap-allow-mixed\r\n"
    "a=msid-semantic: WMS\r\n"
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n"
    "c=IN IP4 0.0.0.0\r\n"
    "a=candidate:1498509885 1 udp 2113937151 068173f2-10c1-4dcd-b5ad-4681aee50f2e.local 39038 typ "
    "host generation 0 network-cost 999\r\n"
    "a=candidate:2453124061 1 udp 2113942271 ba3f95d3-3c37-46af-90b8-3f46ca1aa5a4.local 57227 typ "
    "host generation 0 network-cost 999\r\n"
    "a=ice-ufrag:B1sl\r\n"
    "a=ice-pwd:j43frlNam+ybLqt4vE7++UN3\r\n"
    "a=ice-options:trickle\r\n"
    "a=fingerprint:sha-256 "
    "F6:28:0C:E8:C7:73:D4:F3:E3:AC:FF:CB:14:87:AB:1F:1D:8D:03:8E:02:57:CE:B3:C1:9C:DA:49:FB:44:0E:"
    "80\r\n"
    "a=setup:actpass\r\n"
    "a=mid:0\r\n"
    "a=sctp-port:5000\r\n"
    "a=max-message-size:262144\r\n";

static const char FIREFOX_OFFER[] =
    "v=0\r\n"
    "o=mozilla...THIS_IS_SDPARTA-99.0 539037318733003167 0 IN IP4 0.0.0.0\r\n"
    "s=-\r\n"
    "t=0 0\r\n"
    "a=sendrecv\r\n"
    "a=fingerprint:sha-256 "
    "7F:A4:65:C1:D3:63:5C:AC:4F:45:57:47:3C:F4:27:BD:C5:CE:E1:BA:59:08:3C:39:41:B6:B7:73:07:EB:A9:"
    "BD\r\n"
    "a=group:BUNDLE 0\r\n"
    "a=ice-options:trickle\r\n"
    "a=msid-semantic:WMS *\r\n"
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n"
    "c=IN IP4 0.0.0.0\r\n"
    "a=candidate:0 1 UDP 2122187007 1ddec995-11cc-4df0-9588-382193541cb2.local 35600 typ host\r\n"
    "a=candidate:1 1 UDP 2122252543 5d5a70d9-43ee-467b-980e-213ea2e295eb.local 32924 typ host\r\n"
    "a=candidate:2 1 TCP 2105458943 1ddec995-11cc-4df0-9588-382193541cb2.local 9 typ host tcptype "
    "active\r\n"
    "a=candidate:3 1 TCP 2105524479 5d5a70d9-43ee-467b-980e-213ea2e295eb.local 9 typ host tcptype "
    "active\r\n"
    "a=sendrecv\r\n"
    "a=end-of-candidates\r\n"
    "a=ice-pwd:976e4d10256620de679188ffd594ffc7\r\n"
    "a=ice-ufrag:54bb3e36\r\n"
    "a=mid:0\r\n"
    "a=setup:actpass\r\n"
    "a=sctp-port:5000\r\n"
    "a=max-message-size:1073741823\r\n";

#define DIGEST                                                                                     \
  "00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:"  \
  "1F"
#define OTHER_DIGEST                                                                               \
  "FF:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:"  \
  "1F"
#define LINE "a=fingerprint:sha-256 " DIGEST
#define OTHER_LINE "a=fingerprint:sha-256 " OTHER_DIGEST

static int read_bytes(const char *sdp, size_t len, uint8_t out[PT_HASH_SIZE]) {
  pt_bytes in = unit_copy(sdp, len);
  int error = pt_sdp_fingerprint(in, out);
  unit_drop(in);
  return error;
}

static int read_sdp(const char *sdp, uint8_t out[PT_HASH_SIZE]) {
  return read_bytes(sdp, strlen(sdp), out);
}

static void the_browsers_own_offers_are_read(void **state) {
  (void)state;
  uint8_t out[PT_HASH_SIZE];
  char text[2 * PT_HASH_SIZE + 1];
  assert_int_equal(read_sdp(CHROMIUM_OFFER, out), PT_OK);
  pt_hex_encode(out, PT_HASH_SIZE, text);
  assert_string_equal(text, "f6280ce8c773d4f3e3acffcb1487ab1f1d8d038e0257ceb3c19cda49fb440e80");
  assert_int_equal(read_sdp(FIREFOX_OFFER, out), PT_OK);
  pt_hex_encode(out, PT_HASH_SIZE, text);
  assert_string_equal(text, "7fa465c1d3635cac4f4557473cf427bdc5cee1ba59083c3941b6b77307eba9bd");
}

static void line_ends_and_case_do_not_matter(void **state) {
  (void)state;
  const char *const right[] = {LINE,
                               "v=0\n" LINE "\nm=x\n",
                               "v=0\r\n" LINE "\r\nm=x\r\n",
                               "v=0\r" LINE "\rm=x\r",
                               LINE "  \t\r\n",
                               LINE "\r\nm=audio\r\n" LINE "\r\nm=video\r\n" LINE "\r\n",
                               "a=fingerprint:SHA-256\t" DIGEST,
                               "A=FingerPrint: sha-256  " DIGEST,
                               "a=fingerprint:sha-256 "
                               "00:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f:"
                               "10:11:12:13:14:15:16:17:18:19:1a:1b:1c:1d:1e:1f\r\n",
                               "s=a=fingerprint:sha-256 nothing\r\na=x:fingerprint:\r\n" LINE};
  for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
    uint8_t out[PT_HASH_SIZE] = {0};
    assert_int_equal(read_sdp(right[i], out), PT_OK);
    for (size_t b = 0; b < PT_HASH_SIZE; b++) assert_int_equal(out[b], b);
  }
}

static void a_second_fingerprint_cannot_be_slipped_in(void **state) {
  (void)state;
  const char *const wrong[] = {
      LINE "\r\n" OTHER_LINE "\r\n",
      LINE "\r\nm=audio\r\n" OTHER_LINE,
      LINE "\n" OTHER_LINE,
      LINE "\r" OTHER_LINE, /* a lone CR ends a line for some */
      LINE "\r\n  " OTHER_LINE,
      LINE "\r\nA=FINGERPRINT:sha-256 " OTHER_DIGEST,
      LINE "\r\na = fingerprint : sha-256 " OTHER_DIGEST,
      LINE "\r\na=fingerprint:sha-1 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13",
      LINE "\r\na=fingerprint:sha-512 " DIGEST,
      LINE "\r\na=fingerprint:sha-256x " DIGEST,
      LINE "\r\na=fingerprint:sha-256" DIGEST,
      LINE "\r\na=fingerprint:sha-256 ",
      LINE "\r\na=fingerprint:",
      LINE ":20",
      LINE " 20",
      LINE "x",
      "a=fingerprint:sha-256 00:01",
      "a=fingerprint:sha-256 " DIGEST DIGEST,
      "a=fingerprint:sha-256 0G" DIGEST,
      "a=fingerprint:sha-256 "
      "00-01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f:"
      "10:11:12:13:14:15:16:17:18:19:1a:1b:1c:1d:1e:1f\r\n"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    uint8_t out[PT_HASH_SIZE];
    assert_int_equal(read_sdp(wrong[i], out), PT_ERR_RANGE);
  }
}

static void without_a_fingerprint_it_is_no_sdp_for_us(void **state) {
  (void)state;
  uint8_t out[PT_HASH_SIZE];
  assert_int_equal(read_sdp("", out), PT_ERR_SYNTAX);
  assert_int_equal(read_sdp("v=0\r\ns=-\r\n", out), PT_ERR_SYNTAX);
  assert_int_equal(read_sdp("a=fingerprints\r\n", out), PT_ERR_SYNTAX);
  assert_int_equal(read_sdp("\r\n\r\n", out), PT_ERR_SYNTAX);
  assert_int_equal(read_bytes(LINE "\r\n\0", sizeof LINE + 2, out), PT_ERR_SYNTAX);
}

static void a_cut_sdp_is_never_read_as_another_fingerprint(void **state) {
  (void)state;
  uint8_t whole[PT_HASH_SIZE], out[PT_HASH_SIZE];
  assert_int_equal(read_sdp(CHROMIUM_OFFER, whole), PT_OK);
  for (size_t len = 0; len < sizeof CHROMIUM_OFFER - 1; len++)
    if (read_bytes(CHROMIUM_OFFER, len, out) == PT_OK)
      assert_memory_equal(out, whole, PT_HASH_SIZE);
}

static void a_peer_id_is_the_start_of_the_fingerprints_hash(void **state) {
  (void)state;
  uint8_t fingerprint[PT_HASH_SIZE], id[PT_ID_SIZE];
  char text[2 * PT_ID_SIZE + 1];
  for (size_t i = 0; i < PT_HASH_SIZE; i++) fingerprint[i] = (uint8_t)i;
  pt_peer_id_of(fingerprint, id);
  pt_hex_encode(id, PT_ID_SIZE, text);
  /* printf of those bytes | sha256sum */
  assert_string_equal(text, "630dcd2966c4336691125448bbb25b4ff412a49c");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_browsers_own_offers_are_read),
      cmocka_unit_test(line_ends_and_case_do_not_matter),
      cmocka_unit_test(a_second_fingerprint_cannot_be_slipped_in),
      cmocka_unit_test(without_a_fingerprint_it_is_no_sdp_for_us),
      cmocka_unit_test(a_cut_sdp_is_never_read_as_another_fingerprint),
      cmocka_unit_test(a_peer_id_is_the_start_of_the_fingerprints_hash),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
