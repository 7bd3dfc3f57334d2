/* What joins, what does not, and what the header says then. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/gso_made.h"

#define ALL (GSO_TCP4 | GSO_TCP6 | GSO_UDP)
#define ARENA (1u << 20)

struct env {
	struct rng r;
	struct arena mem;
	struct made m;
};

static int
setup(void **state)
{
	struct env *e = malloc(sizeof(*e));

	assert_non_null(e);
	e->r = rng_seeded(33);
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

/* The segments of a super-packet, made anew. */
static void
fresh_run(struct env *e, const struct shape *s, struct run *run)
{
	struct gso_cut c;
	unsigned lost;

	arena_reset(&e->mem);
	make(&e->m, s, &e->r);
	run->n = 0;
	assert_true(gso_cut_begin(&c, &e->m.v, e->m.p, e->m.len, s->ethernet));
	gso_cut_next(&c, run, &e->mem, &lost);
}

/* Each of these bytes of a header keeps the second packet from joining. */
static void
other_flows(void **state)
{
	struct env *e = *state;
	struct gso_super sup;
	struct run run;
	size_t at;
	int kind;

	for (kind = 0; kind < 8; kind++) {
		struct shape s = { .ethernet = kind % 2,
			.vlan = kind % 2,
			.v6 = kind / 2 % 2,
			.udp = kind / 4,
			.tcp_opt = 12,
			.payload = 3000,
			.gso = 1000,
			.flags = 0x10 };

		fresh_run(e, &s, &run);
		assert_int_equal(gso_join(&run, 0, s.ethernet, ALL, &sup), 3);
		for (at = 0; at < e->m.head; at++) {
			size_t csum = e->m.l4 + (s.udp ? 6 : 16);

			fresh_run(e, &s, &run);
			run.pkt[1].p[at] ^= 0x40;
			if (!s.v6 && at != e->m.l3 + 10 && at != e->m.l3 + 11 &&
			    at != e->m.l3)
				made_ip_csum(run.pkt[1].p + e->m.l3);
			/* The partial sum follows from the rest. */
			assert_int_equal(
			    gso_join(&run, 0, s.ethernet, ALL, &sup),
			    at == csum || at == csum + 1 ? 3 : 1);
		}
	}
}

/* Bits of the flags byte, in the first and in the second of three. */
static void
tcp_flags(void **state)
{
	struct env *e = *state;
	struct shape s = {
		.df = true, .payload = 3000, .gso = 1000, .flags = 0x10
	};
	struct gso_super sup;
	struct run run;
	unsigned bit;

	for (bit = 0; bit < 8; bit++) {
		unsigned flag = 1u << bit, want;

		fresh_run(e, &s, &run);
		run.pkt[0].p[20 + 13] = (uint8_t)(0x10 ^ flag);
		want = flag == 0x80 ? 3 : 1; /* CWR: on the first */
		assert_int_equal(gso_join(&run, 0, false, ALL, &sup), want);

		fresh_run(e, &s, &run);
		run.pkt[1].p[20 + 13] = (uint8_t)(0x10 ^ flag);
		want = flag == 1 || flag == 8 ? 2 : 1; /* FIN, PSH: end it */
		assert_int_equal(gso_join(&run, 0, false, ALL, &sup), want);
		assert_int_equal(
		    run.pkt[0].p[20 + 13], want == 2 ? 0x10 | flag : 0x10);
	}
	for (bit = 1; bit <= 4; bit *= 2) { /* FIN, SYN, RST on all */
		s.flags = (uint8_t)(0x10 | bit);
		fresh_run(e, &s, &run);
		run.pkt[0].p[33] = run.pkt[1].p[33] = s.flags;
		assert_int_equal(gso_join(&run, 0, false, ALL, &sup), 1);
	}
}

