/* What becomes of a packet in the stand-in mesh daemon: passed on, once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/container.h"
#include "base/xmem.h"
#include "tests/netns/meshd.h"

#define RETRY_US (1 * MONO_MS)	  /* when a socket is full */
#define GIVE_UP_US (5 * MONO_SEC) /* and stays so */

/* Something that leaves at its time. */
struct item {
	struct hpent due;
	struct mono give_up;
	size_t to; /* a neighbour, or TO_VPLAMAD */
	size_t len;
	uint8_t data[];
};

static void
count_sent(struct meshd *md, size_t to, bool sent)
{
	if (to == TO_VPLAMAD)
		*(sent ? &md->n.handed : &md->n.unsent) += 1;
	else
		*(sent ? &md->n.flooded : &md->n.failed) += 1;
}

static void
send_later(
    struct meshd *md, size_t to, const uint8_t *p, size_t len, struct mono at)
{
	struct item *it = xmalloc(sizeof(*it) + len);

	*it = (struct item){
		.give_up = mono_add(at, GIVE_UP_US), .to = to, .len = len
	};
	memcpy(it->data, p, len);
	heap_set(&md->items, &it->due, at);
}

void
send_items(struct meshd *md, struct mono now)
{
	enum outcome got;
	struct hpent *e;
	struct item *it;

	while ((e = heap_min(&md->items)) != NULL && mono_due(e->at, now)) {
		it = CONTAINER_OF(e, struct item, due);
		got = it->to == TO_VPLAMAD
		    ? vplamad_try(md, it->data, it->len)
		    : mesh_try(md, it->to, it->data, it->len);
		if (got == FULL && !mono_due(it->give_up, now)) {
			heap_set(&md->items, e, mono_add(now, RETRY_US));
			continue;
		}
		count_sent(md, it->to, got == SENT);
		heap_set(&md->items, e, MONO_NEVER);
		free(it);
	}
}

/* Writes pk as a body, then as a record that hands it to vplamad. */
static size_t
body_of(struct meshd *md, const struct meshpkt *pk, const char *via)
{
	struct wr w = wr_of(md->body, sizeof(md->body));

	meshpkt_write(&w, pk, via);
	return wr_ok(&w) ? w.len : 0;
}

static size_t
record_of(struct meshd *md, const struct meshpkt *pk, size_t body_len,
    enum mesh_provenance prov)
{
	struct wr w = wr_of(md->rec, sizeof(md->rec));
	uint8_t key[MESHPKT_KEY];
	struct mesh_rec rec = { .type = MESH_PKT };

	meshpkt_key(pk, key);
	rec.u.pkt = (struct mesh_pkt){ .provenance = (uint8_t)prov,
		.key_len = md->keyed ? MESHPKT_KEY : 0,
		.key = md->keyed ? key : NULL,
		.body = md->body,
		.len = body_len };
	return mesh_write(&w, &rec) ? w.len : 0;
}

/*
 * Without a named key nobody could tell a rewritten packet from a new one, so
 * a daemon that names none does not rewrite.
 */
static const char *
own_hop(const struct meshd *md)
{
	return md->keyed ? md->name : NULL;
}

/* To every neighbour but one, and to vplamad as often as told. */
static void
spread(struct meshd *md, const struct meshpkt *pk, const char *via, size_t but,
    unsigned vplamad_times, struct mono at)
{
	size_t i, len = body_of(md, pk, via);

	if (len == 0)
		return; /* has grown too large: goes no further */
	for (i = 0; i < md->neighbours; i++)
		if (i != but)
			send_later(md, i, md->body, len, at);
	len = record_of(md, pk, len, MESH_INTERNAL);
	for (i = 0; i < vplamad_times; i++)
		send_later(md, TO_VPLAMAD, md->rec, len, at);
}

/* As if it were of the gnode, and once more as what it is. */
static void
hand_back(struct meshd *md, const struct meshpkt *pk)
{
	static const enum mesh_provenance as[] = { MESH_INTERNAL,
		MESH_INTERNET };
	size_t i, n, len = body_of(md, pk, own_hop(md));

	for (i = 0; i < sizeof(as) / sizeof(as[0]) && len > 0; i++) {
		n = record_of(md, pk, len, as[i]);
		send_later(md, TO_VPLAMAD, md->rec, n, tool_now());
	}
}

void
on_packet(struct meshd *md, const uint8_t *p, size_t len, size_t from)
{
	enum ledger_from side = from == TO_VPLAMAD ? FROM_VPLAMAD : FROM_MESH;
	struct mono at = mono_add(tool_now(), md->hop_us);
	struct meshpkt pk;
	bool first;

	if (!meshpkt_parse(rd_of(p, len), &pk)) {
		md->n.bad++;
		return;
	}
	first = ledger_note(&md->ledger, &pk, side, clock_wall_us() / 1000);
	if (from == TO_VPLAMAD && md->handback)
		hand_back(md, &pk);
	if (first && strcmp(pk.origin, md->name) != 0)
		spread(md, &pk, own_hop(md), from, from != TO_VPLAMAD, at);
}

/* The next packet of a job; false when it must wait. */
static bool
job_step(struct meshd *md, const struct job *j, struct mono now)
{
	struct meshpkt pk = { .id = j->first + j->done,
		.born_ms = clock_wall_us() / 1000 };
	enum outcome got;
	size_t len;

	snprintf(pk.origin, sizeof(pk.origin), "%s", md->name);
	len = body_of(md, &pk, own_hop(md));
	pk.fill = j->size > len ? j->size - len : 0;
	if (!j->flood) {
		spread(md, &pk, own_hop(md), SIZE_MAX, md->replay ? 3 : 1, now);
		return true;
	}
	len = body_of(md, &pk, own_hop(md));
	len = record_of(md, &pk, len, MESH_INTERNAL);
	got = vplamad_try(md, md->rec, len);
	if (got != FULL)
		count_sent(md, TO_VPLAMAD, got == SENT);
	return got != FULL;
}

/* Does what is due; returns when there is more to do. */
struct mono
job_run(struct meshd *md, struct job *j, struct mono now)
{
	double due = (double)mono_since(j->start, now) / MONO_SEC * j->rate;

	for (; j->done < j->count && (double)j->done <= due; j->done++)
		if (!job_step(md, j, now))
			return mono_add(now, RETRY_US);
	if (j->done == j->count)
		return MONO_NEVER;
	return mono_add(
	    j->start, (uint64_t)((double)j->done / j->rate * MONO_SEC) + 1);
}

bool
job_start(struct meshd *md, bool flood, double count, double rate, size_t size)
{
	bool fit = md->jobs < JOBS_MAX && count >= 1 && count <= 1e7 &&
	    rate > 0 && rate <= 1e6 && size <= MESH_BODY_MAX;

	if (!fit)
		return false;
	md->job[md->jobs++] = (struct job){ .flood = flood,
		.first = md->next_id,
		.count = (uint64_t)count,
		.rate = rate,
		.size = size,
		.start = tool_now() };
	md->next_id += (uint64_t)count;
	return true;
}

void
items_drop(struct meshd *md)
{
	struct hpent *e;

	while ((e = heap_min(&md->items)) != NULL) {
		heap_set(&md->items, e, MONO_NEVER);
		free(CONTAINER_OF(e, struct item, due));
	}
	heap_fini(&md->items);
}
