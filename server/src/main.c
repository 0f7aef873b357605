/* The program `peertide`. */
#include "cli.h"
#include "index_command.h"
#include "server.h"

int main(int argc, char **argv) {
  static pt_server_config config;
  enum pt_command command = PT_COMMAND_SERVE;
  int status = pt_cli_parse(argc, argv, &command, &config);
  if (status >= 0) return status;
  pt_log_init((enum pt_log_level)config.log_level, config.log_json);
  return command == PT_COMMAND_INDEX ? pt_index_command(&config) : pt_serve_command(&config);
}
