/* What the host says of its disk, for node.c. */
#ifndef PT_NODE_STORED_H
#define PT_NODE_STORED_H

#include "node/node_inner.h"

/* PT_IN_STORE_LIMIT, PT_IN_STORED_LAYER, PT_IN_STORED, PT_IN_STORE_DATA. */
int pt_stored_input(pt_node *n, const pt_event *in);
/* What the disk has of that swarm is to be deleted. */
void pt_stored_drop(pt_node *n, const uint8_t swarm[PT_ID_SIZE]);
/* What was being read has come, or there is room for another read: who waits
 * looks again. */
void pt_stored_settle(pt_node *n);

#endif
