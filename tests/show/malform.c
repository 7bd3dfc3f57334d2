/*
 * A member gone bad: sends a running vplamad valid datagrams and frames with
 * something altered, as fast as it takes them. A core of our own keeps a real
 * session, under which the frames are sealed; handshakes get the right mac1
 * and, from time to time, a right cookie.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "core/core.h"
#include "core/peer_send.h"
#include "core/session.h"
#include "tests/fuzz/corpus.h"
#include "tests/quiet.h"
#include "tests/show/asked.h"
#include "wire/frame.h"
#include "wire/msg.h"

#define ARENA_MAX (4u << 20)
#define GRAM_MAX 2048
#define BODY_MAX 1396
#define WINDOW 4096 /* datagrams that may be on their way */
#define BATCH 64
#define PATIENCE_MS 300 /* then what has not come is lost */
#define LIVE_MS 20000

struct gun {
	int fd[2]; /* ours, and that of somebody else */
	struct core core;
	struct peer *it;
	struct arena mem;
	struct rng rnd;
	struct corpus msgs, frames, packets;
	uint8_t mac1key[KEY_LEN];
	uint8_t nokey[KEY_LEN]; /* of mac1 where nobody's key is known */
	struct client ctl;
	struct counters before, now;
	uint64_t sent, sealed;
	uint8_t *work;

	struct mmsghdr msg[BATCH];
	struct iovec iov[BATCH];
	uint8_t buf[BATCH][GRAM_MAX];
	unsigned n;
};

static void
on_udp_send(void *arg, const struct path *to, struct run *run)
{
	struct gun *g = arg;
	unsigned i;

	(void)to;
	for (i = 0; i < run->n; i++)
		(void)send(g->fd[0], run->pkt[i].p, run->pkt[i].len, 0);
}

static struct turn
turn_of(struct gun *g)
{
	arena_reset(&g->mem);
	return (struct turn){ clock_boot(), clock_wall_us() / 1000, &g->mem };
}

/* What our core has to do and what has come for it. */
static void
live(struct gun *g, unsigned wait_ms)
{
	struct path from = { .remote = g->it->ep[0] };
	struct pollfd pfd = { g->fd[0], POLLIN, 0 };
	unsigned i;

	poll(&pfd, 1, (int)wait_ms);
	for (i = 0; i < 1000; i++) {
		struct turn t = turn_of(g);
		struct run run;
		struct pkt *pk = run_one(&run, GRAM_MAX, &g->mem);
		ssize_t n = recv(g->fd[0], pk->p, GRAM_MAX, MSG_DONTWAIT);

		if (n < 0)
			break;
		pk->len = (uint32_t)n;
		core_udp_input(&g->core, &from, &run, &t);
	}
	while (recv(g->fd[1], g->work, GRAM_MAX, MSG_DONTWAIT) >= 0)
		;
	if (mono_due(core_deadline(&g->core), clock_boot())) {
		struct turn t = turn_of(g);

		core_tick(&g->core, &t);
	}
}

static struct session *
session_wait(struct gun *g)
{
	struct mono by = mono_add(clock_boot(), LIVE_MS * MONO_MS);
	struct session *s;

	while ((s = peer_session(g->it)) == NULL || !s->heard) {
		if (mono_due(by, clock_boot()))
			fatalx("no session");
		live(g, 10);
	}
	return s;
}

static void
fire(struct gun *g, int fd)
{
	unsigned i = 0;
	int n;

	while (i < g->n) {
		n = sendmmsg(fd, g->msg + i, g->n - i, 0);
		if (n < 0 && errno != ECONNREFUSED)
			fatal("sendmmsg");
		i += n < 0 ? 1 : (unsigned)n;
	}
	g->sent += g->n;
	g->n = 0;
}

static void
load(struct gun *g, int elsewhere, const void *p, size_t len)
{
	unsigned i = g->n++;

	if (p != g->buf[i])
		memcpy(g->buf[i], p, len);
	g->iov[i] = (struct iovec){ g->buf[i], len };
	g->msg[i].msg_hdr =
	    (struct msghdr){ .msg_iov = &g->iov[i], .msg_iovlen = 1 };
	if (g->n == BATCH || elsewhere)
		fire(g, g->fd[elsewhere]);
}

