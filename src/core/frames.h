/* What comes out of a session: one handler per type of inner frame. */
#ifndef VPLAM_CORE_FRAMES_H
#define VPLAM_CORE_FRAMES_H

#include "core/fwd.h"
#include "core/peer.h"

/* Opened packets on their way to their handlers. */
struct rx {
	struct core *c;
	struct peer *p;
	struct session *s; /* NULL once a handler has ended the tunnel */
	const struct path *from;
	struct turn *t;
	uint8_t *raw;	 /* the bytes that the frame at hand lies in, ours */
	uint32_t plain;	 /* and how many came in the datagram */
	bool payload;	 /* some of it was: an answer is owed to that */
	struct run *out; /* records for the mesh daemon, sent once per run */
	struct run *dev; /* packets for the devices, by FWD_LAYERS */
};

/*
 * A run of plaintexts that opened under s. bytes: what they took on the line;
 * newest: one of them has the session's highest counter so far.
 */
void frames_receive(struct core *c, struct peer *p, struct session *s,
    const struct path *from, struct run *run, size_t bytes, bool newest,
    struct turn *t);

#endif
