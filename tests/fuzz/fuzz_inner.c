/*
 * What a peer sends inside a live session, and what the device and the mesh
 * daemon give meanwhile. The peer's own core seals it, so it is past all keys.
 * Input: steps as in fuzz_dgram.c. What is signed is signed right where the
 * input asks for it.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "core/negotiate.h"
#include "core/peer_send.h"
#include "core/session.h"
#include "crypto/sign.h"
#include "tests/fuzz/feed.h"
#include "tests/quiet.h"
#include "tests/starve.h"
#include "tests/unit/party.h"

#define STEPS 64
#define PLAIN_MAX 2000
#define RUN 4 /* packets that arrive together */

enum { US, LIVE };

struct lab {
	struct party p;
	uint8_t buf[RUN][DATA_HEAD + PLAIN_MAX + TAG_LEN];
	struct run run; /* not yet sent */
	unsigned room;	/* bytes that a turn has beside it; 0: plenty */
};

static void
on_routes(void *arg, uint32_t peer, const struct prefix *p, size_t n)
{
	(void)arg, (void)peer, (void)p;
	MUST(n <= NETDESC_CLAIMS);
}

/* 10.GID2.0.0/16 */
static void
settle(struct lab *l, unsigned nr, uint16_t gid2)
{
	const struct neg_config cfg = { .policy = REHOOK_ATOMIC,
		.max_nodes = 1 };
	struct negotiate_io io = quiet_negotiate_io(NULL);
	struct netdesc d = {
		.nodes = 1, .n_claims = 1, .flags = NETDESC_MOVABLE
	};
	struct core *c = &l->p.d.end[nr].core;
	struct turn t = duo_turn(&l->p.d, nr);

	d.topo = topology_ntk(NETDESC_10);
	d.gid[3] = d.claim[0].gid[3] = 10;
	d.gid[2] = d.claim[0].gid[2] = gid2;
	d.claim[0].level = 2;
	d.gid[0] = 1;
	io.routes = on_routes;
	negotiate_start(c, &cfg, &io);
	negotiate_place(c, &d, &t);
	duo_done(&l->p.d);
}

static void
on_deliver(struct duo_end *e, unsigned no, struct run *run)
{
	uint32_t sum = 0;
	unsigned i, k;

	MUST(no < FWD_PORTS && e->core.port[no] != NULL && run->n > 0);
	for (i = 0; i < run->n; i++) /* all of it is there */
		for (k = 0; k < run->pkt[i].len; k++)
			sum += run->pkt[i].p[k];
	e->recursions += sum == UINT32_MAX;
}

static void
add_ports(struct lab *l)
{
	static const struct fwd_config cfg[] = {
		{ .ethernet = true,
		    .mode = FWD_SWITCH,
		    .age_ms = 300000,
		    .per_peer = 4,
		    .flood_rate = 1000,
		    .clamp_mss = true },
		{ .mode = FWD_ROUTER, .flood_rate = 1000, .clamp_mss = true },
		{ .mode = FWD_HUB, .flood_rate = 1000 },
	};
	struct duo *d = &l->p.d;
	struct prefix ours, theirs;
	struct turn t = duo_turn(d, US);
	size_t i, bad;
	uint32_t who;

	for (i = 0; i < sizeof(cfg) / sizeof(cfg[0]); i++)
		MUST(core_port_add(&d->end[US].core, &cfg[i], &t) == (int)i);
	MUST(prefix_parse("10.7.0.0/16", &ours) == NULL);
	MUST(prefix_parse("10.9.0.0/16", &theirs) == NULL);
	MUST(core_own_prefixes(&d->end[US].core, &ours, 1, &bad, &who));
	MUST(core_peer_prefixes(
	    &d->end[US].core, d->end[US].peer[LIVE], &theirs, 1, &bad, &who));
	t = duo_turn(d, LIVE);
	MUST(core_port_add(&d->end[LIVE].core, &cfg[0], &t) == 0);
	duo_done(d);
}

