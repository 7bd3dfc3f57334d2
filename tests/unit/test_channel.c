#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/xmem.h"
#include "neg/channel.h"

/* A line that loses, doubles and mixes up. */
struct part {
	struct part *next;
	unsigned to;
	size_t len;
	uint8_t p[NEG_HEAD + NEG_PART_MAX];
};

struct line {
	struct channel ch[2];
	struct mono now;
	uint32_t rng;
	unsigned loss, twice, mix; /* per cent */
	struct part *queue;
	unsigned sent;
	size_t longest;
	uint8_t whole[NEG_MSG_MAX]; /* the last message */
};

struct end {
	struct line *ln;
	unsigned n;
};

static unsigned
roll(struct line *ln)
{
	ln->rng = ln->rng * 1664525u + 1013904223u;
	return (ln->rng >> 8) % 100;
}

static void
enqueue(struct line *ln, unsigned to, const uint8_t *p, size_t len)
{
	struct part *q = xcalloc(1, sizeof(*q)), **at = &ln->queue;
	bool last = roll(ln) >= ln->mix;

	q->to = to;
	q->len = len;
	memcpy(q->p, p, len);
	while (*at != NULL && (last || roll(ln) < 50))
		at = &(*at)->next;
	q->next = *at;
	*at = q;
}

static void
on_send(void *arg, const uint8_t *part, size_t len)
{
	struct end *e = arg;

	e->ln->sent++;
	if (len > e->ln->longest)
		e->ln->longest = len;
	assert_true(len >= NEG_HEAD && len <= NEG_HEAD + NEG_PART_MAX);
	if (roll(e->ln) < e->ln->loss)
		return;
	enqueue(e->ln, 1 - e->n, part, len);
	if (roll(e->ln) < e->ln->twice)
		enqueue(e->ln, 1 - e->n, part, len);
}

static void
line_init(struct line *ln, uint32_t seed)
{
	memset(ln, 0, sizeof(*ln));
	channel_init(&ln->ch[0], 7);
	channel_init(&ln->ch[1], 200);
	ln->rng = seed;
	ln->now.us = MONO_SEC;
}

static void
line_fini(struct line *ln)
{
	struct part *q;

	while ((q = ln->queue) != NULL) {
		ln->queue = q->next;
		free(q);
	}
	channel_fini(&ln->ch[0]);
	channel_fini(&ln->ch[1]);
}

static bool
put(struct line *ln, unsigned n, uint8_t type, const uint8_t *p, size_t len,
    size_t part_max)
{
	struct end e = { ln, n };

	return channel_put(
	    &ln->ch[n], type, p, len, part_max, ln->now, on_send, &e);
}

/* The first part of the queue; true: a message is whole. */
static bool
step(struct line *ln, unsigned *ret_to, uint8_t *ret_type, const uint8_t **ret,
    size_t *ret_len)
{
	struct part *q = ln->queue;
	struct end e = { ln, q->to };
	/* A copy of its very length: reading over its end is seen. */
	uint8_t *copy = xmalloc(q->len);
	bool whole, bad;

	ln->queue = q->next;
	*ret_to = q->to;
	memcpy(copy, q->p, q->len);
	whole = channel_get(&ln->ch[q->to], copy, q->len, ln->now, on_send, &e,
	    ret_type, ret, ret_len, &bad);
	assert_false(bad);
	if (whole) { /* it may lie in the part */
		memcpy(ln->whole, *ret, *ret_len);
		*ret = ln->whole;
	}
	free(copy);
	free(q);
	return whole;
}

static void
tick(struct line *ln)
{
	unsigned i;

	ln->now = mono_min(
	    channel_deadline(&ln->ch[0]), channel_deadline(&ln->ch[1]));
	for (i = 0; i < 2; i++) {
		struct end e = { ln, i };

		channel_tick(&ln->ch[i], ln->now, on_send, &e);
	}
}

static size_t
message(unsigned n, unsigned dir, uint8_t *buf)
{
	static const size_t lens[] = { 0, 1, 17, 599, 600, 601, 1200, 5000,
		9600 };
	size_t i, len = lens[(n + dir) % (sizeof(lens) / sizeof(lens[0]))];

	for (i = 0; i < len; i++)
		buf[i] = (uint8_t)(i * 7 + n * 13 + dir);
	return len;
}

