#include "wire/gso.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/gso_made.h"
#include "wire/csum.h"

#define ALL (GSO_TCP4 | GSO_TCP6 | GSO_UDP)
#define LIST_MAX 4096
#define ARENA (4u << 20)

/* A stream of packets, however they were grouped. */
struct list {
	size_t n;
	struct pkt pk[LIST_MAX];
};

struct env {
	struct rng r;
	struct arena mem;
	struct list a, b;
	struct made m, other;
	uint8_t flat[MADE_MAX];
};

static int
setup(void **state)
{
	struct env *e = malloc(sizeof(*e));

	assert_non_null(e);
	e->r = rng_seeded(32);
	arena_init(&e->mem, ARENA);
	*state = e;
	return 0;
}

static int
teardown(void **state)
{
	struct env *e = *state;

	arena_fini(&e->mem);
	free(e);
	return 0;
}

static void
append(struct list *l, const struct run *run)
{
	unsigned i;

	assert_true(l->n + run->n <= LIST_MAX);
	for (i = 0; i < run->n; i++)
		l->pk[l->n++] = run->pkt[i];
}

/* All packets of one thing that a device handed over, behind those of l. */
static void
cut(struct env *e, struct list *l, const struct vnet *v, const uint8_t *p,
    size_t len, bool ethernet)
{
	struct gso_cut c;
	struct run run;
	unsigned lost;
	bool more;

	assert_true(gso_cut_begin(&c, v, p, len, ethernet));
	do {
		run.n = 0;
		more = gso_cut_next(&c, &run, &e->mem, &lost);
		assert_int_equal(lost, 0);
		assert_true(!more || run.n == RUN_MAX);
		append(l, &run);
	} while (more);
}

static size_t
flatten(const struct gso_super *s, uint8_t *out)
{
	size_t len = 0;
	unsigned i;

	assert_ptr_equal(s->iov[0].iov_base, s->vnet);
	assert_int_equal(s->iov[0].iov_len, VNET_HEAD);
	for (i = 1; i < s->n; i++) {
		assert_true(len + s->iov[i].iov_len <= MADE_MAX);
		memcpy(out + len, s->iov[i].iov_base, s->iov[i].iov_len);
		len += s->iov[i].iov_len;
	}
	return len;
}

/*
 * Joins in, in runs of random lengths up to most, and cuts what came out:
 * what the kernel's own stack would see.
 */
static void
join_and_cut(struct env *e, const struct list *in, struct list *out,
    bool ethernet, unsigned can, size_t most)
{
	struct gso_super s;
	struct vnet v;
	size_t at = 0, len;

	out->n = 0;
	while (at < in->n) {
		struct run run = { .n = 0 };
		size_t n = 1 + rng_below(&e->r, most);
		unsigned i = 0;

		while (run.n < n && at < in->n)
			run.pkt[run.n++] = in->pk[at++];
		while (i < run.n) {
			i = gso_join(&run, i, ethernet, can, &s);
			len = flatten(&s, e->flat);
			vnet_parse(s.vnet, &v);
			cut(e, out, &v, e->flat, len, ethernet);
		}
	}
}

/* Joining changes packets in place, so it works on a copy. */
static void
copy_list(struct env *e, struct list *to, const struct list *from)
{
	size_t i;

	to->n = from->n;
	for (i = 0; i < from->n; i++) {
		assert_true(pkt_new(&to->pk[i], from->pk[i].len, &e->mem));
		memcpy(to->pk[i].p, from->pk[i].p, from->pk[i].len);
		to->pk[i].flags = from->pk[i].flags;
	}
}

/* Where a packet may not be fragmented its id means nothing (RFC 6864). */
static void
forget_ids(struct list *l, bool ethernet)
{
	size_t i;

	for (i = 0; i < l->n; i++) {
		uint8_t *ip = l->pk[i].p;

		if (ethernet)
			ip += ip[12] == 0x81 ? 18 : 14;
		if (ip[0] >> 4 == 4 && (ip[6] & 0x40) != 0) {
			made_put16(ip + 4, 0);
			made_ip_csum(ip);
		}
	}
}

