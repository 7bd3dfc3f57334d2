#include "tests/unit/port_peer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fdutil.h"

static uint8_t
byte_at(unsigned no, size_t i)
{
	return (uint8_t)(no * 31 + i * 7 + (i >> 8));
}

void
frame_fill(uint8_t *p, unsigned no, size_t len)
{
	size_t i;

	memcpy(p, &no, 4);
	for (i = 4; i < len; i++)
		p[i] = byte_at(no, i);
}

/* Fails the test unless every byte is as frame_fill() made it. */
static unsigned
frame_check(const uint8_t *p, size_t len)
{
	unsigned no;
	size_t i;

	assert_true(len >= 4);
	memcpy(&no, p, 4);
	for (i = 4; i < len; i++)
		if (p[i] != byte_at(no, i))
			fail_msg("frame %u: byte %zu is wrong", no, i);
	return no;
}

static void
on_input(void *arg, unsigned no, struct run *run, struct turn *t)
{
	struct fix *f = arg;
	unsigned i;

	assert_int_equal(no, 7);
	assert_non_null(t);
	assert_in_range(run->n, 1, RUN_MAX);
	f->in_turn = f->e.turns == f->last_turn ? f->in_turn : 0;
	f->last_turn = f->e.turns;
	f->in_turn += run->n;
	if (f->in_turn > f->max_turn)
		f->max_turn = f->in_turn;
	for (i = 0; i < run->n; i++) {
		const struct pkt *pk = &run->pkt[i];

		f->last_no = frame_check(pk->p, pk->len);
		f->last_len = pk->len;
		assert_int_equal(pk->flags, 0);
		/* both are ours */
		memset(pk->p - RUN_HEAD, 0xee, RUN_HEAD);
		memset(pk->p + pk->len, 0xee, RUN_TAIL);
		f->n++;
	}
	if (f->echo)
		f->p->ops->send(f->p, run);
	for (i = 0; i < run->n; i++) /* nor may it keep what it sends */
		memset(run->pkt[i].p, 0xdd, run->pkt[i].len);
}

void
fix_init(struct fix *f, enum port_kind kind)
{
	memset(f, 0, sizeof(*f));
	env_init(&f->e);
	f->penv = (struct port_env){ f, f->e.loop, &f->e.priv, &f->e.cnt,
		on_input, NULL };
	f->conf.kind = kind;
	f->conf.ethernet = true;
	snprintf(f->path[0], PORT_PATH, "%s/a", f->e.dir);
	snprintf(f->path[1], PORT_PATH, "%s/b", f->e.dir);
}

int
fix_open(struct fix *f)
{
	return port_ops(f->conf.kind)->open(&f->p, &f->conf, 7, &f->penv);
}

void
fix_fini(struct fix *f)
{
	if (f->p != NULL)
		f->p->ops->close(f->p);
	env_fini(&f->e);
}

uint64_t
fix_count(const struct fix *f, enum counter id)
{
	return f->e.cnt.v[id];
}

void
fix_give(struct fix *f, unsigned no, unsigned n, size_t len)
{
	struct turn *t = loop_turn(f->e.loop);
	struct run *run = run_new(t->mem);
	unsigned i;

	assert_non_null(run);
	for (i = 0; i < n; i++) {
		struct pkt *pk = run_add(run, len, t->mem);

		assert_non_null(pk);
		frame_fill(pk->p, no + i, len);
	}
	f->p->ops->send(f->p, run);
	arena_reset(t->mem); /* nothing may be kept */
}

static bool
has_come(void *arg)
{
	const struct fix *f = arg;

	return f->n >= f->want;
}

void
fix_wait(struct fix *f, unsigned n)
{
	f->want = n;
	env_until(&f->e, has_come, f);
	assert_int_equal(f->n, n);
}

struct counter_is {
	const struct fix *f;
	enum counter id;
	uint64_t v;
};

static bool
is_counted(void *arg)
{
	const struct counter_is *c = arg;

	return fix_count(c->f, c->id) >= c->v;
}

void
fix_wait_count(struct fix *f, enum counter id, uint64_t v)
{
	struct counter_is c = { f, id, v };

	env_until(&f->e, is_counted, &c);
	assert_int_equal(fix_count(f, id), v);
}

static size_t
len_of(const struct fix *f, unsigned no)
{
	static const size_t first[] = { 14, 15, 60, 64, 1514, 9014, 65549, 18 };
	size_t len = no < 8 ? first[no] : 14 + no * 7919 % 1501;

	if (no % 500 == 499)
		len = PORT_FRAME_MAX;
	return len > f->max_len ? f->max_len : len;
}

