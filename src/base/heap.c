#include "base/heap.h"

#include "base/log.h"
#include "base/xmem.h"

void
heap_init(struct heap *h)
{
	*h = (struct heap){ 0 };
}

void
heap_fini(struct heap *h)
{
	free(h->ent);
	*h = (struct heap){ 0 };
}

static void
place(struct heap *h, size_t i, struct hpent *e)
{
	h->ent[i] = e;
	e->pos = i + 1;
}

static void
sift_up(struct heap *h, size_t i)
{
	struct hpent *e = h->ent[i];

	while (i > 0 && mono_before(e->at, h->ent[(i - 1) / 2]->at)) {
		place(h, i, h->ent[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	place(h, i, e);
}

static void
sift_down(struct heap *h, size_t i)
{
	struct hpent *e = h->ent[i];
	size_t kid;

	while ((kid = 2 * i + 1) < h->n) {
		if (kid + 1 < h->n &&
		    mono_before(h->ent[kid + 1]->at, h->ent[kid]->at))
			kid++;
		if (!mono_before(h->ent[kid]->at, e->at))
			break;
		place(h, i, h->ent[kid]);
		i = kid;
	}
	place(h, i, e);
}

static void
take_out(struct heap *h, struct hpent *e)
{
	size_t i = e->pos - 1;
	struct hpent *last = h->ent[--h->n];

	e->pos = 0;
	if (last == e)
		return;
	place(h, i, last);
	sift_up(h, i);
	sift_down(h, last->pos - 1);
}

bool
heap_reserve(struct heap *h, size_t n)
{
	size_t max = h->max > 0 ? h->max : 16;
	struct hpent **ent;

	while (max < n)
		max *= 2;
	if (max == h->max)
		return true;
	ent = try_reallocarray(h->ent, max, sizeof(*ent));
	if (ent == NULL)
		return false;
	h->ent = ent;
	h->max = max;
	return true;
}

static void
put_in(struct heap *h, struct hpent *e)
{
	if (h->n == h->max && !heap_reserve(h, h->n + 1))
		fatalx("out of memory");
	place(h, h->n++, e);
	sift_up(h, h->n - 1);
}

void
heap_set(struct heap *h, struct hpent *e, struct mono at)
{
	if (e->pos != 0 && e->at.us == at.us)
		return;
	if (e->pos != 0)
		take_out(h, e);
	e->at = at;
	if (!mono_is_never(at))
		put_in(h, e);
}

struct hpent *
heap_min(const struct heap *h)
{
	return h->n > 0 ? h->ent[0] : NULL;
}