static void
same_lists(const struct list *a, const struct list *b)
{
	size_t i;

	assert_int_equal(a->n, b->n);
	for (i = 0; i < a->n; i++) {
		assert_int_equal(a->pk[i].len, b->pk[i].len);
		assert_int_equal(a->pk[i].flags, b->pk[i].flags);
		assert_memory_equal(a->pk[i].p, b->pk[i].p, a->pk[i].len);
	}
}

static void
csum(void **state)
{
	struct env *e = *state;
	size_t len, shift, i;
	uint8_t p[300];

	for (i = 0; i < 40; i++) {
		rng_fill(&e->r, p, sizeof(p));
		if (i < 2)
			memset(p, i == 0 ? 0 : 0xff, sizeof(p));
		for (len = 0; len < 280; len++) {
			uint32_t sum = (uint32_t)rng_next(&e->r);
			uint8_t head[4];

			shift = rng_below(&e->r, 16);
			made_put16(head, sum >> 16);
			made_put16(head + 2, sum);
			assert_int_equal(
			    csum_fold(csum_add(sum, p + shift, len)),
			    slow_sum(slow_sum(0, head, 4), p + shift, len));
		}
	}
	assert_int_equal(csum_fold(csum_add(UINT32_MAX, p, 0)), 0xffff);
	assert_int_equal(csum_fold(UINT32_MAX), 0xffff);
	assert_int_equal(csum_fold(csum_add(0, p, 0)), 0);
	memset(e->flat, 0xff, sizeof(e->flat));
	assert_int_equal(csum_fold(csum_add(1, e->flat, sizeof(e->flat))), 1);
}

static void
vnet(void **state)
{
	uint8_t p[VNET_HEAD], out[VNET_HEAD];
	struct env *e = *state;
	uint16_t start;
	struct vnet v;

	rng_fill(&e->r, p, sizeof(p));
	vnet_parse(p, &v);
	vnet_write(out, &v);
	assert_memory_equal(p, out, sizeof(p));
	memcpy(&start, p + 6, 2); /* the machine's order */
	assert_int_equal(v.csum_start, start);
	assert_int_equal(v.flags, p[0]);
	assert_int_equal(v.type, p[1]);
}

/* Segment i of n, against what a TCP or UDP without offload would send. */
static void
check_segment(const struct made *m, const struct shape *s, struct pkt *pk,
    size_t i, size_t n)
{
	size_t at = i * s->gso;
	size_t want = i + 1 < n ? s->gso : s->payload - at;
	const uint8_t *p = pk->p, *l4 = p + m->l4, *was = m->p + m->l4;
	unsigned flags;

	assert_int_equal(pk->len, m->head + want);
	assert_int_equal(pk->flags, PKT_CSUM);
	assert_memory_equal(p + m->head, m->p + m->head + at, want);
	assert_memory_equal(p, m->p, m->l3);
	assert_memory_equal(l4, was, 4);
	if (!s->v6) {
		assert_int_equal(made_get16(p + m->l3 + 4),
		    (made_get16(m->p + m->l3 + 4) + i) % 65536);
		assert_memory_equal(p + m->l3 + 6, m->p + m->l3 + 6, 4);
		assert_memory_equal(
		    p + m->l3 + 12, m->p + m->l3 + 12, m->l4 - m->l3 - 12);
	} else {
		assert_memory_equal(p + m->l3, m->p + m->l3, 4);
		assert_memory_equal(
		    p + m->l3 + 6, m->p + m->l3 + 6, m->l4 - m->l3 - 6);
	}
	assert_int_equal(made_get16(l4 + (s->udp ? 6 : 16)),
	    slow_pseudo(p, pk->len, m->l3, m->l4));
	if (!s->udp) {
		uint32_t seq, first;

		seq = made_get16(l4 + 4) << 16 | made_get16(l4 + 6);
		first = made_get16(was + 4) << 16 | made_get16(was + 6);
		assert_int_equal(seq, (uint32_t)(first + at));
		flags = s->flags;
		if (i + 1 < n)
			flags &= ~9u;
		if (i > 0)
			flags &= ~0x80u;
		assert_int_equal(l4[13], flags);
		assert_memory_equal(l4 + 8, was + 8, 5);
		assert_memory_equal(l4 + 14, was + 14, 2);
		assert_memory_equal(l4 + 18, was + 18, 2 + s->tcp_opt);
	}
	gso_finish_csum(pk, s->ethernet);
	assert_int_equal(pk->flags, 0);
	assert_true(made_valid(p, pk->len, m->l3, m->l4));
}

