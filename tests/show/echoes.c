#include "tests/show/echoes.h"

#include <errno.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/wr.h"
#include "crypto/kx.h"
#include "tests/tool.h"

#define PATIENCE_MS 10000
#define HEADERS 28 /* IPv4 and UDP */
#define COOKIES_US (60 * (uint64_t)MONO_SEC)

static void
pause_us(unsigned us)
{
	const struct timespec ts = { .tv_nsec = (long)us * 1000 };

	nanosleep(&ts, NULL);
}

void
echoes_open(struct lab *l, struct post *p, const char *from)
{
	struct sockaddr_storage ss;
	struct addr at = tool_addr(from);
	socklen_t len = addr_to_sockaddr(&at, false, &ss);

	p->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (p->fd < 0 || bind(p->fd, (struct sockaddr *)&ss, len) < 0)
		fatal("%s", from);
	len = addr_to_sockaddr(&l->to, false, &ss);
	if (connect(p->fd, (struct sockaddr *)&ss, len) < 0)
		fatal("connect");
}

/* The daemon has counted all; and, as turns end by sending, answered. */
static void
catch_up(struct lab *l)
{
	struct counters now;
	unsigned ms;

	for (ms = 0; ms < PATIENCE_MS; ms++) {
		counters_get(&l->ctl, &now);
		if (now.v[CNT_udp_rx] - l->before.v[CNT_udp_rx] >= l->sent) {
			counters_get(&l->ctl, &l->before);
			l->sent = 0;
			return;
		}
		pause_us(500);
	}
	fatalx("datagrams got lost on the way");
}

/* What the daemon says of itself is no answer: it dials its peer. */
static bool
is_reply(const struct lab *l, const struct post *p, const uint8_t *msg)
{
	return p != &l->known || msg[0] != MSG_INIT;
}

/* With headers, of what came. */
static void
note_worst(
    struct lab *l, uint64_t out_n, uint64_t out, uint64_t in_n, uint64_t in)
{
	uint64_t per = 100 * (out + HEADERS * out_n) / (in + HEADERS * in_n);

	if (per > l->worst)
		l->worst = (unsigned)per;
}

static void
judge(struct lab *l, struct post *p)
{
	uint8_t msg[2048];
	uint64_t bytes = 0, n = 0;
	ssize_t got;

	while ((got = recv(p->fd, msg, sizeof(msg), MSG_DONTWAIT)) >= 0) {
		if (!is_reply(l, p, msg))
			continue;
		n++;
		bytes += (size_t)got;
	}
	p->out_n += n;
	p->out_bytes += bytes;
	l->replies += n;
	if (!p->sent && n > 0)
		l->late += n;
	else if (l->by_seal || !p->sent)
		l->unlike += p->out_n > p->in_n || p->out_bytes > p->in_bytes;
	else
		l->unlike += n > 1 || bytes > p->last;
	if (l->by_seal && p->in_n > 0)
		note_worst(l, p->out_n, p->out_bytes, p->in_n, p->in_bytes);
	else if (p->sent)
		note_worst(l, n, bytes, 1, p->last);
	p->sent = false;
}

void
echoes_judge(struct lab *l)
{
	unsigned i;

	catch_up(l);
	for (i = 0; i < POSTS; i++)
		judge(l, &l->post[i]);
	judge(l, &l->known);
}

void
echoes_send(struct lab *l, struct post *p, const void *msg, size_t len)
{
	if (p->sent)
		echoes_judge(l);
	if (send(p->fd, msg, len, 0) != (ssize_t)len)
		fatal("send of %zu bytes", len);
	p->sent = true;
	p->last = len;
	p->in_n++;
	p->in_bytes += len;
	l->sent++;
	l->sent_ever++;
}

void
echoes_init(struct lab *l, const struct identity *id, uint64_t stamp,
    struct hs_init *hs, uint8_t msg[INIT_LEN])
{
	static const uint8_t none[KEY_LEN];
	struct init_payload pl = { .suites = 1, .mtu = 1400, .caps = 0x1e };
	uint8_t ss[KEY_LEN], e_sk[KEY_LEN], psk[KEY_LEN];
	struct wr w = wr_of(pl.stamp, sizeof(pl.stamp));

	wr_be64(&w, stamp);
	network_psk(&l->net, none, psk);
	random_bytes(e_sk, sizeof(e_sk));
	if (!kx_shared(ss, id->x_sk, l->its.x_pk) ||
	    !hs_init_write(
		hs, &l->net, id, l->its.x_pk, ss, psk, e_sk, 77, &pl, msg))
		fatalx("no initiation can be written");
	mac1_write(l->mac1key, msg, INIT_NOMACS);
	memset(msg + INIT_NOMACS + MAC_LEN, 0, MAC_LEN);
}

static void
cookie_get(struct lab *l, struct post *p)
{
	uint8_t msg[INIT_LEN], reply[COOKIE_LEN];
	struct msg_cookie in;
	struct hs_init hs;

	echoes_judge(l);
	echoes_init(l, &l->us, 1, &hs, msg);
	echoes_send(l, p, msg, sizeof(msg));
	catch_up(l);
	if (recv(p->fd, reply, sizeof(reply), MSG_DONTWAIT) != COOKIE_LEN ||
	    !msg_cookie_parse(reply, COOKIE_LEN, &in) ||
	    !cookie_reply_open(&in, l->cookiekey, msg, p->cookie))
		fatalx("no cookie comes, or one that does not open");
	p->out_n++;
	p->out_bytes += COOKIE_LEN;
	l->replies++;
}

void
echoes_cookies(struct lab *l)
{
	struct mono now = tool_now();
	unsigned i;

	if (l->cookies_at.us != 0 &&
	    mono_since(l->cookies_at, now) < COOKIES_US)
		return;
	l->cookies_at = now;
	for (i = 0; i < POSTS; i++)
		cookie_get(l, &l->post[i]);
}
