#include "core/trial.h"

#include <stdio.h>
#include <string.h>

#include "base/xmem.h"
#include "core/core.h"
#include "core/dial.h"
#include "core/ex.h"
#include "core/guard.h"
#include "core/peer_send.h"
#include "core/room.h"
#include "core/session.h"
#include "core/timers.h"
#include "wire/mesh.h"

#define TRIAL_US (10 * MONO_SEC)
#define ANSWERS_US (60 * MONO_SEC) /* to confirm one of our answers */
#define NAME_US (30 * MONO_SEC)	   /* to say who it is, once it is live */
#define FEELER_US (5 * MONO_SEC)   /* to exchange records */
#define KEEP_US (3600 * (uint64_t)MONO_SEC) /* dialled on, once dead */
#define TRIALS_IN 256 /* that dialled us and have not said who they are */
#define PICKS 4	      /* dialled at once: each is a look at the whole book */
#define PICK_US (200 * MONO_MS)
#define NAME_SIGNS 8 /* of the key, as the peer's name */

static bool
is_made(const struct peer *p)
{
	return p->origin != PEER_CONFIGURED;
}

/* Until it tells the key that people see, by that of its handshake. */
static void
name_by_key(struct peer *p)
{
	char text[KEY_TEXT];

	key_format(p->ed_known ? p->cfg.ed_pk : p->cfg.x_pk, text);
	snprintf(p->cfg.name, sizeof(p->cfg.name), "%s:%.*s",
	    p->ed_known ? "key" : "new", NAME_SIGNS, text);
}

void
trial_named(struct core *c, struct peer *p, const uint8_t ed_pk[KEY_LEN],
    bool met, struct turn *t)
{
	memcpy(p->cfg.ed_pk, ed_pk, KEY_LEN);
	p->ed_known = true;
	name_by_key(p);
	timers_off(c, p, TM_TRIAL);
	room_place(c, p, met, t);
	peer_event(c, EV_PEER_STATE, p); /* the first that is told of it */
	if (!trust_update(c, p, t))
		peer_event(c, EV_PEER_CLASS, p);
}

static struct peer *
make(struct core *c, struct peer_config *cfg, enum peer_origin origin,
    const uint8_t *ss, struct turn *t)
{
	const char *why;
	struct peer *p = peer_new(c, cfg, origin, ss, &why, t);

	if (p != NULL)
		timers_arm(c, p, TM_TRIAL, mono_add(t->now, TRIAL_US));
	return p;
}

void
trial_doom(struct core *c, struct peer *p, uint8_t close_reason)
{
	if (p->doomed)
		return;
	p->doomed = true;
	p->doom_reason = close_reason;
	c->ex->n_doomed++;
}

void
trial_forget(struct core *c, struct peer *p)
{
	if (p->doomed)
		c->ex->n_doomed--;
	p->doomed = false;
}

/* It did not answer, if it was asked. */
static void
unanswered(struct core *c, const struct peer *p, struct turn *t)
{
	if (p->dial.sent)
		book_tried(c->ex->book, p->cfg.ed_pk, false, t->now);
	else
		book_untried(c->ex->book, p->cfg.ed_pk);
}

static void
end(struct core *c, struct peer *p, struct turn *t)
{
	bool was_shown = !peer_is_trial(p);

	peer_send_close(c, p, p->doom_reason, t);
	if (!is_made(p)) {
		peer_drop(c, p, PEER_VNODE, MESH_DOWN_CLOSED, t);
		trial_forget(c, p);
		return;
	}
	if (!p->ever_live && p->origin == PEER_LEARNED)
		unanswered(c, p, t);
	peer_drop(c, p, PEER_CANDIDATE, MESH_DOWN_REMOVED, t);
	if (was_shown)
		peer_event(c, EV_PEER_GONE, p);
	peer_free(c, p);
	exchange_pick_soon(c, t);
}

void
trial_end(struct core *c, struct peer *p, uint8_t close_reason, struct turn *t)
{
	trial_doom(c, p, close_reason);
	end(c, p, t);
}

void
trial_reap(struct core *c, struct turn *t)
{
	struct peer *p, *next;

	for (p = TAILQ_FIRST(&c->peers); p != NULL && c->ex->n_doomed > 0;
	     p = next) {
		next = TAILQ_NEXT(p, link);
		if (p->doomed)
			end(c, p, t);
	}
}

unsigned
trial_count(const struct core *c)
{
	const struct peer *p;
	unsigned n = 0;

	TAILQ_FOREACH (p, &c->peers, link)
		n += is_made(p) && p->state == PEER_VRNODE && !p->feeler;
	return n;
}

/* It is live and has said who it is: others count it (core/room.h). */
static bool
is_placed(const struct peer *p)
{
	return p->state == PEER_VRNODE && p->ed_known;
}

