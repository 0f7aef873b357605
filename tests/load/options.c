#include "options.h"

#include "base/hex.h"
#include "base/random.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "peertide-load [OPTION...] URL\n"
    "\n"
    "Many clients of a server at once. URL is ws://ADDRESS[:PORT]/PATH, or http://...\n"
    "for --work get. Prints what it measured as JSON, and a line of progress.\n"
    "\n"
    "  --work WHAT        announce  WebTorrent announces with offers (default)\n"
    "                     join      native: join a swarm, again and again\n"
    "                     signal    native: an offer to another connection, until it is there\n"
    "                     get       HTTP: the same file, again and again\n"
    "  --connections N    (100)\n"
    "  --swarms N         that many made-up swarms (20); connections take turns\n"
    "  --swarm HEX        a swarm's key; may be given several times, instead of --swarms\n"
    "  --offers N         in an announce (5)\n"
    "  --offer-bytes N    length of an SDP (600)\n"
    "  --answers PART     of the offers received that are answered, 0 to 1 (0)\n"
    "  --rate N           open loop: N requests a second in all, at random (Poisson)\n"
    "                     times; latency counts from the time a request was due\n"
    "  --window N         closed loop: requests under way per connection (1)\n"
    "  --seconds S        measured time (5)\n"
    "  --warmup S         time before it (1)\n"
    "  --idle             only connect and join, then wait --settle seconds; with --pid:\n"
    "                     the server's memory per connection\n"
    "  --settle S         (1)\n"
    "  --sources N        connect from N addresses in networks of their own: 127.0.0.1,\n"
    "                     127.0.1.1, ... (1)\n"
    "  --seed N           the same seed makes the same requests (1)\n"
    "  --pid PID          the server's process: its CPU time and memory are reported\n"
    "  --quiet            no line of progress\n"
    "  --help             this\n";

static const struct option options[] = {{"work", required_argument, NULL, 'k'},
                                        {"connections", required_argument, NULL, 'c'},
                                        {"swarms", required_argument, NULL, 's'},
                                        {"swarm", required_argument, NULL, 'S'},
                                        {"offers", required_argument, NULL, 'o'},
                                        {"offer-bytes", required_argument, NULL, 'b'},
                                        {"answers", required_argument, NULL, 'a'},
                                        {"rate", required_argument, NULL, 'r'},
                                        {"window", required_argument, NULL, 'w'},
                                        {"seconds", required_argument, NULL, 't'},
                                        {"warmup", required_argument, NULL, 'u'},
                                        {"settle", required_argument, NULL, 'e'},
                                        {"sources", required_argument, NULL, 'n'},
                                        {"seed", required_argument, NULL, 'd'},
                                        {"pid", required_argument, NULL, 'p'},
                                        {"idle", no_argument, NULL, 'i'},
                                        {"quiet", no_argument, NULL, 'q'},
                                        {"help", no_argument, NULL, 'h'},
                                        {NULL, 0, NULL, 0}};

static int wrong_use(const char *what) {
  fprintf(stderr, "peertide-load: %s (see peertide-load --help)\n", what);
  return 2;
}

static bool number(const char *text, double min, double max, double *out) {
  char *end;
  *out = strtod(text, &end);
  return end != text && *end == 0 && *out >= min && *out <= max;
}

static bool whole(const char *text, double min, double max, uint32_t *out) {
  double value;
  if (!number(text, min, max, &value) || value != (double)(uint32_t)value) return false;
  *out = (uint32_t)value;
  return true;
}

static bool add_swarm(load_options *o, uint32_t *given, const char *hex) {
  if (*given == LOAD_SWARMS_MAX || !pt_hex_decode(hex, strlen(hex), o->swarms[*given], PT_ID_SIZE))
    return false;
  o->swarm_count = ++*given;
  return true;
}

static bool set_work(load_options *o, const char *text) {
  static const char *const works[] = {"announce", "join", "signal", "get"};
  for (size_t i = 0; i < sizeof works / sizeof works[0]; i++) {
    if (strcmp(text, works[i]) == 0) {
      strcpy(o->work, text);
      return true;
    }
  }
  return false;
}

