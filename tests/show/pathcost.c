/*
 * The way of a packet between device and line, for a profiler that counts
 * instructions: two real cores, and what cuts and joins super-packets. Each
 * phase prints its name and how many packets it had; a profiler collects what
 * happens in measure_*() but not in the callbacks taken_*(), and ends a part of
 * its report where phase_over() returns.
 *
 *	pathcost [libcrypto|ipsecmb|sodium]
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/xmem.h"
#include "tests/unit/duo.h"
#include "tests/unit/gso_made.h"
#include "wire/gso.h"

/* A function of its own, whatever the compiler thinks of it. */
#define APART __attribute__((noinline))

#define PACKETS 2048	   /* of a phase */
#define DGRAM_MAX 2048	   /* a datagram, kept */
#define SUPER_SEGMENT 1348 /* payload of each segment of a super-packet */
#define SUPER_PAYLOAD (46 * SUPER_SEGMENT) /* 64 KiB with its header */
#define SUPERS 32
#define MTU 1400

/* What the callbacks of one run were handed. */
struct taken {
	unsigned n, total;
	size_t len[RUN_MAX];
	uint8_t dgram[RUN_MAX][DGRAM_MAX];
};

struct cost {
	struct duo d;
	struct taken *wire; /* datagrams of end 0 */
	unsigned delivered; /* packets for the device of end 1 */
};

void taken_datagrams(void *arg, const struct path *to, struct run *run);
void taken_packets(void *arg, unsigned no, struct run *run);
void measure_seal(struct core *c, struct run *run, struct turn *t);
void measure_open(
    struct core *c, const struct path *from, struct run *run, struct turn *t);
unsigned measure_cut(const struct made *m, struct run *run, struct arena *mem);
unsigned measure_join(const struct run *run);
void phase_over(const char *name, unsigned packets);

/* --- what is measured, and what is not ------------------------------------ */

APART void
taken_datagrams(void *arg, const struct path *to, struct run *run)
{
	struct duo_end *e = arg;
	struct taken *w = e->d->tap_arg;
	unsigned i;

	(void)to;
	for (i = 0; i < run->n; i++, w->n++, w->total++) {
		assert_true(w->n < RUN_MAX && run->pkt[i].len <= DGRAM_MAX);
		w->len[w->n] = run->pkt[i].len;
		memcpy(w->dgram[w->n], run->pkt[i].p, run->pkt[i].len);
	}
}

APART void
taken_packets(void *arg, unsigned no, struct run *run)
{
	struct duo_end *e = arg;
	struct cost *k = e->d->deliver_arg;

	(void)no;
	k->delivered += run->n;
}

APART void
measure_seal(struct core *c, struct run *run, struct turn *t)
{
	core_port_input(c, 0, run, t);
}

APART void
measure_open(
    struct core *c, const struct path *from, struct run *run, struct turn *t)
{
	core_udp_input(c, from, run, t);
}

/* Returns the segments; the last run of them stays in run. */
APART unsigned
measure_cut(const struct made *m, struct run *run, struct arena *mem)
{
	struct gso_cut c;
	unsigned n = 0, lost = 0;

	run->n = 0;
	if (!gso_cut_begin(&c, &m->v, m->p, m->len, false))
		return 0;
	while (gso_cut_next(&c, run, mem, &lost)) {
		n += run->n;
		run->n = 0;
	}
	return n + run->n;
}

/* Returns the super-packets. */
APART unsigned
measure_join(const struct run *run)
{
	struct gso_super s;
	unsigned i, n = 0;

	for (i = 0; i < run->n; n++)
		i = gso_join(run, i, false, GSO_TCP4 | GSO_TCP6 | GSO_UDP, &s);
	return n;
}

APART void
phase_over(const char *name, unsigned packets)
{
	printf("%s %u\n", name, packets);
	fflush(stdout);
}

/* --- two cores ------------------------------------------------------------ */

static void
grant(struct duo *d, unsigned nr, const char *text)
{
	struct core *c = &d->end[nr].core;
	struct prefix p;
	size_t bad;
	uint32_t who;

	assert_null(prefix_parse(text, &p));
	assert_true(
	    core_peer_prefixes(c, d->end[nr].peer[1 - nr], &p, 1, &bad, &who));
}

static void
cost_init(struct cost *k, const struct aead_choice *aead)
{
	static const struct fwd_config tun = { .mode = FWD_ROUTER };
	const struct duo_options opt = { .mtu = MTU, .aead = aead };
	struct duo *d = &k->d;
	unsigned nr;

	k->wire = xcalloc(1, sizeof(*k->wire));
	duo_pair(d, 1, &opt);
	for (nr = 0; nr < 2; nr++) {
		struct turn t = duo_turn(d, nr);

		assert_int_equal(core_port_add(&d->end[nr].core, &tun, &t), 0);
		duo_done(d);
	}
	grant(d, 0, "10.2.0.0/16");
	grant(d, 1, "10.1.0.0/16");
	duo_run(d, 10 * (uint64_t)MONO_SEC);
	d->tap_arg = k->wire;
	d->deliver_arg = k;
	d->end[0].core.io.udp_send = taken_datagrams;
	d->end[1].core.io.port_deliver = taken_packets;
}

