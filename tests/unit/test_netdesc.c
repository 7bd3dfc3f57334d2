#include "wire/netdesc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/xmem.h"
#include "tests/unit/descgen.h"

#define MAX 32768 /* more than any descriptor needs */

struct bytes {
	uint8_t p[MAX];
	size_t len;
};

static void
write_desc(struct bytes *b, const struct netdesc *d)
{
	struct wr w = wr_of(b->p, MAX);

	assert_true(netdesc_write(&w, d, MAX));
	b->len = w.len;
}

/* Parses a copy of exactly len bytes. */
static const char *
parse(const uint8_t *p, size_t len, enum netdesc_use use, struct netdesc *ret)
{
	uint8_t *copy = test_malloc(len > 0 ? len : 1);
	struct rd r = rd_of(copy, len);
	const char *field;

	memcpy(copy, p, len);
	field = netdesc_parse(&r, use, ret);
	test_free(copy);
	return field;
}

static void
refused(const uint8_t *p, size_t len, enum netdesc_use use, const char *want)
{
	static const struct netdesc none;
	struct netdesc d;
	const char *field = parse(p, len, use, &d);

	assert_non_null(field);
	if (want != NULL)
		assert_string_equal(field, want);
	assert_memory_equal(&d, &none, sizeof(d));
}

/* 10.79.0.0/16 and 10.80.5.0/24 of ntkd's class 10, at 10.79.228.42. */
static struct netdesc
sample(void)
{
	struct netdesc d = { .topo = topology_ntk(NETDESC_10),
		.gid = { 42, 228, 79, 10 },
		.netid = 0x0102030405060708,
		.vnodeid = 0x1112131415161718,
		.epoch = 7,
		.nodes = 300,
		.age = 100,
		.flags = NETDESC_STABLE | NETDESC_TRANSIT,
		.n_claims = 2,
		.claim = { { 2, 0, { 0, 0, 79, 10 } },
		    { 1, CLAIM_LEAVING, { 0, 5, 80, 10 } } } };

	d.n_known = 1;
	d.known = xcalloc(1, sizeof(*d.known));
	d.known->netid = 0xa1a2a3a4a5a6a7a8;
	d.known->claim = (struct claim){ 2, KNOWN_RESERVED, { 0, 0, 90, 10 } };
	return d;
}

static struct netdesc
mesh_sample(void)
{
	struct netdesc d = sample();

	netdesc_fini(&d);
	d.netid = d.vnodeid = 0;
	d.epoch = d.age = 0;
	d.flags = NETDESC_MOVABLE;
	return d;
}

static void
layout(void **state)
{
	static const char want[] = "\1\4\1\4\x8\x8\x8\x8"
				   "\0\x2a\0\xe4\0\x4f\0\x0a"
				   "\1\2\3\4\5\6\7\x8"
				   "\x11\x12\x13\x14\x15\x16\x17\x18"
				   "\0\0\0\7\0\0\1\x2c\0\0\0\x64\0\x11"
				   "\2"
				   "\2\0\0\x4f\0\x0a"
				   "\1\1\0\5\0\x50\0\x0a"
				   "\0\1"
				   "\xa1\xa2\xa3\xa4\xa5\xa6\xa7\xa8"
				   "\2\2\0\x5a\0\x0a";
	struct netdesc d = sample(), out;
	struct bytes b;

	(void)state;
	write_desc(&b, &d);
	assert_int_equal(b.len, sizeof(want) - 1);
	assert_memory_equal(b.p, want, b.len);
	assert_null(parse(b.p, b.len, NETDESC_TUNNEL, &out));
	descgen_equal(&d, &out);
	netdesc_fini(&d);
	netdesc_fini(&out);
}

static void
random_round_trips(void **state)
{
	struct rng r = rng_seeded(1);
	struct netdesc d, out;
	struct bytes b, again;
	size_t cut;
	int i;

	(void)state;
	for (i = 0; i < 600; i++) {
		enum netdesc_use use = i % 2 ? NETDESC_MESH : NETDESC_TUNNEL;

		descgen_desc(&r, use, i < 500 ? 6 : NETDESC_KNOWN, &d);
		assert_null(netdesc_check(&d, use));
		write_desc(&b, &d);
		assert_null(parse(b.p, b.len, use, &out));
		descgen_equal(&d, &out);
		write_desc(&again, &out);
		assert_int_equal(again.len, b.len);
		assert_memory_equal(again.p, b.p, b.len);
		for (cut = 0; cut < b.len && i < 500; cut++)
			refused(b.p, cut, use, NULL);
		b.p[b.len] = 0;
		refused(b.p, b.len + 1, use, "length");
		netdesc_fini(&d);
		netdesc_fini(&out);
	}
}

