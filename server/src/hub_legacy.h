/* Where native visitors and WebTorrent clients meet: the offers and answers of
 * one kind are told to the other in its own words.
 *
 * A native visitor knows a WebTorrent client by an alias that the server made
 * of its peer id, and by the info-hash that the client speaks on the wire
 * ("legacy" in the messages). The client knows the visitor by its own id.
 * Offers of clients come to visitors as signals whose nonce is the offer id in
 * hex; the nonce of a visitor's offer becomes its offer id, with NULs behind.
 * Candidates travel in the SDP: there is nothing else they could travel in. */
#ifndef PT_SERVER_HUB_LEGACY_H
#define PT_SERVER_HUB_LEGACY_H

#include "tracker_inner.h"

/* Describes a member to a native visitor. */
void pt_hub_describe_peer(pt_hub *hub, const pt_membership *m, pt_sig_peer *out);

/* Passes an offer of tracker->in on to a native member of the swarm. */
bool pt_hub_legacy_offer(pt_tracker *tracker, const pt_membership *from, const pt_membership *to,
                         const pt_tracker_offer *offer);
/* Passes the answer in tracker->in on to the native visitor that offered; false
 * when there is none that did. */
bool pt_hub_legacy_answer(pt_tracker *tracker, const pt_membership *from);

/* Passes the signal in hub->in on to the client with the alias hub->in.to.
 * NULL, or why it could not be. */
const char *pt_hub_legacy_signal(pt_hub *hub, pt_session *session);
/* The peer with an alias is banned: it leaves all swarms. */
void pt_hub_legacy_ban(pt_hub *hub, const uint8_t alias[PT_ID_SIZE]);
bool pt_hub_legacy_banned(pt_tracker *tracker, const uint8_t peer_id[PT_ID_SIZE]);

#endif
