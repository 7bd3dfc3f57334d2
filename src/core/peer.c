#include "core/peer.h"

#include <string.h>

#include "base/xmem.h"
#include "core/core.h"
#include "core/dial.h"
#include "core/exchange.h"
#include "core/mesh.h"
#include "core/negotiate.h"
#include "core/peer_send.h"
#include "core/session.h"
#include "core/timers.h"
#include "core/trial.h"
#include "crypto/kx.h"

/* What somebody sent so long ago is here, or lost. */
#define LINGER_US (10 * MONO_SEC)

const char *
peer_state_name(enum peer_state s)
{
	static const char *const names[] = {
		[PEER_CANDIDATE] = "candidate",
		[PEER_VNODE] = "vnode",
		[PEER_VRNODE] = "vrnode",
		[PEER_DEAD] = "dead",
	};

	return names[s];
}

bool
peer_is_trial(const struct peer *p)
{
	return p->origin != PEER_CONFIGURED &&
	    (!p->ever_live || !p->ed_known || p->feeler);
}

void
peer_event(struct core *c, enum core_event ev, const struct peer *p)
{
	if (!peer_is_trial(p))
		c->io.event(c->io.arg, ev, p);
}

static bool
is_zero(const uint8_t *p, size_t len)
{
	uint8_t seen = 0;

	while (len > 0)
		seen |= p[--len];
	return seen == 0;
}

struct peer *
peer_new(struct core *c, const struct peer_config *cfg, enum peer_origin origin,
    const uint8_t *ss, const char **ret_why, struct turn *t)
{
	struct peer *p = try_calloc(1, sizeof(*p));

	if (p == NULL || !heap_reserve(&c->deadlines, c->n_peers + 1u) ||
	    !fwd_peer_init(c, p, t->now)) {
		*ret_why = "there is no memory for it";
		free(p);
		return NULL;
	}
	p->cfg = *cfg;
	p->origin = origin;
	p->ed_known = p->member = p->carries = origin == PEER_CONFIGURED;
	p->since = t->now;
	if (ss != NULL) {
		memcpy(p->ss, ss, KEY_LEN);
	} else if (!kx_shared(p->ss, c->id.x_sk, cfg->x_pk)) {
		*ret_why = "the key is a point of low order";
		free(p->flood);
		free(p);
		return NULL;
	}
	network_psk(&c->net, cfg->pair_psk, p->psk);
	if (!is_zero(cfg->pair_psk, KEY_LEN))
		p->psk_id = network_psk_id(cfg->pair_psk);
	network_mac1key(&c->net, cfg->x_pk, p->mac1key);
	network_cookiekey(&c->net, cfg->x_pk, p->cookiekey);
	/* Twice the sender's burst: the line may bunch what it paced. */
	bucket_init(
	    &p->fan, c->limits.fan_origin, 4 * c->limits.fan_origin, t->now);
	p->staged_end = &p->staged;
	timers_init(p);
	pmtu_forget(c, p);
	p->id = ++c->last_id;
	htab_add(&c->by_key, &p->key_node);
	htab_add(&c->by_id, &p->id_node);
	TAILQ_INSERT_TAIL(&c->peers, p, link);
	c->n_peers++;
	return p;
}

static void
slot_free(struct core *c, struct peer *p, enum slot i)
{
	if (p->slot[i] == NULL)
		return;
	index_del(c, &p->slot[i]->ix);
	session_free(p->slot[i]);
	p->slot[i] = NULL;
}

/* Everything that belongs to a living tunnel. */
static void
release(struct core *c, struct peer *p)
{
	unsigned i;

	dial_end(c, p);
	for (i = 0; i < SLOTS; i++)
		slot_free(c, p, (enum slot)i);
	peer_send_forget(c, p);
	frag_fini(&p->frags);
	roam_end(c, p);
	pmtu_forget(c, p);
	timers_all_off(c, p);
	p->probes = 0;
}

