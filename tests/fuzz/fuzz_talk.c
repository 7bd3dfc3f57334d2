/*
 * The mesh socket of a core with a live peer: rows of records, in runs as they
 * come; the mesh daemon connects, leaves and is refused. Input: a byte of what
 * to do, then a record.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "core/negotiate.h"
#include "tests/fuzz/feed.h"
#include "tests/quiet.h"
#include "tests/unit/duo.h"

#define STEPS 64

enum { US, LIVE };
enum { RECORD, OPEN, CLOSE, TIME, SAY, HELLO, WHATS };

static void
lab_init(struct duo *d)
{
	const struct neg_config cfg = { .policy = REHOOK_AUTO,
		.max_nodes = 1000 };
	const struct negotiate_io io = quiet_negotiate_io(NULL);
	unsigned i;

	duo_init(d, 4);
	for (i = US; i <= LIVE; i++) {
		const struct duo_options opt = { .no_mesh = i == US };

		duo_start(d, i, &opt);
		negotiate_start(&d->end[i].core, &cfg, &io);
	}
	duo_peer(d, LIVE, US, false);
	duo_peer(d, US, LIVE, true);
	MUST(duo_wait_up(d, LIVE, US, MONO_SEC));
}

static void
open_or_close(struct duo *d, bool open)
{
	struct core *c = &d->end[US].core;
	struct turn t = duo_turn(d, US);

	if (c->mesh_open)
		core_mesh_close(c, &t);
	MUST(!c->mesh_open && !c->mesh_up);
	if (open)
		core_mesh_open(c, &t);
	MUST(c->mesh_open == open);
	duo_done(d);
}

static void
step(struct duo *d, struct feed *f)
{
	unsigned what = feed_u8(f) % WHATS;
	struct duo_end *us = &d->end[US];
	unsigned hung = us->hangups;
	const uint8_t *raw;
	size_t len;

	switch (what) {
	case RECORD:
	case SAY:
		len = feed_bytes(f, &raw);
		if (len == 0 || len > MESH_RECORD_MAX)
			return;
		duo_mesh_raw(d, what == SAY ? LIVE : US, raw, len);
		MUST(what == SAY || us->hangups == hung || !us->core.mesh_up);
		break;
	case TIME:
		duo_run(d, feed_u16(f) * (uint64_t)(10 * MONO_MS));
		break;
	case HELLO:
		open_or_close(d, true);
		duo_mesh_hello(d, US);
		MUST(us->core.mesh_up);
		break;
	default:
		open_or_close(d, what == OPEN);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static struct duo d;
	struct feed f = { p, len };
	unsigned i;

	lab_init(&d);
	for (i = 0; i < STEPS && !feed_empty(&f); i++) {
		step(&d, &f);
		duo_forget(&d, US);
		duo_forget(&d, LIVE);
	}
	duo_run(&d, 6 * MONO_SEC);
	duo_fini(&d);
	return 0;
}
