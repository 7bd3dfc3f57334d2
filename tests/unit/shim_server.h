/*
 * A mesh socket served by a child process, as doc/mesh-socket.md wants it or
 * with one fault. What its client sends comes back from each of its peers.
 */
#ifndef VPLAM_TESTS_SHIM_SERVER_H
#define VPLAM_TESTS_SHIM_SERVER_H

#include <sys/types.h>

enum server_fault {
	SERVER_SOUND,
	SERVER_NO_KEY,	    /* HELLO without a public key */
	SERVER_SMALL,	    /* refuses bodies that its HELLO allows */
	SERVER_WRONG_TOKEN, /* PONG with another token */
	SERVER_KNOWN_ONLY,  /* refuses unknown types */
	SERVER_IGNORES_BAD, /* skips what breaks the format */
	SERVER_CLOSES,	    /* closes without REFUSED */
	SERVER_STAYS,	    /* REFUSED, but does not close */
	SERVER_NO_WHY,	    /* does not name the field */
	SERVER_ANY_ORDER,   /* does not insist on HELLO first */
	SERVER_ANY_VERSION, /* takes every version */
	SERVER_SECOND_WINS, /* a second client throws out the first */
	SERVER_BUSY_SILENT, /* closes the second without a word */
	SERVER_DROPS,	    /* closes after its first PKT */
	SERVER_ASKED_ONLY,  /* refuses answers to what it has not asked */
};

/* peers: how many PEER_UP follow HELLO ("p1", "p2", ...). */
pid_t server_start(const char *path, enum server_fault fault, unsigned peers);
void server_stop(pid_t pid);

#endif
