/* A gnode, its honest peers, and those who want its place: tests/show/hostile.
 */
#ifndef TESTS_SHOW_HOSTILE_H
#define TESTS_SHOW_HOSTILE_H

#include "neg/channel.h"
#include "tests/rng.h"
#include "tests/unit/neg_pair.h"

#define VICTIM 0
#define HONEST 1 /* the first of at most HONESTS */
#define HONESTS 3
#define FOE 4 /* the first of at most FOES */
#define FOES 5

struct stage;

/* One that speaks as it likes: side n of the line has no negotiation. */
struct foe {
	unsigned n;
	struct channel ch;
	bool up, silent, bad_sig;
	struct neg_peer as; /* how the victim sees it */
	struct netdesc d;   /* known: from the pool below */
	struct known known[NETDESC_KNOWN];
	struct mono at; /* when it does something next */
	unsigned pace_ms;
	uint8_t hello;	/* flags */
	uint32_t epoch; /* of the victim, as it says */
	unsigned lives, acts;
};

struct attack {
	const char *name;
	void (*prepare)(struct stage *st, struct foe *f);
	void (*act)(struct stage *st, struct foe *f);
	unsigned pace_ms; /* on the average */
};
extern const struct attack attacks[];
extern const unsigned n_attacks;

struct stage {
	struct line ln;
	struct rng rng;
	const struct attack *attack; /* NULL: nobody attacks */
	unsigned n_honest, n_foes;
	struct foe foe[FOES];
	int dials;	  /* the victim its foes: 1; they it: -1; 0: both */
	bool infiltrated; /* some foes have been known for three days */

	/* How the victim sees its honest peers, how they see it. */
	struct neg_peer as[HONESTS], sees[HONESTS];
	bool up[HONESTS];
	bool known[HONESTS];	    /* it has once had a route */
	struct mono since[HONESTS]; /* the tunnel went up, or down */
	struct claim home;
	bool stable;  /* before the foes came */
	bool settled; /* the victim stays there for ever */
	bool watch;   /* routes must be there */
	bool weather; /* tunnels come and go */

	/* What went wrong. */
	unsigned moved, lost, stolen, stuck, grown;
	const char *first;
	unsigned first_at;

	/* What was seen last. */
	struct mono last;
	unsigned at_once, told[HONESTS];
	bool displaced, thief, without[HONESTS];
	size_t heap;
};

size_t below(struct stage *st, size_t n);

/* hostile_foe.c: how a foe speaks. */
void foe_up(struct stage *st, struct foe *f);
void foe_down(struct stage *st, struct foe *f);
void foe_input(struct side *s, unsigned from, const uint8_t *part, size_t len);
void foe_tick(struct stage *st, struct foe *f);
void foe_say(struct stage *st, struct foe *f, const struct neg_msg *m);
void foe_desc(struct stage *st, struct foe *f, uint8_t type);
/* Such bytes as a descriptor, with this signature, or its own. */
void foe_bytes(struct stage *st, struct foe *f, uint8_t type, const uint8_t *p,
    size_t len, const uint8_t *sig);

/* hostile_stage.c: the scene, watched after each event. */
void stage_begin(struct stage *st, uint64_t seed);
void stage_end(struct stage *st);
void stage_place(
    struct stage *st, unsigned side, unsigned gid2, unsigned level);
void stage_link(struct stage *st, unsigned i, bool up);
void stage_foes(struct stage *st, const struct attack *a);
void stage_run(struct stage *st, unsigned seconds);

#endif