/* Every message once, whole and in order, in both directions at once. */
static void
weather(uint32_t seed, unsigned loss, unsigned twice, unsigned mix)
{
	unsigned put_n[2] = { 0, 0 }, got[2] = { 0, 0 }, dir, total = 40;
	uint8_t buf[NEG_MSG_MAX], type;
	struct line ln;
	const uint8_t *p;
	size_t len;

	line_init(&ln, seed);
	ln.loss = loss;
	ln.twice = twice;
	ln.mix = mix;
	while (got[0] < total || got[1] < total) {
		for (dir = 0; dir < 2; dir++)
			while (put_n[dir] < total) {
				len = message(put_n[dir], dir, buf);
				if (!put(&ln, dir,
					(uint8_t)(1 + put_n[dir] % 12), buf,
					len, 600))
					break;
				put_n[dir]++;
			}
		if (ln.queue == NULL) {
			tick(&ln);
			assert_false(ln.ch[0].broken || ln.ch[1].broken);
			continue;
		}
		if (!step(&ln, &dir, &type, &p, &len))
			continue;
		dir = 1 - dir;
		assert_int_equal(len, message(got[dir], dir, buf));
		assert_int_equal(type, 1 + got[dir] % 12);
		assert_memory_equal(p, buf, len);
		got[dir]++;
	}
	assert_int_equal(ln.longest, NEG_HEAD + 600);
	line_fini(&ln);
}

static void
calm(void **state)
{
	(void)state;
	weather(1, 0, 0, 0);
}

static void
bad_weather(void **state)
{
	uint32_t seed;

	(void)state;
	for (seed = 1; seed <= 60; seed++) {
		weather(seed, 0, 30, 50);
		weather(seed, 2, 20, 30);
	}
}

static void
breaks(void **state)
{
	struct line ln;
	uint64_t at[4];
	unsigned i;

	(void)state;
	line_init(&ln, 1);
	ln.loss = 100;
	assert_true(mono_is_never(channel_deadline(&ln.ch[0])));
	assert_true(put(&ln, 0, NEG_BUSY, (const uint8_t *)"wait", 4, 600));
	for (i = 0; i < 4; i++) {
		assert_false(ln.ch[0].broken);
		assert_int_equal(ln.sent, i + 1);
		at[i] = channel_deadline(&ln.ch[0]).us;
		tick(&ln);
	}
	assert_int_equal(at[0], 2 * MONO_SEC);
	assert_int_equal(at[1], 4 * MONO_SEC);
	assert_int_equal(at[2], 8 * MONO_SEC);
	assert_int_equal(at[3], 12 * MONO_SEC);
	assert_true(ln.ch[0].broken);
	assert_true(mono_is_never(channel_deadline(&ln.ch[0])));
	assert_false(put(&ln, 0, NEG_BUSY, (const uint8_t *)"wait", 4, 600));
	line_fini(&ln);
}

static unsigned
drain(struct line *ln, uint8_t *ret_type)
{
	const uint8_t *p;
	unsigned to, n = 0;
	size_t len;

	while (ln->queue != NULL)
		n += step(ln, &to, ret_type, &p, &len);
	return n;
}

/* After a break a new life begins: it is not taken for a repetition. */
static void
again(void **state)
{
	struct line ln;
	uint8_t type = 0;
	unsigned i;

	(void)state;
	line_init(&ln, 1);
	for (i = 0; i < 3; i++) {
		assert_true(put(&ln, 0, NEG_HELLO, (const uint8_t *)"h", 1, 9));
		assert_int_equal(drain(&ln, &type), 1);
	}
	ln.loss = 100;
	assert_true(put(&ln, 0, NEG_DESC, (const uint8_t *)"d", 1, 9));
	while (!ln.ch[0].broken)
		tick(&ln);
	ln.loss = 0;
	channel_again(&ln.ch[0]);
	assert_true(put(&ln, 0, NEG_ABORT, (const uint8_t *)"a", 1, 9));
	assert_int_equal(drain(&ln, &type), 1);
	assert_int_equal(type, NEG_ABORT);
	assert_int_equal(ln.ch[0].n_out, 0);
	/* The other direction goes on where it was. */
	assert_true(put(&ln, 1, NEG_BUSY, (const uint8_t *)"b", 1, 9));
	assert_int_equal(drain(&ln, &type), 1);
	line_fini(&ln);
}

/* One side has begun anew, the other one knows nothing of it. */
static void
restarted(void **state)
{
	struct line ln;
	uint8_t type = 0;
	unsigned i;

	(void)state;
	line_init(&ln, 1);
	for (i = 0; i < 5; i++) {
		put(&ln, 0, NEG_HELLO, (const uint8_t *)"h", 1, 9);
		put(&ln, 1, NEG_HELLO, (const uint8_t *)"h", 1, 9);
		assert_int_equal(drain(&ln, &type), 2);
	}
	channel_fini(&ln.ch[0]);
	channel_init(&ln.ch[0], 8);
	put(&ln, 0, NEG_DESC, (const uint8_t *)"d", 1, 9);
	assert_int_equal(drain(&ln, &type), 1);
	/* What it does not know the beginning of says nothing to it ... */
	put(&ln, 1, NEG_BUSY, (const uint8_t *)"b", 1, 9);
	assert_int_equal(drain(&ln, &type), 0);
	while (!ln.ch[1].broken) {
		tick(&ln);
		assert_int_equal(drain(&ln, &type), 0);
	}
	/* ... until that begins anew as well. */
	channel_again(&ln.ch[1]);
	put(&ln, 1, NEG_ABORT, (const uint8_t *)"a", 1, 9);
	assert_int_equal(drain(&ln, &type), 1);
	assert_int_equal(type, NEG_ABORT);
	line_fini(&ln);
}