/* Every value of a byte at a place of the sample. */
static void
byte_ranges(void **state)
{
	static const struct {
		size_t at;
		int good; /* the only value that is */
		const char *field;
	} want[] = {
		{ 0, NETDESC_VERSION, "version" },
		{ 1, 4, NULL }, /* family; 6: the class is wrong for it */
		{ 14, 0, "gids" },
		{ 15, 10, "gids" },
	};
	struct netdesc d = sample(), out;
	struct bytes b;
	size_t i;
	int v;

	(void)state;
	write_desc(&b, &d);
	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		for (v = 0; v < 256; v++) {
			uint8_t was = b.p[want[i].at];

			b.p[want[i].at] = (uint8_t)v;
			if (v == want[i].good) {
				assert_null(
				    parse(b.p, b.len, NETDESC_TUNNEL, &out));
				netdesc_fini(&out);
			} else {
				refused(b.p, b.len, NETDESC_TUNNEL,
				    want[i].field != NULL ? want[i].field
					: v == 6	  ? "class"
							  : "family");
			}
			b.p[want[i].at] = was;
		}
	netdesc_fini(&d);
}

typedef void change_fn(struct netdesc *d);

static void
other_family(struct netdesc *d)
{
	d->topo.family = 5;
}

static void
wrong_family(struct netdesc *d)
{
	d->topo.family = 6;
}

static void
other_class(struct netdesc *d)
{
	d->topo.class = NETDESC_CLASSES;
}

static void
site6_of_ipv4(struct netdesc *d)
{
	d->topo.class = NETDESC_SITE6;
}

static void
no_levels(struct netdesc *d)
{
	d->topo.levels = 0;
}

static void
only_fixed_levels(struct netdesc *d)
{
	d->topo.levels = 1;
}

static void
too_many_levels(struct netdesc *d)
{
	d->topo.levels = NETDESC_LEVELS + 1;
}

static void
no_bits(struct netdesc *d)
{
	d->topo.bits[0] = 0;
}

static void
too_many_bits(struct netdesc *d)
{
	d->topo.bits[3] = 17;
}

static void
other_plain_levels(struct netdesc *d)
{
	d->topo = topology_plain();
	d->topo.levels = 15;
}

static void
other_plain_bits(struct netdesc *d)
{
	d->topo = topology_plain();
	d->topo.bits[4] = 3;
}

static void
gid_too_big(struct netdesc *d)
{
	d->gid[0] = 256;
}

static void
gid_elsewhere(struct netdesc *d)
{
	d->gid[2] = 81;
}

static void
gids_zero(struct netdesc *d)
{
	memset(d->gid, 0, sizeof(d->gid));
}

static void
no_claims(struct netdesc *d)
{
	d->n_claims = 0;
}

static void
too_many_claims(struct netdesc *d)
{
	d->n_claims = NETDESC_CLAIMS + 1;
}

static void
claim_above_top(struct netdesc *d)
{
	d->claim[1].level = 3;
}

static void
claim_beyond_levels(struct netdesc *d)
{
	d->claim[1].level = 4;
}

static void
claim_gid_too_big(struct netdesc *d)
{
	d->claim[1].gid[1] = 256;
}

static void
claim_of_eleven(struct netdesc *d)
{
	d->claim[1].gid[3] = 11;
}

static void
claim_where_one_hooks(struct netdesc *d)
{
	d->claim[1].gid[2] = 0;
}

static void
claim_inside_another(struct netdesc *d)
{
	d->claim[1].gid[2] = 79;
}

static void
claim_flag(struct netdesc *d)
{
	d->claim[0].flags = 2;
}

static void
no_nodes(struct netdesc *d)
{
	d->nodes = 0;
}

static void
unknown_flag(struct netdesc *d)
{
	d->flags = 1 << 5;
}

static void
movable(struct netdesc *d)
{
	d->flags = NETDESC_MOVABLE;
}

static void
no_netid(struct netdesc *d)
{
	d->netid = 0;
}

static void
some_netid(struct netdesc *d)
{
	d->netid = 1;
}

static void
some_vnodeid(struct netdesc *d)
{
	d->vnodeid = 1;
}

static void
some_epoch(struct netdesc *d)
{
	d->epoch = 1;
}

static void
some_age(struct netdesc *d)
{
	d->age = 1;
}

static void
some_known(struct netdesc *d)
{
	d->known = xcalloc(1, sizeof(*d->known));
	d->known->netid = 1;
	d->known->claim = d->claim[0];
	d->n_known = 1;
}

static void
too_many_known(struct netdesc *d)
{
	unsigned i;

	d->known =
	    xreallocarray(d->known, NETDESC_KNOWN + 1, sizeof(*d->known));
	for (i = 1; i <= NETDESC_KNOWN; i++)
		d->known[i] = d->known[0];
	d->n_known = NETDESC_KNOWN + 1;
}

