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
#define UDP_RX_LEN 2048		   /* longest datagram that is taken */
#define UDP_RCVBUF (4u << 20)	   /* bytes asked of the kernel, per socket */
#define UDP_HANDSHAKES 64	   /* read in a turn, per listen address */
#define UDP_ARENA (LOOP_ARENA / 2) /* data waits for the next turn then */
#define UDP_ARENA_HS (UDP_ARENA + UDP_ARENA / 2) /* and handshakes */

struct udp_handler {
	void *arg;

	/*
	 * A run from one address. from->local is where it came to, from->sock
	 * the number of the listen address. The bytes may be overwritten.
	 */
	void (*input)(void *arg, const struct path *from, struct run *run,
	    struct turn *t);

	/* More than an eighth of a handshake socket's buffer is in use. */
	void (*load)(void *arg, struct mono now);
};

/*
 * Binds all of n addresses (1 to UDP_LISTEN_MAX) or none. h and pv are
 * borrowed, cnt gets udp_rx, udp_rx_trunc, udp_tx, udp_tx_drop. Returns 0 or
 * -errno, and then *ret_which is the address at fault.
 */
int udp_open(struct udp **ret, struct loop *l, const struct priv *pv,
    const struct addr *listen, unsigned n, const struct udp_handler *h,
    struct counters *cnt, unsigned *ret_which);
void udp_close(struct udp *u);

/*
 * Queues run for the end of the turn; arg is a struct udp. It leaves from
 * to->local if that is set, by the socket to->sock, or by the first one of
 * the right family. Without such a socket it is dropped and counted.
 */
void udp_send(void *arg, const struct path *to, struct run *run);

/* The address that number sock is bound to (a port 0 was filled in). */
bool udp_local(const struct udp *u, unsigned sock, struct addr *ret);

/* True when the kernel sorts handshakes from data at that address. */
bool udp_is_split(const struct udp *u, unsigned sock);

#endif