static bool set(load_options *o, int which, const char *text, uint32_t *given) {
  double value;
  switch (which) {
  case 'k':
    return set_work(o, text);
  case 'c':
    return whole(text, 1, 1e6, &o->connections);
  case 's':
    return whole(text, 1, LOAD_SWARMS_MAX, &o->swarm_count);
  case 'S':
    return add_swarm(o, given, text);
  case 'o':
    return whole(text, 0, LOAD_OFFERS_MAX, &o->offers);
  case 'b':
    return whole(text, 1, LOAD_OFFER_BYTES_MAX, &o->offer_bytes);
  case 'a':
    return number(text, 0, 1, &o->answers);
  case 'r':
    return number(text, 0.1, 1e7, &o->rate);
  case 'w':
    return whole(text, 1, 1000, &o->window);
  case 't':
    return number(text, 0.1, 86400, &o->seconds);
  case 'u':
    return number(text, 0, 86400, &o->warmup_s);
  case 'e':
    return number(text, 0, 86400, &o->settle_s);
  case 'n':
    return whole(text, 1, 65536, &o->sources);
  case 'd':
    if (!number(text, 0, 9e15, &value)) return false;
    o->seed = (uint64_t)value;
    return true;
  case 'p':
    if (!number(text, 1, 4e9, &value)) return false;
    o->pid = (long)value;
    return true;
  case 'i':
    o->idle = true;
    return true;
  default:
    o->quiet = true;
    return true;
  }
}

/* ws://127.0.0.1:7000/path; one scheme for each kind of work. */
static const char *read_url(load_options *o, const char *url) {
  const char *scheme = strcmp(o->work, "get") == 0 ? "http://" : "ws://";
  if (strncmp(url, scheme, strlen(scheme)) != 0)
    return "URL must begin with ws:// (http:// for --work get)";
  const char *host = url + strlen(scheme);
  size_t host_len = strcspn(host, "/"), name_len = strcspn(host, ":/");
  if (name_len == 0 || host_len >= sizeof o->host || strlen(host + host_len) >= sizeof o->path)
    return "URL has no address, or is too long";
  snprintf(o->host, sizeof o->host, "%.*s", (int)name_len, host);
  snprintf(o->host_header, sizeof o->host_header, "%.*s", (int)host_len, host);
  snprintf(o->path, sizeof o->path, "%s", host[host_len] ? host + host_len : "/");
  double port = 80;
  char digits[8];
  if (name_len < host_len) {
    snprintf(digits, sizeof digits, "%.*s", (int)(host_len - name_len - 1), host + name_len + 1);
    if (!number(digits, 1, 65535, &port)) return "URL has no such port";
  }
  o->port = (uint16_t)port;
  struct in_addr address;
  if (strcmp(o->host, "localhost") == 0) strcpy(o->host, "127.0.0.1");
  return inet_pton(AF_INET, o->host, &address) == 1 ? NULL : "URL needs an IPv4 address";
}

static void make_up_swarms(load_options *o) {
  pt_random random;
  pt_random_init(&random, o->seed);
  for (uint32_t i = 0; i < o->swarm_count; i++) {
    for (size_t byte = 0; byte < PT_ID_SIZE; byte++)
      o->swarms[i][byte] = (uint8_t)pt_random_u64(&random);
  }
}

int load_options_read(int argc, char **argv, load_options *out) {
  *out = (load_options){.work = "announce",
                        .connections = 100,
                        .swarm_count = 20,
                        .offers = 5,
                        .offer_bytes = 600,
                        .window = 1,
                        .seconds = 5,
                        .warmup_s = 1,
                        .settle_s = 1,
                        .seed = 1,
                        .sources = 1};
  out->swarms = calloc(LOAD_SWARMS_MAX, PT_ID_SIZE);
  uint32_t given = 0;
  char why[256];
  opterr = 0;
  for (int got; out->swarms && (got = getopt_long(argc, argv, ":", options, NULL)) != -1;) {
    if (got == 'h') {
      fputs(help, stdout);
      return 0;
    }
    if (got == '?' || got == ':' || !set(out, got, optarg, &given)) {
      snprintf(why, sizeof why, "%s %.80s", got == '?' ? "wrong option" : "wrong value for",
               argv[optind - 1]);
      return wrong_use(why);
    }
  }
  if (out->swarms == NULL) return wrong_use("out of memory");
  if (optind + 1 != argc) return wrong_use("give one URL");
  const char *wrong = read_url(out, argv[optind]);
  if (wrong) return wrong_use(wrong);
  if (given == 0) make_up_swarms(out);
  return -1;
}