/* One more of the size of the last, which continues it. */
static void
add_next(struct env *e, struct run *run)
{
	const struct pkt *last = &run->pkt[run->n - 1];
	struct pkt *pk = run_add(run, last->len, &e->mem);
	size_t seq;

	assert_non_null(pk);
	memcpy(pk->p, last->p, last->len);
	pk->flags = PKT_CSUM;
	if (e->m.v.type != VNET_TCP4)
		return;
	seq = made_get16(pk->p + 24) * 65536u + made_get16(pk->p + 26) + 1400;
	made_put16(pk->p + 24, seq >> 16);
	made_put16(pk->p + 26, seq);
}

static void
sizes(void **state)
{
	struct env *e = *state;
	struct shape s = {
		.df = true, .payload = 4000, .gso = 1000, .flags = 0x10
	};
	struct gso_super sup;
	struct run run;
	int udp;

	for (udp = 0; udp < 2; udp++) {
		s.udp = udp;
		s.payload = 3999; /* a shorter one ends it */
		fresh_run(e, &s, &run);
		assert_int_equal(run.n, 4);
		run.pkt[run.n++] = run.pkt[0];
		assert_int_equal(gso_join(&run, 0, false, ALL, &sup), 4);

		s.payload = 46 * 1400; /* one more would pass 65535 */
		s.gso = 1400;
		fresh_run(e, &s, &run);
		assert_int_equal(run.n, 46);
		add_next(e, &run);
		assert_int_equal(gso_join(&run, 45, false, ALL, &sup), 47);
		fresh_run(e, &s, &run);
		add_next(e, &run);
		assert_int_equal(gso_join(&run, 0, false, ALL, &sup), 46);

		s.payload = 64000; /* RUN_MAX datagrams at once */
		s.gso = 1000;
		fresh_run(e, &s, &run);
		assert_int_equal(run.n, 64);
		assert_int_equal(gso_join(&run, 0, false, ALL, &sup), 64);
		assert_int_equal(sup.n, RUN_MAX + 1);
		s.gso = 1000;
	}
}

/* Together they would be one byte too many. */
static void
too_much(void **state)
{
	struct env *e = *state;
	struct shape s = {
		.ethernet = true, .vlan = true, .df = true, .flags = 0x10
	};
	struct gso_super sup;
	struct run run;
	size_t head, n;
	int kind;

	for (kind = 0; kind < 4; kind++) {
		s.v6 = kind % 2;
		s.ethernet = kind / 2;
		head = s.v6 ? 60 : 40;
		for (n = 0; n < 2; n++) {
			/* With Ethernet GSO_MAX is the nearer limit. */
			size_t room = s.ethernet ? GSO_MAX - 18 : 65535;

			s.gso = 30000;
			s.payload = 60000 + (room - head - 60000) + n;
			if (s.payload > 65535 - head)
				s.payload = 65535 - head;
			make(&e->m, &s, &e->r);
			fresh_run(e, &s, &run);
			assert_int_equal(run.n, 3);
			assert_int_equal(
			    gso_join(&run, 0, s.ethernet, ALL, &sup),
			    s.ethernet && n == 1 ? 2 : 3);
		}
	}
}

static void
ids(void **state)
{
	struct env *e = *state;
	struct shape s = { .payload = 3000, .gso = 1000, .flags = 0x10 };
	struct gso_super sup;
	struct run run;
	int udp;

	for (udp = 0; udp < 4; udp++) {
		s.udp = udp % 2;
		s.df = udp / 2;
		fresh_run(e, &s, &run);
		made_put16(run.pkt[1].p + 4, made_get16(run.pkt[0].p + 4));
		made_ip_csum(run.pkt[1].p);
		assert_int_equal(
		    gso_join(&run, 0, false, ALL, &sup), s.df ? 3 : 1);
	}
}

