/* peertide-sim: thousands of visitors in one process. See README.md. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"
#include "team.h"

#define SETTINGS_MAX 64u

typedef struct options {
  const char *scenario, *json;
  run_options run;
  bool seeded, http, against_http;
  uint64_t seed;
  const char *settings[SETTINGS_MAX];
  size_t setting_count;
  char peers[32];
} options;

static const char help[] =
    "usage: peertide-sim SCENARIO.json [options]\n"
    "\n"
    "Simulates the visitors of a site: nodes of the real core, with simulated lines,\n"
    "origin and signalling server. The seed decides everything; it is printed first.\n"
    "\n"
    "  --peers N          that many visitors, in the place of the scenario's\n"
    "  --seed S           the seed, 0 to 18446744073709551615 (1)\n"
    "  --json FILE        the figures as JSON into FILE (-: to the output, the default)\n"
    "  --threads N        threads, 1 to 64 (one per core); the outcome is the same\n"
    "  --set KEY=JSON     another value for a key of the scenario (page.bitRate=2e6)\n"
    "  --http             no nodes: pages fetch everything from the origin\n"
    "  --against-http     both, and their figures side by side\n"
    "  --watch N          what visitor N's node hears and does, on stderr\n"
    "  --quiet            no progress on stderr\n"
    "  --help             this text\n"
    "\n"
    "Exit status: 0; 1 when something that must hold did not; 2 for wrong use.\n";

_Noreturn static void misused(const char *format, const char *what) {
  fputs("peertide-sim: ", stderr);
  fprintf(stderr, format, what);
  fputs(" (--help tells more)\n", stderr);
  exit(2);
}

static uint64_t whole_number(const char *text, uint64_t least, uint64_t most, const char *option) {
  char *end = NULL;
  errno = 0;
  uint64_t value = strtoull(text, &end, 10);
  if (text[0] < '0' || text[0] > '9' || *end || errno || value < least || value > most)
    misused("%s: a whole number in its range is needed", option);
  return value;
}

static void take_option(options *o, int option) {
  switch (option) {
  case 'p':
    snprintf(o->peers, sizeof o->peers, "peers=%" PRIu64,
             whole_number(optarg, 1, SCENARIO_PEERS_MAX, "--peers"));
    break;
  case 's':
    o->seed = whole_number(optarg, 0, UINT64_MAX, "--seed");
    o->seeded = true;
    break;
  case 'j':
    o->json = optarg;
    break;
  case 't':
    o->run.threads = (uint32_t)whole_number(optarg, 1, ENGINE_THREADS_MAX, "--threads");
    break;
  case 'x':
    if (o->setting_count == SETTINGS_MAX) misused("%s: too many of them", "--set");
    o->settings[o->setting_count++] = optarg;
    break;
  case 'v':
    o->run.watched = (uint32_t)whole_number(optarg, 0, SCENARIO_PEERS_MAX, "--watch");
    break;
  case 'w':
    o->http = true;
    break;
  case 'a':
    o->against_http = true;
    break;
  case 'q':
    o->run.quiet = true;
    break;
  case 'h':
    fputs(help, stdout);
    exit(0);
  default:
    exit(2);
  }
}

static void read_options(options *o, int argc, char **argv) {
  static const struct option known[] = {{"peers", required_argument, NULL, 'p'},
                                        {"seed", required_argument, NULL, 's'},
                                        {"json", required_argument, NULL, 'j'},
                                        {"threads", required_argument, NULL, 't'},
                                        {"set", required_argument, NULL, 'x'},
                                        {"watch", required_argument, NULL, 'v'},
                                        {"http", no_argument, NULL, 'w'},
                                        {"against-http", no_argument, NULL, 'a'},
                                        {"quiet", no_argument, NULL, 'q'},
                                        {"help", no_argument, NULL, 'h'},
                                        {NULL, 0, NULL, 0}};
  opterr = 0;
  for (int option; (option = getopt_long(argc, argv, ":", known, NULL)) != -1;) {
    if (option == ':') misused("%s: a value is needed", argv[optind - 1]);
    if (option == '?') misused("there is no option %s", argv[optind - 1]);
    take_option(o, option);
  }
  if (optind == argc) misused("%s is needed", "SCENARIO.json");
  if (optind + 1 < argc) misused("one scenario at a time, not also %s", argv[optind + 1]);
  o->scenario = argv[optind];
  if (o->http && o->against_http) misused("%s: one of them", "--http, --against-http");
  if (!o->run.threads) o->run.threads = team_cores();
  if (o->run.threads > ENGINE_THREADS_MAX) o->run.threads = ENGINE_THREADS_MAX;
#ifdef __EMSCRIPTEN__
  if (o->run.threads > 1) misused("%s: there are no threads here", "--threads");
#endif
}

static cJSON *run_one(const scenario *s, const options *o, bool http) {
  scenario copy = *s;
  copy.http = http;
  cJSON *figures = run_scenario(&copy, &o->run);
  if (!figures) exit(1);
  return figures;
}

static void write_figures(const cJSON *figures, const char *path) {
  char *text = cJSON_Print(figures);
  bool own = path && strcmp(path, "-") != 0;
  FILE *file = own ? fopen(path, "w") : stdout;
  bool good = text && file && fprintf(file, "%s\n", text) > 0 && fflush(file) == 0;
  if (own && file) good &= fclose(file) == 0;
  if (!good) {
    fprintf(stderr, "peertide-sim: %s: can't be written: %s\n", own ? path : "the output",
            strerror(errno));
    exit(1);
  }
  free(text);
}

int main(int argc, char **argv) {
  options o = {.run = {.watched = UINT32_MAX}};
  char why[256];
  scenario s;
  read_options(&o, argc, argv);
  if (o.peers[0] && o.setting_count < SETTINGS_MAX) o.settings[o.setting_count++] = o.peers;
  if (!scenario_read(&s, o.scenario, o.settings, o.setting_count, why, sizeof why))
    misused("%s", why);
  if (o.seeded) s.seed = o.seed;
  fprintf(stderr, "seed %" PRIu64 "\n", s.seed);
  cJSON *figures = run_one(&s, &o, o.http || (s.http && !o.against_http));
  if (o.against_http) cJSON_AddItemToObject(figures, "http", run_one(&s, &o, true));
  write_figures(figures, o.json);
  cJSON_Delete(figures);
  return 0;
}