static void
lab_init(struct lab *l, bool negotiates)
{
	memset(l, 0, sizeof(*l));
	party_init(&l->p, 1, TRUST_OPEN);
	l->p.d.deliver = on_deliver;
	party_start(&l->p, US, LIVE + 1);
	if (negotiates) {
		settle(l, US, 7);
		settle(l, LIVE, 9);
	}
	duo_peer(&l->p.d, LIVE, US, false);
	duo_peer(&l->p.d, US, LIVE, true);
	MUST(duo_wait_up(&l->p.d, LIVE, US, MONO_SEC));
	duo_run(&l->p.d, MONO_SEC); /* first words */
	add_ports(l);
}

/* What is ready goes, as one run; from another address now and then. */
static void
flush(struct lab *l, bool elsewhere)
{
	struct duo *d = &l->p.d;
	struct path path = { .remote = d->end[LIVE].face,
		.local = d->end[US].addr };
	struct session *s = peer_session(d->end[LIVE].peer[US]);
	struct turn t = duo_turn(d, US);
	size_t max = d->mem.max;
	struct run run;

	if (l->run.n > 0 && s != NULL && session_seal(s, &l->run) &&
	    run_copy(&run, &l->run, &d->mem)) {
		if (elsewhere)
			path.remote.port = (uint16_t)(path.remote.port + 1);
		if (l->room > 0)
			d->mem.max = d->mem.used + l->room;
		core_udp_input(&d->end[US].core, &path, &run, &t);
		d->mem.max = max;
	}
	l->run.n = 0;
	duo_done(d);
}

static void
send_plain(struct lab *l, uint8_t flags, const uint8_t *p, size_t len)
{
	struct pkt *pk = &l->run.pkt[l->run.n];
	uint8_t *at = l->buf[l->run.n] + DATA_HEAD;

	if (len > PLAIN_MAX)
		len = PLAIN_MAX;
	memcpy(at, p, len);
	*pk = (struct pkt){ at, (uint32_t)len, 0 };
	if (++l->run.n == RUN || (flags & 128) == 0)
		flush(l, (flags & 64) != 0);
}

static void
send_frame(struct lab *l, uint8_t flags, uint8_t type, uint8_t fflags,
    const uint8_t *body, size_t len)
{
	uint8_t p[PLAIN_MAX] = { 0 };
	size_t pad;

	if (len > PLAIN_MAX - FRAME_HEAD - 16)
		len = PLAIN_MAX - FRAME_HEAD - 16;
	pad = frame_write_head(p, type, fflags, len, 1400);
	if (len > 0)
		memcpy(p + FRAME_HEAD, body, len);
	send_plain(l, flags, p, FRAME_HEAD + len + pad);
}

static void
step_plain(struct lab *l, struct feed *f, uint8_t flags)
{
	const uint8_t *raw;
	size_t len = feed_bytes(f, &raw);

	send_plain(l, flags, raw, len);
}

static void
step_frame(struct lab *l, struct feed *f, uint8_t flags)
{
	uint8_t type = feed_u8(f), fflags = feed_u8(f);
	const uint8_t *raw;
	size_t len = feed_bytes(f, &raw);

	send_frame(l, flags, type, fflags, raw, len);
}

/* Its boot id and its sender's, so that it is taken. */
static void
step_ntk(struct lab *l, struct feed *f, uint8_t flags)
{
	const struct core *c = &l->p.d.end[LIVE].core;
	uint8_t fflags = feed_u8(f), body[PLAIN_MAX];
	const uint8_t *raw;
	size_t len = feed_bytes(f, &raw);

	if (len > sizeof(body))
		len = sizeof(body);
	memcpy(body, raw, len);
	if (len >= 12) {
		memcpy(body, c->id.x_pk, 8);
		memcpy(body + 8, c->boot, 4);
	}
	send_frame(l, flags, FRAME_NTK, fflags, body, len);
}

/* The peer's own goodbye. */
static void
step_close(struct lab *l, struct feed *f, uint8_t flags)
{
	uint8_t body[CLOSE_LEN];

	close_write(body, feed_u8(f), l->p.d.end[LIVE].core.boot);
	send_frame(l, flags, FRAME_CLOSE, 0, body, sizeof(body));
}