static void
limits(void **state)
{
	uint8_t *big = xcalloc(1, NEG_MSG_MAX + 1);
	struct line ln;
	uint8_t type;
	unsigned i;

	(void)state;
	line_init(&ln, 1);
	assert_false(put(&ln, 0, NEG_DESC, big, 10, 0));
	assert_false(put(&ln, 0, NEG_DESC, big, 16 * 10 + 1, 10));
	assert_true(put(&ln, 0, NEG_DESC, big, 16 * 10, 10));
	assert_int_equal(drain(&ln, &type), 1);
	assert_false(put(&ln, 0, NEG_DESC, big, NEG_MSG_MAX + 1, 5000));
	assert_true(put(&ln, 0, NEG_DESC, big, NEG_MSG_MAX, 5000));
	assert_int_equal(drain(&ln, &type), 1);
	ln.loss = 100;
	for (i = 0; i < CHANNEL_QUEUE; i++)
		assert_true(put(&ln, 0, NEG_DESC, big, 1, 9));
	assert_false(put(&ln, 0, NEG_DESC, big, 1, 9));
	free(big);
	line_fini(&ln);
}

static bool
is_bad(struct channel *ch, const uint8_t *part, size_t len)
{
	struct line ln = { .loss = 100 };
	struct end e = { &ln, 0 };
	struct mono now = { 1 };
	const uint8_t *p;
	uint8_t type;
	size_t n;
	bool bad;

	channel_get(ch, part, len, now, on_send, &e, &type, &p, &n, &bad);
	return bad;
}

static size_t
head(uint8_t *buf, struct neg_head h, size_t body)
{
	struct wr w = wr_of(buf, NEG_HEAD + NEG_PART_MAX + 1);

	neg_head_write(&w, &h);
	wr_zeros(&w, body);
	return w.len;
}

static void
broken_parts(void **state)
{
	struct neg_head h = { NEG_HELLO, 0, 1, 3, 1 };
	uint8_t buf[NEG_HEAD + NEG_PART_MAX + 1];
	struct channel ch;
	size_t i;

	(void)state;
	channel_init(&ch, 1);
	head(buf, h, 0);
	for (i = 0; i < NEG_HEAD; i++)
		assert_true(is_bad(&ch, buf, i));
	assert_true(is_bad(&ch, buf, head(buf, h, NEG_PART_MAX + 1)));
	h.parts = 0;
	assert_true(is_bad(&ch, buf, head(buf, h, 1)));
	h.parts = 2;
	assert_true(is_bad(&ch, buf, head(buf, h, 0))); /* an empty one of 2 */
	assert_false(is_bad(&ch, buf, head(buf, h, 5)));
	h.parts = 3; /* before there were 2 */
	assert_true(is_bad(&ch, buf, head(buf, h, 5)));
	h.parts = 2;
	h.type = NEG_DESC;
	h.part = 1;
	assert_true(is_bad(&ch, buf, head(buf, h, 5)));
	h = (struct neg_head){ NEG_ACK, 0, 2, 3, 1 };
	assert_true(is_bad(&ch, buf, head(buf, h, 0)));
	h.parts = 1;
	assert_true(is_bad(&ch, buf, head(buf, h, 1)));
	assert_false(is_bad(&ch, buf, head(buf, h, 0)));
	channel_fini(&ch);
}

/* Forged parts of any form: nothing but bounded memory. */
static void
noise(void **state)
{
	uint8_t buf[NEG_HEAD + 40];
	struct channel ch;
	uint32_t rng = 1;
	unsigned i, k;

	(void)state;
	channel_init(&ch, 1);
	for (i = 0; i < 20000; i++) {
		for (k = 0; k < sizeof(buf); k++) {
			rng = rng * 1664525u + 1013904223u;
			buf[k] = (uint8_t)(rng >> 24);
		}
		buf[0] %= 14;
		buf[1] %= 4;
		buf[2] %= 5;
		buf[3] %= 2;
		buf[4] = buf[5] = buf[6] = 0;
		buf[7] %= 6;
		is_bad(&ch, buf, rng % (sizeof(buf) + 1));
	}
	channel_fini(&ch);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calm),
		cmocka_unit_test(bad_weather),
		cmocka_unit_test(breaks),
		cmocka_unit_test(again),
		cmocka_unit_test(restarted),
		cmocka_unit_test(limits),
		cmocka_unit_test(broken_parts),
		cmocka_unit_test(noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