static void
segments(void **state)
{
	struct env *e = *state;
	size_t i, n;
	int round;

	for (round = 0; round < 300; round++) {
		struct shape s = shape_random(&e->r);

		arena_reset(&e->mem);
		make(&e->m, &s, &e->r);
		e->m.v.hdr_len = (uint16_t)rng_next(&e->r); /* no promise */
		if (round % 4 == 0)
			e->m.v.flags = 0;
		e->a.n = 0;
		cut(e, &e->a, &e->m.v, e->m.p, e->m.len, s.ethernet);
		n = (s.payload + s.gso - 1) / s.gso;
		assert_int_equal(e->a.n, n);
		for (i = 0; i < n; i++)
			check_segment(&e->m, &s, &e->a.pk[i], i, n);
	}
}

/* A super-packet of one segment, or of headers alone. */
static void
small_super(void **state)
{
	struct env *e = *state;
	struct shape s = { .df = true, .gso = 1000, .flags = 0x18 };

	arena_reset(&e->mem);
	for (s.payload = 0; s.payload <= 1000; s.payload += 500) {
		make(&e->m, &s, &e->r);
		e->a.n = 0;
		cut(e, &e->a, &e->m.v, e->m.p, e->m.len, false);
		assert_int_equal(e->a.n, 1);
		assert_int_equal(e->a.pk[0].len, e->m.len);
		assert_memory_equal(e->a.pk[0].p, e->m.p, e->m.len);
		assert_int_equal(e->a.pk[0].flags, PKT_CSUM);
	}
}

static void
round_trips(void **state)
{
	struct env *e = *state;
	struct gso_super sup;
	struct vnet v;
	int round;

	for (round = 0; round < 300; round++) {
		struct shape s = shape_random(&e->r);
		size_t most = (size_t)s.gso * RUN_MAX;
		struct run run = { .n = 0 };

		arena_reset(&e->mem);
		if (s.payload > most)
			s.payload = most;
		make(&e->m, &s, &e->r);
		e->a.n = 0;
		cut(e, &e->a, &e->m.v, e->m.p, e->m.len, s.ethernet);
		while (run.n < e->a.n) {
			run.pkt[run.n] = e->a.pk[run.n];
			run.n++;
		}
		if (e->m.head > 128)
			continue; /* stays in pieces: other tests see to it */
		assert_int_equal(
		    gso_join(&run, 0, s.ethernet, ALL, &sup), run.n);
		assert_int_equal(sup.n, run.n + 1);
		assert_int_equal(flatten(&sup, e->flat), e->m.len);
		assert_memory_equal(e->flat, e->m.p, e->m.len);
		vnet_parse(sup.vnet, &v);
		assert_memory_equal(&v, &e->m.v, sizeof(v));
	}
}

/*
 * However packets are put into runs, whichever is lost, whatever else comes in
 * between, and whatever the device can take: the same packets arrive.
 */
static void
any_runs(void **state)
{
	struct env *e = *state;
	int round;

	for (round = 0; round < 200; round++) {
		struct shape s = shape_random(&e->r);
		struct shape t = shape_random(&e->r);
		unsigned can = (unsigned)rng_below(&e->r, 8);
		size_t gone, most = 1 + rng_below(&e->r, RUN_MAX);
		struct list *copy = malloc(sizeof(*copy));

		assert_non_null(copy);
		arena_reset(&e->mem);
		t.ethernet = s.ethernet;
		s.payload = 1 + rng_below(&e->r, 30000);
		t.payload = 1 + rng_below(&e->r, 30000);
		make(&e->m, &s, &e->r);
		make(&e->other, &t, &e->r);
		e->a.n = 0;
		cut(e, &e->a, &e->m.v, e->m.p, e->m.len, s.ethernet);
		cut(e, &e->a, &e->other.v, e->other.p, e->other.len,
		    s.ethernet);
		gone = rng_below(&e->r, e->a.n);
		memmove(&e->a.pk[gone], &e->a.pk[gone + 1],
		    (--e->a.n - gone) * sizeof(e->a.pk[0]));
		if (round % 3 == 0 && e->a.n > 1) { /* two change places */
			struct pkt was = e->a.pk[0];

			gone = rng_below(&e->r, e->a.n);
			e->a.pk[0] = e->a.pk[gone];
			e->a.pk[gone] = was;
		}
		if (round % 5 == 0 && e->a.n > 0)
			gso_finish_csum(
			    &e->a.pk[rng_below(&e->r, e->a.n)], s.ethernet);
		copy_list(e, copy, &e->a);
		join_and_cut(e, copy, &e->b, s.ethernet, can, most);
		forget_ids(&e->a, s.ethernet);
		forget_ids(&e->b, s.ethernet);
		same_lists(&e->a, &e->b);
		free(copy);
	}
}

