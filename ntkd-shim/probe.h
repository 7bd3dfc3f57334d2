/*
 * A bare connection to a mesh socket that sends whatever it is told to, and
 * says how the other side takes it. For the self-test.
 */
#ifndef VPLAM_NTKD_SHIM_PROBE_H
#define VPLAM_NTKD_SHIM_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/mesh.h"

#define PROBE_WHY 200

/* Room for the largest record and one byte that is too many. */
struct probe {
	const char *path;
	int answer_ms;
	int fd;		     /* -1: not connected */
	struct mesh_rec rec; /* the last record received; borrows from buf */
	uint8_t buf[MESH_RECORD_MAX + 1];
};

enum probe_outcome {
	PROBE_TAKEN,   /* or skipped: the connection goes on */
	PROBE_REFUSED, /* REFUSED in rec, then closed */
	PROBE_CLOSED,  /* closed without a word */
	PROBE_SILENT,  /* no answer in time, or not closed after REFUSED */
	PROBE_GARBLED, /* an answer that breaks the format */
	PROBE_ABSENT,  /* no connection */
};

/* answer_ms: how long the other side may take to answer. */
void probe_init(struct probe *p, const char *path, int answer_ms);
void probe_close(struct probe *p);

/* A new connection in place of the old one; false when there is none. */
bool probe_open(struct probe *p);

bool probe_send(struct probe *p, const void *bytes, size_t len);

/* Waits for a record of the type, or REFUSED; skips all others. */
enum probe_outcome probe_expect(struct probe *p, uint8_t type);

/*
 * A new connection whose first record are these bytes; PROBE_TAKEN when a
 * HELLO comes back. As vplamad may not have seen yet that the connection
 * before is gone, REFUSED(BUSY) is asked again for a while.
 */
enum probe_outcome probe_first(struct probe *p, const void *bytes, size_t len);

/* As probe_first() with a sound HELLO. */
enum probe_outcome probe_greet(struct probe *p);

/* Sends the bytes and a PING behind them: PROBE_TAKEN when PONG comes. */
enum probe_outcome probe_poke(struct probe *p, const void *bytes, size_t len);

/* The outcome as a text: "refused (3, PKT.key_len)". */
const char *probe_text(
    const struct probe *p, enum probe_outcome out, char buf[static PROBE_WHY]);

/*
 * Sound fields for a record of the negotiation: 10.79.0.0/16 as ntkd has it,
 * of one node; a REHOOK wants 10.80.0.0/16. Does nothing for other types.
 */
void probe_place(struct mesh_rec *rec);

/* A record as bytes; returns the length. */
size_t probe_record(uint8_t *out, size_t max, const struct mesh_rec *rec);

#endif
