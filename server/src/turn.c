#include "turn.h"

#include "base/hex.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

bool pt_turn_read(pt_turn *turn, const char *url, const char *secret_file, char *why,
                  size_t why_cap) {
  *turn = (pt_turn){.url = url};
  if (*secret_file == 0) return true;
  FILE *in = fopen(secret_file, "r");
  if (in == NULL) {
    snprintf(why, why_cap, "%s: %s", secret_file, strerror(errno));
    return false;
  }
  bool ok = fgets(turn->secret, sizeof turn->secret, in) != NULL;
  fclose(in);
  turn->secret_len = ok ? strcspn(turn->secret, "\r\n") : 0;
  if (turn->secret_len == 0 || turn->secret_len == sizeof turn->secret - 1) {
    snprintf(why, why_cap, "%s: its first line should be the secret (at most %u characters)",
             secret_file, PT_TURN_SECRET_MAX - 2);
    return false;
  }
  return true;
}

/* user = "expiry:peer", credential = base64(HMAC-SHA1(secret, user)). */
static bool add_credentials(const pt_turn *turn, const uint8_t peer[PT_ID_SIZE], uint64_t now_s,
                            cJSON *server) {
  char hex[2 * PT_ID_SIZE + 1], user[sizeof hex + 24];
  unsigned char mac[EVP_MAX_MD_SIZE], text[2 * EVP_MAX_MD_SIZE];
  unsigned mac_len = 0;
  pt_hex_encode(peer, PT_ID_SIZE, hex);
  int user_len = snprintf(user, sizeof user, "%" PRIu64 ":%s", now_s + PT_TURN_TTL_S, hex);
  if (HMAC(EVP_sha1(), turn->secret, (int)turn->secret_len, (const unsigned char *)user,
           (size_t)user_len, mac, &mac_len) == NULL)
    return false;
  EVP_EncodeBlock(text, mac, (int)mac_len);
  return cJSON_AddStringToObject(server, "username", user) &&
         cJSON_AddStringToObject(server, "credential", (const char *)text);
}

char *pt_turn_json(const pt_turn *turn, const uint8_t peer[PT_ID_SIZE], uint64_t now_s) {
  cJSON *list = cJSON_CreateArray();
  bool ok = list != NULL;
  if (ok && turn->url[0]) {
    cJSON *server = cJSON_CreateObject();
    ok = server && cJSON_AddStringToObject(server, "urls", turn->url) &&
         (turn->secret_len == 0 || add_credentials(turn, peer, now_s, server));
    if (!ok || !cJSON_AddItemToArray(list, server)) cJSON_Delete(server);
  }
  char *text = ok ? cJSON_PrintUnformatted(list) : NULL;
  cJSON_Delete(list);
  return text;
}
