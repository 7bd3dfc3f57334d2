/*
 * The UDP side: several listen addresses, each with a socket for handshakes
 * and one for data, between which the kernel sorts by the type byte. That is
 * a help and no promise: either takes every type.
 */
#ifndef VPLAM_IO_UDP_H
#define VPLAM_IO_UDP_H

#include <stdbool.h>

#include "base/addr.h"
#include "base/counters.h"
#include "base/run.h"

struct loop;
struct priv;
struct udp;

#define UDP_LISTEN_MAX 16
#define UDP_RX_LEN 9472		   /* longest datagram taken: MTU 9216 */
#define UDP_RCVBUF (4u << 20)	   /* bytes asked of the kernel, per socket */
#define UDP_SNDBUF (1u << 20)	   /* the same for sending */
#define UDP_TURN (128u << 10)	   /* bytes read in a turn, per socket: */
				   /* 2 trains, opened while in the cache */
#define UDP_TURN_HS (10u << 10)	   /* the same where only handshakes come */
#define UDP_ARENA (LOOP_ARENA / 2) /* data waits for the next turn then */
#define UDP_ARENA_HS (UDP_ARENA + UDP_ARENA / 2) /* and handshakes */

struct udp_handler {
	void *arg;

	/*
	 * A run from one address. from->local is where it came to, from->sock
	 * the number of the listen address. The bytes may be overwritten, but
	 * packets of a merged message stand back to back (base/run.h).
	 */
	void (*input)(void *arg, const struct path *from, struct run *run,
	    struct turn *t);

	/* More than an eighth of a handshake socket's buffer is in use. */
	void (*load)(void *arg, struct mono now);

	/*
	 * Datagrams to remote were longer than the line takes. May be NULL.
	 * Called in LOOP_FLUSH, but by udp_send(), too, when the queue is full:
	 * it must not send.
	 */
	void (*too_big)(void *arg, const struct addr *remote, struct mono now);

	/*
	 * That datagram cannot leave: there is no way to its address, or no
	 * socket of its family. As too_big otherwise.
	 */
	void (*unreachable)(
	    void *arg, const uint8_t *p, size_t len, struct mono now);
};

/*
 * Binds all of n addresses (1 to UDP_LISTEN_MAX) or none; the monitor behind pv
 * has the same, in the same order. h and pv are borrowed, cnt gets the counters
 * udp_*. Offloads are used where the kernel has them. Returns 0 or -errno, and
 * then *ret_which is the address at fault.
 */
int udp_open(struct udp **ret, struct loop *l, const struct priv *pv,
    const struct addr *listen, unsigned n, const struct udp_handler *h,
    struct counters *cnt, unsigned *ret_which);
void udp_close(struct udp *u);

/*
 * Sockets that are bound to an interface hear nothing once that was deleted,
 * though another has its name: makes new ones. All that can be; 0 or -errno of
 * the first that cannot: -ENODEV there is no interface yet.
 */
int udp_mend(struct udp *u, const struct priv *pv);

/*
 * What may be used; all of it where this is never called. Call it before
 * anything comes: a train that waits does not fit the buffers of gro off.
 */
struct udp_offload {
	bool gso; /* send trains of datagrams as one message */
	bool gro; /* receive them so */
};
void udp_offload(struct udp *u, struct udp_offload use);

/*
 * Queues run for the end of the turn; arg is a struct udp. It leaves from
 * to->local if that is set, by the socket to->sock, or by the first one of
 * the right family. Without such a socket it is dropped and counted. Nothing is
 * ever sent in fragments.
 */
void udp_send(void *arg, const struct path *to, struct run *run);

/* Sends what is queued before the turn ends; arg as above. */
void udp_flush(void *arg);

/* The address that number sock is bound to (a port 0 was filled in). */
bool udp_local(const struct udp *u, unsigned sock, struct addr *ret);

/* True when the kernel sorts handshakes from data at that address. */
bool udp_is_split(const struct udp *u, unsigned sock);

#endif
