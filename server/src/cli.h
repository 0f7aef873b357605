/* The command line: which command with which settings. */
#ifndef PT_SERVER_CLI_H
#define PT_SERVER_CLI_H

#include "config.h"

enum pt_command { PT_COMMAND_SERVE = 1, PT_COMMAND_INDEX };

/* Reads the command line into *command and *config. Returns -1 to go on, else
 * the status to exit with: 0 after help or version was printed, 2 after wrong
 * use was explained in one line on stderr. */
int pt_cli_parse(int argc, char **argv, enum pt_command *command, pt_server_config *config);

#endif
