#include "cli.h"

#include "peertide/peertide.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help_program[] =
    "peertide " PT_VERSION ": the visitors of a web site deliver it to one another.\n"
    "\n"
    "  peertide serve [DIR]   serve the files of DIR, its index and the meeting point\n"
    "                         of its visitors\n"
    "  peertide index DIR     write DIR/.peertide/ (index and torrents), for any static host\n"
    "  peertide --help        this; peertide COMMAND --help: more about a command\n"
    "  peertide --version     the version\n";

static const char help_serve[] =
    "peertide serve [OPTION...] [DIR]\n"
    "\n"
    "Serves the files of DIR (default: the current folder), indexes them, keeps the\n"
    "index current while files change, and lets visitors find one another.\n"
    "\n"
    "  --host HOST             address to listen on (127.0.0.1)\n"
    "  --port PORT             port to listen on (7000); 0: any free one\n"
    "  --tls-cert FILE         certificate chain, PEM; with --tls-key: serve HTTPS\n"
    "  --tls-key FILE          its private key, PEM\n"
    "  --allow-origin ORIGIN   let pages of ORIGIN (https://other.example, or *) use this\n"
    "                          server; may be given several times\n"
    "  --trust-proxy CIDR      believe X-Forwarded-For from proxies there (10.0.0.0/8);\n"
    "                          may be given several times\n"
    "  --log-level LEVEL       error, warn, info or debug (info)\n"
    "  --log-format FORMAT     text or json (text)\n"
    "  --turn-url URL          TURN (or STUN) server for visitors, such as\n"
    "                          turn:turn.example:3478\n"
    "  --turn-secret-file FILE the secret shared with it (coturn's use-auth-secret)\n"
    "  --exclude PATTERN       serve, but don't index (so never share) files and folders:\n"
    "                          *.pdf, private/, /img/raw/*; may be given several times\n"
    "  --geoip-db FILE         places by address (MaxMind format): with it, and geoLocate,\n"
    "                          visitors nearby are named first\n"
    "  --client-dir DIR        where peertide.js and the other client files are\n"
    "  --config FILE           JSON object with settings of the same names, without --,\n"
    "                          and webTorrent, domainName, threshold, mediaTypes,\n"
    "                          excludeFormats, foldLoading, geoLocate, videoRoute,\n"
    "                          torrentRoute; the command line wins\n"
    "  --help                  this\n"
    "\n"
    "Limits. A network is an IPv4 /24 or an IPv6 /48. 0 is no limit, but for those\n"
    "marked with *. Rates may be used up for 20 seconds at once.\n"
    "\n"
    "  --max-connections N          * connections at once (10000)\n"
    "  --max-network-connections N  of them, from one network (2000)\n"
    "  --max-message BYTES          * length of a message (65536)\n"
    "  --max-messages N             messages per second of a connection (100)\n"
    "  --max-bytes N                bytes of messages per second of a connection (262144)\n"
    "  --max-joins N                joins or announces per second of a connection (20)\n"
    "  --max-network-messages N     messages per second from one network (10000)\n"
    "  --max-network-joins N        joins or announces per second from one network (2000)\n"
    "  --max-swarms N               * swarms that a connection may be in (256)\n"
    "  --max-offers N               * offers of a peer between visitors and WebTorrent\n"
    "                               clients that are not answered yet (64)\n"
    "  --max-waiting BYTES          * what a client that does not read may leave (1048576)\n";

static const char help_index[] =
    "peertide index [OPTION...] DIR\n"
    "\n"
    "Writes the index, torrents and piece layers of a site that any static host serves\n"
    "into DIR/.peertide/.\n"
    "\n"
    "  --config FILE   JSON object with settings; webTorrent: true makes torrents for\n"
    "                  BitTorrent v1 clients too, domainName is the site's base URL,\n"
    "                  for web seeds\n"
    "  --exclude PATTERN, --log-level LEVEL, --log-format FORMAT   as for serve\n"
    "  --help          this\n";

#define OPTIONS_MAX 64 /* of one command */

typedef struct command_line {
  const char *name; /* "serve" */
  const char *help;
  const struct option *options;
} command_line;

#define WITH_VALUE(name)                                                                           \
  { name, required_argument, NULL, 0 }
#define HELP_AND_END                                                                               \
  {"help", no_argument, NULL, 'h'}, { NULL, 0, NULL, 0 }