/* The network that it dials from. */
static uint64_t
network_of(const struct peer *p)
{
	const struct session *s = p->slot[SLOT_NEXT];

	if (p->has_path)
		return book_group(&p->path.remote);
	return s != NULL ? book_group(&s->to.remote) : 0;
}

/* The first place of the network that has most of them. */
static unsigned
first_of_most(const uint64_t *net, unsigned n)
{
	unsigned i, k, same, most = 0, first = 0;

	for (i = 0; i < n; i++) {
		for (same = 0, k = i; k < n; k++)
			same += net[k] == net[i];
		if (same > most) {
			most = same;
			first = i;
		}
	}
	return first;
}

/*
 * Of the network that has most of those who have not said who they are, the
 * one that dialled us longest ago gives way: whoever comes alone is let stay,
 * however fast others come.
 */
static void
make_room(struct core *c, struct turn *t)
{
	struct peer *p, *who[TRIALS_IN];
	uint64_t net[TRIALS_IN];
	unsigned n = 0;

	TAILQ_FOREACH (p, &c->peers, link) { /* in order of id */
		if (n == TRIALS_IN || p->origin != PEER_ADMITTED ||
		    is_placed(p))
			continue;
		net[n] = network_of(p);
		who[n++] = p;
	}
	if (n < TRIALS_IN)
		return;
	count(&c->cnt, CNT_init_room);
	trial_end(c, who[first_of_most(net, n)], CLOSE_ROOM, t);
}

struct peer *
trial_admit(struct core *c, const uint8_t x_pk[KEY_LEN], const uint8_t *ss,
    struct turn *t)
{
	struct peer_config cfg = { 0 };
	struct peer *p;

	make_room(c, t);
	memcpy(cfg.x_pk, x_pk, KEY_LEN);
	p = make(c, &cfg, PEER_ADMITTED, ss, t);
	if (p == NULL)
		return NULL;
	p->told_by = BOOK_FROM_SELF;
	name_by_key(p);
	return p;
}

/* Our answers, or what follows them, do not get through: another try. */
void
trial_answered(struct core *c, struct peer *p, struct turn *t)
{
	if (p->origin == PEER_ADMITTED && !p->ever_live &&
	    mono_since(p->since, t->now) < ANSWERS_US)
		timers_arm(c, p, TM_TRIAL, mono_add(t->now, TRIAL_US));
}

/*
 * Where it is said to be, what it has proven first; nothing of ours, and
 * nothing in the mesh: *ret_inside if that was some of it.
 */
static unsigned
endpoints_of(struct core *c, const struct book_entry *e,
    struct addr ret[RECORD_ENDPOINTS + 1], bool *ret_inside, struct turn *t)
{
	unsigned i, n = 0;
	bool self;

	*ret_inside = false;

	if (e->proven.port != 0)
		ret[n++] = e->proven;
	for (i = 0; i < e->n_ep; i++)
		if (!addr_equal(&e->ep[i], &e->proven))
			ret[n++] = e->ep[i];
	for (i = 0; i < n;) {
		self = exchange_is_self(c, &ret[i]);
		if (!self && guard_endpoint(c, NULL, &ret[i], t)) {
			i++;
			continue;
		}
		*ret_inside |= !self;
		ret[i] = ret[--n];
	}
	return n;
}

/* Not every trial begins at the same one of many. */
static void
turn_round(struct core *c, struct addr *ep, unsigned n)
{
	struct addr first;
	uint32_t r;

	c->io.random(c->io.arg, &r, sizeof(r));
	for (r %= n; r > 0; r--) {
		first = ep[0];
		memmove(ep, ep + 1, (n - 1) * sizeof(*ep));
		ep[n - 1] = first;
	}
}

/* It dialled us first, and has not said yet that it is this one. */
static bool
already(struct core *c, const struct peer *p, const struct book_entry *e,
    struct turn *t)
{
	if (p->state == PEER_VRNODE)
		book_tried(c->ex->book, e->key, true, t->now);
	else
		book_untried(c->ex->book, e->key);
	return true;
}

static bool
dial(struct core *c, const struct book_entry *e, struct turn *t)
{
	struct addr ep[RECORD_ENDPOINTS + 1];
	struct peer_config cfg = { 0 };
	bool inside;
	unsigned n = endpoints_of(c, e, ep, &inside, t);
	struct peer *p;

	if (n == 0 && inside) { /* what others claim is no fault of its */
		book_untried(c->ex->book, e->key);
		return true;
	}
	memcpy(cfg.ed_pk, e->key, KEY_LEN);
	if (n == 0 || !key_to_x25519(e->key, cfg.x_pk) ||
	    memcmp(cfg.x_pk, c->id.x_pk, KEY_LEN) == 0 ||
	    exchange_has_revoked(c, cfg.x_pk))
		return false;
	p = peertab_by_key(c, cfg.x_pk);
	if (p != NULL)
		return already(c, p, e, t);
	p = make(c, &cfg, PEER_LEARNED, NULL, t);
	if (p == NULL)
		return false;
	p->ed_known = true;
	name_by_key(p);
	p->told_by = e->source.from;
	p->told_which = e->source.which;
	p->feeler = book_is_feeler(c->ex->book, e->key);
	p->member = trust_is_member(c, cfg.x_pk, t->now);
	(void)trust_update(c, p, t);
	if (e->proven.port == 0)
		turn_round(c, ep, n);
	core_peer_endpoints(c, p, ep, n, t);
	return true;
}