static bool
exchange(void *arg)
{
	struct fix *f = arg;
	unsigned no;
	ssize_t len;

	while ((len = peer_get(f->peer, &no)) > 0) {
		assert_int_equal(no, f->got);
		assert_int_equal(len, len_of(f, no));
		f->flying -= (size_t)len;
		f->got++;
	}
	assert_int_equal(len, 0);
	while (f->sent < f->total && f->sent - f->got < f->window &&
	    (f->flying == 0 || f->flying + len_of(f, f->sent) < 70000) &&
	    peer_put(f->peer, f->sent, len_of(f, f->sent)))
		f->flying += len_of(f, f->sent++);
	return f->got == f->total;
}

void
fix_echo(struct fix *f, struct peer *pe, unsigned total, unsigned window,
    size_t max_len)
{
	uint64_t rx = fix_count(f, CNT_port_rx), tx = fix_count(f, CNT_port_tx);

	f->echo = true;
	f->peer = pe;
	f->sent = f->got = 0;
	f->flying = 0;
	f->total = total;
	f->window = window;
	f->max_len = max_len;
	while (!exchange(f))
		env_run(&f->e, 1);
	f->echo = false;
	assert_int_equal(fix_count(f, CNT_port_rx), rx + total);
	assert_int_equal(fix_count(f, CNT_port_tx), tx + total);
	assert_int_equal(fix_count(f, CNT_port_drop), 0);
}

struct peer *
peer_new(int in, int out, bool stream)
{
	struct peer *pe = calloc(1, sizeof(*pe));

	assert_non_null(pe);
	assert_true(in >= 0 && out >= 0);
	pe->in = in;
	pe->out = out;
	pe->stream = stream;
	assert_int_equal(fd_nonblock(in), 0);
	assert_int_equal(fd_nonblock(out), 0);
	return pe;
}

void
peer_free(struct peer *pe)
{
	if (pe->out != pe->in)
		close(pe->out);
	close(pe->in);
	free(pe);
}

static bool
rest_out(struct peer *pe)
{
	ssize_t n;

	while (pe->rest_at < pe->rest_len) {
		n = write(pe->out, pe->rest + pe->rest_at,
		    pe->rest_len - pe->rest_at);
		if (n < 0)
			assert_int_equal(errno, EAGAIN);
		if (n < 0)
			return false;
		pe->rest_at += (size_t)n;
	}
	return true;
}

bool
peer_put(struct peer *pe, unsigned no, size_t len)
{
	size_t head = pe->stream ? 4 : 0;

	if (!rest_out(pe))
		return false;
	pe->rest[0] = (uint8_t)(len >> 24);
	pe->rest[1] = (uint8_t)(len >> 16);
	pe->rest[2] = (uint8_t)(len >> 8);
	pe->rest[3] = (uint8_t)len;
	frame_fill(pe->rest + head, no, len);
	pe->rest_at = 0;
	pe->rest_len = head + len;
	if (pe->stream) {
		(void)rest_out(pe);
		return true;
	}
	pe->rest_len = 0;
	return write(pe->out, pe->rest, len) == (ssize_t)len;
}

static ssize_t
get_record(struct peer *pe, unsigned *ret_no)
{
	ssize_t n = recv(pe->in, pe->buf, sizeof(pe->buf), 0);

	if (n < 0)
		return errno == EAGAIN ? 0 : -1;
	if (n == 0)
		return -1;
	*ret_no = frame_check(pe->buf, (size_t)n);
	return n;
}

ssize_t
peer_get(struct peer *pe, unsigned *ret_no)
{
	const uint8_t *b = pe->buf;
	size_t len;
	ssize_t n;

	(void)rest_out(pe);
	if (!pe->stream)
		return get_record(pe, ret_no);
	for (;;) {
		len = (size_t)b[0] << 24 | (size_t)b[1] << 16 |
		    (size_t)b[2] << 8 | b[3];
		if (pe->have >= 4 && pe->have >= 4 + len)
			break;
		if (pe->have >= 4)
			assert_in_range(len, 1, PORT_FRAME_MAX);
		n = read(pe->in, pe->buf + pe->have, PEER_BUF - pe->have);
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n <= 0)
			return -1;
		pe->have += (size_t)n;
	}
	*ret_no = frame_check(pe->buf + 4, len);
	pe->have -= 4 + len;
	memmove(pe->buf, pe->buf + 4 + len, pe->have);
	return (ssize_t)len;
}
