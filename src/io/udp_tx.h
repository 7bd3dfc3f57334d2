/* Datagrams queued during a turn and sent in as few calls as possible. */
#ifndef VPLAM_IO_UDP_TX_H
#define VPLAM_IO_UDP_TX_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/addr.h"
#include "base/counters.h"
#include "base/run.h"

#define UDP_TX_MAX 256 /* datagrams; when full the queue is flushed */

/* Where one run goes: shared by the messages of its packets. */
struct udp_dest {
	struct sockaddr_storage to;
	socklen_t to_len;
	_Alignas(
	    struct cmsghdr) uint8_t ctl[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	size_t ctl_len; /* 0: the kernel chooses the source */
};

struct udp_tx {
	struct counters *cnt;
	unsigned n;	 /* messages */
	unsigned n_dest; /* at most as many as messages */
	int fd[UDP_TX_MAX];
	struct iovec iov[UDP_TX_MAX];
	struct mmsghdr msg[UDP_TX_MAX];
	struct udp_dest dest[UDP_TX_MAX];
};

void udp_tx_init(struct udp_tx *tx, struct counters *cnt);

/*
 * Queues run for the socket fd, whose family is that of path->remote. The
 * bytes must live until the queue is flushed.
 */
void udp_tx_add(
    struct udp_tx *tx, int fd, const struct path *to, const struct run *run);

/* Never blocks: what the kernel does not take is dropped and counted. */
void udp_tx_flush(struct udp_tx *tx);

#endif