void
peer_free(struct core *c, struct peer *p)
{
	release(c, p);
	trial_forget(c, p);
	known_forget(c, p);
	htab_del(&c->by_key, &p->key_node);
	htab_del(&c->by_id, &p->id_node);
	route_drop(c->routes, ROUTE_CONFIGURED, p->id);
	TAILQ_REMOVE(&c->peers, p, link);
	c->n_peers--;
	if (p->state == PEER_VRNODE)
		c->n_live--;
	free(p->flood);
	free(p->guard);
	if (p->dial.cookies != NULL)
		wipe(p->dial.cookies, sizeof(*p->dial.cookies));
	free(p->dial.cookies);
	wipe(p, sizeof(*p));
	free(p);
}

void
peer_set_state(struct core *c, struct peer *p, enum peer_state s, uint8_t why,
    struct turn *t)
{
	enum peer_state old = p->state;

	if (s == old)
		return;
	if (s == PEER_VRNODE)
		c->n_live++;
	else if (old == PEER_VRNODE)
		c->n_live--;
	p->state = s;
	p->since = t->now;
	if (s == PEER_VRNODE) {
		p->ever_live = true;
		if (p->carries)
			mesh_peer_up(c, p, t);
		exchange_peer_up(c, p, t); /* first of all, who we are */
		if (p->carries)
			negotiate_peer_up(c, p, t);
	} else if (old == PEER_VRNODE) {
		if (p->carries) {
			negotiate_peer_down(c, p, t);
			mesh_peer_down(c, p, why, t);
		}
		fwd_forget(c, p);
		exchange_peer_down(c, p, t);
	}
	peer_event(c, EV_PEER_STATE, p);
}

void
peer_set_path(struct core *c, struct peer *p, const struct path *path)
{
	p->path = *path;
	p->has_path = true;
	roam_end(c, p);
	pmtu_forget(c, p);
	known_update(c, p);
	peer_event(c, EV_PEER_ENDPOINT, p);
}

/* The other side learns from the first packet that the session lives. */
static void
speak_up(struct core *c, struct peer *p, struct session *s, struct turn *t)
{
	if (!peer_send_staged(c, p, t))
		peer_send_small(c, p, s, &p->path, 0, NULL, 0, t);
}

/* s replaces the current session, which stays readable for a while. */
static void
make_current(struct core *c, struct peer *p, struct session *s, struct turn *t)
{
	struct session *old = p->slot[SLOT_CUR];

	if (old != NULL && !old->heard && s->initiator) {
		/*
		 * Both are ours, and one took the other's place at the peer.
		 * It may have used that one before, on a line that reorders.
		 */
		if (p->slot[SLOT_PREV] == NULL)
			p->slot[SLOT_PREV] = old;
		else
			slot_free(c, p, SLOT_CUR);
	} else if (old != NULL) {
		p->stats.rekeys++;
		count(&c->cnt, CNT_rekeys);
		slot_free(c, p, SLOT_PREV);
		p->slot[SLOT_PREV] = old;
	}
	p->slot[SLOT_CUR] = s;
	p->dialled = s->initiator;
	p->handshake_at = t->now;
	p->handshake_wall_ms = t->wall_ms;
	count(&c->cnt, CNT_handshakes);
	dial_pause(c, p);
	timers_session_current(c, p, t);
	peer_event(c, EV_PEER_SESSION, p);
}

void
peer_take_current(
    struct core *c, struct peer *p, struct session *s, struct turn *t)
{
	make_current(c, p, s, t);
	if (p->state == PEER_CANDIDATE)
		peer_set_state(c, p, PEER_VNODE, 0, t);
	timers_received(c, p, t);
	speak_up(c, p, s, t);
}

void
peer_take_waiting(struct core *c, struct peer *p, struct session *s,
    enum slot slot, struct turn *t)
{
	slot_free(c, p, slot);
	p->slot[slot] = s;
	if (slot == SLOT_NEXT)
		p->next_answered = t->now;
	timers_arm(c, p, TM_REJECT, peer_expire(c, p, t->now));
}

