/*
 * What the files of the negotiation do for each other, by file. Nobody outside
 * of this folder includes it.
 */
#ifndef VPLAM_NEG_ACT_H
#define VPLAM_NEG_ACT_H

#include "neg/link.h"

/* neg.c */
struct mono neg_in(struct mono now); /* the caller's time to ours */
struct mono neg_out(struct mono t);  /* and back; not before 0 */
void neg_schedule(struct neg *g);    /* own deadlines have changed */
void link_schedule(struct neg *g, struct link *l);
void link_close(struct neg *g, struct link *l, bool penalty, struct mono now);
uint64_t neg_random(const struct neg *g);
struct link *link_find(const struct neg *g, uint32_t peer);
struct link *link_of_key(const struct neg *g, const uint8_t key[NEG_KEY]);

/* own.c: what we say of ourselves */
void own_dirty(struct neg *g);
/* When the next own_publish() has something to tell, or MONO_NEVER. */
struct mono own_due(const struct neg *g);
/* Tells all links when something has changed and it is time. */
void own_publish(struct neg *g, struct mono now);
void own_forget(struct neg *g, struct mono now); /* the place is not known */
void own_adopt(struct neg *g, uint64_t netid, uint32_t age, struct mono now);
void own_save(struct neg *g);

/* talk.c: messages of a link */
void talk_hello(struct neg *g, struct link *l, struct mono now);
void talk_desc(struct neg *g, struct link *l, uint8_t type, struct mono now);
void talk_why(
    struct neg *g, struct link *l, uint8_t type, uint8_t why, struct mono now);
void talk_busy(
    struct neg *g, struct link *l, uint32_t retry_s, struct mono now);
void talk_propose(struct neg *g, struct link *l, uint8_t type,
    const struct claim *from, const struct claim *to, struct mono now);
void talk_verdict(struct neg *g, struct link *l, struct mono now);
void talk_reject(struct neg *g, struct link *l, struct mono now);
void talk_notice(struct neg *g, struct link *l, uint64_t netid,
    const struct claim *c, struct mono now);
void talk_seen(struct neg *g, struct link *l, const uint8_t nonce[NEG_NONCE],
    struct mono now);
void talk_part(void *arg, const uint8_t *part, size_t len);
struct talk_to {
	const struct neg *g;
	const struct link *l;
};

/* link.c: states and events */
void link_state(
    struct neg *g, struct link *l, enum neg_state state, struct mono now);
/* Where a verdict has led: settled, looked at again in 10 minutes. */
void link_settle(
    struct neg *g, struct link *l, enum neg_state state, struct mono now);
void link_held(
    struct neg *g, struct link *l, uint8_t why, bool by_peer, struct mono now);
/* Later: in after_s, or 0: by the rule of growing, random times. */
void link_backoff(struct neg *g, struct link *l, uint32_t after_s, uint8_t why,
    struct mono now);
/* All of it anew, with the descriptors that are there. */
void link_restart(struct neg *g, struct link *l, struct mono now);
bool link_settled(const struct link *l);
/* Known for three days, by whoever told us of it or in our own memory. */
bool link_established(const struct link *l);
bool link_message(struct neg *g, struct link *l, uint8_t type, const uint8_t *p,
    size_t len, struct mono now);
void link_tick(struct neg *g, struct link *l, struct mono now);

/* greet.c: HELLO, DESC and MOVED of the other side, the mesh probe */
void greet_desc(
    struct neg *g, struct link *l, const struct neg_msg *m, struct mono now);
void greet_seen(
    struct neg *g, struct link *l, const struct neg_msg *m, struct mono now);
/* Tells once more what was heard: the other side may not know. */
void greet_said(struct neg *g, struct link *l, struct mono now);
bool greet_probed(const struct neg *g, const struct link *l);
void greet_probe(struct neg *g, struct link *l, struct mono now);
void greet_probe_tick(struct neg *g, struct link *l, struct mono now);
void greet_nonce(struct neg *g, struct link *l, const uint8_t nonce[NEG_NONCE],
    struct mono now);

/* eval.c: what follows from two descriptors */
/* As it would be now; known: R has known I before. */
void eval_verdict(
    const struct neg *g, const struct link *l, bool known, struct verdict *ret);
bool eval_known(const struct link *l); /* we are R */
/* Our own claim in it: I's or R's; NULL: it is about others. */
const struct claim *eval_own_claim(
    const struct neg *g, const struct link *l, const struct verdict *v);
