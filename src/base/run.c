#include "base/run.h"

#include <string.h>

#include "base/xmem.h"

#if defined(__SANITIZE_ADDRESS__)
#define ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ASAN 1
#endif
#endif
#ifdef ASAN
#include <sanitizer/asan_interface.h>
#define POISON(p, n) ASAN_POISON_MEMORY_REGION((p), (n))
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION((p), (n))
#else
#define POISON(p, n) ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
#endif

#define ARENA_ALIGN 16u

void
arena_init(struct arena *a, size_t max)
{
	a->base = xcalloc(1, max);
	a->used = 0;
	a->max = max;
	POISON(a->base, max);
}

void
arena_fini(struct arena *a)
{
	if (a->base != NULL)
		UNPOISON(a->base, a->max);
	free(a->base);
	*a = (struct arena){ 0 };
}

void
arena_reset(struct arena *a)
{
	arena_rewind(a, 0);
}

void
arena_rewind(struct arena *a, size_t mark)
{
	if (mark >= a->used)
		return;
	POISON(a->base + mark, a->used - mark);
	a->used = mark;
}

void *
arena_get(struct arena *a, size_t len)
{
	uint8_t *p = a->base + a->used;
	size_t step;

	if (len > a->max - a->used)
		return NULL;
	step = (len + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
	if (step > a->max - a->used)
		return NULL;
	a->used += step;
	UNPOISON(p, step);
	return p;
}

bool
pkt_new(struct pkt *pk, size_t len, struct arena *a)
{
	uint8_t *p;

	if (len > a->max) /* so that the sum below cannot wrap around */
		return false;
	p = arena_get(a, RUN_HEAD + len + RUN_TAIL);
	if (p == NULL)
		return false;
	pk->p = p + RUN_HEAD;
	pk->len = (uint32_t)len;
	pk->flags = 0;
	return true;
}

bool
pkt_copy(struct pkt *ret, const struct pkt *from, struct arena *a)
{
	if (!pkt_new(ret, from->len, a))
		return false;
	memcpy(ret->p, from->p, from->len);
	ret->flags = from->flags;
	return true;
}

bool
run_copy(struct run *ret, const struct run *from, struct arena *a)
{
	for (ret->n = 0; ret->n < from->n; ret->n++)
		if (!pkt_copy(&ret->pkt[ret->n], &from->pkt[ret->n], a))
			return false;
	return true;
}

struct run *
run_new(struct arena *a)
{
	struct run *run = arena_get(a, sizeof(*run));

	if (run != NULL)
		run->n = 0;
	return run;
}

struct pkt *
run_add(struct run *run, size_t len, struct arena *a)
{
	struct pkt *pk = &run->pkt[run->n];

	if (run->n >= RUN_MAX || !pkt_new(pk, len, a))
		return NULL;
	run->n++;
	return pk;
}

struct pkt *
run_one(struct run *run, size_t len, struct arena *a)
{
	run->n = 0;
	return run_add(run, len, a);
}
