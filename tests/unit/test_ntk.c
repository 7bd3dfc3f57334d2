/* ntkd's packets: those that were recorded, and every way to damage them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rd.h"
#include "base/wr.h"
#include "base/xmem.h"
#include "ntkd-shim/corpus.h"
#include "ntkd-shim/ntk.h"
#include "tests/rng.h"

#define CORPUS SRCDIR "/tests/data/ntkd_messages.tsv"
#define BIG 8192 /* bytes that any recorded packet fits */

static int
setup(void **state)
{
	struct corpus *c = xcalloc(1, sizeof(*c));
	char err[CORPUS_ERR];

	if (!corpus_read(c, CORPUS, NULL, CORPUS_ALL, err))
		fail_msg("%s", err);
	*state = c;
	return 0;
}

static int
teardown(void **state)
{
	corpus_fini(*state);
	free(*state);
	return 0;
}

static const struct corpus_packet *
at_line(const struct corpus *c, const char *capture, unsigned op,
    enum ntk_order order, unsigned hops)
{
	size_t i;

	for (i = 0; i < c->n; i++) {
		const struct corpus_packet *cp = &c->pkt[i];

		if (strcmp(cp->capture, capture) == 0 && cp->ntk.op == op &&
		    cp->ntk.has_flood && cp->ntk.order == order &&
		    cp->ntk.tracer.hops == hops)
			return cp;
	}
	fail_msg("%s has no such packet", capture);
	return NULL;
}

/* The packet in the words of the decoder that wrote the last column. */
static void
describe(const struct ntk_packet *p, char *out, size_t max)
{
	unsigned i;
	int n;

	n = snprintf(out, max,
	    "bcast g_node=%u level=%u gttl=%u sub_id=%u sz=%u flags=0x%x | "
	    "trcr flags=%u hops=%u fqo=%u chunks(node,rtt,gcount)=[",
	    p->flood.gid, p->flood.level, p->flood.gttl, p->flood.sub_id,
	    p->flood.size, p->flood.flags, p->tracer.flags, p->tracer.hops,
	    p->tracer.first_open);
	for (i = 0; i < p->tracer.hops; i++) {
		struct ntk_chunk ch = ntk_chunk_at(p, i);

		n += snprintf(out + n, max - (size_t)n, "%s(%u, %u, %u)",
		    i == 0 ? "" : ", ", ch.gid, ch.rtt_ms, ch.gcount);
	}
	snprintf(out + n, max - (size_t)n, "] bblock=%zu", p->blocks_len);
}

static void
test_as_the_other_decoder(void **state)
{
	const struct corpus *c = *state;
	FILE *f = fopen(CORPUS, "r");
	char *line = NULL, text[BIG];
	size_t max = 0, i = 0, compared = 0, little = 0;
	unsigned n;

	assert_non_null(f);
	for (n = 1; getline(&line, &max, f) >= 0; n++) {
		const struct ntk_packet *p;
		const char *decoded = strrchr(line, '\t') + 1;

		if (n == 1)
			continue;
		assert_int_equal(c->pkt[i].line, n);
		p = &c->pkt[i++].ntk;
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(decoded, "MALFORMED", 9) == 0) {
			assert_true(p->has_flood);
			assert_int_equal(p->order, NTK_LITTLE);
			little++;
		} else if (strncmp(decoded, "bcast", 5) == 0) {
			assert_true(p->has_flood);
			assert_int_equal(p->order, NTK_BIG);
			describe(p, text, sizeof(text));
			assert_string_equal(text, decoded);
			compared++;
		} else {
			assert_false(p->has_flood);
		}
	}
	assert_int_equal(i, c->n);
	assert_int_equal(little, 3);
	assert_int_equal(compared + little, 96);
	free(line);
	fclose(f);
}

/* What README of the corpus says of one relayed in host order. */
static void
test_host_order(void **state)
{
	const struct corpus_packet *cp = at_line(
	    *state, "gnode_rehook_link2-3.pcap", NTK_QSPN_OPEN, NTK_LITTLE, 2);

	assert_int_equal(cp->ntk.flood.size, 23);
	assert_int_equal(cp->ntk.tracer.hops, 2);
	assert_int_equal(cp->ntk.origin.gid, 200);
	assert_int_equal(cp->ntk.origin.rtt_ms, 7);
	assert_int_equal(cp->ntk.origin.gcount, 50);
	assert_int_equal(cp->ntk.last.gid, 234);
	assert_int_equal(cp->ntk.last.rtt_ms, 0);
	assert_int_equal(cp->ntk.last.gcount, 3);
}

