/*
 * Strangers with sockets of their own, who send a running vplamad whatever
 * there is and keep account of what comes back to each of them.
 */
#ifndef VPLAM_SHOW_ECHOES_H
#define VPLAM_SHOW_ECHOES_H

#include "core/cookie.h"
#include "core/session.h"
#include "crypto/keys.h"
#include "tests/show/asked.h"

#define POSTS 64

struct post {
	int fd;
	uint64_t in_n, in_bytes, out_n, out_bytes;
	size_t last; /* length of what was sent last; 0 once it is judged */
	bool sent;
	uint8_t cookie[MAC_LEN];
};

struct lab {
	struct client ctl;
	struct addr to; /* the daemon */
	struct network net;
	struct identity its, us; /* us: the peer that it has */
	uint8_t mac1key[KEY_LEN], cookiekey[KEY_LEN];
	uint8_t no_mac1key[KEY_LEN]; /* for whom nobody's key is known */
	struct post post[POSTS];     /* strangers, each with an address */
	struct post known;	     /* where the daemon expects its peer */
	bool by_seal;		     /* see echoes_judge() */
	uint64_t sent, sent_ever;    /* since the last look; in all */
	struct counters before;
	struct mono cookies_at;
	uint64_t replies, late, unlike; /* unlike: more or larger */
	unsigned worst;			/* percent, with headers */
	struct session *session;
};

/* From that socket; the batch is judged when each has sent one. */
void echoes_send(struct lab *l, struct post *p, const void *msg, size_t len);

/*
 * Waits until the daemon has taken all, and looks at what came back: to each
 * socket one datagram at most, no longer than what went out; by_seal: than all
 * that went out of that socket.
 */
void echoes_judge(struct lab *l);

void echoes_open(struct lab *l, struct post *p, const char *from);

/* One cookie for each post that lasts a minute and more. */
void echoes_cookies(struct lab *l);

/* A whole initiation of that identity to the daemon, with mac1. */
void echoes_init(struct lab *l, const struct identity *id, uint64_t stamp,
    struct hs_init *hs, uint8_t msg[INIT_LEN]);

#endif
