/* What the operator reads: one line per event on stderr, as text or JSON. */
#ifndef PT_SERVER_LOG_H
#define PT_SERVER_LOG_H

#include <stdbool.h>

enum pt_log_level { PT_LOG_ERROR = 0, PT_LOG_WARN, PT_LOG_INFO, PT_LOG_DEBUG };

/* Sets the least important level that is written, and the form. The only
 * global state of the program; set once, before threads start. */
void pt_log_init(enum pt_log_level level, bool json);
bool pt_log_wants(enum pt_log_level level);

/* Writes one line (at most 1,000 bytes; longer ones are cut). Line ends and
 * other control characters in the message become spaces. Any thread. */
void pt_log(enum pt_log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
