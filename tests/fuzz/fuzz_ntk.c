/*
 * What comes out of a tunnel for ntkd: packets of its own protocol, whole, in
 * a stream and unpacked, and IP packets that may or may not reach its host.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "ntkd-shim/filter.h"
#include "ntkd-shim/ntk.h"
#include "ntkd-shim/ntk_ops.h"

/* What is written of it in that width parses to the same flood. */
static void
try_written(const struct ntk_packet *pkt, enum ntk_wire wire)
{
	static struct ntk_flood_out f;
	static uint8_t out[NTK_PACKET_MAX];
	uint8_t key[NTK_KEY_LEN], again[NTK_KEY_LEN];
	const struct ntk_chunk hop = { .gid = 7, .rtt_ms = 1, .gcount = 1 };
	struct ntk_packet got;
	const char *field;
	size_t n;

	MUST(ntk_key(pkt, key) == NTK_KEY_LEN);
	ntk_flood_of(pkt, &f);
	n = ntk_write_flood(&f, wire, out, sizeof(out));
	if (n > 0) {
		MUST(ntk_parse(out, n, &got, &field) && got.has_flood);
		MUST(got.wire == wire && got.order == NTK_BIG);
		MUST(got.tracer.hops == pkt->tracer.hops);
		MUST(got.blocks_len == pkt->blocks_len);
		MUST(ntk_key(&got, again) == NTK_KEY_LEN);
		MUST(memcmp(key, again, sizeof(key)) == 0);
	}
	n = ntk_append_hop(pkt, &hop, out, sizeof(out));
	if (n > 0) {
		MUST(ntk_parse(out, n, &got, &field) && got.has_flood);
		MUST(got.tracer.hops == pkt->tracer.hops + 1);
		MUST(got.last.gid == hop.gid && got.wire == pkt->wire);
	}
}

static void
try_body(const uint8_t *p, size_t len, enum ntk_wire wire)
{
	static struct ntk_ext_map ext;
	static struct ntk_int_map in;
	struct ntk_free_nodes f;
	struct ntk_qspn_round q;
	unsigned level, i;
	struct rd r;

	r = rd_of(p, len);
	MUST(!ntk_free_nodes_parse(&r, &f) ||
	    (f.nodes >= 1 && f.nodes <= NTK_GIDS));
	r = rd_of(p, len);
	(void)ntk_qspn_round_parse(&r, wire, &q);
	r = rd_of(p, len);
	(void)ntk_int_map_parse(&r, wire, &in);
	r = rd_of(p, len);
	if (!ntk_ext_map_parse(&r, wire, &ext))
		return;
	for (level = 0; level < NTK_EXT_LEVELS; level++)
		for (i = 0; i < NTK_GIDS; i++)
			MUST(ext.at[level][i].n_gateways <= NTK_GATEWAYS);
}

static void
try_packet(const uint8_t *p, size_t len)
{
	struct ntk_packet pkt;
	const char *field = NULL;
	uint8_t *body;
	unsigned i;
	size_t n;

	if (!ntk_parse(p, len, &pkt, &field)) {
		MUST(field != NULL);
		return;
	}
	MUST(pkt.body >= p && pkt.body + pkt.body_len <= p + len);
	body = ntk_unpack(&pkt, &n);
	if (body != NULL) {
		MUST(n <= NTK_UNPACKED_MAX);
		try_body(body, n, pkt.wire);
		if (pkt.compressed && ntk_parse_body(&pkt, body, n) &&
		    pkt.has_flood)
			try_written(&pkt, pkt.wire);
	}
	if (pkt.has_flood) {
		for (i = 0; i < pkt.tracer.hops; i++)
			(void)ntk_chunk_at(&pkt, i);
		try_written(&pkt, NTK_WIRE_32);
		try_written(&pkt, NTK_WIRE_64);
	} else {
		MUST(pkt.tracer.hops == 0 && !ntk_is_flood_forwarded(&pkt));
	}
	free(body);
}

/* One after the other, as they come over a connection. */
static void
try_stream(const uint8_t *p, size_t len, enum ntk_wire wire)
{
	size_t n = 0;

	while (ntk_cut(p, len, wire, &n) == NTK_CUT_WHOLE) {
		MUST(n > 0 && n <= len);
		try_packet(p, n);
		p += n;
		len -= n;
	}
}

static bool
is_known(void *arg, const uint8_t src[4])
{
	(void)arg;
	return (src[0] & 1) != 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	enum filter_verdict v = filter_judge(p, len, is_known, NULL);

	MUST(v < FILTER_VERDICTS && filter_name(v) != NULL);
	try_packet(p, len);
	try_stream(p, len, NTK_WIRE_32);
	try_stream(p, len, NTK_WIRE_64);
	try_body(p, len, NTK_WIRE_32);
	try_body(p, len, NTK_WIRE_64);
	return 0;
}