/* UDP from 10.1.0.1 to 10.2.0.1, as a device hands it over. */
static void
packet_fill(uint8_t *p, size_t len)
{
	static const uint8_t head[28] = { 0x45, 0, 0, 0, 0, 1, 0x40, 0, 64, 17,
		0, 0, 10, 1, 0, 1, 10, 2, 0, 1, 1, 0, 1, 1 };

	memset(p, 0, len);
	memcpy(p, head, sizeof(head));
	made_put16(p + 2, len);
	made_put16(p + 24, len - 20);
}

static void
seal_some(struct cost *k, size_t len, unsigned n)
{
	struct turn t = duo_turn(&k->d, 0);
	struct run *run = run_new(&k->d.mem);

	while (run->n < n) {
		struct pkt *pk = run_add(run, len, &k->d.mem);

		assert_non_null(pk);
		packet_fill(pk->p, len);
		pk->flags = PKT_CSUM;
	}
	k->wire->n = 0;
	measure_seal(&k->d.end[0].core, run, &t);
	assert_int_equal(k->wire->n, n);
	duo_done(&k->d);
}

/* A train as UDP_GRO leaves it: each datagram behind the one before. */
static void
open_some(struct cost *k)
{
	struct turn t = duo_turn(&k->d, 1);
	const struct path from = { .remote = k->d.end[0].face,
		.local = k->d.end[1].addr };
	uint8_t *p = arena_get(&k->d.mem, RUN_MAX * DGRAM_MAX);
	struct run *run = run_new(&k->d.mem);

	assert_non_null(p);
	assert_non_null(run);
	for (; run->n < k->wire->n; run->n++) {
		size_t len = k->wire->len[run->n];

		memcpy(p, k->wire->dgram[run->n], len);
		run->pkt[run->n] = (struct pkt){ .p = p, .len = (uint32_t)len };
		p += len;
	}
	measure_open(&k->d.end[1].core, &from, run, &t);
	duo_done(&k->d);
}

/* Both ways of PACKETS; the profiler is told which of them to look at. */
static void
phase(struct cost *k, size_t len, unsigned n)
{
	char name[64];
	unsigned i;

	k->delivered = 0;
	for (i = 0; i < PACKETS; i += n) {
		seal_some(k, len, n);
		open_some(k);
	}
	assert_int_equal(k->delivered, PACKETS);
	snprintf(name, sizeof(name), "packet %zu %u", len, n);
	phase_over(name, PACKETS);
}

/* --- super-packets -------------------------------------------------------- */

static void
supers(void)
{
	const struct shape tcp = { .tcp_opt = 12,
		.payload = SUPER_PAYLOAD,
		.gso = SUPER_SEGMENT,
		.df = true,
		.flags = 0x10 };
	struct made *m = xcalloc(1, sizeof(*m));
	struct rng r = { 1 };
	unsigned i, segments = 0;
	struct arena mem;
	struct run run;

	arena_init(&mem, 1 << 20);
	make(m, &tcp, &r);
	for (i = 0; i < SUPERS; i++) {
		segments += measure_cut(m, &run, &mem);
		assert_int_equal(measure_join(&run), 1);
		arena_reset(&mem);
	}
	assert_int_equal(segments, SUPERS * SUPER_PAYLOAD / SUPER_SEGMENT);
	phase_over("super 65536 46", segments);
	arena_fini(&mem);
	free(m);
}

/* AES by that backend, or by the first that can; else ChaCha20. */
static const struct aead_ops *
backend(const char *name)
{
	static const struct {
		const char *name;
		const struct aead_ops *(*of)(enum suite suite);
	} all[] = { { "libcrypto", aead_openssl }, { "ipsecmb", aead_ipsecmb },
		{ "sodium", aead_sodium } };
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		const struct aead_ops *ops = all[i].of(SUITE_AES256GCM);

		if ((name == NULL || strcmp(name, all[i].name) == 0) &&
		    ops != NULL && ops->usable())
			return ops;
	}
	return aead_sodium(SUITE_CHACHAPOLY);
}

int
main(int argc, char **argv)
{
	struct cost *k = xcalloc(1, sizeof(*k));
	struct aead_choice aead = { 0 };
	const struct aead_ops *ops;

	assert_true(crypto_start());
	ops = backend(argc > 1 ? argv[1] : NULL);
	aead.ops[ops->suite] = ops;
	aead.suites = (uint8_t)(1u << ops->suite);
	aead.preferred = (uint8_t)ops->suite;
	cost_init(k, &aead);
	phase_over(ops->name, 0);
	phase(k, 1400, 1);
	phase(k, 1400, RUN_MAX);
	phase(k, 64, 1);
	phase(k, 64, RUN_MAX);
	supers();
	duo_fini(&k->d);
	free(k->wire);
	free(k);
	return 0;
}