/* The same flood was seen in both orders on two links. */
static void
test_orders_agree(void **state)
{
	const struct ntk_chunk hop = { 9, 70000, 5 };
	const struct corpus_packet *be, *le;
	uint8_t a[BIG], b[BIG];
	size_t n;

	be = at_line(*state, "gnode_rehook_fixed_link1-2.pcap", NTK_QSPN_OPEN,
	    NTK_BIG, 2);
	le = at_line(*state, "gnode_rehook_fixed_link2-3.pcap", NTK_QSPN_OPEN,
	    NTK_LITTLE, 2);
	assert_int_equal(ntk_key(&be->ntk, a), NTK_KEY_LEN);
	assert_int_equal(ntk_key(&le->ntk, b), NTK_KEY_LEN);
	assert_memory_equal(a, b, NTK_KEY_LEN);
	n = ntk_append_hop(&be->ntk, &hop, a, sizeof(a));
	assert_int_equal(n, be->len + 9);
	assert_int_equal(ntk_append_hop(&le->ntk, &hop, b, sizeof(b)), n);
	assert_memory_equal(a, b, n);
}

/* A real hop: what n3 sent to n2, and n2 to n1. */
static void
test_hop_as_ntkd(void **state)
{
	const struct ntk_chunk hop = { 34, 0, 1 };
	const struct corpus_packet *from, *to;
	uint8_t out[BIG];

	from = at_line(*state, "chain3_link2-3.pcap", NTK_TRACER, NTK_BIG, 1);
	to = at_line(*state, "chain3_link1-2.pcap", NTK_TRACER, NTK_BIG, 2);
	assert_int_equal(
	    ntk_append_hop(&from->ntk, &hop, out, sizeof(out)), to->len);
	assert_memory_equal(out, to->bytes, to->len);
}

/* Another writer of the format, for any width and order. */
struct form {
	enum ntk_wire wire;
	enum ntk_order order;
};

static void
put(struct wr *w, enum ntk_order order, unsigned len, uint32_t v)
{
	unsigned i;

	for (i = 0; i < len; i++)
		wr_u8(w,
		    (uint8_t)(v >> 8 * (order == NTK_BIG ? len - 1 - i : i)));
}

static void
put_size(struct wr *w, struct form form, enum ntk_order order, uint32_t v)
{
	put(w, order, 4, v);
	if (form.wire == NTK_WIRE_64)
		wr_zeros(w, 4);
}

static size_t
rebuild(const struct ntk_packet *p, struct form form, uint8_t *out, size_t max)
{
	size_t flood = form.wire == NTK_WIRE_64 ? 13 : 9;
	struct wr w = wr_of(out, max);
	unsigned i;

	wr_bytes(&w, "ntk", 3);
	put(&w, NTK_BIG, 4, p->id);
	wr_u8(&w, p->flags);
	wr_u8(&w, p->op);
	put_size(&w, form, NTK_BIG, (uint32_t)(flood + p->flood.size));
	put_size(&w, form, NTK_BIG, 0);
	wr_u8(&w, p->flood.gid);
	wr_u8(&w, p->flood.level);
	wr_u8(&w, p->flood.gttl);
	wr_u8(&w, p->flood.sub_id);
	put_size(&w, form, form.order, p->flood.size);
	wr_u8(&w, p->flood.flags);
	wr_u8(&w, p->tracer.flags);
	put(&w, form.order, 2, p->tracer.hops);
	put(&w, form.order, 2, p->tracer.first_open);
	for (i = 0; i < p->tracer.hops; i++) {
		struct ntk_chunk ch = ntk_chunk_at(p, i);

		wr_u8(&w, ch.gid);
		put(&w, form.order, 4, ch.rtt_ms);
		put(&w, form.order, 4, ch.gcount);
	}
	wr_bytes(&w, p->blocks, p->blocks_len);
	assert_true(wr_ok(&w));
	return w.len;
}

static const struct form forms[] = { { NTK_WIRE_32, NTK_BIG },
	{ NTK_WIRE_32, NTK_LITTLE }, { NTK_WIRE_64, NTK_BIG },
	{ NTK_WIRE_64, NTK_LITTLE } };