/* A header with a wrong checksum is not made whole by joining it. */
static void
bad_ip_csum(void **state)
{
	struct env *e = *state;
	struct shape s = { .payload = 3000, .gso = 1000, .flags = 0x10 };
	struct gso_super sup;
	struct run run;
	unsigned i;

	for (i = 0; i < 2; i++) {
		fresh_run(e, &s, &run);
		run.pkt[i].p[10] ^= 1;
		assert_int_equal(gso_join(&run, 0, false, ALL, &sup), 1);
		assert_int_equal(
		    slow_sum(0, run.pkt[0].p, 20) == 0xffff, i != 0);
	}
}

static void
offloads(void **state)
{
	struct env *e = *state;
	struct gso_super sup;
	unsigned can, kind, need;
	struct run run;

	for (kind = 0; kind < 4; kind++) {
		struct shape s = { .v6 = kind % 2,
			.udp = kind / 2,
			.payload = 3000,
			.gso = 1000,
			.flags = 0x10 };

		need = s.udp ? GSO_UDP : s.v6 ? GSO_TCP6 : GSO_TCP4;
		for (can = 0; can < 8; can++) {
			fresh_run(e, &s, &run);
			assert_int_equal(gso_join(&run, 0, false, can, &sup),
			    (can & need) != 0 ? 3 : 1);
		}
	}
}

/* What joins with nothing, and the header it gets. */
static void
alone(void **state)
{
	static const uint8_t zero[VNET_HEAD];
	struct env *e = *state;
	struct shape s = { .ethernet = true,
		.vlan = true,
		.v6 = true,
		.payload = 3000,
		.gso = 1000,
		.flags = 0x10 };
	struct gso_super sup;
	struct run run;
	struct vnet v;
	size_t csum;

	fresh_run(e, &s, &run);
	csum = e->m.l4 + 16;
	made_put16(run.pkt[2].p + csum, 0xbad); /* a peer that lies */
	assert_int_equal(gso_join(&run, 2, true, ALL, &sup), 3);
	vnet_parse(sup.vnet, &v);
	assert_int_equal(v.flags, VNET_NEEDS_CSUM);
	assert_int_equal(v.type, VNET_NONE);
	assert_int_equal(v.gso_size, 0);
	assert_int_equal(v.csum_start, 18 + 40);
	assert_int_equal(v.csum_offset, 16);
	assert_int_equal(made_get16(run.pkt[2].p + csum),
	    slow_pseudo(run.pkt[2].p, run.pkt[2].len, 18, e->m.l4));

	gso_finish_csum(&run.pkt[1], true);
	assert_int_equal(gso_join(&run, 0, true, ALL, &sup), 1);
	assert_int_equal(gso_join(&run, 1, true, ALL, &sup), 2);
	assert_memory_equal(sup.vnet, zero, VNET_HEAD);
	assert_ptr_equal(sup.iov[1].iov_base, run.pkt[1].p);
	assert_int_equal(sup.iov[1].iov_len, run.pkt[1].len);

	run.pkt[0].p[17] = 6; /* no IP any more: the mark means nothing */
	assert_int_equal(gso_join(&run, 0, true, ALL, &sup), 1);
	assert_memory_equal(sup.vnet, zero, VNET_HEAD);
	assert_int_equal(sup.n, 2);
}

/* Acknowledgements have no payload: nothing to join. */
static void
no_payload(void **state)
{
	struct env *e = *state;
	struct shape s = {
		.df = true, .payload = 0, .gso = 1000, .flags = 0x10
	};
	struct gso_super sup;
	struct run run;

	fresh_run(e, &s, &run);
	assert_int_equal(run.n, 1);
	run.pkt[run.n++] = run.pkt[0];
	assert_int_equal(gso_join(&run, 0, false, ALL, &sup), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(other_flows),
		cmocka_unit_test(tcp_flags),
		cmocka_unit_test(sizes),
		cmocka_unit_test(too_much),
		cmocka_unit_test(ids),
		cmocka_unit_test(bad_ip_csum),
		cmocka_unit_test(offloads),
		cmocka_unit_test(alone),
		cmocka_unit_test(no_payload),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
