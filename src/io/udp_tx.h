/*
 * Datagrams queued during a turn and sent in as few calls as possible: a train
 * of equal ones to one place is one message to the kernel (UDP_SEGMENT).
 */
#ifndef VPLAM_IO_UDP_TX_H
#define VPLAM_IO_UDP_TX_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/addr.h"
#include "base/counters.h"
#include "base/run.h"

struct udp_handler;

#define UDP_TX_MAX 512	/* datagrams; when full the queue is flushed */
#define UDP_TX_DEST 128 /* so, too, after as many changes of destination */
#define UDP_TX_BATCH 64 /* messages for one call */

#define UDP_TX_INFO CMSG_SPACE(sizeof(struct in6_pktinfo))
#define UDP_TX_CTL (UDP_TX_INFO + CMSG_SPACE(sizeof(uint16_t)))

/* A socket that is written to. */
struct udp_out {
	int fd;
	bool gso; /* UDP_SEGMENT may be used */
};

/* Where n neighbours in the queue go. */
struct udp_dest {
	struct udp_out *out;
	struct path path;
	unsigned n;
	bool too_big; /* one of them was */
	struct sockaddr_storage to;
	socklen_t to_len;
	_Alignas(struct cmsghdr) uint8_t info[UDP_TX_INFO];
	size_t info_len; /* 0: the kernel chooses the source */
};

/* Messages for one socket; ctl is used by those with several datagrams. */
struct udp_batch {
	unsigned n;
	struct mmsghdr msg[UDP_TX_BATCH];
	struct udp_dest *dest[UDP_TX_BATCH];
	_Alignas(struct cmsghdr) uint8_t ctl[UDP_TX_BATCH][UDP_TX_CTL];
};

struct udp_tx {
	const struct udp_handler *h;
	struct counters *cnt;
	struct mono now; /* of the flush */
	unsigned n;	 /* datagrams */
	unsigned n_dest; /* in the order of the datagrams */
	struct iovec iov[UDP_TX_MAX];
	struct udp_dest dest[UDP_TX_DEST];
	struct udp_batch batch;
};

void udp_tx_init(
    struct udp_tx *tx, const struct udp_handler *h, struct counters *cnt);

/* False where the kernel knows no UDP_SEGMENT: it would not say so later. */
bool udp_tx_can_gso(int fd);

/*
 * Queues run for out, whose family is that of path->remote. The bytes must
 * live until the queue is flushed.
 */
void udp_tx_add(struct udp_tx *tx, struct udp_out *out, const struct path *to,
    const struct run *run, struct mono now);

/* Never blocks: what the kernel does not take is dropped and counted. */
void udp_tx_flush(struct udp_tx *tx, struct mono now);

#endif
