#include "tests/unit/udp_side.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/sock.h"

static uint8_t
fill(uint32_t no, size_t at)
{
	return (uint8_t)(no * 7 + at % 251);
}

static bool
is_whole(const struct pkt *pk, uint32_t no)
{
	size_t i;

	for (i = 5; i < pk->len; i++)
		if (pk->p[i] != fill(no, i))
			return false;
	return true;
}

static void
take(struct side *s, const struct path *from, struct run *run, unsigned i)
{
	struct got *g = &s->got[s->n];
	const struct pkt *pk = &run->pkt[i];

	assert_true(s->n < SIDE_KEEP);
	g->from = *from;
	g->len = pk->len;
	g->type = pk->len > 0 ? pk->p[0] : 0;
	g->turn = s->e->turns;
	g->run_n = run->n;
	g->run_no = s->runs;
	if (pk->len >= 5)
		memcpy(&g->no, pk->p + 1, 4);
	g->whole = is_whole(pk, g->no);
	if (!s->echo)
		memset(pk->p, 0xee, pk->len); /* the bytes are ours */
	s->n++;
}

static void
on_input(void *arg, const struct path *from, struct run *run, struct turn *t)
{
	struct side *s = arg;
	unsigned i;

	assert_true(run->n >= 1 && run->n <= RUN_MAX);
	assert_non_null(t->mem);
	s->runs++;
	for (i = 0; i < run->n; i++)
		take(s, from, run, i);
	while (s->eat && t->mem->used < UDP_ARENA)
		assert_non_null(arena_get(t->mem, 4096));
	if (s->echo)
		udp_send(s->u, from, run);
}

static void
on_load(void *arg, struct mono now)
{
	struct side *s = arg;

	assert_true(now.us > 0);
	s->loads++;
}

static void
on_too_big(void *arg, const struct addr *remote, struct mono now)
{
	struct side *s = arg;

	assert_true(now.us > 0);
	s->too_big++;
	s->too_big_to = *remote;
}

static void
on_unreachable(void *arg, const uint8_t *p, size_t len, struct mono now)
{
	struct side *s = arg;

	assert_true(now.us > 0);
	s->unreachable++;
	if (len >= 5)
		memcpy(&s->unreachable_no, p + 1, 4);
}

struct side *
side_new(struct env *e, const char *a, const char *b)
{
	struct side *s = calloc(1, sizeof(*s));
	struct addr listen[2];
	unsigned which, n = 1;

	assert_non_null(s);
	s->e = e;
	s->h = (struct udp_handler){ s, on_input, on_load, on_too_big,
		on_unreachable };
	listen[0] = sock_addr(a);
	if (b != NULL)
		listen[n++] = sock_addr(b);
	env_listen(e, listen, n);
	assert_int_equal(udp_open(&s->u, e->loop, &e->priv, listen, n, &s->h,
			     &e->cnt, &which),
	    0);
	assert_true(udp_is_split(s->u, 0));
	return s;
}

void
side_free(struct side *s)
{
	udp_close(s->u);
	free(s);
}

static bool
enough(void *arg)
{
	const struct side *s = arg;

	return s->n >= s->want;
}

void
side_wait(struct side *s, unsigned want)
{
	s->want = want;
	env_until(s->e, enough, s);
}

struct run *
side_run(struct env *e, unsigned n, uint32_t first, size_t len)
{
	struct turn *t = loop_turn(e->loop);
	struct run *run = run_new(t->mem);
	unsigned i;
	size_t j;

	assert_non_null(run);
	for (i = 0; i < n; i++) {
		struct pkt *pk = run_add(run, len, t->mem);
		uint32_t no = first + i;

		assert_non_null(pk);
		pk->p[0] = 4;
		memcpy(pk->p + 1, &no, 4);
		for (j = 5; j < len; j++)
			pk->p[j] = fill(no, j);
	}
	return run;
}

struct path
side_path(const struct side *s, const char *ip)
{
	struct path p = { .remote = sock_addr(ip), .sock = SOCK_ANY };
	struct addr at;

	assert_true(udp_local(s->u, 0, &at));
	p.remote.port = at.port;
	return p;
}
