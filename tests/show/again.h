/*
 * Whoever sits on the line between two vplamads, keeps what passes and sends it
 * again; and at both ends who sends numbered packets and counts what comes.
 */
#ifndef VPLAM_SHOW_AGAIN_H
#define VPLAM_SHOW_AGAIN_H

#include "base/addr.h"
#include "base/mono.h"
#include "tests/show/asked.h"
#include "wire/msg.h"

#define FOES 16
#define KEPT 32768 /* transport packets from a to b, by counter */
#define KEPT_LEN 256
#define INITS 64
#define SEQS (8u * 1024 * 1024) /* numbered packets each way */

enum way { TO_B, TO_A, WAYS };

/* Numbered packets of one way: out of one device, into the other. */
struct flow {
	int from, to; /* sockets at the devices */
	uint64_t sent, got, dup, odd;
	uint64_t given_up; /* of sent: did not come while there was time */
	uint8_t *seen;	   /* a bit for each number */
	double rate;	   /* a second; 0: none */
	struct mono since;
	uint64_t due; /* of those, sent */
};

struct kept {
	size_t len;
	uint8_t p[KEPT_LEN];
};

struct line {
	struct client ctl[2]; /* of a and b */
	int fa, fb;	      /* sockets that a and b see each other at */
	struct addr a;
	int foe[FOES]; /* other addresses: connected to b */
	struct flow flow[WAYS];

	struct kept *kept; /* KEPT of them */
	uint64_t top;	   /* highest counter to b in this session */
	uint32_t index[WAYS];
	unsigned sessions[WAYS]; /* how often that changed */
	struct kept init[INITS];
	unsigned n_init;
	uint64_t passed[WAYS];
	double init_rate; /* of what is in init, a second */
	struct mono init_since;
	uint64_t init_due, inits; /* since then; in all */
	uint64_t pumps;
	struct mono asked_at;		 /* that we are still there */
	uint64_t to_foes, to_foes_bytes; /* from b */
	bool twice;			 /* everything passes twice */
	unsigned steal;	 /* so many packets to b come from a foe: first, */
	bool steal_only; /* or only from there */
	uint8_t last[KEPT_LEN];
	size_t last_len;
};

/* All that is to be done meanwhile: passes on, sends, counts. */
void line_pump(struct line *l);
void line_pump_for(struct line *l, uint64_t us);

/* Packets a second both ways from now on; 0: no more. */
void line_rate(struct line *l, double rate);

/* Initiations a second from now on, as they were heard; 0: no more. */
void line_inits(struct line *l, double rate);

/* Waits until all that was sent has come, or nothing comes any more. */
void line_settle(struct line *l);

/* n packets to b as fast as they come; packets a second. */
double line_fast(struct line *l, uint64_t n);

uint64_t line_lost(const struct line *l);
uint64_t line_dup(const struct line *l);

#endif