static void
known_without_netid(struct netdesc *d)
{
	d->known->netid = 0;
}

static void
known_above_top(struct netdesc *d)
{
	d->known->claim.level = 3;
}

static void
known_gid_too_big(struct netdesc *d)
{
	d->known->claim.gid[2] = 256;
}

static void
known_flag(struct netdesc *d)
{
	d->known->claim.flags = 4;
}

/* kept: a parser sees it, too (it does not clear it, or cannot read it). */
struct rule {
	change_fn *change;
	const char *field;
	bool kept;
};

static const struct rule rules[] = {
	{ other_family, "family", true },
	{ wrong_family, "class", true },
	{ other_class, "class", true },
	{ site6_of_ipv4, "class", true },
	{ no_levels, "levels", true },
	{ only_fixed_levels, "levels", true },
	{ too_many_levels, "levels", false },
	{ no_bits, "bits", true },
	{ too_many_bits, "bits", true },
	{ gid_too_big, "gids", true },
	{ gid_elsewhere, "gids", true },
	{ gids_zero, "gids", true },
	{ no_claims, "nclaims", true },
	{ too_many_claims, "nclaims", false },
	{ claim_above_top, "claims", true },
	{ claim_beyond_levels, "claims", true },
	{ claim_gid_too_big, "claims", true },
	{ claim_of_eleven, "claims", true },
	{ claim_where_one_hooks, "claims", true },
	{ claim_inside_another, "claims", true },
	{ claim_flag, "claims", false },
	{ no_nodes, "nodes", true },
	{ unknown_flag, "flags", false },
};

static const struct rule tunnel_rules[] = {
	{ other_plain_levels, "levels", false },
	{ other_plain_bits, "bits", false },
	{ no_netid, "netid", true },
	{ movable, "flags", false },
	{ too_many_known, "nknown", true },
	{ known_without_netid, "known", true },
	{ known_above_top, "known", true },
	{ known_gid_too_big, "known", true },
	{ known_flag, "known", false },
};

static const struct rule mesh_rules[] = {
	{ some_netid, "netid", true },
	{ some_vnodeid, "vnodeid", true },
	{ some_epoch, "epoch", true },
	{ some_age, "age", true },
	{ some_known, "nknown", true },
};

static void
broken(const struct rule *rule, enum netdesc_use use)
{
	struct netdesc d = use == NETDESC_MESH ? mesh_sample() : sample();
	struct bytes b;

	assert_null(netdesc_check(&d, use));
	rule->change(&d);
	assert_non_null(netdesc_check(&d, use));
	assert_string_equal(netdesc_check(&d, use), rule->field);
	if (rule->kept) {
		write_desc(&b, &d);
		refused(b.p, b.len, use, rule->field);
	}
	netdesc_fini(&d);
}

static void
each_rule(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		broken(&rules[i], NETDESC_TUNNEL);
		broken(&rules[i], NETDESC_MESH);
	}
	for (i = 0; i < sizeof(tunnel_rules) / sizeof(tunnel_rules[0]); i++)
		broken(&tunnel_rules[i], NETDESC_TUNNEL);
	for (i = 0; i < sizeof(mesh_rules) / sizeof(mesh_rules[0]); i++)
		broken(&mesh_rules[i], NETDESC_MESH);
}

/* Flags of a later version are not seen by this one. */
static void
unknown_flags_are_cleared(void **state)
{
	struct netdesc d = sample(), out;
	struct bytes b;

	(void)state;
	d.flags = 0xffff;
	d.claim[0].flags = 0xff;
	d.known->claim.flags = 0xff;
	write_desc(&b, &d);
	assert_null(parse(b.p, b.len, NETDESC_TUNNEL, &out));
	assert_int_equal(out.flags, NETDESC_TUNNEL_FLAGS);
	assert_int_equal(out.claim[0].flags, CLAIM_LEAVING);
	assert_int_equal(out.known->claim.flags, KNOWN_STABLE | KNOWN_RESERVED);
	netdesc_fini(&out);
	netdesc_fini(&d);
	d = mesh_sample();
	d.flags = 0xffff;
	write_desc(&b, &d);
	assert_null(parse(b.p, b.len, NETDESC_MESH, &out));
	assert_int_equal(out.flags, NETDESC_MESH_FLAGS);
}