/* Our answer was used: what waited is the current session now. */
static void
promote(struct core *c, struct peer *p, struct session *s, struct turn *t)
{
	if (p->slot[SLOT_DOUBT] == s) {
		/* Proven fresh after all: its clock may have gone back. */
		memcpy(p->stamp, s->stamp, STAMP_LEN);
		p->slot[SLOT_DOUBT] = NULL;
		slot_free(c, p, SLOT_NEXT);
	} else {
		p->slot[SLOT_NEXT] = NULL;
	}
	if (!s->in_band)
		peer_set_path(c, p, &s->to);
	make_current(c, p, s, t);
}

/* The peer sends under the current session, and under no other. */
static void
retire(struct core *c, struct peer *p, struct turn *t)
{
	struct session *s = p->slot[SLOT_PREV];
	struct mono end = mono_add(t->now, LINGER_US);

	if (s == NULL || !mono_before(end, s->end))
		return;
	s->end = end;
	timers_arm(c, p, TM_REJECT, peer_expire(c, p, t->now));
}

/*
 * Did the peer send under prev when nothing could be under s yet? Then it has
 * gone from the one to the other, and will not go back.
 */
static bool
succeeds(const struct session *s, const struct session *prev)
{
	return prev != NULL && prev->heard &&
	    mono_since(prev->heard_at, s->born) >= LINGER_US;
}

/* Something opened under s for the first time: it is proven. */
static void
confirm(struct core *c, struct peer *p, struct session *s, struct turn *t)
{
	s->heard = true;
	s->heard_at = t->now;
	if (p->slot[SLOT_CUR] != s && p->slot[SLOT_PREV] != s) {
		promote(c, p, s, t);
		speak_up(c, p, s, t);
	}
	if (p->slot[SLOT_CUR] != s)
		return;
	dial_end(c, p);
	if (succeeds(s, p->slot[SLOT_PREV]))
		retire(c, p, t);
	timers_confirmed(c, p);
	peer_set_state(c, p, PEER_VRNODE, 0, t);
	peer_send_probe(c, p, t); /* a first round trip time */
}

/* It still sends under the previous session: so do we again. */
static void
go_back(struct core *c, struct peer *p, struct turn *t)
{
	struct session *s = p->slot[SLOT_PREV];

	p->slot[SLOT_PREV] = p->slot[SLOT_CUR];
	p->slot[SLOT_CUR] = s;
	p->dialled = s->initiator;
	/* A packet that came late may have told that it ends. */
	s->end = mono_add(s->born, times_reject_us(c));
	timers_session_current(c, p, t);
}

void
peer_opened(struct core *c, struct peer *p, struct session *s, bool newest,
    struct turn *t)
{
	const struct session *cur = p->slot[SLOT_CUR];

	if (!s->heard)
		confirm(c, p, s, t);
	else if (mono_since(p->handshake_at, t->now) < LINGER_US)
		return;
	else if (!newest || cur == NULL)
		return;
	else if (s == cur)
		retire(c, p, t);
	else if (s == p->slot[SLOT_PREV] && cur->heard &&
	    equal_ct(s->boot, cur->boot, BOOT_LEN) &&
	    memcmp(c->id.x_pk, p->cfg.x_pk, KEY_LEN) < 0)
		go_back(c, p, t);
}

void
peer_prolong(struct core *c, struct peer *p)
{
	unsigned i;

	for (i = 0; i < SLOTS; i++) {
		struct session *s = p->slot[i];
		struct mono end;

		if (s == NULL || i == SLOT_PREV)
			continue;
		end = mono_add(s->born, times_reject_us(c));
		if (mono_before(s->end, end))
			s->end = end;
	}
}

struct mono
peer_expire(struct core *c, struct peer *p, struct mono now)
{
	struct mono next = MONO_NEVER;
	unsigned i;

	for (i = 0; i < SLOTS; i++) {
		if (p->slot[i] == NULL)
			continue;
		if (mono_due(p->slot[i]->end, now))
			slot_free(c, p, (enum slot)i);
		else
			next = mono_min(next, p->slot[i]->end);
	}
	return next;
}

void
peer_drop(struct core *c, struct peer *p, enum peer_state s, uint8_t why,
    struct turn *t)
{
	release(c, p);
	peer_set_state(c, p, s, why, t);
}
