#include "core/roam.h"

#include <string.h>

#include "base/xmem.h"
#include "core/core.h"
#include "core/guard.h"
#include "core/peer_send.h"
#include "core/session.h"
#include "core/timers.h"

#define CHECK_US (2 * MONO_SEC)	 /* how long the old address may speak up */
#define SETTLE_US (2 * MONO_SEC) /* at most one switch in that time */
#define CHALLENGE_SENT 48	 /* bytes of UDP payload of one challenge */

static void
challenge(struct core *c, struct peer *p, struct roam_leg *leg, struct turn *t)
{
	struct session *s = peer_session(p);

	if (s == NULL)
		return;
	leg->asked = true;
	peer_send_small(c, p, s, &leg->path, FRAME_CHALLENGE, leg->cookie,
	    CHALLENGE_LEN, t);
}

/*
 * Has the new address sent as much as it is to get, in bytes and in datagrams,
 * each of which has headers as well? Then that is spent.
 */
static bool
pay(struct roam_check *r)
{
	if (r->got - r->sent < CHALLENGE_SENT || r->got_n == r->sent_n)
		return false;
	r->sent += CHALLENGE_SENT;
	r->sent_n++;
	return true;
}

/* The new address is asked only once it has paid for the question. */
static void
challenge_new(struct core *c, struct peer *p, struct turn *t)
{
	struct roam_check *r = p->roam.check;

	if (!r->new.asked && pay(r))
		challenge(c, p, &r->new, t);
}

/* Without memory the next packet from there asks again. */
static bool
begin(struct core *c, struct peer *p, const struct path *from, struct turn *t)
{
	struct roam_check *r = try_calloc(1, sizeof(*r));

	if (r == NULL)
		return false;
	r->old.path = p->path;
	r->new.path = *from;
	c->io.random(c->io.arg, r->old.cookie, CHALLENGE_LEN);
	c->io.random(c->io.arg, r->new.cookie, CHALLENGE_LEN);
	p->roam.check = r;
	timers_arm(c, p, TM_PATH, mono_add(t->now, CHECK_US));
	challenge(c, p, &r->old, t);
	return true;
}

void
roam_end(struct core *c, struct peer *p)
{
	free(p->roam.check);
	p->roam.check = NULL;
	timers_off(c, p, TM_PATH);
}

void
roam_candidate(struct core *c, struct peer *p, const struct path *from,
    size_t bytes, unsigned n, struct turn *t)
{
	const struct session *s = peer_session(p);
	struct roam_check *r;

	if (p->roam.check == NULL) {
		if (mono_before(t->now, p->roam.settled) || s == NULL ||
		    (s->caps & CAP_PATH) == 0)
			return;
		if (!guard_endpoint(c, p, &from->remote, t) ||
		    !begin(c, p, from, t))
			return;
	}
	r = p->roam.check;
	if (!addr_equal(&r->new.path.remote, &from->remote))
		return; /* one check at a time */
	r->got += bytes;
	r->got_n += n;
	challenge_new(c, p, t);
}

void
roam_challenge(struct core *c, struct peer *p, const struct path *from,
    const uint8_t *cookie, struct turn *t)
{
	struct session *s = peer_session(p);
	struct roam_check *r = p->roam.check;

	if (s == NULL)
		return;
	/* Our own question may have taken what came. */
	if (r != NULL && addr_equal(&r->new.path.remote, &from->remote) &&
	    !pay(r))
		return;
	peer_send_small(
	    c, p, s, from, FRAME_RESPONSE, cookie, CHALLENGE_LEN, t);
}

static void
switch_path(struct core *c, struct peer *p, struct turn *t)
{
	struct path to = p->roam.check->new.path;

	p->roam.settled = mono_add(t->now, SETTLE_US);
	count(&c->cnt, CNT_roam_switch);
	peer_set_path(c, p, &to); /* ends the check */
}

static void
refuse(struct core *c, struct peer *p, enum counter why, struct turn *t)
{
	p->roam.settled = mono_add(t->now, SETTLE_US);
	count(&c->cnt, why);
	roam_end(c, p);
}

static bool
leg_answers(
    struct roam_leg *leg, const struct path *from, const uint8_t *cookie)
{
	if (!leg->asked || !addr_equal(&leg->path.remote, &from->remote) ||
	    !equal_ct(leg->cookie, cookie, CHALLENGE_LEN))
		return false;
	leg->answered = true;
	return true;
}

void
roam_response(struct core *c, struct peer *p, const struct path *from,
    const uint8_t *cookie, struct turn *t)
{
	struct roam_check *r = p->roam.check;

	if (r != NULL && leg_answers(&r->old, from, cookie)) {
		/* The old way is alive: somebody copies packets. */
		refuse(c, p, CNT_roam_refused, t);
		return;
	}
	if (r == NULL || !leg_answers(&r->new, from, cookie)) {
		count(&c->cnt, CNT_path_response_bad);
		return;
	}
	/* A NAT that bound anew leaves nobody behind the old port. */
	if (addr_same_ip(&r->old.path.remote, &r->new.path.remote))
		switch_path(c, p, t);
}

void
roam_decide(struct core *c, struct peer *p, struct turn *t)
{
	if (p->roam.check == NULL)
		return;
	if (p->roam.check->new.answered)
		switch_path(c, p, t);
	else
		refuse(c, p, CNT_roam_unproven, t);
}
