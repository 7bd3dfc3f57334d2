/* Rows of levels and claims: overlap, what may be claimed, as bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/descgen.h"

/* A claim as a row of bits, the most significant first: how many. */
static unsigned
bits_of(const struct topology *topo, const struct claim *c, char out[257])
{
	unsigned n = 0;
	int k, bit;

	for (k = topo->levels - 1; k >= c->level; k--)
		for (bit = topo->bits[k] - 1; bit >= 0; bit--)
			out[n++] = (c->gid[k] >> bit & 1) ? '1' : '0';
	return n;
}

static void
overlap_is_one_prefix_in_the_other(void **state)
{
	struct rng r = rng_seeded(3);
	int i, both[2] = { 0, 0 };

	(void)state;
	for (i = 0; i < 20000; i++) {
		struct topology topo = descgen_topology(&r);
		struct claim a = descgen_claim(&r, &topo);
		struct claim b =
		    rng_below(&r, 2) == 0 ? descgen_claim(&r, &topo) : a;
		char abits[257], bbits[257];
		unsigned na, nb, level = 99, k;
		bool over;

		b.level = (uint8_t)rng_below(&r, topo.levels);
		k = (unsigned)rng_below(&r, topo.levels);
		if (rng_below(&r, 2) == 0)
			b.gid[k] ^= 1;
		na = bits_of(&topo, &a, abits);
		nb = bits_of(&topo, &b, bbits);
		over = memcmp(abits, bbits, na < nb ? na : nb) == 0;
		both[over]++;
		assert_int_equal(claims_overlap(&topo, &a, &b, NULL), over);
		assert_int_equal(claims_overlap(&topo, &b, &a, &level), over);
		assert_int_equal(level,
		    !over		    ? 99
			: a.level > b.level ? a.level
					    : b.level);
		assert_int_equal(claims_equal(&topo, &a, &b), over && na == nb);
	}
	assert_true(both[0] > 1000 && both[1] > 1000);
}

/* Of ntkd's classes: may this IPv4 prefix be claimed? */
static bool
ipv4_allowed(enum netdesc_class class, unsigned a, unsigned b, unsigned len)
{
	if (class == NETDESC_10)
		return len >= 16 && a == 10 && b != 0;
	if (class == NETDESC_172)
		return len >= 16 && a == 172 && b > 16 && b < 32;
	if (a == 0 || a == 127 || a >= 224)
		return false;
	if (len < 16)
		return true;
	return !(a == 192 && b == 168) && !(a == 172 && b / 16 == 1);
}

static void
allowed_paths(void **state)
{
	unsigned class, a, b, level;

	(void)state;
	for (class = NETDESC_ANY; class <= NETDESC_172; class ++) {
		struct topology topo = topology_ntk((enum netdesc_class) class);

		for (a = 0; a < 256; a++)
			for (b = 0; b < 256; b++)
				for (level = 0; level < 4; level++) {
					struct claim c = { (uint8_t)level, 0,
						{ 1, 2, (uint16_t)b,
						    (uint16_t)a } };

					assert_int_equal(
					    claim_allowed(&topo, &c),
					    ipv4_allowed(
						(enum netdesc_class) class, a,
						b, 8 * (4 - level)));
				}
	}
}

static void
tops(void **state)
{
	static const unsigned want[] = { [NETDESC_ANY] = 3,
		[NETDESC_10] = 2,
		[NETDESC_172] = 2,
		[NETDESC_SITE6] = 13 };
	struct topology topo;
	struct claim c = { 0 };
	unsigned class;

	(void)state;
	for (class = NETDESC_ANY; class <= NETDESC_SITE6; class ++) {
		topo = topology_ntk((enum netdesc_class) class);
		assert_null(topology_check(&topo));
		assert_int_equal(claim_top(&topo, &c), want[class]);
		topo.levels = 3;
		assert_int_equal(claim_top(&topo, &c),
		    class == NETDESC_ANY	 ? 2
			: class == NETDESC_SITE6 ? 0
						 : 1);
	}
	topo = topology_plain();
	assert_null(topology_check(&topo));
	c.gid[15] = 0x2001;
	assert_int_equal(claim_top(&topo, &c), 14);
	c.gid[15] = 0;
	assert_int_equal(claim_top(&topo, &c), 14); /* ::/128 */
	c.gid[8] = 0xffff;
	assert_int_equal(claim_top(&topo, &c), 6);

	topo = topology_ntk(NETDESC_SITE6);
	c = (struct claim){ .level = 13, .gid = { [14] = 0xc0, [15] = 0xfe } };
	assert_true(claim_allowed(&topo, &c));
	c.gid[14] = 0x80;
	assert_false(claim_allowed(&topo, &c));
	c.gid[14] = 0xc0;
	c.gid[15] = 0xfd;
	assert_false(claim_allowed(&topo, &c));
	c.gid[15] = 0xfe;
	c.level = 14;
	assert_false(claim_allowed(&topo, &c));
}

static void
topologies_alone(void **state)
{
	struct rng r = rng_seeded(4);
	int i;

	(void)state;
	for (i = 0; i < 2000; i++) {
		struct topology topo = descgen_topology(&r), out;
		uint8_t p[3 + NETDESC_LEVELS];
		struct wr w = wr_of(p, sizeof(p));
		struct rd rd;
		size_t cut;

		topology_write(&w, &topo);
		assert_true(wr_ok(&w));
		rd = rd_of(p, w.len);
		assert_true(topology_parse(&rd, &out) && rd_end(&rd));
		assert_true(topology_equal(&topo, &out));
		out.bits[rng_below(&r, topo.levels)] ^= 1;
		assert_false(topology_equal(&topo, &out));
		for (cut = 0; cut < w.len; cut++) {
			rd = rd_of(p, cut);
			assert_false(topology_parse(&rd, &out));
			assert_int_equal(out.levels, 0);
		}
	}
}

static void
claims_alone(void **state)
{
	struct rng r = rng_seeded(5);
	int i;

	(void)state;
	for (i = 0; i < 5000; i++) {
		struct topology topo = descgen_topology(&r);
		struct claim c = descgen_claim(&r, &topo), out;
		uint8_t p[64];
		struct wr w = wr_of(p, sizeof(p));
		struct rd rd;
		size_t cut;

		claim_write(&w, &topo, &c);
		rd = rd_of(p, w.len);
		assert_true(claim_parse(&rd, &topo, &out) && rd_end(&rd));
		assert_memory_equal(&c, &out, sizeof(c));
		for (cut = 0; cut < w.len; cut++) {
			rd = rd_of(p, cut);
			assert_false(claim_parse(&rd, &topo, &out));
		}
		p[0] = topo.levels; /* no such level */
		rd = rd_of(p, sizeof(p));
		assert_false(claim_parse(&rd, &topo, &out));
		if (topo.bits[c.level] == 16)
			continue;
		p[0] = c.level;
		p[2] = (uint8_t)(1
		    << (topo.bits[c.level] > 8 ? topo.bits[c.level] - 8 : 0));
		rd = rd_of(p, w.len);
		assert_false(claim_parse(&rd, &topo, &out));
		c.gid[c.level] = (uint16_t)(1u << topo.bits[c.level]);
		assert_false(claim_in_range(&topo, &c));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(overlap_is_one_prefix_in_the_other),
		cmocka_unit_test(allowed_paths),
		cmocka_unit_test(tops),
		cmocka_unit_test(topologies_alone),
		cmocka_unit_test(claims_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
