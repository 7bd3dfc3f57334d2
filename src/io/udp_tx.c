#include "io/udp_tx.h"

#include <errno.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <string.h>

#include "io/udp.h"

/*
 * The largest payload of a train. A longer one could be sent, but a device gets
 * at most 65535 bytes with its own header in one piece: the kernel would cut
 * the train before it, and nobody would merge it again behind it.
 */
#define LINK_HEAD 18 /* Ethernet with a VLAN */
#define PAYLOAD_V4 (65535u - LINK_HEAD - 20 - 8)
#define PAYLOAD_V6 (65535u - LINK_HEAD - 40 - 8)

void
udp_tx_init(
    struct udp_tx *tx, const struct udp_handler *h, struct counters *cnt)
{
	tx->h = h;
	tx->cnt = cnt;
	tx->n = tx->n_dest = tx->batch.n = 0;
}

bool
udp_tx_can_gso(int fd)
{
	int size;
	socklen_t len = sizeof(size);

	return getsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &size, &len) == 0;
}

/* Writes a control message; returns the bytes it takes. */
static size_t
ctl_put(uint8_t *ctl, int level, int type, const void *p, size_t len)
{
	struct cmsghdr head = { 0 };

	head.cmsg_len = CMSG_LEN(len);
	head.cmsg_level = level;
	head.cmsg_type = type;
	memset(ctl, 0, CMSG_SPACE(len));
	memcpy(ctl, &head, sizeof(head));
	memcpy(ctl + CMSG_LEN(0), p, len);
	return CMSG_SPACE(len);
}

/* A zero local address leaves the source to the kernel. */
static size_t
source_put(uint8_t *ctl, const struct path *to)
{
	struct in_pktinfo pi = { 0 };
	struct in6_pktinfo pi6 = { 0 };

	if (addr_is_any(&to->local))
		return 0;
	if (addr_is_v4(&to->local) != addr_is_v4(&to->remote))
		return 0;
	if (addr_is_v4(&to->local)) {
		memcpy(&pi.ipi_spec_dst, to->local.ip + 12, 4);
		return ctl_put(ctl, IPPROTO_IP, IP_PKTINFO, &pi, sizeof(pi));
	}
	memcpy(&pi6.ipi6_addr, to->local.ip, 16);
	pi6.ipi6_ifindex = to->local.scope;
	return ctl_put(ctl, IPPROTO_IPV6, IPV6_PKTINFO, &pi6, sizeof(pi6));
}

static bool
dest_is(
    const struct udp_dest *d, const struct udp_out *out, const struct path *to)
{
	return d->out == out && addr_equal(&d->path.remote, &to->remote) &&
	    addr_equal(&d->path.local, &to->local);
}

/* The last one if it is the same. */
static struct udp_dest *
dest_for(struct udp_tx *tx, struct udp_out *out, const struct path *to)
{
	struct udp_dest *d;

	if (tx->n_dest > 0 && dest_is(&tx->dest[tx->n_dest - 1], out, to))
		return &tx->dest[tx->n_dest - 1];
	d = &tx->dest[tx->n_dest++];
	d->out = out;
	d->path = *to;
	d->n = 0;
	d->too_big = false;
	d->to_len = addr_to_sockaddr(&to->remote, false, &d->to);
	d->info_len = source_put(d->info, to);
	return d;
}

void
udp_tx_add(struct udp_tx *tx, struct udp_out *out, const struct path *to,
    const struct run *run, struct mono now)
{
	struct udp_dest *d;
	unsigned i;

	if (tx->n + run->n > UDP_TX_MAX || tx->n_dest == UDP_TX_DEST)
		udp_tx_flush(tx, now);
	if (run->n == 0)
		return;
	d = dest_for(tx, out, to);
	for (i = 0; i < run->n; i++)
		tx->iov[tx->n++] =
		    (struct iovec){ run->pkt[i].p, run->pkt[i].len };
	d->n += run->n;
}

/* How many of the n next datagrams to d can go as one message. */
static unsigned
train_len(const struct udp_dest *d, const struct iovec *iov, unsigned n)
{
	size_t max = addr_is_v4(&d->path.remote) ? PAYLOAD_V4 : PAYLOAD_V6;
	size_t size = iov[0].iov_len, total = size;
	unsigned i;

	if (!d->out->gso || size == 0)
		return 1;
	for (i = 1; i < n && i < RUN_MAX; i++) {
		size_t len = iov[i].iov_len;

		total += len;
		if (len == 0 || len > size || total > max)
			break;
		if (len < size)
			return i + 1; /* only the last may be shorter */
	}
	return i;
}

static struct msghdr
msg_to(struct udp_dest *d, struct iovec *iov)
{
	struct msghdr mh = {
		.msg_name = &d->to,
		.msg_namelen = d->to_len,
		.msg_iov = iov,
		.msg_iovlen = 1,
	};

	if (d->info_len > 0) {
		mh.msg_control = d->info;
		mh.msg_controllen = d->info_len;
	}
	return mh;
}

static void
batch_add(
    struct udp_batch *b, struct udp_dest *d, struct iovec *iov, unsigned n)
{
	uint16_t size = (uint16_t)iov[0].iov_len;
	uint8_t *ctl = b->ctl[b->n];
	struct msghdr *mh = &b->msg[b->n].msg_hdr;

	b->dest[b->n++] = d;
	*mh = msg_to(d, iov);
	if (n == 1)
		return;
	memcpy(ctl, d->info, d->info_len);
	mh->msg_iovlen = n;
	mh->msg_control = ctl;
	mh->msg_controllen = d->info_len +
	    ctl_put(ctl + d->info_len, IPPROTO_UDP, UDP_SEGMENT, &size,
		sizeof(size));
}