static void
contradictions(void **state)
{
	struct env *e = *state;
	struct gso_cut c;
	unsigned type, kind;

	for (kind = 0; kind < 4; kind++) {
		struct shape s = { .v6 = kind % 2,
			.udp = kind / 2,
			.payload = 3000,
			.gso = 1000,
			.flags = 0x10 };
		struct vnet v;

		make(&e->m, &s, &e->r);
		v = e->m.v;
		for (type = 1; type < 256; type++) {
			bool fits = s.udp ? type == 5
			    : s.v6	  ? (type & 0x7f) == 4
					  : (type & 0x7f) == 1;

			v.type = (uint8_t)type;
			assert_int_equal(
			    gso_cut_begin(&c, &v, e->m.p, e->m.len, false),
			    fits);
		}
		v = e->m.v;
		v.gso_size = 0;
		assert_false(gso_cut_begin(&c, &v, e->m.p, e->m.len, false));
		v = e->m.v;
		v.csum_start++;
		assert_false(gso_cut_begin(&c, &v, e->m.p, e->m.len, false));
		v = e->m.v;
		v.csum_offset += 2;
		assert_false(gso_cut_begin(&c, &v, e->m.p, e->m.len, false));
		assert_false(
		    gso_cut_begin(&c, &e->m.v, e->m.p, e->m.len, true));
		v = (struct vnet){ .flags = VNET_NEEDS_CSUM,
			.csum_start = (uint16_t)(e->m.len - 17),
			.csum_offset = 16 };
		assert_false(gso_cut_begin(&c, &v, e->m.p, e->m.len, false));
		v.csum_offset = 15;
		assert_true(gso_cut_begin(&c, &v, e->m.p, e->m.len, false));
		assert_false(gso_cut_begin(&c, &v, e->m.p, 0, false));
	}
}

/* A fragment, and a routing header, whose super-packets make no sense. */
static void
no_rule(void **state)
{
	struct env *e = *state;
	struct shape s = { .payload = 300, .gso = 100, .flags = 0x10 };
	struct gso_cut c;

	make(&e->m, &s, &e->r);
	e->m.p[6] = 0x20;
	assert_false(gso_cut_begin(&c, &e->m.v, e->m.p, e->m.len, false));
	s.v6 = true;
	s.ip_opt = 8;
	make(&e->m, &s, &e->r);
	e->m.p[6] = 43;
	assert_false(gso_cut_begin(&c, &e->m.v, e->m.p, e->m.len, false));
	e->m.p[6] = 0;
	assert_true(gso_cut_begin(&c, &e->m.v, e->m.p, e->m.len, false));
}

/* Packets that are no super-packets: partial by our rules, or completed. */
static void
lone_packets(void **state)
{
	struct env *e = *state;
	struct pkt *pk = &e->a.pk[0];
	int round;

	for (round = 0; round < 300; round++) {
		struct shape s = shape_random(&e->r);
		size_t csum;

		arena_reset(&e->mem);
		s.gso = 0;
		s.payload = rng_below(&e->r, 1400);
		make(&e->m, &s, &e->r);
		csum = e->m.l4 + e->m.v.csum_offset;
		e->a.n = 0;
		cut(e, &e->a, &e->m.v, e->m.p, e->m.len, s.ethernet);
		assert_int_equal(e->a.n, 1);
		assert_int_equal(pk->flags, PKT_CSUM);
		assert_memory_equal(pk->p, e->m.p, e->m.len);

		/* With a wrong sum, it is the kernel's business, */
		made_put16(e->m.p + csum, made_get16(e->m.p + csum) ^ 1);
		e->a.n = 0;
		cut(e, &e->a, &e->m.v, e->m.p, e->m.len, s.ethernet);
		assert_int_equal(pk->flags, 0);
		assert_int_equal(made_get16(pk->p + csum),
		    0xffff ^ slow_sum(0, e->m.p + e->m.l4, e->m.len - e->m.l4));

		/* and without the kernel's word nothing is touched. */
		e->m.v.flags = 0;
		e->a.n = 0;
		cut(e, &e->a, &e->m.v, e->m.p, e->m.len, s.ethernet);
		assert_int_equal(pk->flags, 0);
		assert_memory_equal(pk->p, e->m.p, e->m.len);
	}
}