static size_t
altered(struct gun *g, const struct corpus *c, size_t max)
{
	const struct input *in = &c->in[rng_below(&g->rnd, c->n)];
	size_t len;

	memcpy(g->work, in->p, in->len);
	len = corpus_mutate(c, g->work, in->len, &g->rnd);
	return len < max ? len : max;
}

/* A datagram; often all that is cheap to check is right. */
static void
send_message(struct gun *g, const struct session *s)
{
	size_t len = altered(g, &g->msgs, GRAM_MAX);
	const struct cookie_kept *k =
	    cookie_of(g->it->dial.cookies, &g->it->path.remote);
	uint8_t *p = g->work;
	unsigned what = (unsigned)rng_below(&g->rnd, 8);

	if (len >= 16 && what < 6) {
		p[0] = (uint8_t)(p[0] % 7);
		p[1] = VPL_VERSION;
		p[2] = p[3] = 0;
		if (p[0] == MSG_INIT || p[0] == MSG_IDQ) {
			len = INIT_LEN;
			memset(p + INIT_LEN - MAC_LEN, 0, MAC_LEN);
			mac1_write(p[0] == MSG_INIT ? g->mac1key : g->nokey, p,
			    INIT_NOMACS);
			if (what == 0 && k != NULL)
				mac2_write(k->cookie, p);
		} else if (p[0] == MSG_RESP || p[0] == MSG_IDR) {
			len = RESP_LEN;
			memset(p + RESP_LEN - MAC_LEN, 0, MAC_LEN);
			mac1_write(g->mac1key, p, RESP_NOMACS);
		} else if (p[0] == MSG_COOKIE) {
			len = COOKIE_LEN;
		} else {
			msg_data_head(
			    p, s->remote, s->counter + rng_below(&g->rnd, 99));
		}
	}
	load(g, what == 7, p, len);
}

/* What a frame of data, or of ntk, carries. */
static size_t
data_frame(struct gun *g)
{
	size_t len = altered(g, &g->packets, BODY_MAX);
	bool ethernet = rng_below(&g->rnd, 2) == 0;

	memmove(g->work + FRAME_HEAD, g->work, len);
	frame_write_head(g->work, FRAME_DATA,
	    (uint8_t)(ethernet ? FRAME_ETHERNET : 0), len, CORE_MTU);
	return FRAME_HEAD + len;
}

static void
send_sealed(struct gun *g, struct session *s)
{
	size_t len = rng_below(&g->rnd, 4) == 0
	    ? data_frame(g)
	    : altered(g, &g->frames, FRAME_HEAD + BODY_MAX);
	uint8_t *at = g->buf[g->n];
	struct run run = { .n = 1,
		.pkt = { { at + DATA_HEAD, (uint32_t)len, 0 } } };

	memcpy(at + DATA_HEAD, g->work, len);
	if (!session_seal(s, &run))
		return;
	g->sealed++;
	load(g, rng_below(&g->rnd, 1000) == 0, run.pkt[0].p, run.pkt[0].len);
}

static uint64_t
received(const struct gun *g)
{
	return g->now.v[CNT_udp_rx] - g->before.v[CNT_udp_rx];
}

/* Until all has come, or nothing comes any more. */
static void
catch_up(struct gun *g)
{
	struct mono last = clock_boot();
	uint64_t was = 0;

	for (;;) {
		counters_get(&g->ctl, &g->now);
		if (received(g) >= g->sent)
			return;
		if (received(g) != was)
			last = clock_boot();
		was = received(g);
		if (mono_since(last, clock_boot()) > PATIENCE_MS * MONO_MS)
			break;
		live(g, 0);
	}
	g->sent = received(g); /* the rest was lost on the way */
}

static void
shoot(struct gun *g, uint64_t n)
{
	struct session *s;
	unsigned i;

	counters_get(&g->ctl, &g->before);
	g->now = g->before;
	g->sent = g->sealed = 0;
	while (received(g) < n) {
		s = session_wait(g);
		for (i = 0; i < WINDOW; i++) {
			if (rng_below(&g->rnd, 3) == 0)
				send_message(g, s);
			else
				send_sealed(g, s);
		}
		fire(g, g->fd[0]);
		live(g, 0);
		catch_up(g);
	}
}