static void
check_form(const struct ntk_packet *p, struct form form)
{
	uint8_t out[BIG], key[NTK_KEY_LEN], same[NTK_KEY_LEN];
	char want[BIG], got[BIG];
	struct ntk_packet q;
	const char *field;
	size_t n = rebuild(p, form, out, sizeof(out));

	assert_true(ntk_parse(out, n, &q, &field));
	assert_int_equal(q.wire, form.wire);
	assert_int_equal(q.order, form.order);
	describe(p, want, sizeof(want));
	describe(&q, got, sizeof(got));
	assert_string_equal(got, want);
	assert_int_equal(ntk_key(p, key), ntk_key(&q, same));
	assert_memory_equal(key, same, sizeof(key));
	for (; n > 0; n--)
		assert_false(ntk_parse(out, n - 1, &q, &field));
}

static void
test_every_form(void **state)
{
	const struct corpus *c = *state;
	size_t i, k;

	for (i = 0; i < c->n; i++)
		for (k = 0; c->pkt[i].ntk.has_flood && k < 4; k++)
			check_form(&c->pkt[i].ntk, forms[k]);
}

/* The one cut that the format cannot tell: wire 64 as long as wire 32. */
static bool
looks_like_32(const struct corpus_packet *cp, size_t len)
{
	return cp->ntk.wire == NTK_WIRE_64 && !cp->ntk.has_flood &&
	    len == cp->len - 8;
}

static void
test_cut_and_extended(void **state)
{
	const struct corpus *c = *state;
	struct ntk_packet p;
	const char *field;
	size_t i, n;

	for (i = 0; i < c->n; i++) {
		const struct corpus_packet *cp = &c->pkt[i];
		uint8_t *copy = xmalloc(cp->len + 1);

		for (n = 0; n < cp->len; n++) {
			/* a block of its own: the sanitizer sees each step */
			uint8_t *cut = xmalloc(n + (n == 0));

			memcpy(cut, cp->bytes, n);
			field = NULL;
			assert_int_equal(ntk_parse(cut, n, &p, &field),
			    looks_like_32(cp, n));
			assert_non_null(field);
			free(cut);
		}
		memcpy(copy, cp->bytes, cp->len);
		copy[cp->len] = 0;
		assert_false(ntk_parse(copy, cp->len + 1, &p, &field));
		free(copy);
	}
}

static void
test_key_over_hops(void **state)
{
	const struct corpus *c = *state;
	const char *field;
	unsigned h;
	size_t i, n;

	for (i = 0; i < c->n; i++) {
		uint8_t buf[2][BIG], key[NTK_KEY_LEN], now[NTK_KEY_LEN];
		struct ntk_packet p = c->pkt[i].ntk;
		unsigned before = p.tracer.hops;

		if (ntk_key(&p, key) == 0)
			continue;
		for (h = 1; h <= 10; h++) {
			struct ntk_chunk hop = { (uint8_t)(h * 7), h * 1000,
				h };

			n = ntk_append_hop(&p, &hop, buf[h % 2], BIG);
			assert_true(n > 0);
			assert_true(ntk_parse(buf[h % 2], n, &p, &field));
			assert_int_equal(p.order, NTK_BIG);
			assert_int_equal(p.wire, c->pkt[i].ntk.wire);
			assert_int_equal(p.tracer.hops, before + h);
			assert_int_equal(p.last.gid, hop.gid);
			assert_int_equal(p.last.rtt_ms, hop.rtt_ms);
			assert_int_equal(p.last.gcount, hop.gcount);
			assert_int_equal(
			    p.blocks_len, c->pkt[i].ntk.blocks_len);
			assert_int_equal(ntk_key(&p, now), NTK_KEY_LEN);
			assert_memory_equal(key, now, sizeof(key));
		}
	}
}

/* Each field of the key makes another key. */
static void
test_key_fields(void **state)
{
	const struct corpus_packet *cp =
	    at_line(*state, "chain3_link1-2.pcap", NTK_TRACER, NTK_BIG, 2);
	uint8_t key[7][NTK_KEY_LEN];
	size_t i, k;

	for (i = 0; i < 7; i++) {
		struct ntk_packet p = cp->ntk;

		p.op = (uint8_t)(p.op + (i == 1));
		p.id += i == 2;
		p.flood.level = (uint8_t)(p.flood.level + (i == 3));
		p.flood.gid = (uint8_t)(p.flood.gid + (i == 4));
		p.origin.gid = (uint8_t)(p.origin.gid + (i == 5));
		p.flood.sub_id = (uint8_t)(p.flood.sub_id + (i == 6));
		ntk_key(&p, key[i]);
		for (k = 0; k < i; k++)
			assert_memory_not_equal(key[i], key[k], NTK_KEY_LEN);
	}
}

