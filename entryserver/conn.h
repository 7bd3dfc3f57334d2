/*
 * One client of the web server: a request is read, answered, and then the next.
 * Whoever is slow is closed (doc/decisions/0023-entry-lists.md): a request
 * has CONN_HEAD_S from its beginning to its end, not from byte to byte, and an
 * answer must flow.
 */
#ifndef VPLAM_ENTRYSERVER_CONN_H
#define VPLAM_ENTRYSERVER_CONN_H

#include <event2/event_struct.h>
#include <sys/queue.h>

#include "entryserver/guests.h"
#include "entryserver/http.h"
#include "entryserver/site.h"

#define CONN_HEAD_S 5	 /* for a request; also between two of them */
#define CONN_DRAIN_S 1	 /* for the end to reach who did something wrong */
#define CONN_WINDOW_S 30 /* in which so many bytes must be taken: */
#define CONN_WINDOW_BYTES (CONN_WINDOW_S * 1024)
#define CONN_SNDBUF (128 * 1024) /* what the kernel takes at once */

enum conn_state { CONN_HEAD, CONN_SEND, CONN_DRAIN };

/* An answer; what it borrows lives as long as site, or is own. */
struct answer {
	char head[1024];
	size_t n_head;
	const char *body;
	size_t n_body;
	struct site *site;
	char *own; /* owned */
};

struct conn;

/* What the server does for it. */
struct conn_env {
	void *arg;
	struct event_base *base;
	struct guests *guests;
	/* Fills in an answer to what http_parse() returned. */
	void (*answer)(void *arg, enum http_status parsed,
	    const struct http_request *req, struct answer *ret);
	void (*gone)(void *arg, struct conn *c); /* for conn_free() */
};

struct conn {
	TAILQ_ENTRY(conn) link; /* the server's */
	const struct conn_env *env;
	struct guest *guest;
	struct event ev;
	int fd;
	enum conn_state state;
	struct mono until; /* the state ends, or the window */
	char in[HTTP_HEAD_MAX];
	size_t n_in, looked_at;
	struct answer out;
	size_t sent, sent_before; /* of the answer; at the last window */
	bool keep;
};

/* Takes over fd, which is nonblocking. */
struct conn *conn_new(
    const struct conn_env *env, int fd, struct guest *guest, struct mono now);
void conn_free(struct conn *c);

/* Is it to be closed for being slow? About once a second. */
bool conn_is_slow(struct conn *c, struct mono now);

#endif