bool
trial_dialled(const struct peer *p)
{
	return is_made(p) ? p->origin == PEER_LEARNED : p->dialled;
}

void
trial_tunnel(const struct peer *p, struct book_tunnel *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (p->ed_known)
		memcpy(ret->key, p->cfg.ed_pk, KEY_LEN);
	ret->live = p->state == PEER_VRNODE && !p->doomed;
	ret->dialled = trial_dialled(p);
	ret->configured = !is_made(p);
	ret->trial = p->origin == PEER_LEARNED && peer_is_trial(p);
	ret->at = p->has_path ? p->path.remote : p->ep[0];
	ret->source = exchange_source(p);
}

/* The tunnels as they are; the caller frees. NULL without memory. */
static struct book_tunnel *
tunnels(const struct core *c, size_t *ret_n)
{
	struct book_tunnel *bt = try_calloc(c->n_peers + 1, sizeof(*bt));
	const struct peer *p;
	size_t n = 0;

	if (bt == NULL)
		return NULL;
	TAILQ_FOREACH (p, &c->peers, link)
		trial_tunnel(p, &bt[n++]);
	*ret_n = n;
	return bt;
}

void
trial_pick(struct core *c, struct turn *t)
{
	struct book_entry *e = try_calloc(PICKS, sizeof(*e));
	struct book_tunnel *bt;
	unsigned i, n = PICKS;
	size_t n_bt;

	bt = e != NULL ? tunnels(c, &n_bt) : NULL;
	if (bt == NULL)
		goto later;
	n = book_pick(c->ex->book, bt, n_bt, e, PICKS, t->now, &c->ex->pick_at);
	for (i = 0; i < n; i++)
		if (!dial(c, &e[i], t))
			book_tried(c->ex->book, e[i].key, false, t->now);
later:
	if (n == PICKS)
		c->ex->pick_at = mono_add(t->now, PICK_US);
	free(bt);
	free(e);
}

void
trial_up(struct core *c, struct peer *p, struct turn *t)
{
	timers_off(c, p, TM_TRIAL);
	if (!is_made(p))
		return;
	if (p->origin == PEER_LEARNED && p->has_path)
		book_answers(c->ex->book, &p->path.remote);
	if (p->ed_known)
		book_tried(c->ex->book, p->cfg.ed_pk, true, t->now);
	if (p->feeler)
		timers_arm(c, p, TM_TRIAL, mono_add(t->now, FEELER_US));
	else if (!p->ed_known)
		timers_arm(c, p, TM_TRIAL, mono_add(t->now, NAME_US));
	trust_ask(c, p, t);
}

/* Who dialled us will do so again; whom we dialled we look for, a while. */
void
trial_down(struct core *c, struct peer *p, struct turn *t)
{
	if (!is_made(p))
		return;
	p->worded = false;
	if (p->feeler || p->n_ep == 0)
		trial_doom(c, p, CLOSE_REMOVED);
	else
		timers_arm(c, p, TM_TRIAL, mono_add(t->now, KEEP_US));
	exchange_pick_soon(c, t);
}

void
trial_closed(struct core *c, struct peer *p, uint8_t close_reason)
{
	if (is_made(p) &&
	    (close_reason == CLOSE_ROOM || close_reason == CLOSE_POLICY))
		trial_doom(c, p, CLOSE_REMOVED);
}

void
trial_exchanged(struct core *c, struct peer *p)
{
	if (p->feeler && p->origin == PEER_LEARNED)
		trial_doom(c, p, CLOSE_REMOVED);
}

void
trial_due(struct core *c, struct peer *p, struct turn *t)
{
	if (!is_made(p))
		return;
	if (p->state != PEER_VRNODE)
		trial_doom(c, p, CLOSE_REMOVED);
	else if (p->feeler && p->origin == PEER_ADMITTED)
		room_stay(c, p, t);
	else if (p->feeler)
		trial_doom(c, p, CLOSE_REMOVED);
	else if (!p->ed_known)
		trial_doom(c, p, CLOSE_POLICY);
	else
		trust_ask(c, p, t);
}
