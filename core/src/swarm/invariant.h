/* What must be true of a swarm and of a node whenever all outputs are polled.
 * Tests and fuzzers call this after every input; nothing else does. */
#ifndef PT_SWARM_INVARIANT_H
#define PT_SWARM_INVARIANT_H

#include "swarm/units.h"

/* The first statement found untrue, or NULL when all hold. */
const char *pt_swarm_invariant(const pt_swarm *s);
/* The same for what the swarms of one context share: budget, list of verified
 * pieces, fetches. */
const char *pt_context_invariant(const pt_context *cx, pt_swarm *const *swarms, uint32_t count);

#endif
