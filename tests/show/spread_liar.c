/*
 * A vnode that lies: joins by a tunnel as any other, then tells of vnodes that
 * are not there, each by a record with a signature that holds, all of them at
 * one address.
 *
 *	spread_liar NETWORK OWN-ADDRESS KEY ADDRESS VICTIM COUNT RATE
 *
 * KEY and ADDRESS are of the vnode that it joins; RATE is of records a second,
 * 0: as fast as it can. Prints "told COUNT" when all has been sent; goes on
 * until it is ended.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/wr.h"
#include "core/exchange.h"
#include "core/core.h"
#include "core/peer_send.h"
#include "crypto/sign.h"
#include "tests/quiet.h"

#define ARENA (1u << 20)
#define STEP_MS 2    /* between two datagrams */
#define PATIENCE 250 /* steps that the tunnel stands before we begin */
#define FRAME_ROOM 1200

struct liar {
	int fd;
	struct core core;
	struct arena mem;
	struct addr own, victim;
	struct peer *to;
	unsigned live;	      /* steps since the tunnel stands */
	unsigned told, count; /* records */
	unsigned rate;	      /* a second */
	struct mono again;
};

static struct turn
turn_now(struct liar *l)
{
	return (struct turn){ clock_boot(), clock_wall_us() / 1000, &l->mem };
}

static void
on_send(void *arg, const struct path *to, struct run *run)
{
	struct liar *l = arg;
	struct sockaddr_storage sa;
	socklen_t len = addr_to_sockaddr(&to->remote, false, &sa);
	unsigned i;

	for (i = 0; i < run->n; i++)
		if (sendto(l->fd, run->pkt[i].p, run->pkt[i].len, 0,
			(struct sockaddr *)&sa, len) < 0)
			log_warn("sendto");
}

static void
start_core(struct liar *l, const char *network)
{
	struct core_io io = quiet_core_io(l);
	const struct exchange_io xio = quiet_exchange_io(l);
	struct exchange_config xc = { .trust = { .mode = TRUST_OPEN,
					  .max_peers = 8 },
		.self.about = { .life = 3600, .ep = { l->own }, .n_ep = 1 } };
	struct core_config cc = { .aead = aead_default(),
		.limits = { REKEY_AFTER_MS, FAN_ORIGIN, FAN_TOTAL, CORE_MTU } };
	uint8_t seed[KEY_LEN];

	io.udp_send = on_send;
	random_bytes(seed, sizeof(seed));
	if (!identity_from_seed(seed, &cc.id))
		fatalx("no identity");
	network_open(&cc.net, network, strlen(network));
	snprintf(cc.network, sizeof(cc.network), "%s", network);
	core_init(&l->core, &cc, &io, turn_now(l).now);
	exchange_start(&l->core, &xc, &xio);
}

static void
join(struct liar *l, const char *key, const struct addr *at)
{
	struct peer_config pc = { .name = "target" };
	struct turn t = turn_now(l);
	const char *why = "is none";

	if (key_parse(key, pc.ed_pk) && key_to_x25519(pc.ed_pk, pc.x_pk))
		l->to = core_peer_add(&l->core, &pc, &why, &t);
	if (l->to == NULL)
		fatalx("the key %s: %s", key, why);
	core_peer_endpoints(&l->core, l->to, at, 1, &t);
}

/* A vnode that nobody has ever heard of, at the victim's address. */
static size_t
lie(const struct liar *l, uint8_t raw[RECORD_MAX])
{
	struct record r = { .seq = 1,
		.life = 3600,
		.load = RECORD_LOAD_UNKNOWN,
		.n_ep = 1,
		.ep = { l->victim } };
	uint8_t seed[KEY_LEN];
	struct identity id;
	size_t len;

	random_bytes(seed, sizeof(seed));
	if (!identity_from_seed(seed, &id))
		fatalx("no identity");
	memcpy(r.key, id.ed_pk, KEY_LEN);
	r.issued = (uint64_t)clock_wall();
	/* every other one names another port of the same machine */
	if (l->told % 2 == 1)
		r.ep[0].port = (uint16_t)(1 + l->told % 65535);
	len = record_write(&r, raw);
	identity_sign(&id, SIGN_RECORD, l->core.net.netid, raw, len, raw + len);
	return len + RECORD_SIG;
}

/* As many as fit into one datagram. */
static void
tell(struct liar *l)
{
	struct session *s = peer_session(l->to);
	struct turn t = turn_now(l);
	uint8_t body[FRAME_ROOM], raw[RECORD_MAX];
	struct wr w = wr_of(body, sizeof(body));
	unsigned before = l->told;
	size_t len;

	while (l->told < l->count) {
		len = lie(l, raw);
		if (w.len + 2 + len > w.max)
			break;
		wr_be16(&w, (uint16_t)len);
		wr_bytes(&w, raw, len);
		l->told++;
	}
	peer_send_small(
	    &l->core, l->to, s, &l->to->path, FRAME_RECORDS, body, w.len, &t);
	if (l->rate > 0)
		l->again = mono_add(
		    t.now, (l->told - before) * (uint64_t)MONO_SEC / l->rate);
	if (l->told == l->count) {
		printf("told %u\n", l->told);
		fflush(stdout);
	}
}

static void
receive(struct liar *l)
{
	struct path from = { .local = l->own };
	struct sockaddr_storage sa;
	socklen_t sa_len = sizeof(sa);
	struct turn t = turn_now(l);
	struct run *run = run_new(&l->mem);
	struct pkt *pk = run_add(run, 2048, &l->mem);
	ssize_t n = recvfrom(
	    l->fd, pk->p, 2048, MSG_DONTWAIT, (struct sockaddr *)&sa, &sa_len);

	if (n < 0 || !addr_from_sockaddr((struct sockaddr *)&sa, &from.remote))
		return;
	pk->len = (uint32_t)n;
	core_udp_input(&l->core, &from, run, &t);
}

static void
step(struct liar *l)
{
	struct pollfd pfd = { l->fd, POLLIN, 0 };
	struct turn t;

	if (poll(&pfd, 1, STEP_MS) > 0)
		receive(l);
	t = turn_now(l);
	core_tick(&l->core, &t);
	if (l->to->state == PEER_VRNODE && ++l->live > PATIENCE &&
	    l->told < l->count && mono_due(l->again, t.now))
		tell(l);
	arena_reset(&l->mem);
}

static void
open_socket(struct liar *l)
{
	struct sockaddr_storage sa;
	socklen_t len = addr_to_sockaddr(&l->own, false, &sa);

	l->fd = socket(addr_is_v4(&l->own) ? AF_INET : AF_INET6,
	    SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (l->fd < 0 || bind(l->fd, (struct sockaddr *)&sa, len) < 0)
		fatal("no socket there");
}

int
main(int argc, char **argv)
{
	static struct liar l;
	struct addr at;

	log_init("spread_liar", LOG_LV_INFO);
	if (argc != 8 || !addr_parse(argv[2], 0, &l.own) ||
	    !addr_parse(argv[4], 0, &at) || !addr_parse(argv[5], 0, &l.victim))
		fatalx("usage: spread_liar NETWORK OWN-ADDRESS KEY ADDRESS "
		       "VICTIM COUNT RATE");
	l.count = (unsigned)strtoul(argv[6], NULL, 10);
	l.rate = (unsigned)strtoul(argv[7], NULL, 10);
	if (!crypto_start())
		fatalx("no libsodium");
	arena_init(&l.mem, ARENA);
	open_socket(&l);
	start_core(&l, argv[1]);
	join(&l, argv[3], &at);
	for (;;)
		step(&l);
}
