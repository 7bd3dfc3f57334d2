/*
 * Initiations from addresses that are ours: each answers the cookie, and sends
 * with it from then on.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xmem.h"
#include "core/cookie.h"
#include "tests/flood/flood.h"
#include "tests/rawsock.h"
#include "tests/tool.h"

#define CTL CMSG_SPACE(sizeof(struct in_pktinfo))
#define RENEW_US (100 * UINT64_C(1000000)) /* before it is too old */

struct source {
	uint8_t cookie[MAC_LEN];
	struct mono since; /* 0: it has none */
};

struct slot {
	uint8_t buf[MSG_ROOM];
	struct iovec iov;
	struct sockaddr_in at;
	_Alignas(struct cmsghdr) uint8_t ctl[CTL];
};

struct real {
	struct flood *f;
	int fd;
	unsigned n;
	struct source *source;
	struct slot slot[BATCH];
	struct mmsghdr msg[BATCH];
	uint64_t paid, cookies, responses;
};

static int
open_all(void)
{
	int yes = 1, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in any = { .sin_family = AF_INET };

	if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0 ||
	    setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &yes, sizeof(yes)) < 0)
		fatal("socket");
	tool_buffer(fd);
	return fd;
}

static void
slot_begin(struct real *r, unsigned i)
{
	struct slot *s = &r->slot[i];
	struct msghdr *mh = &r->msg[i].msg_hdr;

	memset(s, 0, sizeof(*s));
	s->iov.iov_base = s->buf;
	*mh = (struct msghdr){ .msg_name = &s->at,
		.msg_namelen = sizeof(s->at),
		.msg_iov = &s->iov,
		.msg_iovlen = 1,
		.msg_control = s->ctl,
		.msg_controllen = sizeof(s->ctl) };
}

/* Message number of the pool, from address number from. */
static void
slot_send(struct real *r, unsigned i, unsigned number, unsigned from)
{
	struct flood *f = r->f;
	struct slot *s = &r->slot[i];
	struct source *src = &r->source[from];
	struct in_pktinfo pi = { .ipi_spec_dst.s_addr = flood_source(f, from) };
	struct cmsghdr *c;

	slot_begin(r, i);
	s->iov.iov_len = f->len[number];
	memcpy(s->buf, f->msg[number], f->len[number]);
	if (src->since.us != 0) {
		mac2_write(src->cookie, s->buf);
		r->paid++;
	}
	s->at.sin_family = AF_INET;
	s->at.sin_port = htons(f->to.port);
	memcpy(&s->at.sin_addr, f->to.ip + 12, 4);
	c = CMSG_FIRSTHDR(&r->msg[i].msg_hdr);
	c->cmsg_level = IPPROTO_IP;
	c->cmsg_type = IP_PKTINFO;
	c->cmsg_len = CMSG_LEN(sizeof(pi));
	memcpy(CMSG_DATA(c), &pi, sizeof(pi));
}

/* Which of our addresses it came to; n: none. */
static unsigned
came_to(const struct real *r, struct msghdr *mh)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(mh);
	struct in_pktinfo pi;
	uint32_t i;

	if (c == NULL || c->cmsg_type != IP_PKTINFO)
		return r->n;
	memcpy(&pi, CMSG_DATA(c), sizeof(pi));
	i = ntohl(pi.ipi_addr.s_addr) - ntohl(flood_source(r->f, 0));
	return i < r->n ? i : r->n;
}

static void
take(struct real *r, const uint8_t *p, size_t len, unsigned to)
{
	struct source *src = &r->source[to];
	struct msg_cookie in;
	enum counter why;
	int type = msg_classify(p, len, &why);

	if (type == MSG_RESP)
		r->responses++;
	if (type != MSG_COOKIE || to == r->n || !msg_cookie_parse(p, len, &in))
		return;
	if (in.receiver >= POOL ||
	    !cookie_reply_open(
		&in, r->f->cookiekey, r->f->msg[in.receiver], src->cookie))
		fatalx("a cookie that does not open");
	r->cookies++;
	src->since = tool_now();
}

static void
receive(struct real *r)
{
	unsigned i;
	int n, k;

	do {
		for (i = 0; i < BATCH; i++) {
			slot_begin(r, i);
			r->slot[i].iov.iov_len = MSG_ROOM;
		}
		n = recvmmsg(r->fd, r->msg, BATCH, MSG_DONTWAIT, NULL);
		for (k = 0; k < n; k++)
			take(r, r->slot[k].buf, r->msg[k].msg_len,
			    came_to(r, &r->msg[k].msg_hdr));
	} while (n == BATCH);
}

static void
forget_old(struct real *r)
{
	struct mono now = tool_now();
	unsigned i;

	for (i = 0; i < r->n; i++)
		if (mono_since(r->source[i].since, now) > RENEW_US)
			r->source[i].since = (struct mono){ 0 };
}

void
flood_real(struct flood *f)
{
	struct real *r = xcalloc(1, sizeof(*r));
	unsigned i, n, next = 0;
	struct pace p;

	r->f = f;
	r->n = flood_sources(f);
	r->source = xcalloc(r->n, sizeof(*r->source));
	r->fd = open_all();
	p = pace_begin(f->rate, f->seconds);
	while (!pace_over(&p)) {
		n = pace_due(&p);
		for (i = 0; i < n; i++, next++)
			slot_send(r, i, next % POOL, next % r->n);
		raw_put(r->fd, r->msg, n);
		p.sent += n;
		receive(r);
		if (next % POOL < n)
			forget_old(r);
	}
	pace_print(&p);
	printf(" paid=%llu cookies=%llu responses=%llu",
	    (unsigned long long)r->paid, (unsigned long long)r->cookies,
	    (unsigned long long)r->responses);
	close(r->fd);
	free(r->source);
	free(r);
}