/* A protocol that we know nothing of, at an odd place; and no IP at all. */
static void
lone_others(void **state)
{
	struct vnet v = {
		.flags = VNET_NEEDS_CSUM, .csum_start = 21, .csum_offset = 8
	};
	static const uint8_t arp[42] = { 255, 255, 255, 255, 255, 255, 2, 2, 2,
		2, 2, 2, 8, 6, 0, 1 };
	struct env *e = *state;
	struct pkt *pk = &e->a.pk[0];
	uint8_t p[60] = { 0x45 };

	arena_reset(&e->mem);
	rng_fill(&e->r, p + 1, sizeof(p) - 1);
	e->a.n = 0;
	cut(e, &e->a, &v, p, sizeof(p), false);
	assert_int_equal(pk->flags, 0);
	assert_int_equal(made_get16(pk->p + 29),
	    0xffff ^ slow_sum(0, p + 21, sizeof(p) - 21));
	assert_memory_equal(pk->p, p, 29);
	assert_memory_equal(pk->p + 31, p + 31, sizeof(p) - 31);

	v.flags = 0;
	e->a.n = 0;
	cut(e, &e->a, &v, arp, sizeof(arp), true);
	assert_int_equal(pk->len, sizeof(arp));
	assert_memory_equal(pk->p, arp, sizeof(arp));
}

/* A run that holds some already; an arena that has not room for all. */
static void
narrow(void **state)
{
	struct env *e = *state;
	struct shape s = {
		.df = true, .payload = 60000, .gso = 500, .flags = 0x18
	};
	struct run run = { .n = RUN_MAX };
	struct arena small;
	struct gso_cut c;
	unsigned lost = 7;

	arena_reset(&e->mem);
	make(&e->m, &s, &e->r);
	assert_true(gso_cut_begin(&c, &e->m.v, e->m.p, e->m.len, false));
	assert_true(gso_cut_next(&c, &run, &e->mem, &lost));
	assert_int_equal(lost, 0);
	run.n = 60;
	assert_true(gso_cut_next(&c, &run, &e->mem, &lost));
	assert_int_equal(run.n, RUN_MAX);
	run.n = 0;
	assert_true(gso_cut_next(&c, &run, &e->mem, &lost));
	assert_int_equal(run.n, RUN_MAX);
	run.n = 0;
	assert_false(gso_cut_next(&c, &run, &e->mem, &lost));
	assert_int_equal(run.n, 120 - 4 - 64);
	assert_int_equal(lost, 0);
	assert_false(gso_cut_next(&c, &run, &e->mem, &lost));
	assert_int_equal(run.n, 120 - 4 - 64);

	arena_init(&small, 10000);
	run.n = 0;
	assert_true(gso_cut_begin(&c, &e->m.v, e->m.p, e->m.len, false));
	assert_false(gso_cut_next(&c, &run, &small, &lost));
	assert_true(run.n > 5 && run.n < 20);
	assert_int_equal(run.n + lost, 120);
	assert_false(gso_cut_next(&c, &run, &small, &lost));
	assert_int_equal(lost, 0);

	e->m.v = (struct vnet){ 0 };
	assert_true(gso_cut_begin(&c, &e->m.v, e->m.p, e->m.len, false));
	assert_false(gso_cut_next(&c, &run, &small, &lost));
	assert_int_equal(lost, 1);
	arena_fini(&small);
}

