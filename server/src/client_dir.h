/* Where the client files (peertide.js and the others) are. */
#ifndef PT_SERVER_CLIENT_DIR_H
#define PT_SERVER_CLIENT_DIR_H

/* Opens the folder: the configured one, or else what is found beside the
 * program, installed or as built. -1 with errno when there is none. */
int pt_client_dir_open(const char *configured);

#endif
