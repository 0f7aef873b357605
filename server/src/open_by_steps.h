/* openat2(2) with RESOLVE_BENEATH for kernels and sandboxes that do not know it. */
#ifndef PT_SERVER_OPEN_BY_STEPS_H
#define PT_SERVER_OPEN_BY_STEPS_H

/* Opens what the path leads to below the folder dir_fd, part by part, so that
 * no symbolic link and no ".." leads out of it. `flags` as open(2) has them. The
 * descriptor, or -1 with errno (EXDEV: it leads out; ELOOP: too many links). */
int pt_open_by_steps(int dir_fd, const char *path, int flags);

#endif
