/* One end of a line for tests of io/udp: keeps what arrived. */
#ifndef VPLAM_TESTS_UDP_SIDE_H
#define VPLAM_TESTS_UDP_SIDE_H

#include "io/udp.h"
#include "tests/unit/io_env.h"

#define SIDE_KEEP 4096

struct got {
	struct path from;
	uint32_t len;
	uint32_t no; /* bytes 1..4 */
	uint8_t type;
	bool whole; /* as side_run() filled it */
	unsigned turn, run_n, run_no;
};

struct side {
	struct env *e;
	struct udp *u;
	struct udp_handler h;
	unsigned n, want, loads, runs, too_big;
	struct addr too_big_to; /* the last */
	unsigned unreachable;
	uint32_t unreachable_no; /* the last */
	bool echo, eat;
	struct got got[SIDE_KEEP];
};

/* Listens at a, and at b unless NULL. */
struct side *side_new(struct env *e, const char *a, const char *b);
void side_free(struct side *s);

/* Runs the loop until want packets are there. */
void side_wait(struct side *s, unsigned want);

/* n packets of len bytes, numbered from first on, in the turn's memory. */
struct run *side_run(struct env *e, unsigned n, uint32_t first, size_t len);

/* To the port of number 0 of s at ip. */
struct path side_path(const struct side *s, const char *ip);

#endif