/* One message to itself; 0 or -errno. */
static int
send_one(int fd, const struct msghdr *mh)
{
	return sendmsg(fd, mh, MSG_DONTWAIT) < 0 ? -errno : 0;
}

/*
 * A lone datagram was refused with err. A source address that is no longer
 * ours must not silence a peer: then the kernel chooses. Errors of the past
 * that a router reported are cleared by being read. Returns 0 when it went out
 * after all.
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

/* No way leads there, or it is barred: this side of the line. */
static bool
is_unreachable(int rc)
{
	return rc == -ENETUNREACH || rc == -EHOSTUNREACH ||
	    rc == -EADDRNOTAVAIL || rc == -EAFNOSUPPORT || rc == -EINVAL ||
	    rc == -EACCES || rc == -EPERM;
}

/* Counts what became of a lone datagram. */
static void
note_result(
    struct udp_tx *tx, struct udp_dest *d, const struct iovec *iov, int rc)
{
	const struct udp_handler *h = tx->h;

	if (rc == 0) {
		count(tx->cnt, CNT_udp_tx);
	} else if (rc == -EMSGSIZE) {
		count(tx->cnt, CNT_udp_tx_big);
		d->too_big = true;
	} else {
		count(tx->cnt, CNT_udp_tx_drop);
		if (is_unreachable(rc) && h->unreachable != NULL)
			h->unreachable(
			    h->arg, iov->iov_base, iov->iov_len, tx->now);
	}
}

/*
 * The kernel did not take a train. That may be the line's nature, which lasts,
 * or its MTU, which the trains to come may heed.
 */
static void
gso_refused(struct udp_tx *tx, struct udp_out *out, int err)
{
	if (err != EIO && err != ENOPROTOOPT && err != EOPNOTSUPP)
		return;
	if (out->gso)
		count(tx->cnt, CNT_udp_gso_off);
	out->gso = false;
}

/* Each datagram of a train by itself. */
static void
send_singly(struct udp_tx *tx, struct udp_dest *d, struct iovec *iov, size_t n)
{
	struct msghdr mh = msg_to(d, iov);
	size_t too_big = SIZE_MAX;
	int rc;

	for (; n > 0; n--, mh.msg_iov++) {
		if (mh.msg_iov->iov_len >= too_big) {
			note_result(tx, d, mh.msg_iov, -EMSGSIZE);
			continue;
		}
		rc = send_one(d->out->fd, &mh);
		if (rc < 0)
			rc = send_again(d->out->fd, &mh, -rc);
		if (rc == -EMSGSIZE)
			too_big = mh.msg_iov->iov_len;
		note_result(tx, d, mh.msg_iov, rc);
	}
}

/* The first message of a call was refused with err. */
static void
refused(struct udp_tx *tx, unsigned i, int err)
{
	struct msghdr *mh = &tx->batch.msg[i].msg_hdr;
	struct udp_dest *d = tx->batch.dest[i];

	if (mh->msg_iovlen > 1) {
		gso_refused(tx, d->out, err);
		send_singly(tx, d, mh->msg_iov, mh->msg_iovlen);
	} else {
		note_result(
		    tx, d, mh->msg_iov, send_again(d->out->fd, mh, err));
	}
}

static void
count_msgs(struct udp_tx *tx, unsigned from, unsigned to, enum counter id)
{
	for (; from < to; from++)
		count_n(tx->cnt, id, tx->batch.msg[from].msg_hdr.msg_iovlen);
}

static void
batch_send(struct udp_tx *tx)
{
	struct udp_batch *b = &tx->batch;
	unsigned at = 0;
	int n;

	while (at < b->n) {
		n = sendmmsg(
		    b->dest[0]->out->fd, &b->msg[at], b->n - at, MSG_DONTWAIT);
		if (n > 0) {
			count_msgs(tx, at, at + (unsigned)n, CNT_udp_tx);
			at += (unsigned)n;
			continue;
		}
		if (errno == EAGAIN)
			break; /* the rest would fare no better */
		refused(tx, at++, errno);
	}
	count_msgs(tx, at, b->n, CNT_udp_tx_drop);
	b->n = 0;
}

/* Adds the messages to d, whose datagrams begin at iov. */
static void
dest_send(struct udp_tx *tx, struct udp_dest *d, struct iovec *iov)
{
	struct udp_batch *b = &tx->batch;
	unsigned i, n;

	if (b->n > 0 && b->dest[0]->out != d->out)
		batch_send(tx);
	for (i = 0; i < d->n; i += n) {
		if (b->n == UDP_TX_BATCH)
			batch_send(tx);
		n = train_len(d, &iov[i], d->n - i);
		batch_add(b, d, &iov[i], n);
	}
}

static void
tell_too_big(const struct udp_tx *tx, struct mono now)
{
	const struct udp_handler *h = tx->h;
	unsigned i;

	for (i = 0; i < tx->n_dest; i++)
		if (tx->dest[i].too_big && h->too_big != NULL)
			h->too_big(h->arg, &tx->dest[i].path.remote, now);
}

void
udp_tx_flush(struct udp_tx *tx, struct mono now)
{
	unsigned i, at = 0;

	tx->now = now;
	for (i = 0; i < tx->n_dest; i++) {
		dest_send(tx, &tx->dest[i], &tx->iov[at]);
		at += tx->dest[i].n;
	}
	batch_send(tx);
	tell_too_big(tx, now);
	tx->n = tx->n_dest = 0;
}
