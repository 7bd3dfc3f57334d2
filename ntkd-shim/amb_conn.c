/* TCP as ntkd speaks it: who accepts greets, then packets both ways. */
#include <string.h>

#include "base/xmem.h"
#include "ntkd-shim/amb.h"

#define QUEUE_MAX 32 /* floods that may wait for one line */
#define OPEN_US (10 * (uint64_t)MONO_SEC) /* to connect and be greeted */
#define BACKOFF_MIN_US (1 * (uint64_t)MONO_SEC)
#define BACKOFF_MAX_US (30 * (uint64_t)MONO_SEC)

struct amb_conn *
amb_conn_find(const struct amb *a, uint32_t id)
{
	struct amb_conn *c;

	LIST_FOREACH (c, &a->conns, entry)
		if (c->id == id)
			return c;
	return NULL;
}

struct amb_conn *
amb_conn_new(struct amb *a, enum amb_kind kind, uint32_t local, uint32_t remote)
{
	struct amb_conn *c;

	if (a->n_conns >= AMB_CONNS)
		return NULL;
	c = xcalloc(1, sizeof(*c));
	do
		c->id = ++a->last_conn;
	while (c->id == 0 || amb_conn_find(a, c->id) != NULL);
	c->kind = kind;
	c->local = local;
	c->remote = remote;
	LIST_INSERT_HEAD(&a->conns, c, entry);
	a->n_conns++;
	return c;
}

static void
conn_free(struct amb *a, struct amb_conn *c)
{
	LIST_REMOVE(c, entry);
	a->n_conns--;
	free(c->buf);
	free(c);
}

/* The line is gone, and perhaps ntkd: it has to show itself again. */
static void
line_lost(struct amb_ident *i, struct mono now)
{
	i->line = 0;
	i->line_up = false;
	i->answered = i->seen = false;
	amb_queue_drop(i);
	i->backoff_us = i->backoff_us == 0 ? BACKOFF_MIN_US : i->backoff_us * 2;
	if (i->backoff_us > BACKOFF_MAX_US)
		i->backoff_us = BACKOFF_MAX_US;
	i->line_at = mono_add(now, i->backoff_us);
}

/* What the end of a connection means, whoever has ended it. */
static void
ended(struct amb *a, struct amb_conn *c, struct mono now)
{
	struct amb_ident *i;

	if (c->kind == CONN_ASK)
		amb_ask_closed(a, now);
	i = c->kind == CONN_LINE ? amb_ident_at(a, c->local) : NULL;
	if (i != NULL && i->line == c->id)
		line_lost(i, now);
	conn_free(a, c);
}

void
amb_conn_close(struct amb *a, uint32_t id, struct mono now)
{
	struct amb_conn *c = amb_conn_find(a, id);

	if (c == NULL)
		return;
	a->io.tcp_close(a->io.arg, id);
	ended(a, c, now);
}

void
amb_conns_forget(struct amb *a, uint32_t local)
{
	struct amb_conn *c, *next;

	for (c = LIST_FIRST(&a->conns); c != NULL; c = next) {
		next = LIST_NEXT(c, entry);
		if (c->local == local)
			conn_free(a, c);
	}
}

void
amb_conns_close_others(struct amb *a, uint32_t ip, struct mono now)
{
	struct amb_conn *c, *next;

	for (c = LIST_FIRST(&a->conns); c != NULL; c = next) {
		next = LIST_NEXT(c, entry);
		if (c->remote != ip || ip == 0)
			amb_conn_close(a, c->id, now);
	}
}

void
amb_conns_fini(struct amb *a)
{
	struct amb_conn *c;

	while ((c = LIST_FIRST(&a->conns)) != NULL)
		conn_free(a, c);
}

void
amb_queue_drop(struct amb_ident *i)
{
	struct amb_parcel *p;

	while ((p = STAILQ_FIRST(&i->queue)) != NULL) {
		STAILQ_REMOVE_HEAD(&i->queue, entry);
		free(p);
	}
	i->n_queue = 0;
}

void
amb_line_send(struct amb *a, struct amb_ident *i, const uint8_t *p, size_t len,
    struct mono now)
{
	struct amb_parcel *parcel;

	if (i->line_up) {
		a->io.tcp_send(a->io.arg, i->line, p, len);
		return;
	}
	if (i->n_queue >= QUEUE_MAX)
		return;
	parcel = xmalloc(sizeof(*parcel) + len);
	parcel->len = len;
	memcpy(parcel->p, p, len);
	STAILQ_INSERT_TAIL(&i->queue, parcel, entry);
	i->n_queue++;
	amb_line_tick(a, i, now);
}

static bool
wants_line(const struct amb *a, const struct amb_ident *i)
{
	return i->there && i->seen && i->line == 0 && amb_home(a) != 0 &&
	    i->n_queue > 0;
}

void
amb_line_tick(struct amb *a, struct amb_ident *i, struct mono now)
{
	struct amb_conn *c;

	if (i->line != 0 && !i->line_up && mono_due(i->line_at, now))
		amb_conn_close(a, i->line, now);
	if (!wants_line(a, i) || mono_before(now, i->line_at))
		return;
	c = amb_conn_new(a, CONN_LINE, i->ip, amb_home(a));
	if (c == NULL)
		return;
	i->line = c->id;
	i->line_at = mono_add(now, OPEN_US);
	a->io.tcp_connect(a->io.arg, c->id, c->local, c->remote);
}

