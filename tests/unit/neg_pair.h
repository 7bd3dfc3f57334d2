/*
 * Negotiations joined by a virtual line: what a test of src/neg needs of the
 * world. Time stands still but in line_run(); keys are the number of a side.
 */
#ifndef TESTS_UNIT_NEG_PAIR_H
#define TESTS_UNIT_NEG_PAIR_H

#include "neg/neg.h"
#include "neg/show.h"

#ifndef LINE_SIDES
#define LINE_SIDES 6
#endif
#ifndef LINE_RECORDS
#define LINE_RECORDS 256
#endif

struct line;

struct side {
	struct line *line;
	unsigned n; /* its number; peer id of the others is number + 1 */
	struct neg *g;
	struct neg_config cfg;
	struct netdesc own;
	bool obeys; /* its mesh daemon moves when told, in move_s */
	unsigned move_s;
	unsigned told, stopped; /* rehook(), rehook_stop() calls */
	uint32_t rehook_id;
	struct claim from, to;
	bool closed[LINE_SIDES];
	uint8_t close_reason[LINE_SIDES];
	unsigned n_routes[LINE_SIDES];
	struct claim route[LINE_SIDES][NETDESC_CLAIMS];
	bool mesh[LINE_SIDES];	    /* whose probes it hears */
	bool bad_sig;		    /* what it signs is worth nothing */
	unsigned types[LINE_SIDES]; /* 1 << type of what went to a peer */
	unsigned sent, events[NEG_EV_STABLE + 1];
	struct neg_record rec[LINE_RECORDS]; /* the last of each identity */
	uint8_t *desc[LINE_RECORDS];	     /* of NETWORK */
	struct mono rec_at[LINE_RECORDS];
	unsigned n_rec;
	uint8_t life; /* of its key: another one is another peer */
	/* It has no negotiation; what comes goes here. */
	void (*raw)(
	    struct side *s, unsigned from, const uint8_t *part, size_t len);
};

struct line_item;

struct line {
	struct mono now;
	uint64_t rng;
	unsigned loss; /* per cent */
	unsigned delay_ms;
	size_t part_max; /* of each tunnel */
	bool unseen;	 /* see line_restart() */
	struct side s[LINE_SIDES];
	struct line_item *items;
	uint8_t forged; /* messages so far: each begins a life */
	void (*after)(struct line *ln); /* each event; or NULL */
	void *arg;			/* of raw() and after() */
};

/* Sides 0 to n - 1 are there, without a place. */
void line_init(struct line *ln, unsigned n, uint64_t seed);
void line_fini(struct line *ln);

/* A gnode of class 10, levels 4 x 8: 10.GID2.GID1.GID0, claim at level 2. */
void line_own(struct line *ln, unsigned side, unsigned gid2);
/* A site of plain prefixes, 10.SECOND.0.0/16, without an address of its own. */
void line_own_plain(struct line *ln, unsigned side, unsigned second);
/* The same with more in it: side->own is taken as it is. */
void line_place(struct line *ln, unsigned side);

/* a dials b; crossed: b has dialled as well. The peer is as given. */
void line_join(struct line *ln, unsigned a, unsigned b, bool crossed);
void line_join_as(struct line *ln, unsigned a, unsigned b,
    const struct neg_peer *of_a, const struct neg_peer *of_b);
void line_cut(struct line *ln, unsigned a, unsigned b);

/* From now on the side has no negotiation. */
void line_raw(struct line *ln, unsigned side,
    void (*raw)(
	struct side *s, unsigned from, const uint8_t *part, size_t len));
/* A part of its own making. */
void line_send(
    struct line *ln, unsigned a, unsigned b, const uint8_t *part, size_t len);
/* What the side's key says of these bytes. */
void line_sign(struct line *ln, unsigned side, const uint8_t *p, size_t len,
    uint8_t sig[NEG_SIG]);

void line_run(struct line *ln, unsigned seconds);
void line_run_ms(struct line *ln, unsigned ms);

/*
 * Ends and starts again with what it saved; links are gone, away_s passed. The
 * others are not told of it when unseen is set.
 */
void line_restart(struct line *ln, unsigned side, unsigned away_s);

enum neg_state line_state(struct line *ln, unsigned a, unsigned b);
uint8_t line_why(struct line *ln, unsigned a, unsigned b);
unsigned line_gid2(struct line *ln, unsigned side); /* of its own claim 0 */

uint64_t line_netid(struct line *ln, unsigned side);
enum neg_role line_role(struct line *ln, unsigned side);

/*
 * A message from side a to side b that its negotiation would never send. From
 * then on b hears nothing else of a.
 */
void line_forge(
    struct line *ln, unsigned a, unsigned b, const struct neg_msg *m);

/* A claim of level 2: 10.GID2. */
struct claim line_claim(unsigned gid2);

#endif
