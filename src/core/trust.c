#include "core/trust.h"

#include <string.h>

#include "core/core.h"
#include "core/ex.h"
#include "core/mesh.h"
#include "core/negotiate.h"
#include "core/timers.h"
#include "core/trial.h"
#include "wire/mesh.h"

#define ASK_RATE 5  /* runs of the hook a second */
#define ASK_NET_S 2 /* one for each network in so many */
#define ASK_AGAIN_US (5 * MONO_SEC)
#define ASK_LATE_S 2 /* to hear that it took too long */

const char *
trust_class_name(enum peer_class k)
{
	static const char *const names[] = {
		[CLASS_STRANGER] = "stranger",
		[CLASS_MEMBER] = "member",
		[CLASS_ESTABLISHED] = "established",
		[CLASS_ANCHOR] = "anchor",
	};

	return names[k];
}

const char *
trust_mode_name(enum trust_mode m)
{
	static const char *const names[] = {
		[TRUST_KNOWN] = "known",
		[TRUST_OPEN] = "open",
		[TRUST_HOOK] = "hook",
		[TRUST_SECRET] = "secret",
	};

	return names[m];
}

static enum trust_mode
mode_of(const struct core *c)
{
	return c->ex != NULL ? c->ex->cfg.trust.mode : TRUST_KNOWN;
}

bool
trust_is_old(const struct core *c, const struct peer *p)
{
	const struct book_entry *e;

	if (c->ex == NULL || !p->ed_known)
		return false;
	e = book_find(c->ex->book, p->cfg.ed_pk);
	return e != NULL && e->observed >= BOOK_AGE_S;
}

enum peer_class
trust_class(const struct core *c, const struct peer *p)
{
	if (p->origin == PEER_CONFIGURED)
		return CLASS_ANCHOR;
	if (!p->ed_known || !p->member)
		return CLASS_STRANGER;
	return trust_is_old(c, p) ? CLASS_ESTABLISHED : CLASS_MEMBER;
}

bool
trust_carries(const struct core *c, const struct peer *p, uint8_t frame)
{
	(void)c;
	if (p->carries)
		return true;
	switch (frame) {
	case FRAME_DATA:
	case FRAME_NTK:
	case FRAME_CLAIM:
	case FRAME_NEG:
	case FRAME_FRAG:
		return false;
	default:
		return true;
	}
}

/* Until its record has told its key, nobody could say whose traffic it is. */
static bool
may_carry(const struct core *c, const struct peer *p)
{
	if (p->origin == PEER_CONFIGURED)
		return true;
	return p->ed_known && !p->feeler && !p->revoked &&
	    (p->member || c->ex->cfg.trust.open_transit);
}

bool
trust_update(struct core *c, struct peer *p, struct turn *t)
{
	bool may = may_carry(c, p);

	if (may == p->carries)
		return false;
	if (p->state != PEER_VRNODE) {
		p->carries = may;
		return false;
	}
	if (may) {
		p->carries = true;
		mesh_peer_up(c, p, t);
		negotiate_peer_up(c, p, t);
	} else {
		negotiate_peer_down(c, p, t);
		mesh_peer_down(c, p, MESH_DOWN_REMOVED, t);
		fwd_forget(c, p);
		p->carries = false;
	}
	peer_event(c, EV_PEER_CLASS, p);
	return true;
}

static struct word *
word_of(struct exchange *ex, const uint8_t x_pk[KEY_LEN], struct mono now)
{
	struct word *w;
	unsigned i;

	for (i = 0; i < EX_WORDS; i++) {
		w = &ex->word[i];
		if (!w->used || memcmp(w->x_pk, x_pk, KEY_LEN) != 0)
			continue;
		if (!mono_due(w->until, now))
			return w;
		w->used = false;
	}
	return NULL;
}

/* A place for another word: a free one, else that which ends first. */
static struct word *
word_place(struct exchange *ex, struct mono now)
{
	struct word *w, *oldest = NULL;
	unsigned i, asked = 0;

	for (i = 0; i < EX_WORDS; i++) {
		w = &ex->word[i];
		if (w->used && mono_due(w->until, now))
			w->used = false;
		if (w->used && w->asked)
			asked++;
		else if (oldest == NULL || (oldest->used && !w->used) ||
		    (oldest->used == w->used &&
			mono_before(w->until, oldest->until)))
			oldest = w;
	}
	return asked < TRUST_PENDING ? oldest : NULL;
}

/* Whoever has many keys and one network leaves questions to others. */
static bool
may_ask(struct exchange *ex, const struct addr *from, struct mono now)
{
	const struct mono slow = { now.us / ASK_NET_S };
	struct addr net = *from;

	if (addr_is_v4(&net))
		net.ip[15] = 0; /* the table knows a /64 itself */
	return bucket_left(&ex->asks, now) > 0 &&
	    ratelimit_take(ex->ask_rate, &net, slow) &&
	    bucket_take(&ex->asks, now);
}

static void
ask_hook(struct core *c, const uint8_t x_pk[KEY_LEN], const struct addr *from,
    struct mono now)
{
	struct exchange *ex = c->ex;
	struct word *w;

