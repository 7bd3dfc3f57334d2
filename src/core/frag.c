#include "core/frag.h"

#include <assert.h>
#include <string.h>

#include "base/wr.h"
#include "base/xmem.h"

/*
 * A whole that is done or bad keeps its place without any bytes until its
 * time is up or another needs it, so that what still arrives of it is known
 * for what it is and does not begin a new one.
 */
enum state { OPEN, DONE, BAD };

struct frag_whole {
	enum state state;
	uint32_t id, session;
	uint8_t parts, type, flags;
	unsigned got;		   /* parts held */
	size_t part_len, last_len; /* 0: none of that kind seen yet */
	struct mono born;
	uint8_t *part[FRAG_PARTS]; /* NULL: missing */
};

bool
frag_can(size_t len, size_t mtu)
{
	size_t room = mtu > FRAG_HEAD ? mtu - FRAG_HEAD : 0;

	return len > room && len <= FRAG_WHOLE_MAX && len <= room * FRAG_PARTS;
}

bool
frag_cut(struct run *run, const uint8_t *body, size_t len, uint8_t type,
    uint8_t flags, size_t mtu, uint32_t id, struct arena *mem)
{
	struct frag fr = { .id = id, .type = type, .flags = flags };
	size_t room = mtu - FRAG_HEAD, parts, each, n, at;

	run->n = 0;
	if (!frag_can(len, mtu))
		return false;
	parts = (len + room - 1) / room;
	each = (len + parts - 1) / parts;
	fr.parts = (uint8_t)parts;
	for (at = 0; at < len; at += n, fr.part++) {
		struct pkt *pk;

		n = len - at < each ? len - at : each;
		pk = run_add(run, FRAG_HEAD + n, mem);
		if (pk == NULL)
			return false;
		frag_write_head(pk->p, &fr);
		memcpy(pk->p + FRAG_HEAD, body + at, n);
	}
	return true;
}

static size_t
len_of(const struct frag_whole *w, unsigned part)
{
	return part + 1u < w->parts ? w->part_len : w->last_len;
}

/* Gives the parts back; how many they were. */
static unsigned
empty(struct frag_table *ft, struct frag_whole *w)
{
	unsigned i, n = w->got;

	for (i = 0; i < w->parts; i++) {
		if (w->part[i] != NULL)
			ft->bytes -= (uint32_t)len_of(w, i);
		free(w->part[i]);
		w->part[i] = NULL;
	}
	w->got = 0;
	return n;
}

/* Frees the whole in a place of the table. */
static unsigned
give_up(struct frag_table *ft, struct frag_whole **at)
{
	unsigned n = empty(ft, *at);

	free(*at);
	*at = NULL;
	return n;
}

static struct mono
deadline(const struct frag_whole *w)
{
	return mono_add(w->born, (uint64_t)FRAG_LIFE_MS * MONO_MS);
}

/* Its time is up. */
static void
expire(struct frag_table *ft, struct frag_whole **at, struct counters *cnt)
{
	if ((*at)->state == OPEN)
		count(cnt, CNT_frag_late);
	give_up(ft, at);
}

static struct frag_whole **
find(struct frag_table *ft, uint32_t id, uint32_t session)
{
	unsigned i;

	for (i = 0; ft->whole != NULL && i < FRAG_WHOLES; i++) {
		const struct frag_whole *w = ft->whole[i];

		if (w != NULL && w->id == id && w->session == session)
			return &ft->whole[i];
	}
	return NULL;
}

/* Does a have to go before b? What holds no bytes first, then the oldest. */
static bool
goes_first(const struct frag_whole *a, const struct frag_whole *b)
{
	if ((a->state == OPEN) != (b->state == OPEN))
		return a->state != OPEN;
	return mono_before(a->born, b->born);
}

/* An empty place; when there is none, one that is made empty. */
static struct frag_whole **
place(struct frag_table *ft, struct counters *cnt)
{
	struct frag_whole **at = &ft->whole[0];
	unsigned i;

	for (i = 0; i < FRAG_WHOLES; i++) {
		if (ft->whole[i] == NULL)
			return &ft->whole[i];
		if (goes_first(ft->whole[i], *at))
			at = &ft->whole[i];
	}
	count_n(cnt, CNT_frag_room, give_up(ft, at));
	return at;
}

static struct frag_whole *
begin(struct frag_table *ft, const struct frag *fr, uint32_t session,
    struct counters *cnt, struct mono now)
{
	struct frag_whole *w = try_calloc(1, sizeof(*w));

	if (ft->whole == NULL)
		ft->whole = try_calloc(FRAG_WHOLES, sizeof(*ft->whole));
	if (w == NULL || ft->whole == NULL) {
		count(cnt, CNT_frag_room);
		free(w);
		return NULL;
	}
	w->id = fr->id;
	w->session = session;
	w->parts = fr->parts;
	w->type = fr->type;
	w->flags = fr->flags;
	w->born = now;
	*place(ft, cnt) = w;
	return w;
}

