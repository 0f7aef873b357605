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
    "  --max-connections N     connections at once (10000)\n"
    "  --log-level LEVEL       error, warn, info or debug (info)\n"
    "  --log-format FORMAT     text or json (text)\n"
    "  --turn-url URL          TURN (or STUN) server for visitors, such as\n"
    "                          turn:turn.example:3478\n"
    "  --turn-secret-file FILE the secret shared with it (coturn's use-auth-secret)\n"
    "  --client-dir DIR        where peertide.js and the other client files are\n"
    "  --config FILE           JSON object with settings of the same names, without --,\n"
    "                          and webTorrent, domainName, threshold, mediaTypes,\n"
    "                          excludeFormats, foldLoading, geoLocate, videoRoute,\n"
    "                          torrentRoute; the command line wins\n"
    "  --help                  this\n";

static const char help_index[] =
    "peertide index [OPTION...] DIR\n"
    "\n"
    "Writes DIR/.peertide/index.json and DIR/.peertide/torrents/, for a site that any\n"
    "static host serves.\n"
    "\n"
    "  --config FILE   JSON object with settings; webTorrent: true makes torrents for\n"
    "                  BitTorrent v1 clients too, domainName is the site's base URL,\n"
    "                  for web seeds\n"
    "  --log-level LEVEL, --log-format FORMAT   as for serve\n"
    "  --help          this\n";

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
                                              WITH_VALUE("log-level"),
                                              WITH_VALUE("log-format"),
                                              WITH_VALUE("turn-url"),
                                              WITH_VALUE("turn-secret-file"),
                                              WITH_VALUE("client-dir"),
                                              HELP_AND_END};
static const struct option index_options[] = {WITH_VALUE("config"), WITH_VALUE("log-level"),
                                              WITH_VALUE("log-format"), HELP_AND_END};

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
  bool origins_seen = false;
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
    if (strcmp(name, "allow-origin") == 0 && !origins_seen) {
      origins_seen = true;
      config->allow_origin.count = 0; /* the file's list gives way */
    }
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
