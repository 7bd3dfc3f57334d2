/*
 * Datagrams read in batches into the memory of the turn and handed over in
 * runs. A socket may give a whole train of datagrams as one message (UDP_GRO):
 * it is cut where it lies.
 */
#ifndef VPLAM_IO_UDP_RX_H
#define VPLAM_IO_UDP_RX_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/addr.h"
#include "base/counters.h"
#include "base/run.h"

struct udp_handler;

#define UDP_RX_CTL \
	(CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(int)))

/* A socket that is read. */
struct udp_in {
	int fd;
	bool gro;      /* UDP_GRO is on */
	uint16_t sock; /* number of the listen address */
	uint16_t port; /* of that address */
	size_t read;   /* bytes in this turn */
	size_t share;  /* of a turn: after so many the rest waits */
	size_t size;   /* of messages of late; 0: there was none */
};

/*
 * Buffers for one recvmmsg(), each of room bytes, in the arena. A message that
 * is small beside its buffer is copied out of it, so that the buffer serves
 * again and a turn touches little more memory than it reads.
 */
struct udp_bufs {
	size_t room;
	unsigned max;
	unsigned n;    /* ready, but for the first ... */
	unsigned used; /* ... that the last call has filled */
	struct pkt pkt[RUN_MAX];
	struct mmsghdr msg[RUN_MAX];
	struct iovec iov[RUN_MAX];
	struct sockaddr_storage from[RUN_MAX];
	_Alignas(struct cmsghdr) uint8_t ctl[RUN_MAX][UDP_RX_CTL];
};

struct udp_rx {
	const struct udp_handler *h;
	struct counters *cnt;
	struct udp_bufs one;   /* a datagram each */
	struct udp_bufs train; /* what UDP_GRO has merged */
};

void udp_rx_init(
    struct udp_rx *rx, const struct udp_handler *h, struct counters *cnt);

/*
 * Reads until the socket is empty, limit bytes of the arena are in use, or the
 * socket had its share of this turn; the rest wakes us again.
 */
void udp_rx_drain(
    struct udp_rx *rx, struct udp_in *in, size_t limit, struct turn *t);

/* The arena is about to be emptied. */
void udp_rx_end(struct udp_rx *rx);

#endif
