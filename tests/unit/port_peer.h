/* A device port in a loop, and the other side of it, for tests. */
#ifndef VPLAM_TESTS_PORT_PEER_H
#define VPLAM_TESTS_PORT_PEER_H

#include "io/port.h"
#include "tests/unit/io_env.h"

#define PEER_BUF (1u << 18)

/*
 * The other side: speaks nonblocking, with lengths on streams. Frames are
 * numbered, and their bytes follow from number and length.
 */
struct peer {
	int in, out;
	bool stream;
	uint8_t buf[PEER_BUF]; /* read, not yet looked at */
	size_t have;
	uint8_t rest[4 + PORT_FRAME_MAX]; /* to be written */
	size_t rest_at, rest_len;
};

struct fix {
	struct env e;
	struct port_env penv;
	struct port_conf conf;
	struct port *p;
	char path[2][PORT_PATH]; /* in the folder of e */

	/* what came from the port */
	bool echo; /* give each run back */
	unsigned n, want, last_no, max_run, max_turn, in_turn, last_turn;
	size_t last_len;

	/* an exchange that is under way */
	struct peer *peer;
	unsigned sent, got, total, window;
	size_t max_len, flying;
};

void fix_init(struct fix *f, enum port_kind kind);
int fix_open(struct fix *f); /* 0 or what open() says */
void fix_fini(struct fix *f);

uint64_t fix_count(const struct fix *f, enum counter id);

/* Hands the port n frames of len bytes as one run; the first has number no. */
void fix_give(struct fix *f, unsigned no, unsigned n, size_t len);

/* Runs the loop until n frames have come from the port in all. */
void fix_wait(struct fix *f, unsigned n);

/* Runs until the counter has the value. */
void fix_wait_count(struct fix *f, enum counter id, uint64_t v);

/*
 * total frames of many lengths up to max_len from pe to the port and back,
 * each right and in order, window of them at a time.
 */
void fix_echo(struct fix *f, struct peer *pe, unsigned total, unsigned window,
    size_t max_len);

struct peer *peer_new(int in, int out, bool stream); /* in may be out */
void peer_free(struct peer *pe);		     /* closes */

/* False: not now. What is begun goes out before the next. */
bool peer_put(struct peer *pe, unsigned no, size_t len);

/* The length of the next frame, 0 for none yet, -1 for the end. */
ssize_t peer_get(struct peer *pe, unsigned *ret_no);

/* Bytes of frame no; len is at least 4. */
void frame_fill(uint8_t *p, unsigned no, size_t len);

#endif
