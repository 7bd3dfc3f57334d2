/* Keys that must not be used any more: learned of, kept, spread, enforced. */
#include <string.h>

#include "base/container.h"
#include "base/xmem.h"
#include "core/core.h"
#include "core/dial.h"
#include "core/ex.h"
#include "core/trial.h"
#include "crypto/sign.h"

/* A key that must not be used, as handshakes show it. */
struct revoked_key {
	struct hnode node;
	uint8_t x_pk[KEY_LEN];
};

void
revoked_init(struct exchange *ex, const uint8_t secret[16])
{
	htab_init(&ex->revoked, HTAB_KEY_OFF(struct revoked_key, node, x_pk),
	    KEY_LEN, secret);
}

static struct revoked_key *
revoked_find(const struct exchange *ex, const uint8_t x_pk[KEY_LEN])
{
	struct hnode *n = htab_find(&ex->revoked, x_pk);

	return n != NULL ? CONTAINER_OF(n, struct revoked_key, node) : NULL;
}

void
revoked_fini(struct exchange *ex)
{
	const struct book_revoked *r;
	struct revoked_key *k;
	uint8_t x_pk[KEY_LEN];
	size_t pos = 0;

	while ((r = book_each_revoked(ex->book, &pos)) != NULL) {
		if (!key_to_x25519(r->key, x_pk) ||
		    (k = revoked_find(ex, x_pk)) == NULL)
			continue;
		htab_del(&ex->revoked, &k->node);
		free(k);
	}
	htab_fini(&ex->revoked);
}

bool
exchange_has_revoked(const struct core *c, const uint8_t x_pk[KEY_LEN])
{
	return c->ex != NULL && revoked_find(c->ex, x_pk) != NULL;
}

/* Its tunnel ends, and no other begins. */
static void
shut_out(struct core *c, struct peer *p)
{
	p->revoked = true;
	dial_end(c, p);
	trial_doom(c, p, CLOSE_POLICY);
	peer_event(c, EV_PEER_REVOKED, p);
}

/* No room to keep it: what we have with that key ends all the same. */
static void
close_once(struct core *c, const uint8_t ed_pk[KEY_LEN])
{
	uint8_t x_pk[KEY_LEN];
	struct peer *p = NULL;

	if (key_to_x25519(ed_pk, x_pk))
		p = peertab_by_key(c, x_pk);
	if (p != NULL && !p->revoked)
		shut_out(c, p);
}

/* As handshakes will show it; without memory at least now. */
static void
revoke_key(struct core *c, const uint8_t ed_pk[KEY_LEN])
{
	struct revoked_key *k = try_calloc(1, sizeof(*k));
	struct peer *p;

	if (k == NULL) {
		close_once(c, ed_pk);
		return;
	}
	if (!key_to_x25519(ed_pk, k->x_pk) ||
	    revoked_find(c->ex, k->x_pk) != NULL) {
		free(k);
		return;
	}
	htab_add(&c->ex->revoked, &k->node);
	p = peertab_by_key(c, k->x_pk);
	if (p != NULL)
		shut_out(c, p);
}

void
exchange_restore_revoked(struct core *c, const struct book_revoked *r)
{
	book_restore_revoked(c->ex->book, r);
	if (book_is_revoked(c->ex->book, r->key))
		revoke_key(c, r->key);
}

void
exchange_new_peer(struct core *c, struct peer *p)
{
	if (exchange_has_revoked(c, p->cfg.x_pk))
		shut_out(c, p);
}

static bool
is_authority(const struct exchange *ex, const uint8_t key[KEY_LEN])
{
	unsigned i;

	for (i = 0; i < ex->cfg.trust.n_authority; i++)
		if (memcmp(ex->cfg.trust.authority[i], key, KEY_LEN) == 0)
			return true;
	return false;
}

/* One that anybody could make concerns us only if we know the key. */
static bool
knows(struct core *c, const uint8_t ed_pk[KEY_LEN])
{
	uint8_t x_pk[KEY_LEN];

	return book_find(c->ex->book, ed_pk) != NULL ||
	    memcmp(c->id.ed_pk, ed_pk, KEY_LEN) == 0 ||
	    (key_to_x25519(ed_pk, x_pk) && peertab_by_key(c, x_pk) != NULL);
}

static bool
take_revoked(struct core *c, const uint8_t *raw, size_t len,
    const struct peer *from, bool any, struct turn *t)
{
	struct book_revoked br;
	const uint8_t *sig;
	struct revoke r;
	bool own;

	if (!revoke_parse(raw, len, &r, &sig))
		return false;
	own = memcmp(r.by, r.key, KEY_LEN) == 0;
	if (own ? !any && !knows(c, r.key) : !is_authority(c->ex, r.by))
		return false;
	if (book_is_revoked(c->ex->book, r.key))
		return true;
	if ((!any && !exchange_may_verify(c, t)) ||
	    !key_verify(
		r.by, SIGN_REVOKE, c->net.netid, raw, len - RECORD_SIG, sig))
		return false;
	memcpy(br.key, r.key, KEY_LEN);
	memcpy(br.raw, raw, REVOKE_LEN);
	if (!book_revoke(c->ex->book, &br, any)) {
		close_once(c, r.key);
		return false;
	}
	revoke_key(c, r.key);
	tell_revoked(c, br.raw, from, t);
	return true;
}

bool
exchange_revoke(struct core *c, const uint8_t *raw, size_t len, struct turn *t)
{
	return take_revoked(c, raw, len, NULL, true, t);
}

bool
exchange_take_revoked(struct core *c, const uint8_t *raw, size_t len,
    const struct peer *from, struct turn *t)
{
	return take_revoked(c, raw, len, from, false, t);
}