static const struct option serve_options[] = {WITH_VALUE("config"),
                                              WITH_VALUE("host"),
                                              WITH_VALUE("port"),
                                              WITH_VALUE("tls-cert"),
                                              WITH_VALUE("tls-key"),
                                              WITH_VALUE("allow-origin"),
                                              WITH_VALUE("max-connections"),
                                              WITH_VALUE("max-network-connections"),
                                              WITH_VALUE("max-message"),
                                              WITH_VALUE("max-messages"),
                                              WITH_VALUE("max-bytes"),
                                              WITH_VALUE("max-joins"),
                                              WITH_VALUE("max-network-messages"),
                                              WITH_VALUE("max-network-joins"),
                                              WITH_VALUE("max-offers"),
                                              WITH_VALUE("max-swarms"),
                                              WITH_VALUE("max-waiting"),
                                              WITH_VALUE("trust-proxy"),
                                              WITH_VALUE("log-level"),
                                              WITH_VALUE("log-format"),
                                              WITH_VALUE("turn-url"),
                                              WITH_VALUE("turn-secret-file"),
                                              WITH_VALUE("exclude"),
                                              WITH_VALUE("geoip-db"),
                                              WITH_VALUE("client-dir"),
                                              HELP_AND_END};
static const struct option index_options[] = {WITH_VALUE("config"), WITH_VALUE("exclude"),
                                              WITH_VALUE("log-level"), WITH_VALUE("log-format"),
                                              HELP_AND_END};

static const command_line commands[] = {[PT_COMMAND_SERVE] = {"serve", help_serve, serve_options},
                                        [PT_COMMAND_INDEX] = {"index", help_index, index_options}};

static int wrong_use(const command_line *line, const char *what) {
  fprintf(stderr, "peertide%s%s: %s (see peertide%s%s --help)\n", line ? " " : "",
          line ? line->name : "", what, line ? " " : "", line ? line->name : "");
  return 2;
}

/* One pass over the options: the first only looks for --config (and --help), so
 * that the second can overrule the file. Returns as pt_cli_parse(). */
static int read_options(const command_line *line, int argc, char **argv, bool config_pass,
                        pt_server_config *config) {
  char why[PATH_MAX + 256];
  optind = 0; /* GNU: start anew */
  opterr = 0;
  bool seen[OPTIONS_MAX] = {false};
  for (;;) {
    int which = -1;
    int got = getopt_long(argc, argv, ":", line->options, &which);
    if (got == -1) return -1;
    if (got == 'h') {
      fputs(line->help, stdout);
      return 0;
    }
    if (got == '?' || got == ':') {
      const char letter[] = {'-', (char)optopt, 0}; /* optopt is 0 for a long option */
      snprintf(why, sizeof why, got == ':' ? "%.80s needs a value" : "wrong option %.80s",
               optopt ? letter : argv[optind - 1]);
      return wrong_use(line, why);
    }
    const char *name = line->options[which].name;
    bool is_config = strcmp(name, "config") == 0;
    if (is_config != config_pass) continue;
    if (!seen[which]) pt_server_config_clear(config, name); /* the file's list gives way */
    seen[which] = true;
    bool ok = is_config ? pt_server_config_read(config, optarg, why, sizeof why)
                        : pt_server_config_set(config, name, optarg, why, sizeof why);
    if (!ok) return wrong_use(line, why);
  }
}

static int read_command(const command_line *line, int argc, char **argv, bool needs_dir,
                        pt_server_config *config) {
  int status = read_options(line, argc, argv, true, config);
  if (status < 0) status = read_options(line, argc, argv, false, config);
  if (status >= 0) return status;
  if (optind + 1 < argc) return wrong_use(line, "only one DIR, please");
  if (optind == argc && needs_dir) return wrong_use(line, "which DIR?");
  if (optind < argc) {
    if (argv[optind][0] == 0 || strlen(argv[optind]) >= sizeof config->dir)
      return wrong_use(line, "DIR is empty or too long");
    strcpy(config->dir, argv[optind]);
  }
  char why[256];
  if (!pt_server_config_check(config, why, sizeof why)) return wrong_use(line, why);
  return -1;
}

int pt_cli_parse(int argc, char **argv, enum pt_command *command, pt_server_config *config) {
  pt_server_config_init(config);
  if (argc < 2) return wrong_use(NULL, "no command given");
  const char *word = argv[1];
  if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0) {
    fputs(help_program, stdout);
    return 0;
  }
  if (strcmp(word, "--version") == 0) {
    puts("peertide " PT_VERSION);
    return 0;
  }
  for (enum pt_command c = PT_COMMAND_SERVE; c <= PT_COMMAND_INDEX; c++) {
    if (strcmp(word, commands[c].name) != 0) continue;
    *command = c;
    return read_command(&commands[c], argc - 1, argv + 1, c == PT_COMMAND_INDEX, config);
  }
  char what[128];
  snprintf(what, sizeof what, "unknown %s %.60s", word[0] == '-' ? "option" : "command", word);
  return wrong_use(NULL, what);
}