	if (word_of(ex, x_pk, now) != NULL)
		return; /* under way, or it has spoken */
	w = word_place(ex, now);
	if (w == NULL || !may_ask(ex, from, now)) {
		count(&c->cnt, CNT_trust_ask_rate);
		return;
	}
	*w = (struct word){ .used = true,
		.asked = true,
		.until = mono_add(
		    now, (TRUST_ASK_S + ASK_LATE_S) * (uint64_t)MONO_SEC) };
	memcpy(w->x_pk, x_pk, KEY_LEN);
	ex->io.ask(ex->io.arg, x_pk, from);
}

void
trust_start(struct exchange *ex, const uint8_t secret[16], struct mono now)
{
	bucket_init(&ex->asks, ASK_RATE, TRUST_PENDING, now);
	ex->ask_rate = ratelimit_new(1, 1, secret);
}

void
trust_end(struct exchange *ex)
{
	ratelimit_free(ex->ask_rate);
}

static bool
has_spoken(const struct word *w)
{
	return w != NULL && !w->asked && w->class != TRUST_UNSAID;
}

bool
trust_is_member(
    const struct core *c, const uint8_t x_pk[KEY_LEN], struct mono now)
{
	const struct word *w;

	switch (c->ex->cfg.trust.mode) {
	case TRUST_SECRET:
		return true;
	case TRUST_HOOK:
		w = word_of(c->ex, x_pk, now);
		return w != NULL && !w->asked && w->class >= CLASS_MEMBER;
	case TRUST_KNOWN:
	case TRUST_OPEN:
		break;
	}
	return false;
}

/*
 * A question may be dropped, or get no answer: it is put again as long as there
 * is a tunnel. What was said once holds as long as that.
 */
void
trust_ask(struct core *c, struct peer *p, struct turn *t)
{
	if (mode_of(c) != TRUST_HOOK || p->origin == PEER_CONFIGURED ||
	    p->worded || p->state != PEER_VRNODE)
		return;
	p->worded = has_spoken(word_of(c->ex, p->cfg.x_pk, t->now));
	if (p->worded)
		return;
	ask_hook(c, p->cfg.x_pk, &p->path.remote, t->now);
	if (mono_is_never(p->deadline[TM_TRIAL]))
		timers_arm(c, p, TM_TRIAL, mono_add(t->now, ASK_AGAIN_US));
}

/* Does the hook let it in? Asked where it has not spoken. */
static bool
hook_admits(struct core *c, const uint8_t x_pk[KEY_LEN],
    const struct path *from, struct turn *t)
{
	const struct word *w = word_of(c->ex, x_pk, t->now);

	if (!has_spoken(w)) {
		count(&c->cnt, CNT_init_asked);
		ask_hook(c, x_pk, &from->remote, t->now);
		return false;
	}
	if (w->class < 0)
		count(&c->cnt, CNT_init_unknown);
	return w->class >= 0;
}

bool
trust_is_closed(const struct core *c)
{
	return mode_of(c) == TRUST_KNOWN || c->ex->cfg.trust.max_peers == 0;
}

struct peer *
trust_admit(struct core *c, const uint8_t x_pk[KEY_LEN], const uint8_t *ss,
    const struct path *from, struct turn *t)
{
	struct peer *p;

	if (trust_is_closed(c)) {
		count(&c->cnt, CNT_init_unknown);
		return NULL;
	}
	if (exchange_has_revoked(c, x_pk)) {
		count(&c->cnt, CNT_init_revoked);
		return NULL;
	}
	if (mode_of(c) == TRUST_HOOK && !hook_admits(c, x_pk, from, t))
		return NULL;
	p = trial_admit(c, x_pk, ss, t);
	if (p != NULL)
		p->member = trust_is_member(c, x_pk, t->now);
	return p;
}

/* A peer that we know by now: as the word, or the mode, says. */
static void
reconsider(struct core *c, struct peer *p, struct turn *t)
{
	bool hook = mode_of(c) == TRUST_HOOK, refused = false;
	bool was = p->member;
	const struct word *w;

	if (p->origin == PEER_CONFIGURED)
		return;
	w = hook ? word_of(c->ex, p->cfg.x_pk, t->now) : NULL;
	p->worded = hook && (p->worded || has_spoken(w));
	if (!hook || has_spoken(w))
		p->member = trust_is_member(c, p->cfg.x_pk, t->now);
	if (has_spoken(w))
		refused = w->class < 0;
	else
		trust_ask(c, p, t);
	if (trust_is_closed(c) || refused)
		trial_doom(c, p, CLOSE_POLICY);
	if (!trust_update(c, p, t) && p->member != was && p->carries &&
	    p->state == PEER_VRNODE)
		negotiate_peer_up(c, p, t); /* the link learns of it */
}

void
trust_decided(
    struct core *c, const uint8_t x_pk[KEY_LEN], int class, struct turn *t)
{
	struct word *w = c->ex != NULL ? word_of(c->ex, x_pk, t->now) : NULL;
	uint64_t hold_s;
	struct peer *p;

	if (w == NULL || !w->asked)
		return;
	w->asked = false;
	w->class = class;
	hold_s = class == TRUST_UNSAID ? TRUST_RETRY_S : TRUST_HOLD_S;
	w->until = mono_add(t->now, hold_s * MONO_SEC);
	p = peertab_by_key(c, x_pk);
	if (p != NULL)
		reconsider(c, p, t);
}

void
trust_update_all(struct core *c, struct turn *t)
{
	struct peer *p;

	TAILQ_FOREACH (p, &c->peers, link)
		reconsider(c, p, t);
}