/* A site of prefixes without an address of its own. */
static void
plain_sites(void **state)
{
	struct netdesc d = {
		.topo = topology_plain(), .nodes = 1, .n_claims = 2
	};

	(void)state;
	/* 10.1.0.0/16, 2001:db8::/32 */
	d.claim[0] =
	    (struct claim){ 6, 0, { [6] = 1, [7] = 10, [8] = 0xffff } };
	d.claim[1] = (struct claim){ 14, 0, { [14] = 0xdb8, [15] = 0x2001 } };
	assert_null(netdesc_check(&d, NETDESC_MESH));
	d.gid[0] = 1;
	assert_string_equal(netdesc_check(&d, NETDESC_MESH), "gids");
	memcpy(d.gid, d.claim[0].gid, sizeof(d.gid));
	assert_null(netdesc_check(&d, NETDESC_MESH));
	d.claim[1].level = 15; /* 2001::/16 */
	assert_string_equal(netdesc_check(&d, NETDESC_MESH), "claims");
	d.n_claims = 1;
	d.claim[0].level = 7; /* 10.0.0.0/8 */
	assert_string_equal(netdesc_check(&d, NETDESC_MESH), "claims");
	d.claim[0] = (struct claim){ .level = 14 }; /* ::/32: has all IPv4 */
	assert_string_equal(netdesc_check(&d, NETDESC_MESH), "claims");
}

static void
writes_the_known_that_fit(void **state)
{
	struct rng r = rng_seeded(2);
	struct netdesc d = sample(), out;
	struct bytes b;
	size_t max, base;
	unsigned i;

	(void)state;
	netdesc_fini(&d);
	d.n_known = 40;
	d.known = xcalloc(d.n_known, sizeof(*d.known));
	for (i = 0; i < d.n_known; i++) {
		d.known[i].netid = i + 1;
		d.known[i].claim = descgen_claim(&r, &d.topo);
	}
	write_desc(&b, &d);
	base = 8 + 8 + 8 + 8 + 14 + 1 + 6 + 8 + 2;
	for (max = 0; max <= b.len; max++) {
		struct wr w = wr_of(b.p, MAX), small = wr_of(b.p, max);

		assert_int_equal(netdesc_write(&small, &d, MAX), max >= base);
		assert_int_equal(netdesc_write(&w, &d, max), max >= base);
		if (max < base)
			continue;
		assert_true(w.len <= max && w.len == small.len);
		assert_null(parse(b.p, w.len, NETDESC_TUNNEL, &out));
		assert_true(out.n_known == d.n_known ||
		    w.len + 10 + 2 * (4u - d.known[out.n_known].claim.level) >
			max);
		assert_memory_equal(out.known != NULL ? out.known : d.known,
		    d.known, out.n_known * sizeof(*d.known));
		netdesc_fini(&out);
	}
	netdesc_fini(&d);
}

/* All but the room for claims that are not there. */
static void
keeps(void **state)
{
	const struct netdesc *kept;
	struct netdesc d = sample(), was, back;

	(void)state;
	netdesc_copy(&was, &d);
	kept = netdesc_keep(&d);
	assert_non_null(kept);
	assert_null(d.known);
	assert_int_equal(d.n_known, 0);
	descgen_equal(&was, kept);
	assert_true(netdesc_same_place(&was, kept));
	assert_null(netdesc_check(kept, NETDESC_TUNNEL));
	netdesc_copy(&back, kept);
	netdesc_free(kept);
	descgen_equal(&was, &back);
	netdesc_fini(&back);
	netdesc_fini(&was);
	netdesc_fini(&d);
	netdesc_free(NULL);
}

static void
copies_and_places(void **state)
{
	struct netdesc d = sample(), other;
	struct claim first;

	(void)state;
	netdesc_copy(&other, &d);
	descgen_equal(&d, &other);
	assert_ptr_not_equal(d.known, other.known);
	netdesc_fini(&other);
	other = d;
	other.known = NULL;
	other.n_known = 0;
	other.nodes = 2;
	other.netid = 2;
	first = other.claim[0];
	other.claim[0] = other.claim[1];
	other.claim[1] = first;
	assert_true(netdesc_same_place(&d, &other));
	other.claim[1].flags = CLAIM_LEAVING;
	assert_false(netdesc_same_place(&d, &other));
	other.claim[1] = first;
	other.gid[0]++;
	assert_false(netdesc_same_place(&d, &other));
	other.gid[0]--;
	other.n_claims = 1;
	assert_false(netdesc_same_place(&d, &other));
	other.n_claims = 2;
	other.claim[0].gid[1]++;
	assert_false(netdesc_same_place(&d, &other));
	other.claim[0].gid[1]--;
	assert_true(netdesc_same_place(&d, &other));
	other.topo.class = NETDESC_ANY;
	assert_false(netdesc_same_place(&d, &other));
	netdesc_fini(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layout),
		cmocka_unit_test(random_round_trips),
		cmocka_unit_test(byte_ranges),
		cmocka_unit_test(each_rule),
		cmocka_unit_test(unknown_flags_are_cleared),
		cmocka_unit_test(plain_sites),
		cmocka_unit_test(writes_the_known_that_fit),
		cmocka_unit_test(keeps),
		cmocka_unit_test(copies_and_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
