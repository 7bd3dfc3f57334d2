/*
 * The report of a replay: one line per event, made to be joined by awk. A
 * packet is known by its bytes, the last field.
 */
#ifndef VPLAM_NTKD_SHIM_REPORT_H
#define VPLAM_NTKD_SHIM_REPORT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/mono.h"
#include "wire/mesh.h"

struct report_peer {
	uint32_t id;
	char name[MESH_TEXT_MAX + 1]; /* without blanks; "-" when it has none */
};

struct report {
	FILE *out;		  /* borrowed */
	struct report_peer *peer; /* all that ever came up */
	size_t n_peers;
	uint64_t sent, received;
};

void report_init(struct report *rp, FILE *out);
void report_fini(struct report *rp);

/*
 * "peer_up T peer=ID name=NAME endpoint=TEXT", "peer_down T peer=ID
 * name=NAME why=N", "lost T": T is in milliseconds of the monotonic clock,
 * the same for all processes of a machine.
 */
void report_up(
    struct report *rp, struct mono now, const struct mesh_peer_up *up);
void report_down(
    struct report *rp, struct mono now, const struct mesh_peer_down *down);
void report_lost(struct report *rp, struct mono now);

/*
 * "sent T peer=0 name=- key=HEX len=N body=HEX" and "received T peer=ID
 * name=NAME key=HEX len=N body=HEX". A packet received without a key shows
 * the one that its bytes give; "-" when there is none.
 */
void report_sent(
    struct report *rp, struct mono now, const struct mesh_pkt *pkt);
void report_received(
    struct report *rp, struct mono now, const struct mesh_pkt *pkt);

/* "end T sent=N received=N connection=held|lost" */
void report_end(struct report *rp, struct mono now, bool held);

#endif