/* A record or a revocation; what is in its last bytes is the signature. */
static void
step_signed(struct lab *l, struct feed *f, uint8_t flags)
{
	const struct core *c = &l->p.d.end[LIVE].core;
	uint8_t body[2 + RECORD_MAX];
	struct wr w = wr_of(body, sizeof(body));
	const uint8_t *raw;
	size_t len = feed_bytes(f, &raw);

	if (len < 2 + KEY_LEN || len > RECORD_MAX - RECORD_SIG)
		return;
	wr_be16(&w, (uint16_t)(len + RECORD_SIG));
	wr_bytes(&w, raw, len);
	if (raw[0] == ITEM_REVOKE && len == REVOKE_LEN - RECORD_SIG) {
		memcpy(body + 4 + KEY_LEN, c->id.ed_pk, KEY_LEN);
		if ((flags & 2) != 0)
			memcpy(body + 4, c->id.ed_pk, KEY_LEN);
	} else if ((flags & 1) != 0) {
		memcpy(body + 4, c->id.ed_pk, KEY_LEN);
	}
	identity_sign(&c->id, raw[0] == ITEM_REVOKE ? SIGN_REVOKE : SIGN_RECORD,
	    c->net.netid, body + 2, len, body + 2 + len);
	send_frame(l, flags, FRAME_RECORDS, 0, body, 2 + len + RECORD_SIG);
}

/* What the device gives. */
static void
step_device(struct lab *l, struct feed *f, uint8_t flags)
{
	struct duo *d = &l->p.d;
	struct turn t = duo_turn(d, US);
	const uint8_t *raw;
	size_t len = feed_bytes(f, &raw);
	struct run run;
	struct pkt *pk;

	if (len == 0)
		return;
	pk = run_one(&run, len, &d->mem);
	MUST(pk != NULL);
	memcpy(pk->p, raw, len);
	pk->flags = (flags & 4) != 0 ? PKT_CSUM : 0;
	core_port_input(&d->end[US].core, flags % 3, &run, &t);
	duo_done(d);
}

static void
step_mesh(struct lab *l, struct feed *f, uint8_t flags)
{
	const uint8_t *raw;
	size_t len = feed_bytes(f, &raw);

	duo_mesh_raw(&l->p.d, US, raw, len);
	if ((flags & 1) != 0 && !l->p.d.end[US].core.mesh_up)
		duo_mesh_hello(&l->p.d, US);
}

static void
step_time(struct lab *l, struct feed *f, uint8_t flags)
{
	uint64_t n = feed_u16(f);

	duo_run(&l->p.d, (flags & 1) != 0 ? n * 10 * MONO_MS : n * MONO_MS);
}

/* The peer says something itself. */
static void
step_say(struct lab *l, struct feed *f, uint8_t flags)
{
	const uint8_t *raw;
	size_t len = feed_bytes(f, &raw);

	(void)flags;
	if (len > 0)
		duo_say(&l->p.d, LIVE, raw, len);
}

/* No memory, once; or less of it in each turn. */
static void
step_starve(struct lab *l, struct feed *f, uint8_t flags)
{
	starve_once(flags);
	l->room = 16u * feed_u8(f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static void (*const steps[])(struct lab *, struct feed *, uint8_t) = {
		step_plain, step_frame, step_ntk, step_close, step_signed,
		step_device, step_mesh, step_time, step_say, step_starve
	};
	static struct lab l;
	struct feed f = { p, len };
	unsigned i, what;

	lab_init(&l, (feed_u8(&f) & 1) != 0);
	for (i = 0; i < STEPS && !feed_empty(&f); i++) {
		what = feed_u8(&f) % (sizeof(steps) / sizeof(steps[0]));
		steps[what](&l, &f, feed_u8(&f));
	}
	starve_end();
	flush(&l, false);
	duo_run(&l.p.d, MONO_SEC);
	party_fini(&l.p);
	return 0;
}