/* What PKT_CSUM says of a packet without TCP or UDP is not believed. */
static void
finish_only_ours(void **state)
{
	struct env *e = *state;
	struct shape s = { .ethernet = true, .payload = 100, .flags = 0x10 };
	struct pkt pk;

	arena_reset(&e->mem);
	make(&e->m, &s, &e->r);
	pk = (struct pkt){ e->m.p, (uint32_t)e->m.len, 0 };
	memcpy(e->flat, e->m.p, e->m.len + 8);
	gso_finish_csum(&pk, true); /* it is whole */
	assert_memory_equal(e->flat, e->m.p, e->m.len);
	pk.flags = PKT_CSUM;
	pk.len += 4; /* padding behind */
	gso_finish_csum(&pk, true);
	assert_int_equal(pk.flags, 0);
	assert_memory_equal(e->flat, e->m.p, e->m.len + 4);
	e->m.p[14 + 7] = e->flat[14 + 7] = 1; /* a fragment */
	pk = (struct pkt){ e->m.p, (uint32_t)e->m.len, PKT_CSUM };
	gso_finish_csum(&pk, true);
	assert_int_equal(pk.flags, 0);
	assert_memory_equal(e->flat, e->m.p, e->m.len);
}

/* The sum that UDP must not send. */
static void
udp_zero(void **state)
{
	struct env *e = *state;
	struct shape s = { .udp = true, .payload = 2 };
	struct pkt pk;
	unsigned sum;

	make(&e->m, &s, &e->r);
	made_put16(e->m.p + 28, 0);
	pk = (struct pkt){ e->m.p, (uint32_t)e->m.len, PKT_CSUM };
	gso_finish_csum(&pk, false);
	sum = made_get16(e->m.p + 26);
	made_put16(e->m.p + 28, sum);
	pk.flags = PKT_CSUM;
	gso_finish_csum(&pk, false);
	assert_int_equal(made_get16(e->m.p + 26), 0xffff);
	assert_true(made_valid(e->m.p, e->m.len, 0, 20));
}

/* Every truncation, with lengths that say so and lengths that lie. */
static void
truncated(void **state)
{
	struct env *e = *state;
	struct gso_super sup;
	int kind;
	size_t n;

	for (kind = 0; kind < 8; kind++) {
		struct shape s = { .ethernet = kind % 2,
			.v6 = kind / 2 % 2,
			.udp = kind / 4,
			.ip_opt = 8,
			.tcp_opt = 8,
			.payload = 30,
			.gso = 10,
			.flags = 0x10 };

		make(&e->m, &s, &e->r);
		for (n = 0; n < e->m.len; n++) {
			uint8_t *p = malloc(n + 1);
			struct run run = { .n = 2 };
			struct gso_cut c;

			assert_non_null(p);
			memcpy(p, e->m.p, n);
			assert_false(
			    gso_cut_begin(&c, &e->m.v, p, n, s.ethernet));
			run.pkt[0] = run.pkt[1] =
			    (struct pkt){ p, (uint32_t)n, PKT_CSUM };
			assert_int_equal(
			    gso_join(&run, 0, s.ethernet, ALL, &sup), 1);
			if (n >= e->m.l3 + 40) {
				made_put16(p + e->m.l3 + 2, n - e->m.l3);
				if (s.v6)
					made_put16(
					    p + e->m.l3 + 4, n - e->m.l3 - 40);
			}
			assert_int_equal(
			    gso_cut_begin(&c, &e->m.v, p, n, s.ethernet),
			    !s.udp && n >= e->m.head);
			gso_join(&run, 0, s.ethernet, ALL, &sup);
			gso_finish_csum(&run.pkt[0], s.ethernet);
			free(p);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(csum),
		cmocka_unit_test(vnet),
		cmocka_unit_test(segments),
		cmocka_unit_test(small_super),
		cmocka_unit_test(round_trips),
		cmocka_unit_test(any_runs),
		cmocka_unit_test(contradictions),
		cmocka_unit_test(no_rule),
		cmocka_unit_test(lone_packets),
		cmocka_unit_test(lone_others),
		cmocka_unit_test(narrow),
		cmocka_unit_test(finish_only_ours),
		cmocka_unit_test(udp_zero),
		cmocka_unit_test(truncated),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