static void
test_set_id(void **state)
{
	const struct corpus *c = *state;
	const char *field;
	size_t i;

	for (i = 0; i < c->n; i++) {
		const struct corpus_packet *cp = &c->pkt[i];
		uint8_t *copy = xmalloc(cp->len);
		struct ntk_packet p;

		memcpy(copy, cp->bytes, cp->len);
		ntk_set_id(copy, 0xdeadbeef);
		assert_true(ntk_parse(copy, cp->len, &p, &field));
		assert_int_equal(p.id, 0xdeadbeef);
		ntk_set_id(copy, cp->ntk.id);
		assert_memory_equal(copy, cp->bytes, cp->len);
		free(copy);
	}
}

/* A tracer as the form says it, with any hops, size and blocks. */
static size_t
build(uint8_t *out, struct form form, uint16_t hops, int size_off,
    size_t blocks, uint8_t tracer_flags)
{
	size_t flood = form.wire == NTK_WIRE_64 ? 13 : 9;
	size_t size = 5 + 9u * hops + blocks;
	struct wr w = wr_of(out, NTK_PACKET_MAX);

	wr_bytes(&w, "ntk\0\0\0\1\2\20", 9);
	put_size(&w, form, NTK_BIG, (uint32_t)(flood + size));
	put_size(&w, form, NTK_BIG, 0);
	wr_bytes(&w, "\12\3\377\1", 4);
	put_size(&w, form, form.order, (uint32_t)((int)size + size_off));
	wr_u8(&w, 1);
	wr_u8(&w, tracer_flags);
	put(&w, form.order, 2, hops);
	put(&w, form.order, 2, 0);
	wr_zeros(&w, 9u * hops + blocks);
	assert_true(wr_ok(&w));
	return w.len;
}

static void
test_edges(void **state)
{
	const struct ntk_chunk hop = { 1, 2, 3 };
	uint8_t *buf = xmalloc(NTK_PACKET_MAX), *out = xmalloc(NTK_PACKET_MAX);
	struct ntk_packet p;
	const char *field;
	size_t i, n;

	(void)state;
	for (i = 0; i < 4; i++) {
		n = build(buf, forms[i], 0, 0, 0, 0);
		assert_false(ntk_parse(buf, n, &p, &field));
		n = build(buf, forms[i], 1, 1, 0, 0);
		assert_false(ntk_parse(buf, n, &p, &field));
		n = build(buf, forms[i], 1, -1, 0, 0);
		assert_false(ntk_parse(buf, n, &p, &field));
		n = build(buf, forms[i], 1, 0, 3, 0); /* blocks, no flag */
		assert_false(ntk_parse(buf, n, &p, &field));
		n = build(buf, forms[i], 1, 0, 3, NTK_TRACER_BNODES);
		assert_true(ntk_parse(buf, n, &p, &field));
		assert_int_equal(p.blocks_len, 3);
		n = build(buf, forms[i], 255, 0, 0, 0);
		assert_true(ntk_parse(buf, n, &p, &field));
		assert_int_equal(ntk_append_hop(&p, &hop, out, n + 8), 0);
		assert_int_equal(ntk_append_hop(&p, &hop, out, n + 9), n + 9);
		assert_true(ntk_parse(out, n + 9, &p, &field));
		assert_int_equal(p.tracer.hops, 256);
		assert_int_equal(
		    ntk_append_hop(&p, &hop, buf, NTK_PACKET_MAX), 0);
		n = build(buf, forms[i], 257, 0, 0, 0);
		assert_false(ntk_parse(buf, n, &p, &field));
	}
	free(buf);
	free(out);
}

