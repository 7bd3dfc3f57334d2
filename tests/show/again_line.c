#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/rd.h"
#include "base/wr.h"
#include "tests/show/again.h"
#include "tests/tool.h"

#define BATCH 64
#define WINDOW 128	/* under way: what a device's socket holds, and less */
#define STILL_US 150000 /* then nothing comes any more */
#define PACKET 60
#define STAY_US (5 * MONO_SEC)
#define FOES_TURN 32 /* their sockets are looked at each so many turns */

/* An IPv4 packet of nobody's protocol with that number. */
static void
packet_write(uint8_t p[PACKET], uint64_t seq)
{
	struct wr w = wr_of(p, PACKET);

	wr_u8(&w, 0x45);
	wr_u8(&w, 0);
	wr_be16(&w, PACKET);
	wr_be32(&w, 0);
	wr_u8(&w, 64);
	wr_u8(&w, 253);
	wr_be16(&w, 0);
	wr_be32(&w, 0x0a4d0001);
	wr_be32(&w, 0x0a4d0002);
	wr_be64(&w, seq);
	wr_zeros(&w, PACKET - w.len);
}

static void
flow_send(struct flow *f)
{
	uint8_t p[PACKET];

	if (f->sent == SEQS)
		fatalx("more packets than can be counted");
	packet_write(p, f->sent);
	if (send(f->from, p, sizeof(p), 0) != (ssize_t)sizeof(p))
		fatal("a packet for the device");
	f->sent++;
}

static bool
flow_may(const struct flow *f)
{
	return f->sent - f->got - f->given_up < WINDOW;
}

static void
flow_count(struct flow *f, const uint8_t *p, size_t len)
{
	struct rd r = rd_of(p, len);
	uint64_t seq;
	uint8_t bit;

	if (len != PACKET || !rd_skip(&r, 20) || !rd_be64(&r, &seq) ||
	    seq >= f->sent) {
		f->odd++;
		return;
	}
	bit = (uint8_t)(1u << (seq % 8));
	if ((f->seen[seq / 8] & bit) != 0)
		f->dup++;
	else
		f->got++;
	f->seen[seq / 8] |= bit;
}

static void
flow_pump(struct flow *f, struct mono now)
{
	uint8_t p[2048];
	uint64_t due;
	ssize_t n;

	while ((n = recv(f->to, p, sizeof(p), MSG_DONTWAIT)) >= 0)
		flow_count(f, p, (size_t)n);
	if (f->rate <= 0)
		return;
	due = (uint64_t)((double)mono_since(f->since, now) * f->rate /
	    (double)MONO_SEC);
	for (; f->due < due && flow_may(f); f->due++)
		flow_send(f);
}

static void
note_index(struct line *l, enum way way, const uint8_t *p)
{
	uint32_t index;

	memcpy(&index, p + 4, sizeof(index));
	if (index == l->index[way])
		return;
	l->index[way] = index;
	l->sessions[way]++;
	if (way == TO_B)
		l->top = 0;
}

/* What goes to b is kept. */
static void
keep(struct line *l, const uint8_t *p, size_t len)
{
	struct kept *k;
	struct msg_data m;

	if (len > KEPT_LEN || len == 0)
		return;
	memcpy(l->last, p, len);
	l->last_len = len;
	if (p[0] == MSG_INIT && len == INIT_LEN) {
		k = &l->init[l->n_init++ % INITS];
	} else if (msg_data_parse(p, len, &m)) {
		if (m.counter > l->top)
			l->top = m.counter;
		k = &l->kept[m.counter % KEPT];
	} else {
		return;
	}
	k->len = len;
	memcpy(k->p, p, len);
}

/* The way is closed for a moment when b has just started: like any loss. */
static void
forward(int fd, const uint8_t *p, size_t len, const struct addr *to)
{
	struct sockaddr_storage ss;
	socklen_t n = 0;

	if (to != NULL)
		n = addr_to_sockaddr(to, false, &ss);
	(void)sendto(fd, p, len, 0, n > 0 ? (struct sockaddr *)&ss : NULL, n);
}

static void
pass_to_b(struct line *l, const uint8_t *p, size_t len)
{
	bool data = len > 0 && p[0] == MSG_DATA;

	if (data)
		note_index(l, TO_B, p);
	keep(l, p, len);
	l->passed[TO_B]++;
	if (data && l->steal > 0) {
		l->steal--;
		forward(l->foe[0], p, len, NULL); /* it is there first */
		if (l->steal_only)
			return;
	}
	forward(l->fb, p, len, NULL);
	if (l->twice)
		forward(l->fb, p, len, NULL);
}

static void
pass_to_a(struct line *l, const uint8_t *p, size_t len)
{
	if (len > 0 && p[0] == MSG_DATA)
		note_index(l, TO_A, p);
	l->passed[TO_A]++;
	forward(l->fa, p, len, &l->a);
	if (l->twice)
		forward(l->fa, p, len, &l->a);
}

