/*
 * Some real cores joined by a line in memory under a virtual clock,
 * each with a stand-in mesh daemon that collects what it was handed. The
 * turn's arena is emptied after each step, so that the address sanitizer
 * finds pointers that were kept.
 */
#ifndef VPLAM_TESTS_DUO_H
#define VPLAM_TESTS_DUO_H

#include "core/core.h"
#include "tests/rng.h"
#include "wire/mesh.h"

#define DUO_MAX 8
#define DUO_PORT 7469
#define DUO_WALL_MS UINT64_C(1700000000000) /* wall clock at the start */

struct duo;

/* One way of a line. */
struct duo_dir {
	uint32_t delay_us, jitter_us;
	unsigned loss; /* of 100 datagrams */
	bool cut;
	size_t longest; /* datagrams that are longer vanish; 0: none do */
	uint64_t sent, lost;
};

/* A datagram, kept. */
struct duo_dgram {
	struct addr from, to;
	struct mono at; /* when it was sent */
	size_t len;
	uint8_t *p;
};

/* Datagrams in the order in which they were kept. */
struct duo_tape {
	size_t n, max;
	struct duo_dgram *d;
};

/* One record that the mesh daemon was handed; key and body are its own. */
struct duo_rec {
	struct mono at;
	struct mesh_rec rec;
	uint8_t *raw;
};

struct duo_end {
	struct duo *d;
	unsigned nr;
	bool on; /* has a core */
	struct core core;
	struct addr addr;	    /* its own */
	struct addr face;	    /* its source, as the others see it */
	struct peer *peer[DUO_MAX]; /* NULL: not configured */
	uint64_t wall_ms;	    /* its wall clock at the start of time */
	struct duo_rec *rec;	    /* what the mesh daemon got */
	size_t n_rec, max_rec;
	unsigned hangups;
	unsigned switches;	   /* EV_PEER_ENDPOINT */
	unsigned recursions;	   /* EV_PEER_RECURSION */
	unsigned insides;	   /* EV_PEER_INSIDE */
	unsigned unrouted;	   /* EV_PEER_UNROUTED */
	unsigned classes;	   /* EV_PEER_CLASS */
	unsigned revoked;	   /* EV_PEER_REVOKED */
	unsigned trials;	   /* events about peers on trial */
	uint64_t out_n, out_bytes; /* datagrams it sent */
	struct mono last_up;	   /* became a vrnode; 0: never */
};

struct duo {
	struct rng rnd;	 /* of the cores */
	struct rng line; /* of the line: loss and jitter */
	struct mono now;
	struct arena mem;
	struct duo_end end[DUO_MAX];
	struct duo_dir dir[DUO_MAX][DUO_MAX]; /* from, to */
	TAILQ_HEAD(duo_flights, duo_flight) flights;
	unsigned batch; /* runs of up to so many; 0: one at a time */

	/* Sees each datagram before the line; false swallows it. */
	bool (*tap)(struct duo *d, const struct duo_end *from,
	    const struct addr *to, const uint8_t *p, size_t len);
	void *tap_arg;

	/* Sees what end e hands to its device no; may be NULL. */
	void (*deliver)(struct duo_end *e, unsigned no, struct run *run);
	void *deliver_arg;
	struct duo_tape *tape; /* when set, every datagram goes here too */
	struct duo_tape stray; /* what went to addresses of nobody */
};

/* What the tests configure; zero is the usual. */
struct duo_options {
	const struct aead_choice *aead; /* NULL: aead_default() */
	uint8_t suites, preferred;	/* suites 0: all of aead */
	uint32_t rekey_ms, fan_origin, fan_total;
	uint32_t dh_rate;
	uint16_t mtu;
	const uint8_t *netkey; /* closed network; NULL: open */
	const uint8_t *seed;   /* identity; NULL: random */
	uint64_t wall_ms;      /* 0: DUO_WALL_MS */
	bool no_mesh;	       /* no mesh daemon */
};

void duo_init(struct duo *d, uint64_t seed);
void duo_fini(struct duo *d);

/* Starts core nr, a mesh daemon with it. */
void duo_start(struct duo *d, unsigned nr, const struct duo_options *opt);
void duo_stop(struct duo *d, unsigned nr); /* kill -9 */

/* a configures b; dials when it is to know the endpoint. */
struct peer *duo_peer(struct duo *d, unsigned a, unsigned b, bool endpoint);

/* Both ends with the usual options, connected; fails the test if not. */
void duo_pair(struct duo *d, uint64_t seed, const struct duo_options *opt);

/* Delays of both ways between a and b. */
void duo_delay(struct duo *d, unsigned a, unsigned b, uint32_t us);

void duo_run(struct duo *d, uint64_t us);

/* Runs until a has a live tunnel to b; false after us. */
bool duo_wait_up(struct duo *d, unsigned a, unsigned b, uint64_t us);

/* A turn for a call into a core; close it with duo_done(). */
struct turn duo_turn(struct duo *d, unsigned nr);
void duo_done(struct duo *d);

/* A datagram arrives at nr at once, from wherever. */
void duo_inject(struct duo *d, unsigned nr, const struct addr *from,
    const void *p, size_t len);

/* The mesh daemon speaks. */
void duo_mesh_rec(struct duo *d, unsigned nr, const struct mesh_rec *rec);
void duo_mesh_raw(struct duo *d, unsigned nr, const void *p, size_t len);
void duo_mesh_hello(struct duo *d, unsigned nr);

/* An internal packet of these bytes, without key. */
void duo_say(struct duo *d, unsigned nr, const void *body, size_t len);

/* One whose body is its number; duo_heard() counts how often it came. */
void duo_say_nr(struct duo *d, unsigned nr, uint32_t number);
unsigned duo_heard(const struct duo *d, unsigned nr, uint32_t number);

/* Records of a type that nr's mesh daemon got; the last of them, or NULL. */
unsigned duo_recs(const struct duo *d, unsigned nr, uint8_t type);
const struct duo_rec *duo_last(const struct duo *d, unsigned nr, uint8_t type);
void duo_forget(struct duo *d, unsigned nr); /* all of them */

/* Both ways carry packets. Uses two fresh numbers from *number on. */
bool duo_carries(struct duo *d, unsigned a, unsigned b, uint32_t *number);

void duo_keep(struct duo_tape *t, const struct addr *from,
    const struct addr *to, struct mono at, const void *p, size_t len);
void duo_tape_free(struct duo_tape *t);

struct addr duo_addr(const char *text);
uint64_t duo_cnt(const struct duo *d, unsigned nr, enum counter id);

#endif
