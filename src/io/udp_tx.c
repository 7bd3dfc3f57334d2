#include "io/udp_tx.h"

#include <errno.h>
#include <string.h>

void
udp_tx_init(struct udp_tx *tx, struct counters *cnt)
{
	tx->cnt = cnt;
	tx->n = tx->n_dest = 0;
}

static size_t
pktinfo_put(struct udp_dest *d, int level, int type, const void *p, size_t len)
{
	struct cmsghdr head = { 0 };

	head.cmsg_len = CMSG_LEN(len);
	head.cmsg_level = level;
	head.cmsg_type = type;
	memset(d->ctl, 0, sizeof(d->ctl));
	memcpy(d->ctl, &head, sizeof(head));
	memcpy(d->ctl + CMSG_LEN(0), p, len);
	return CMSG_SPACE(len);
}

/* A zero local address leaves the source to the kernel. */
static size_t
source_put(struct udp_dest *d, const struct path *to)
{
	struct in_pktinfo pi = { 0 };
	struct in6_pktinfo pi6 = { 0 };

	if (addr_is_any(&to->local))
		return 0;
	if (addr_is_v4(&to->local) != addr_is_v4(&to->remote))
		return 0;
	if (addr_is_v4(&to->local)) {
		memcpy(&pi.ipi_spec_dst, to->local.ip + 12, 4);
		return pktinfo_put(d, IPPROTO_IP, IP_PKTINFO, &pi, sizeof(pi));
	}
	memcpy(&pi6.ipi6_addr, to->local.ip, 16);
	pi6.ipi6_ifindex = to->local.scope;
	return pktinfo_put(d, IPPROTO_IPV6, IPV6_PKTINFO, &pi6, sizeof(pi6));
}

static struct udp_dest *
dest_add(struct udp_tx *tx, const struct path *to)
{
	struct udp_dest *d = &tx->dest[tx->n_dest++];

	d->to_len = addr_to_sockaddr(&to->remote, false, &d->to);
	d->ctl_len = source_put(d, to);
	return d;
}

static void
msg_add(struct udp_tx *tx, int fd, struct udp_dest *d, const struct pkt *pk)
{
	unsigned i = tx->n++;
	struct msghdr *mh = &tx->msg[i].msg_hdr;

	tx->fd[i] = fd;
	tx->iov[i] = (struct iovec){ pk->p, pk->len };
	*mh = (struct msghdr){
		.msg_name = &d->to,
		.msg_namelen = d->to_len,
		.msg_iov = &tx->iov[i],
		.msg_iovlen = 1,
	};
	if (d->ctl_len > 0) {
		mh->msg_control = d->ctl;
		mh->msg_controllen = d->ctl_len;
	}
}

void
udp_tx_add(
    struct udp_tx *tx, int fd, const struct path *to, const struct run *run)
{
	struct udp_dest *d = NULL;
	unsigned i;

	for (i = 0; i < run->n; i++) {
		if (tx->n == UDP_TX_MAX) {
			udp_tx_flush(tx);
			d = NULL;
		}
		if (d == NULL)
			d = dest_add(tx, to);
		msg_add(tx, fd, d, &run->pkt[i]);
	}
}

/* One message to itself; 0 or -errno. */
static int
send_one(int fd, const struct msghdr *mh)
{
	return sendmsg(fd, mh, MSG_DONTWAIT) < 0 ? -errno : 0;
}

/*
 * The first message of a batch was refused with err. A source address that is
 * no longer ours must not silence a peer: then the kernel chooses. Errors of
 * the past that a router reported are cleared by being read. Returns 0 when
 * the message went out after all.
 */
static int
send_again(int fd, struct msghdr *mh, int err)
{
	switch (err) {
	case EINVAL:
	case EADDRNOTAVAIL:
	case ENETUNREACH:
		if (mh->msg_controllen == 0)
			return -err;
		mh->msg_control = NULL;
		mh->msg_controllen = 0;
		return send_one(fd, mh);
	case ECONNREFUSED:
	case EHOSTUNREACH:
	case EINTR:
		return send_one(fd, mh);
	default:
		return -err;
	}
}

/* Messages from..to belong to one socket. */
static void
flush_group(struct udp_tx *tx, unsigned from, unsigned to)
{
	int fd = tx->fd[from], n, rc;

	while (from < to) {
		n = sendmmsg(fd, &tx->msg[from], to - from, MSG_DONTWAIT);
		if (n > 0) {
			count_n(tx->cnt, CNT_udp_tx, (uint64_t)n);
			from += (unsigned)n;
			continue;
		}
		rc = send_again(fd, &tx->msg[from].msg_hdr, errno);
		if (rc == -EAGAIN)
			break; /* the rest would fare no better */
		count(tx->cnt, rc == 0 ? CNT_udp_tx : CNT_udp_tx_drop);
		from++;
	}
	count_n(tx->cnt, CNT_udp_tx_drop, to - from);
}

void
udp_tx_flush(struct udp_tx *tx)
{
	unsigned from, to;

	for (from = 0; from < tx->n; from = to) {
		for (to = from + 1; to < tx->n; to++)
			if (tx->fd[to] != tx->fd[from])
				break;
		flush_group(tx, from, to);
	}
	tx->n = tx->n_dest = 0;
}