/* Does a part agree with those that came before it? */
static bool
agrees(const struct frag_whole *w, const struct frag *fr)
{
	bool last = fr->part + 1u == fr->parts;
	size_t known = last ? w->last_len : w->part_len;
	size_t part_len = last ? w->part_len : fr->len;
	size_t last_len = last ? fr->len : w->last_len;

	if (fr->parts != w->parts || fr->type != w->type ||
	    fr->flags != w->flags)
		return false;
	if (known != 0 && known != fr->len)
		return false;
	if (last_len > FRAG_WHOLE_MAX)
		return false;
	return part_len <= (FRAG_WHOLE_MAX - last_len) / (w->parts - 1u);
}

/* Room for len bytes more of w; the oldest of the others give way. */
static void
make_room(struct frag_table *ft, const struct frag_whole *w, size_t len,
    struct counters *cnt)
{
	while (ft->bytes + len > FRAG_BYTES) {
		struct frag_whole **at = NULL;
		unsigned i;

		for (i = 0; i < FRAG_WHOLES; i++)
			if (ft->whole[i] != NULL && ft->whole[i] != w &&
			    ft->whole[i]->state == OPEN &&
			    (at == NULL || goes_first(ft->whole[i], *at)))
				at = &ft->whole[i];
		if (at == NULL)
			return; /* one whole alone is never so big */
		count_n(cnt, CNT_frag_room, give_up(ft, at));
	}
}

_Static_assert(FRAG_WHOLE_MAX < FRAG_BYTES, "one whole alone has room");

/* Keeps a part that agrees. False: it was there already, or no memory. */
static bool
keep(struct frag_table *ft, struct frag_whole *w, const struct frag *fr,
    struct counters *cnt)
{
	uint8_t *copy;

	if (w->part[fr->part] != NULL)
		return false;
	make_room(ft, w, fr->len, cnt);
	copy = try_malloc(fr->len);
	if (copy == NULL) {
		count(cnt, CNT_frag_room);
		return false;
	}
	memcpy(copy, fr->body, fr->len);
	w->part[fr->part] = copy;
	if (fr->part + 1u == fr->parts)
		w->last_len = fr->len;
	else
		w->part_len = fr->len;
	w->got++;
	ft->bytes += (uint32_t)fr->len;
	return true;
}

/* All parts in a row, in the arena. */
static bool
join(const struct frag_whole *w, struct pkt *ret, struct counters *cnt,
    struct arena *mem)
{
	struct pkt pk;
	struct wr wr;
	unsigned i;

	if (!pkt_new(&pk, w->part_len * (w->parts - 1u) + w->last_len, mem)) {
		count(cnt, CNT_arena_full);
		return false;
	}
	wr = wr_of(pk.p, pk.len);
	for (i = 0; i < w->parts; i++)
		wr_bytes(&wr, w->part[i], len_of(w, i));
	*ret = pk;
	return true;
}

bool
frag_take(struct frag_table *ft, const struct frag *fr, uint32_t session,
    struct pkt *ret, struct counters *cnt, struct turn *t)
{
	struct frag_whole **at = find(ft, fr->id, session);
	struct frag_whole *w;
	bool ok;

	assert(fr->parts >= 2 && fr->parts <= FRAG_PARTS &&
	    fr->part < fr->parts && fr->len > 0); /* frag_parse() */
	/* A deadline that the caller has yet to come to counts all the same. */
	if (at != NULL && mono_due(deadline(*at), t->now)) {
		expire(ft, at, cnt);
		at = NULL;
	}
	if (at != NULL && (*at)->state == DONE)
		return false; /* a late duplicate */
	w = at != NULL ? *at : begin(ft, fr, session, cnt, t->now);
	if (w == NULL)
		return false;
	if (w->state == BAD || !agrees(w, fr)) {
		count(cnt, CNT_frag_bad);
		empty(ft, w);
		w->state = BAD;
		return false;
	}
	if (!keep(ft, w, fr, cnt) || w->got < w->parts)
		return false;
	ok = join(w, ret, cnt, t->mem);
	empty(ft, w);
	w->state = DONE;
	return ok;
}

struct mono
frag_expire(struct frag_table *ft, struct counters *cnt, struct mono now)
{
	struct mono next = MONO_NEVER;
	unsigned i;

	for (i = 0; ft->whole != NULL && i < FRAG_WHOLES; i++) {
		struct frag_whole **at = &ft->whole[i];

		if (*at != NULL && mono_due(deadline(*at), now))
			expire(ft, at, cnt);
		if (*at != NULL)
			next = mono_min(next, deadline(*at));
	}
	if (mono_is_never(next))
		frag_fini(ft);
	return next;
}

void
frag_fini(struct frag_table *ft)
{
	unsigned i;

	for (i = 0; ft->whole != NULL && i < FRAG_WHOLES; i++)
		if (ft->whole[i] != NULL)
			give_up(ft, &ft->whole[i]);
	free(ft->whole);
	ft->whole = NULL;
}
