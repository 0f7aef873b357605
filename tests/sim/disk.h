/* A visitor's disk: keeps what a node gives it, gives it back, and can be
 * full, or change its bytes. It outlives the node. */
#ifndef SIM_DISK_H
#define SIM_DISK_H

#include "peertide/peertide.h"

typedef struct disk disk;

/* Has room for so many bytes of pieces. */
disk *disk_new(uint64_t bytes_max);
void disk_del(disk *d);
disk *disk_copy(const disk *d);

/* Carries out a PT_OUT_STORE_…. True: the node is to hear *in (whose data
 * lives until the disk changes). */
bool disk_obey(disk *d, const pt_event *out, pt_event *in);
/* The inputs that tell a new node what is there, one for each `at` from 0;
 * false: that was all. */
bool disk_tell(const disk *d, size_t at, pt_event *in);
/* Flips a bit in every nth piece. */
void disk_flip(disk *d, uint32_t nth);
uint64_t disk_bytes(const disk *d);

#endif