/* The current one each third time; each fourth from elsewhere. */
static void
inits_pump(struct line *l, struct mono now)
{
	unsigned have = l->n_init < INITS ? l->n_init : INITS;
	const struct kept *k;
	uint64_t due;

	if (l->init_rate <= 0 || have == 0)
		return;
	due = (uint64_t)((double)mono_since(l->init_since, now) * l->init_rate /
	    (double)MONO_SEC);
	for (; l->init_due < due; l->init_due++, l->inits++) {
		uint64_t n = l->inits;
		unsigned foe = (unsigned)(n / 4 % FOES);

		k = &l->init[n % 3 == 0 ? (l->n_init - 1) % INITS : n % have];
		forward(n % 4 == 1 ? l->foe[foe] : l->fb, k->p, k->len, NULL);
	}
}

void
line_inits(struct line *l, double rate)
{
	l->init_rate = rate;
	l->init_since = tool_now();
	l->init_due = 0;
}

static void
foes_pump(struct line *l)
{
	uint8_t p[65536];
	unsigned i;
	ssize_t n;

	for (i = 0; i < FOES; i++) {
		while ((n = recv(l->foe[i], p, sizeof(p), MSG_DONTWAIT)) >= 0) {
			l->to_foes++;
			l->to_foes_bytes += (size_t)n;
		}
	}
}

/* Who asks nothing for half a minute is let go. */
static void
stay(struct line *l, struct mono now)
{
	unsigned i;

	if (mono_since(l->asked_at, now) < STAY_US)
		return;
	l->asked_at = now;
	for (i = 0; i < 2; i++)
		json_object_put(client_call(&l->ctl[i], "hello", NULL));
}

void
line_pump(struct line *l)
{
	struct mono now = tool_now();
	uint8_t p[65536];
	unsigned i, k;
	ssize_t n;

	for (i = 0; i < WAYS; i++)
		flow_pump(&l->flow[i], now);
	inits_pump(l, now);
	stay(l, now);
	for (k = 0;
	     k < BATCH && (n = recv(l->fa, p, sizeof(p), MSG_DONTWAIT)) >= 0;
	     k++)
		pass_to_b(l, p, (size_t)n);
	for (k = 0;
	     k < BATCH && (n = recv(l->fb, p, sizeof(p), MSG_DONTWAIT)) >= 0;
	     k++)
		pass_to_a(l, p, (size_t)n);
	if (l->pumps++ % FOES_TURN == 0)
		foes_pump(l);
}

void
line_pump_for(struct line *l, uint64_t us)
{
	struct pollfd pfd[2 + WAYS] = { { l->fa, POLLIN, 0 },
		{ l->fb, POLLIN, 0 }, { l->flow[TO_B].to, POLLIN, 0 },
		{ l->flow[TO_A].to, POLLIN, 0 } };
	struct mono end = mono_add(tool_now(), us);

	while (mono_before(tool_now(), end)) {
		line_pump(l);
		tool_wait(pfd, 2 + WAYS,
		    mono_min(end, mono_add(tool_now(), MONO_MS / 4)));
	}
}

void
line_rate(struct line *l, double rate)
{
	unsigned i;

	for (i = 0; i < WAYS; i++) {
		l->flow[i].rate = rate;
		l->flow[i].since = tool_now();
		l->flow[i].due = 0;
	}
}

void
line_settle(struct line *l)
{
	uint64_t got;
	unsigned i;

	do {
		got = l->flow[TO_B].got + l->flow[TO_A].got;
		line_pump_for(l, STILL_US);
	} while (got != l->flow[TO_B].got + l->flow[TO_A].got);
	for (i = 0; i < WAYS; i++)
		l->flow[i].given_up = l->flow[i].sent - l->flow[i].got;
}

double
line_fast(struct line *l, uint64_t n)
{
	struct flow *f = &l->flow[TO_B];
	struct mono begin = tool_now(), still = begin;
	uint64_t first = f->got, last = first, end = f->sent + n;

	while (f->sent < end || f->sent - f->got > f->given_up) {
		while (f->sent < end && flow_may(f))
			flow_send(f);
		line_pump(l);
		if (f->got != last)
			still = tool_now();
		else if (mono_since(still, tool_now()) > MONO_SEC)
			break; /* lost, and counted as such */
		last = f->got;
	}
	return (double)(f->got - first) * (double)MONO_SEC /
	    (double)mono_since(begin, tool_now());
}

uint64_t
line_lost(const struct line *l)
{
	return l->flow[TO_B].sent - l->flow[TO_B].got + l->flow[TO_A].sent -
	    l->flow[TO_A].got;
}

uint64_t
line_dup(const struct line *l)
{
	return l->flow[TO_B].dup + l->flow[TO_A].dup;
}
