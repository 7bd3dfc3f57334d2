/* Records of the mesh socket, beyond what ntkd-shim selftest tries. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xmem.h"
#include "ntkd-shim/probe.h"
#include "tests/show/badgram.h"

#define ANSWER_MS 10000
#define OFF_TYPE 1
#define OFF_CODE 4 /* of REFUSED */
#define OFF_WHY 8  /* of PEER_DOWN */

struct bad {
	struct probe probe;
	uint64_t refused, skipped;
	bool ok;
};

static size_t
sound(uint8_t *p, size_t max, uint8_t type)
{
	struct mesh_rec rec = { .type = type };

	if (type == MESH_HELLO) {
		rec.u.hello.min = rec.u.hello.max = 1;
		rec.u.hello.body_max = 1;
		strcpy(rec.u.hello.name, "badgram");
	} else if (type == MESH_REFUSED) {
		rec.u.refused.code = MESH_REF_BUSY;
	} else if (type == MESH_PKT) {
		rec.u.pkt.key = (const uint8_t *)"key.key.";
		rec.u.pkt.key_len = 8;
		rec.u.pkt.body = (const uint8_t *)"b";
		rec.u.pkt.len = 1;
	} else if (type == MESH_PEER_DOWN) {
		rec.u.down.why = MESH_DOWN_DEAD;
	} else {
		probe_place(&rec);
	}
	return probe_record(p, max, &rec);
}

static bool
is_known(unsigned type)
{
	return (type >= MESH_HELLO && type <= MESH_PONG) ||
	    (type >= MESH_NETDESC && type <= MESH_ROUTE);
}

/* After HELLO: refused, and the reason names the type of the record. */
static void
must_refuse(struct bad *b, const uint8_t *p, size_t len, const char *what)
{
	const struct mesh_refused *ref = &b->probe.rec.u.refused;
	enum probe_outcome out = probe_greet(&b->probe);
	char text[PROBE_WHY];

	if (out == PROBE_TAKEN)
		out = probe_poke(&b->probe, p, len);
	b->ok &= holds(out == PROBE_REFUSED && ref->code == MESH_REF_FORMAT &&
		ref->why[0] != '\0' &&
		(len < MESH_HEAD || len > MESH_RECORD_MAX ||
		    strstr(ref->why, mesh_type_name(p[OFF_TYPE])) != NULL),
	    "%s of %zu bytes: %s", what, len, probe_text(&b->probe, out, text));
	b->refused++;
}

static void
truncated(struct bad *b)
{
	uint8_t p[256], type;
	size_t len;

	for (type = MESH_HELLO; type <= MESH_ROUTE; type++) {
		if (!is_known(type))
			continue;
		for (len = sound(p, sizeof(p), type) - 1; len > 0; len--)
			if (type != MESH_HELLO || len < 52)
				must_refuse(b, p, len, mesh_type_name(type));
	}
}

/* Longer than any record may be. */
static void
oversized(struct bad *b)
{
	static const size_t over[] = { 1, 2, 1000, 30000 };
	uint8_t *p = xcalloc(1, MESH_RECORD_MAX + 30000), type;
	size_t i;

	for (type = MESH_HELLO; type <= MESH_ROUTE; type++)
		for (i = 0; i < sizeof(over) / sizeof(over[0]); i++) {
			if (!is_known(type))
				continue;
			sound(p, 256, type);
			must_refuse(b, p, MESH_RECORD_MAX + over[i],
			    "an oversized record");
		}
	free(p);
}

static void
enums(struct bad *b, unsigned step)
{
	uint8_t p[256];
	unsigned v;
	size_t len = sound(p, sizeof(p), MESH_REFUSED);

	for (v = 0; v <= UINT16_MAX; v += v < 64 ? 1 : 509 * step) {
		if (v >= MESH_REF_BUSY && v <= MESH_REF_CREDENTIALS)
			continue;
		p[OFF_CODE] = (uint8_t)(v >> 8);
		p[OFF_CODE + 1] = (uint8_t)v;
		must_refuse(b, p, len, "REFUSED.code");
	}
	len = sound(p, sizeof(p), MESH_PEER_DOWN);
	for (v = 0; v <= UINT8_MAX; v++) {
		if (v >= MESH_DOWN_DEAD && v <= MESH_DOWN_REMOVED)
			continue;
		p[OFF_WHY] = (uint8_t)v;
		must_refuse(b, p, len, "PEER_DOWN.why");
	}
}

/* Types of a later version are skipped and counted, the connection stays. */
static void
unknown(struct bad *b)
{
	uint8_t p[MESH_HEAD + 64] = { MESH_VERSION };
	char text[PROBE_WHY];
	enum probe_outcome out = probe_greet(&b->probe);
	unsigned type;

	for (type = 0; type <= UINT8_MAX && out == PROBE_TAKEN; type++) {
		if (is_known(type))
			continue;
		p[OFF_TYPE] = (uint8_t)type;
		out = probe_poke(&b->probe, p, MESH_HEAD + type % 64);
		b->skipped++;
	}
	b->ok &= holds(out == PROBE_TAKEN, "unknown type %u: %s", type,
	    probe_text(&b->probe, out, text));
}

bool
bad_mesh(const struct args *a)
{
	struct bad *b = xcalloc(1, sizeof(*b));
	struct counters before, after;
	struct client ctl;
	uint64_t bad, skipped;
	bool ok;

	if (a->mesh == NULL)
		fatalx("mesh needs -m");
	ctl_connect(&ctl, a->control);
	counters_get(&ctl, &before);
	probe_init(&b->probe, a->mesh, ANSWER_MS);
	b->ok = true;
	truncated(b);
	oversized(b);
	enums(b, a->step);
	unknown(b);
	probe_close(&b->probe);
	counters_get(&ctl, &after);
	bad = after.v[CNT_mesh_bad] - before.v[CNT_mesh_bad];
	skipped = after.v[CNT_mesh_unknown] - before.v[CNT_mesh_unknown];
	figure("records_sent", b->refused + b->skipped);
	figure("records_refused", bad + skipped);
	ok = holds(bad == b->refused, "mesh_bad is not %llu",
	    (unsigned long long)b->refused);
	ok &= holds(skipped == b->skipped, "mesh_unknown is not %llu",
	    (unsigned long long)b->skipped);
	ok &= b->ok;
	client_close(&ctl);
	free(b);
	return ok;
}