static void
test_body_limit(void **state)
{
	const struct ntk_chunk hop = { 1, 2, 3 };
	uint8_t *buf = xcalloc(1, NTK_PACKET_MAX + 1);
	uint8_t *out = xmalloc(NTK_PACKET_MAX + 9);
	struct ntk_packet p;
	const char *field;
	size_t n;

	(void)state;
	n = build(
	    buf, forms[0], 1, 0, NTK_BODY_MAX - 9 - 5 - 9, NTK_TRACER_BNODES);
	assert_int_equal(n, 17 + NTK_BODY_MAX);
	assert_true(ntk_parse(buf, n, &p, &field));
	assert_int_equal(ntk_append_hop(&p, &hop, out, NTK_PACKET_MAX + 9), 0);
	memset(buf, 0, NTK_PACKET_MAX);
	memcpy(buf, "ntk\0\0\0\1\0\0\0\1\0\1", 13); /* 65537 */
	assert_false(ntk_parse(buf, 17 + NTK_BODY_MAX + 1, &p, &field));
	assert_string_equal(field, "size");
	free(buf);
	free(out);
}

/* Only flooded tracers and QSPN packets go to other gnodes. */
static void
test_forwarded(void **state)
{
	const struct corpus *c = *state;
	uint8_t key[NTK_KEY_LEN];
	size_t i, forwarded = 0, zipped = 0;

	for (i = 0; i < c->n; i++) {
		const struct ntk_packet *p = &c->pkt[i].ntk;
		bool op = p->op == 11 || p->op == 12 || p->op == 16;

		assert_int_equal(ntk_is_flood_forwarded(p), op);
		assert_int_equal(ntk_key(p, key), op ? NTK_KEY_LEN : 0);
		assert_int_equal(p->compressed, (p->flags & 128) != 0);
		forwarded += op;
		zipped += p->compressed;
	}
	assert_int_equal(forwarded, 96);
	assert_true(zipped > 0);
}

/* A compressed tracer and one that is not flooded are not looked into. */
static void
test_not_read(void **state)
{
	const struct corpus_packet *cp =
	    at_line(*state, "chain3_link1-2.pcap", NTK_TRACER, NTK_BIG, 2);
	static const uint8_t flags[] = { NTK_FLOODED | NTK_ZLIB, 0 };
	uint8_t *copy = xmalloc(cp->len), key[NTK_KEY_LEN];
	struct ntk_packet p;
	const char *field;
	size_t i;

	memcpy(copy, cp->bytes, cp->len);
	for (i = 0; i < sizeof(flags); i++) {
		copy[7] = flags[i];
		assert_true(ntk_parse(copy, cp->len, &p, &field));
		assert_int_equal(p.compressed, flags[i] != 0);
		assert_false(p.has_flood);
		assert_false(ntk_is_flood_forwarded(&p));
		assert_int_equal(ntk_key(&p, key), 0);
	}
	free(copy);
}

/* Whatever damaged packet still parses can be sent on and read again. */
static void
test_random_damage(void **state)
{
	const struct corpus *c = *state;
	const struct ntk_chunk hop = { 1, 2, 3 };
	struct rng rnd = rng_seeded(20261121);
	uint8_t copy[BIG], out[BIG], a[NTK_KEY_LEN], b[NTK_KEY_LEN];
	struct ntk_packet p, q;
	const char *field;
	unsigned round, taken = 0;

	for (round = 0; round < 100000; round++) {
		const struct corpus_packet *cp = &c->pkt[rng_below(&rnd, c->n)];
		size_t n;

		if (cp->len > sizeof(copy))
			continue;
		memcpy(copy, cp->bytes, cp->len);
		copy[rng_below(&rnd, cp->len)] = (uint8_t)rng_next(&rnd);
		if (!ntk_parse(copy, cp->len, &p, &field) || !p.has_flood)
			continue;
		n = ntk_append_hop(&p, &hop, out, sizeof(out));
		assert_true(ntk_parse(out, n, &q, &field));
		assert_int_equal(ntk_key(&p, a), ntk_key(&q, b));
		assert_memory_equal(a, b, sizeof(a));
		taken++;
	}
	assert_true(taken > 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_the_other_decoder),
		cmocka_unit_test(test_host_order),
		cmocka_unit_test(test_orders_agree),
		cmocka_unit_test(test_hop_as_ntkd),
		cmocka_unit_test(test_every_form),
		cmocka_unit_test(test_cut_and_extended),
		cmocka_unit_test(test_key_over_hops),
		cmocka_unit_test(test_key_fields),
		cmocka_unit_test(test_set_id),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_body_limit),
		cmocka_unit_test(test_forwarded),
		cmocka_unit_test(test_not_read),
		cmocka_unit_test(test_random_damage),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