static void
load_all(struct gun *g, const char *dir)
{
	static const char *const names[] = { "msg", "frame", "ip", "eth" };
	struct corpus *to[] = { &g->msgs, &g->frames, &g->packets,
		&g->packets };
	char path[4096];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		corpus_load(to[i], path);
		if (to[i]->n == 0)
			fatalx("%s: no inputs", path);
	}
	g->work = malloc(CORPUS_INPUT);
	if (g->work == NULL)
		fatalx("out of memory");
}

static int
socket_to(const struct addr *to)
{
	struct sockaddr_storage ss;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), size = 4 << 20;

	if (fd < 0 ||
	    connect(fd, (struct sockaddr *)&ss,
		addr_to_sockaddr(to, false, &ss)) < 0)
		fatal("socket");
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return fd;
}

static void
gun_init(struct gun *g, const char *endpoint, const char *network,
    const char *its_key, const char *our_key)
{
	struct core_config cfg = { .aead = aead_default(),
		.limits = { REKEY_AFTER_MS, FAN_ORIGIN, FAN_TOTAL, CORE_MTU } };
	struct core_io io = quiet_core_io(g);
	static const uint8_t nobody[KEY_LEN];
	struct peer_config peer = { .name = "it" };
	uint8_t seed[KEY_LEN];
	struct addr to;
	const char *why;
	struct turn t;

	if (!key_file_load(our_key, seed, &why) ||
	    !identity_from_seed(seed, &cfg.id))
		fatalx("%s: no key", our_key);
	if (!key_parse(its_key, peer.ed_pk) ||
	    !key_to_x25519(peer.ed_pk, peer.x_pk))
		fatalx("%s: no key", its_key);
	if (!addr_parse(endpoint, 0, &to))
		fatalx("%s: no address", endpoint);
	g->fd[0] = socket_to(&to);
	g->fd[1] = socket_to(&to);
	network_open(&cfg.net, network, strlen(network));
	network_mac1key(&cfg.net, peer.x_pk, g->mac1key);
	network_mac1key(&cfg.net, nobody, g->nokey);
	arena_init(&g->mem, ARENA_MAX);
	io.udp_send = on_udp_send;
	core_init(&g->core, &cfg, &io, clock_boot());
	t = turn_of(g);
	g->it = core_peer_add(&g->core, &peer, &why, &t);
	if (g->it == NULL)
		fatalx("%s", why);
	core_peer_endpoints(&g->core, g->it, &to, 1, &t);
}

static void
report(const struct gun *g, const char *what, struct mono since)
{
	uint64_t us = mono_since(since, clock_boot());
	unsigned i;

	printf("# figure %s_received %llu\n", what,
	    (unsigned long long)received(g));
	printf(
	    "# figure %s_sealed %llu\n", what, (unsigned long long)g->sealed);
	printf("# figure %s_rate %llu\n", what,
	    (unsigned long long)(received(g) * MONO_SEC / us));
	for (i = 0; i < CNT_MAX; i++) {
		uint64_t n = g->now.v[i] - g->before.v[i];

		if (n > 0)
			printf("  %-24s %9llu  %s\n",
			    counter_name((enum counter)i),
			    (unsigned long long)n,
			    counter_text((enum counter)i));
	}
	fflush(stdout);
}

/* malform CONTROL ADDRESS:PORT NETWORK ITS-KEY OUR-KEY-FILE CORPUS WARM N */
int
main(int argc, char **argv)
{
	static struct gun g;
	struct mono since;
	char line[16];

	if (argc != 9) {
		fputs("usage: malform CONTROL ADDRESS:PORT NETWORK ITS-KEY\n"
		      "           OUR-KEY-FILE CORPUS WARM-UP PACKETS\n",
		    stderr);
		return 2;
	}
	log_init("malform", LOG_LV_INFO);
	if (!crypto_start())
		fatalx("libsodium does not start");
	g.rnd = rng_seeded(26);
	load_all(&g, argv[6]);
	gun_init(&g, argv[2], argv[3], argv[4], argv[5]);
	ctl_connect(&g.ctl, argv[1]);
	since = clock_boot();
	shoot(&g, strtoull(argv[7], NULL, 10));
	report(&g, "warm", since);
	puts("# warm"); /* whoever measures says when it may go on */
	fflush(stdout);
	if (fgets(line, sizeof(line), stdin) == NULL)
		return 1;
	since = clock_boot();
	shoot(&g, strtoull(argv[8], NULL, 10));
	report(&g, "main", since);
	return 0;
}