struct mono
amb_line_deadline(const struct amb *a, const struct amb_ident *i)
{
	if ((i->line != 0 && !i->line_up) || wants_line(a, i))
		return i->line_at;
	return MONO_NEVER;
}

static void
line_greeted(struct amb *a, struct amb_conn *c, struct mono now)
{
	struct amb_ident *i = amb_ident_at(a, c->local);
	struct amb_parcel *p;

	if (i == NULL || i->line != c->id)
		return;
	i->line_up = true;
	i->backoff_us = 0;
	STAILQ_FOREACH (p, &i->queue, entry)
		a->io.tcp_send(a->io.arg, c->id, p->p, p->len);
	amb_queue_drop(i);
	amb_line_tick(a, i, now);
}

uint32_t
amb_accepted(struct amb *a, uint32_t identity, uint32_t from, struct mono now)
{
	uint8_t out[NTK_SMALL];
	struct amb_conn *c;
	size_t n;

	(void)now;
	if (a->wire == 0 || amb_ident_at(a, identity) == NULL)
		return 0;
	c = amb_conn_new(a, CONN_TAKEN, identity, from);
	if (c == NULL)
		return 0;
	n = ntk_write_plain(
	    a->wire, NTK_ACK_AFFERMATIVE, 0, amb_random(a), out);
	a->io.tcp_send(a->io.arg, c->id, out, n);
	return c->id;
}

void
amb_connected(struct amb *a, uint32_t conn, struct mono now)
{
	(void)a;
	(void)conn;
	(void)now; /* ntkd speaks first */
}

void
amb_closed(struct amb *a, uint32_t conn, struct mono now)
{
	struct amb_conn *c = amb_conn_find(a, conn);

	if (c != NULL)
		ended(a, c, now);
}

/* True when the packet was the greeting; refused ones end the connection. */
static bool
greeting(struct amb *a, struct amb_conn *c, const struct ntk_packet *pkt,
    struct mono now)
{
	if (c->kind == CONN_TAKEN || c->greeted)
		return false;
	if (pkt->op != NTK_ACK_AFFERMATIVE) {
		amb_conn_close(a, c->id, now);
		return true;
	}
	c->greeted = true;
	if (c->kind == CONN_LINE)
		line_greeted(a, c, now);
	else
		amb_ask_greeted(a, now);
	return true;
}

static void
refuse(struct amb *a, uint32_t conn, const struct ntk_packet *pkt,
    enum ntk_error err)
{
	uint8_t out[NTK_SMALL], flags = 0;
	size_t n;

	if (pkt->op == NTK_GET_FREE_NODES || pkt->op == NTK_GET_QSPN_ROUND)
		flags = NTK_HOOKING;
	n = ntk_write_error(a->wire, flags, pkt->id, err, out);
	a->io.tcp_send(a->io.arg, conn, out, n);
}

static void
taken(struct amb *a, const struct amb_conn *c, const struct ntk_packet *pkt,
    struct mono now)
{
	switch (pkt->op) {
	case NTK_GET_FREE_NODES:
	case NTK_GET_QSPN_ROUND:
	case NTK_GET_INT_MAP:
	case NTK_GET_EXT_MAP:
	case NTK_GET_BNODE_MAP:
		if (a->temp != NULL && a->temp->ip == c->local)
			amb_hook_serve(a, c->id, pkt);
		else
			refuse(a, c->id, pkt, NTK_ERR_GNODE_FULL);
		break;
	case NTK_GET_INTERNET_GWS:
		refuse(a, c->id, pkt, NTK_ERR_REQUEST);
		break;
	default:
		amb_flood_out(a, pkt, now);
	}
}

/* One whole packet; the connection may be gone afterwards. */
static void
whole(struct amb *a, struct amb_conn *c, const uint8_t *p, size_t len,
    struct mono now)
{
	struct ntk_packet pkt;
	const char *field;

	if (!ntk_parse(p, len, &pkt, &field))
		return; /* damaged inside: the next one may be sound */
	if (greeting(a, c, &pkt, now))
		return;
	if (c->kind == CONN_TAKEN)
		taken(a, c, &pkt, now);
	else if (c->kind == CONN_ASK)
		amb_ask_input(a, &pkt, now);
}

static void
keep(struct amb_conn *c, const uint8_t *p, size_t len)
{
	if (c->len + len > c->max) {
		c->max = c->len + len;
		c->buf = xreallocarray(c->buf, c->max, 1);
	}
	memcpy(c->buf + c->len, p, len);
	c->len += len;
}

/* Takes the whole packets off the front of what is kept. */
static void
take_off(struct amb *a, uint32_t id, struct mono now)
{
	struct amb_conn *c;
	uint8_t *packet;
	size_t n;

	while ((c = amb_conn_find(a, id)) != NULL && c->len > 0) {
		enum ntk_cut cut = a->wire == 0
		    ? NTK_CUT_BROKEN
		    : ntk_cut(c->buf, c->len, a->wire, &n);

		if (cut == NTK_CUT_BROKEN)
			amb_conn_close(a, id, now);
		if (cut != NTK_CUT_WHOLE)
			return;
		packet = xmalloc(n);
		memcpy(packet, c->buf, n);
		c->len -= n;
		memmove(c->buf, c->buf + n, c->len);
		whole(a, c, packet, n, now);
		free(packet);
	}
}

void
amb_tcp(
    struct amb *a, uint32_t conn, const uint8_t *p, size_t len, struct mono now)
{
	struct amb_conn *c = amb_conn_find(a, conn);

	if (c == NULL || len == 0)
		return;
	keep(c, p, len);
	take_off(a, conn, now);
}
