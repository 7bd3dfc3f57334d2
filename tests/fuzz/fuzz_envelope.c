/*
 * Packets of the mesh daemon between three cores, two of which sit on one mesh:
 * what comes out of a tunnel comes from whom it says, once, and goes back into
 * none. Input: steps of a byte of flags and a packet with its envelope.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "core/peer_send.h"
#include "core/session.h"
#include "tests/fuzz/feed.h"
#include "tests/unit/duo.h"

#define STEPS 48
#define BODY_MAX 1380

/* One that speaks as it likes, and two that do as they should. */
enum { FOE, US, OTHER, ENDS };

static void
lab_init(struct duo *d)
{
	unsigned i;

	duo_init(d, 3);
	for (i = 0; i < ENDS; i++)
		duo_start(d, i, NULL);
	for (i = 0; i < ENDS; i++) {
		duo_peer(d, i, (i + 1) % ENDS, true);
		duo_peer(d, (i + 1) % ENDS, i, false);
	}
	duo_run(d, 3 * MONO_SEC);
	for (i = 0; i < ENDS; i++)
		MUST(d->end[i].peer[(i + 1) % ENDS]->state == PEER_VRNODE);
}

static void
forge(struct duo *d, uint8_t flags, uint8_t *body, size_t len)
{
	struct core *c = &d->end[FOE].core;
	struct peer *p = d->end[FOE].peer[US];
	struct turn t = duo_turn(d, FOE);
	struct run run;
	struct pkt *pk;

	if ((flags & 1) != 0 && len >= 12) {
		memcpy(body, c->id.x_pk, 8);
		memcpy(body + 8, c->boot, 4);
	}
	pk = run_one(&run, len, &d->mem);
	MUST(pk != NULL);
	memcpy(pk->p, body, len);
	if (len <= peer_mtu(c, p))
		peer_send_on(c, p, peer_session(p), &p->path, FRAME_NTK,
		    (flags & 2) != 0 ? NTK_KEYED : 0, &run, &t);
	duo_done(d);
}

/* What the mesh daemons have got since the last time. */
static void
check(struct duo *d, const uint8_t *body, size_t len)
{
	unsigned i, n = 0;
	size_t k;

	for (i = US; i < ENDS; i++) {
		for (k = 0; k < d->end[i].n_rec; k++) {
			const struct mesh_rec *r = &d->end[i].rec[k].rec;

			if (r->type != MESH_PKT)
				continue;
			MUST(r->u.pkt.provenance == MESH_INTERNET);
			MUST(r->u.pkt.len <= len);
			MUST(memcmp(r->u.pkt.body, body + len - r->u.pkt.len,
				 r->u.pkt.len) == 0);
			n++;
		}
		duo_forget(d, i);
	}
	MUST(n <= 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static struct duo d;
	uint8_t body[BODY_MAX], flags;
	struct feed f = { p, len };
	const uint8_t *raw;
	unsigned i;
	size_t n;

	lab_init(&d);
	for (i = 0; i < ENDS; i++)
		duo_forget(&d, i);
	for (i = 0; i < STEPS && !feed_empty(&f); i++) {
		flags = feed_u8(&f);
		n = feed_bytes(&f, &raw);
		if (n == 0 || n > sizeof(body))
			continue;
		memcpy(body, raw, n);
		if ((flags & 4) != 0) { /* a word of our own mesh daemon */
			duo_mesh_raw(&d, US, raw, n);
			duo_run(&d, MONO_SEC);
			duo_forget(&d, FOE);
			duo_forget(&d, US);
			duo_forget(&d, OTHER);
			if (!d.end[US].core.mesh_up)
				duo_mesh_hello(&d, US);
			continue;
		}
		if (peer_session(d.end[FOE].peer[US]) == NULL)
			break;
		forge(&d, flags, body, n);
		duo_run(&d, 60 * MONO_MS);
		check(&d, body, n);
	}
	duo_fini(&d);
	return 0;
}