void eval_link(struct neg *g, struct link *l, struct mono now);
void eval_check(struct neg *g, struct link *l, const struct neg_msg *m,
    struct mono now);				 /* VERDICT has come to us, I */
void eval_again(struct neg *g, struct mono now); /* our own known changed */
/* Since when is there one, by the two descriptors? */
void eval_conflict(struct neg *g, struct link *l, struct mono now);
/* Have we lately told it that it should move for a third party? */
bool eval_told(const struct link *l, struct mono now);
/* A third party that we told is busy: it is told again. */
void eval_told_busy(
    struct neg *g, const struct link *third, uint32_t s, struct mono now);

/* lose.c: we are to move */
void lose_consider(struct neg *g, struct link *l, const struct claim *from,
    unsigned level, bool notice, struct mono now);
void lose_begin(struct neg *g, struct link *l, const struct claim *from,
    unsigned level, struct mono now);
void lose_accepted(
    struct neg *g, struct link *l, const struct neg_msg *m, struct mono now);
/* Paths that the other side says are taken. */
void lose_taken(struct link *l, const struct neg_msg *m);
void lose_rejected(
    struct neg *g, struct link *l, const struct neg_msg *m, struct mono now);
void lose_late(struct neg *g, struct link *l, struct mono now);
void lose_notice(
    struct neg *g, struct link *l, const struct neg_msg *m, struct mono now);
/* Back to IDLE; a move under way is stopped. */
void lose_drop(struct neg *g, struct link *l);
struct choice {
	struct claim to;
	unsigned n_free;
};
bool lose_choose(const struct neg *g, const struct link *l,
    const struct claim *from, unsigned level, struct mono now,
    struct choice *ret);
uint32_t move_seconds(uint32_t nodes); /* T_move */

/* win.c: the other side is to move */
bool win_begin(struct neg *g, struct link *l, struct mono now);
void win_propose(
    struct neg *g, struct link *l, const struct neg_msg *m, struct mono now);
void win_aborted(
    struct neg *g, struct link *l, const struct neg_msg *m, struct mono now);
void win_refresh(struct neg *g); /* the role, after a link changed its state */
void win_release(struct neg *g, const struct link *l);
/* A place that we have left, for those who had it: key NULL: any of netid. */
void win_vacate(struct neg *g, uint64_t netid, const uint8_t *key,
    const struct claim *c, struct mono now);
/* We are to move: those who are not trusted wait. */
void win_yield(struct neg *g, struct mono now);
/* Is it kept for l? */
bool win_is_for(const struct reserve *rs, const struct link *l);
/* The tunnel is gone, and with it what was kept for its other side. */
void win_leave(struct neg *g, const struct link *l);
void win_restore(struct neg *g, const struct neg_record *rec, struct mono now);
void win_expire(struct neg *g, struct mono now);
struct mono win_deadline(const struct neg *g);
/* What nobody but l may take, as far as we know: how many, at most max. */
unsigned win_taken(const struct neg *g, const struct link *l, struct claim *out,
    unsigned max, struct mono now);

/* taken.c: paths that are not free */
struct claim_list {
	struct claim *c;
	size_t n, max;
	bool failed; /* not all that belong to it: there was no memory */
};
void list_claim(struct claim_list *ls, const struct claim *c);
/* Is it nobody's to route, or another's than l's whatever is agreed? */
bool taken_from(
    const struct neg *g, const struct link *l, const struct claim *c);
/* What nobody but l may take, as far as we know. */
void taken_gather(const struct neg *g, const struct link *l,
    struct claim_list *ls, struct mono now);
/*
 * And what we had better not choose ourselves. strict: also what peers say
 * that have no part in this.
 */
void taken_choose(const struct neg *g, const struct link *l,
    const struct claim *from, bool strict, struct claim_list *ls,
    struct mono now);

/* routes.c */
/*
 * May l take the place of whoever has that key and netid? Only the same key, or
 * who is trusted: anybody can say that netid.
 */
bool link_is_of(const struct link *l, const uint8_t *key, uint64_t netid);
/* Computes those of l anew, NULL: of all; tells who has other ones now. */
void routes_update(struct neg *g, struct link *l, struct mono now);
struct mono routes_kept_until(const struct neg *g, struct mono now);
unsigned routes_known(
    const struct neg *g, struct known *out, unsigned max, struct mono now);

/* stable.c */
void stable_check(struct neg *g, struct mono now);
void stable_restore(struct neg *g, bool stable, struct mono now);

#endif
