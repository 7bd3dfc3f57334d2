#include "ctl/book.h"

#include <string.h>

#include "ctl/json.h"

static const char *
from_text(uint8_t from)
{
	static const char *const names[] = {
		[BOOK_FROM_USER] = "user",
		[BOOK_FROM_SELF] = "itself",
		[BOOK_FROM_PEER] = "peer",
		[BOOK_FROM_LIST] = "list",
	};

	return from < BOOK_FROMS ? names[from] : "unknown";
}

static const char *
accepts_text(uint8_t accepts)
{
	static const char *const names[] = {
		[ACCEPTS_CLOSED] = "closed",
		[ACCEPTS_ASK] = "ask",
		[ACCEPTS_OPEN] = "open",
	};

	return accepts < ACCEPTS_KINDS ? names[accepts] : "unknown";
}

static void
put_addrs(
    struct json_object *o, const char *name, const struct addr *a, unsigned n)
{
	struct json_object *list = json_object_new_array();
	char text[ADDR_TEXT];
	unsigned i;

	for (i = 0; i < n; i++)
		json_object_array_add(
		    list, json_object_new_string(addr_format(&a[i], text)));
	json_object_object_add(o, name, list);
}

static void
put_prefixes(struct json_object *o, const struct record *r)
{
	struct json_object *list = json_object_new_array();
	char text[PREFIX_TEXT];
	unsigned i;

	for (i = 0; i < r->n_prefix; i++)
		json_object_array_add(list,
		    json_object_new_string(prefix_format(&r->prefix[i], text)));
	json_object_object_add(o, "prefixes", list);
}

static struct json_object *
place_json(const struct record *r)
{
	struct json_object *o;

	if (!r->has_place)
		return NULL;
	o = json_object_new_object();
	json_object_object_add(
	    o, "lat", json_object_new_double(r->lat / 100000.0));
	json_object_object_add(
	    o, "lon", json_object_new_double(r->lon / 100000.0));
	return o;
}

struct json_object *
record_json(const struct record *r)
{
	struct json_object *o = json_object_new_object();

	put_u64(o, "seq", r->seq);
	put_u64(o, "issued", r->issued);
	put_u64(o, "life_seconds", r->life);
	put_addrs(o, "endpoints", r->ep, r->n_ep);
	put_prefixes(o, r);
	put_bool(o, "public", (r->flags & RECORD_PUBLIC) != 0);
	put_bool(o, "stable", (r->flags & RECORD_STABLE) != 0);
	put_str(o, "accepts", accepts_text(r->accepts));
	json_object_object_add(o, "load",
	    r->load == RECORD_LOAD_UNKNOWN ? NULL
					   : json_object_new_int(r->load));
	put_text(o, "name", r->name);
	put_text(o, "community", r->community);
	put_text(o, "country", r->country);
	json_object_object_add(o, "place", place_json(r));
	put_text(o, "contact", r->contact);
	return o;
}

static const struct peer *
peer_of(const struct core *c, const uint8_t key[KEY_LEN])
{
	const struct peer *p;

	TAILQ_FOREACH (p, &c->peers, link)
		if (p->ed_known && memcmp(p->cfg.ed_pk, key, KEY_LEN) == 0)
			return p;
	return NULL;
}

struct json_object *
entry_json(const struct core *c, const struct book_entry *e)
{
	struct json_object *o = json_object_new_object();
	const struct peer *p = peer_of(c, e->key);
	const uint8_t *sig;
	struct record r;
	size_t len;
	bool has;

	put_key(o, "public_key", e->key);
	put_str(o, "told_by", from_text(e->source.from));
	put_addrs(o, "endpoints", e->ep, e->n_ep);
	put_bool(o, "live", p != NULL && p->state == PEER_VRNODE);
	put_bool(o, "reached", e->reached);
	put_addr(o, "proven", &e->proven);
	put_bool(o, "anchor", e->anchor);
	put_u64(o, "observed_seconds", e->observed);
	put_u64(o, "rtt_us", e->rtt_us);
	put_u64(o, "fails", e->fails);
	put_u64(o, "first_at", (uint64_t)e->first_at);
	put_u64(o, "last_at", (uint64_t)e->last_at);
	put_percent(o, "uptime_7d", uptime_days(&e->uptime, 7), UPTIME_NONE);
	put_percent(
	    o, "uptime_30d", uptime_days(&e->uptime, UPTIME_DAYS), UPTIME_NONE);
	has = e->record_len > 0 &&
	    record_parse(e->record, e->record_len, &r, &len, &sig);
	json_object_object_add(o, "record", has ? record_json(&r) : NULL);
	return o;
}
