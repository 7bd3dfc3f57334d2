/* A socket that shoots at a vplamad and keeps the account. */
#ifndef VPLAM_SHOW_BAD_UDP_H
#define VPLAM_SHOW_BAD_UDP_H

#include "core/session.h"
#include "crypto/keys.h"
#include "tests/show/badgram.h"

struct gun {
	int fd;
	struct client ctl;
	struct counters before; /* when the account was opened */
	uint64_t bad, good;	/* sent since */
	unsigned waiting;	/* sent since we last waited */
	struct network net;
	struct identity us, its;
	uint8_t mac1key[KEY_LEN], cookiekey[KEY_LEN], cookie[MAC_LEN];
	bool has_cookie;
	struct session *session; /* from handshake() on */
	uint8_t its_boot[BOOT_LEN];
};

void shoot(struct gun *g, const void *p, size_t len); /* must be refused */
void ask(struct gun *g, const void *p, size_t len);   /* must not */

/* Inside a session of a peer: frames that break the format, one a packet. */
void bad_frames(struct gun *g);
void bad_frames_end(struct gun *g); /* closes the tunnel as one should */

#endif
