#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static enum pt_log_level log_level = PT_LOG_INFO;
static bool log_json;

static const char *const level_names[] = {"error", "warn", "info", "debug"};

void pt_log_init(enum pt_log_level level, bool json) {
  log_level = level;
  log_json = json;
}

bool pt_log_wants(enum pt_log_level level) { return level <= log_level; }

/* Appends `text` as the content of a JSON string. */
static size_t json_escape(char *out, size_t cap, const char *text) {
  size_t len = 0;
  for (; *text && len + 2 < cap; text++) {
    if (*text == '"' || *text == '\\') out[len++] = '\\';
    out[len++] = *text;
  }
  out[len] = 0;
  return len;
}

void pt_log(enum pt_log_level level, const char *format, ...) {
  if (!pt_log_wants(level)) return;
  char message[1000];
  va_list args;
  va_start(args, format);
  (void)vsnprintf(message, sizeof message, format, args);
  va_end(args);
  for (char *c = message; *c; c++) {
    if ((unsigned char)*c < 0x20 || *c == 0x7f) *c = ' ';
  }
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  struct tm utc;
  gmtime_r(&now.tv_sec, &utc);
  char stamp[32];
  strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &utc);
  int ms = (int)(now.tv_nsec / 1000000);
  /* One fprintf per line: stdio's lock keeps threads' lines apart. */
  if (log_json) {
    char escaped[2 * sizeof message];
    json_escape(escaped, sizeof escaped, message);
    fprintf(stderr, "{\"time\":\"%s.%03dZ\",\"level\":\"%s\",\"message\":\"%s\"}\n", stamp, ms,
            level_names[level], escaped);
  } else {
    fprintf(stderr, "%s.%03dZ %s %s\n", stamp, ms, level_names[level], message);
  }
}
