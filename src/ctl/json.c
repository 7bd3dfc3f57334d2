#include "ctl/json.h"

#include "core/core.h"
#include "core/exchange.h"
#include "core/peer_send.h"
#include "core/session.h"
#include "ctl/neg.h"

void
put_str(struct json_object *o, const char *name, const char *s)
{
	json_object_object_add(o, name, json_object_new_string(s));
}

void
put_u64(struct json_object *o, const char *name, uint64_t v)
{
	json_object_object_add(o, name, json_object_new_uint64(v));
}

void
put_bool(struct json_object *o, const char *name, bool v)
{
	json_object_object_add(o, name, json_object_new_boolean(v));
}

void
put_key(struct json_object *o, const char *name, const uint8_t *key)
{
	char text[KEY_TEXT];

	key_format(key, text);
	put_str(o, name, text);
}

void
put_text(struct json_object *o, const char *name, const char *s)
{
	json_object_object_add(
	    o, name, s[0] == '\0' ? NULL : json_object_new_string(s));
}

void
put_percent(
    struct json_object *o, const char *name, unsigned percent, unsigned none)
{
	json_object_object_add(o, name,
	    percent == none ? NULL : json_object_new_int((int)percent));
}

void
put_addr(struct json_object *o, const char *name, const struct addr *a)
{
	char text[ADDR_TEXT];

	if (a->port == 0)
		json_object_object_add(o, name, NULL);
	else
		put_str(o, name, addr_format(a, text));
}

const char *
suite_text(unsigned suite)
{
	static const char *const texts[SUITE_MAX] = {
		[SUITE_CHACHAPOLY] = "chacha20-poly1305",
		[SUITE_AES256GCM] = "aes-256-gcm",
	};

	return suite < SUITE_MAX ? texts[suite] : "unknown";
}

void
put_endpoint(struct json_object *o, const struct peer *p)
{
	static const struct addr none;

	put_addr(o, "endpoint", p->has_path ? &p->path.remote : &none);
}

void
put_peer_key(struct json_object *o, const struct peer *p)
{
	if (p->ed_known)
		put_key(o, "public_key", p->cfg.ed_pk);
	else
		json_object_object_add(o, "public_key", NULL);
}

/* How long we have seen it there, in all; null when the book has it not. */
static void
put_observed(struct json_object *o, const struct core *c, const struct peer *p)
{
	const struct book *b = exchange_book(c);
	const struct book_entry *e =
	    b != NULL && p->ed_known ? book_find(b, p->cfg.ed_pk) : NULL;

	if (e != NULL)
		put_u64(o, "observed_seconds", e->observed);
	else
		json_object_object_add(o, "observed_seconds", NULL);
}

const char *
peer_origin_name(enum peer_origin origin)
{
	static const char *const names[] = {
		[PEER_CONFIGURED] = "configured",
		[PEER_LEARNED] = "learned",
		[PEER_ADMITTED] = "admitted",
	};

	return names[origin];
}

static void
put_session(struct json_object *o, const struct core *c, const struct peer *p)
{
	const struct session *s = peer_session(p);

	if (s == NULL) {
		json_object_object_add(o, "suite", NULL);
		put_u64(o, "mtu", 0);
		return;
	}
	put_str(o, "suite", suite_text(s->ops->suite));
	put_u64(o, "mtu", peer_mtu(c, p));
}

static void
put_handshake(struct json_object *o, const struct peer *p, struct mono now)
{
	put_u64(o, "latest_handshake", p->handshake_wall_ms / 1000);
	if (p->handshake_wall_ms == 0)
		json_object_object_add(o, "handshake_age_seconds", NULL);
	else
		put_u64(o, "handshake_age_seconds",
		    mono_since(p->handshake_at, now) / MONO_SEC);
}

static void
put_stats(struct json_object *o, const struct peer *p)
{
	const struct peer_stats *st = &p->stats;

	put_u64(o, "rx_bytes", st->rx_bytes);
	put_u64(o, "tx_bytes", st->tx_bytes);
	put_u64(o, "rx_packets", st->rx_packets);
	put_u64(o, "tx_packets", st->tx_packets);
	put_u64(o, "fan_received", st->fan_received);
	put_u64(o, "fan_sent", st->fan_sent);
	put_u64(o, "deaths", st->deaths);
	put_u64(o, "rekeys", st->rekeys);
}

static bool
has_pair_key(const struct peer *p)
{
	static const uint8_t zero[KEY_LEN];

	return !equal_ct(p->cfg.pair_psk, zero, KEY_LEN);
}

struct json_object *
peer_json(const struct core *c, const struct peer *p, struct mono now)
{
	struct json_object *o = json_object_new_object();

	put_u64(o, "id", p->id);
	put_str(o, "name", p->cfg.name);
	put_peer_key(o, p);
	put_key(o, "handshake_key", p->cfg.x_pk);
	put_str(o, "origin", peer_origin_name(p->origin));
	put_str(o, "class", trust_class_name(trust_class(c, p)));
	put_observed(o, c, p);
	put_bool(o, "pair_key", has_pair_key(p));
	put_str(o, "state", peer_state_name(p->state));
	put_u64(o, "since_seconds", mono_since(p->since, now) / MONO_SEC);
	put_bool(o, "dialled", p->dialled);
	put_endpoint(o, p);
	put_addr(o, "reflexive", &p->reflexive);
	put_bool(o, "behind_nat", p->behind_nat);
	put_session(o, c, p);
	put_handshake(o, p, now);
	put_u64(o, "rtt_us", p->rtt_us);
	put_u64(o, "probes", p->probes);
	put_stats(o, p);
	json_object_object_add(o, "negotiation", neg_link_json(c, p));
	return o;
}
