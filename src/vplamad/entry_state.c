#include "vplamad/entry_in.h"

#include "core/exchange.h"
#include "ctl/json.h"
#include "vplamad/vplamad.h"

#define AUDITED 60 /* vnodes of a list: the reply has its bounds */

/* What was good at its time may be late by now. */
static bool
is_late(const struct list *l, int64_t now)
{
	return l->hint == NULL && now >= RECORD_EPOCH &&
	    now > l->said.list.valid_until;
}

static const char *
state_of(const struct list *l, const struct turn *t)

{
	if (l->job != NULL || l->check != NULL)
		return "under-way";
	if (l->why[0] != '\0')
		return "failed";
	if (l->good_at == 0)
		return "not-wanted-yet";
	if (!l->has || entry_over(l, t))
		return "expired";
	return is_late(l, (int64_t)(t->wall_ms / 1000)) ? "late" : "good";
}

static void
put_i64(struct json_object *o, const char *name, int64_t v)
{
	json_object_object_add(o, name, json_object_new_int64(v));
}

/* Seconds until then, null: nothing is planned. */
static void
put_in(struct json_object *o, const char *name, struct mono at, struct mono now)
{
	json_object_object_add(o, name,
	    mono_is_never(at) ? NULL
			      : json_object_new_int64(
				    (int64_t)(mono_since(now, at) / MONO_SEC)));
}

static struct json_object *
source_json(const struct list *l, const struct turn *t)
{
	struct json_object *o = json_object_new_object();
	const struct entry_list *said = &l->said.list;

	put_str(o, "source", l->name);
	put_str(o, "state", state_of(l, t));
	put_text(o, "why", l->why);
	put_text(o, "signer", l->signer);
	put_bool(o, "key_configured", l->src.key[0] != '\0');
	put_u64(o, "serial", l->serial);
	put_text(o, "publisher", said->publisher);
	put_i64(o, "generated", said->generated);
	put_i64(o, "fresh_until", said->fresh_until);
	put_i64(o, "valid_until", l->valid_until);
	put_u64(o, "vnodes", l->n);
	put_u64(o, "counted", l->counted);
	put_u64(o, "bad_records", l->said.bad_records);
	put_i64(o, "tried_at", l->tried_at);
	put_i64(o, "good_at", l->good_at);
	put_u64(o, "fails", l->fails);
	put_in(o, "next_in", l->next_at, t->now);
	return o;
}

struct json_object *
entry_sources(void *arg)
{
	struct vplamad *d = arg;
	struct json_object *list = json_object_new_array();
	const struct turn *t = loop_turn(d->loop);
	unsigned i;

	for (i = 0; d->entries != NULL && i < d->entries->n; i++)
		json_object_array_add(
		    list, source_json(d->entries->list[i], t));
	return list;
}

/* --- the audit --------------------------------------------------------------
 */

/* How what a list says compares with what we have seen. */
enum seen { SEEN_REACHED, SEEN_SILENT, SEEN_UNTRIED, SEEN_KINDS };

static enum seen
seen_of(const struct book_entry *e)
{
	if (e == NULL)
		return SEEN_UNTRIED;
	if (e->reached)
		return SEEN_REACHED;
	return e->fails > 0 ? SEEN_SILENT : SEEN_UNTRIED;
}

static struct json_object *
says_json(const struct entry_server *s)
{
	struct json_object *o = json_object_new_object();

	put_bool(o, "up", s->up);
	put_percent(o, "uptime_30d", s->uptime_30d, ENTRY_NO_DAY);
	put_u64(o, "observed_seconds", s->observed);
	put_u64(o, "rtt_us", s->rtt_us);
	return o;
}

static struct json_object *
measured_json(const struct book_entry *e)
{
	struct json_object *o = json_object_new_object();

	put_bool(o, "reached", e->reached);
	put_u64(o, "fails", e->fails);
	put_percent(
	    o, "uptime_30d", uptime_days(&e->uptime, UPTIME_DAYS), UPTIME_NONE);
	put_u64(o, "observed_seconds", e->observed);
	put_u64(o, "rtt_us", e->rtt_us);
	return o;
}

static struct json_object *
vnode_json(const struct list *l, unsigned i, const struct book_entry *e)
{
	const struct entry_server *s =
	    l->hint == NULL ? &l->said.list.server[i] : NULL;
	struct json_object *o = json_object_new_object();

	put_key(o, "public_key", e->key);
	put_text(o, "name", s != NULL ? s->name : "");
	json_object_object_add(o, "says", s != NULL ? says_json(s) : NULL);
	json_object_object_add(o, "measured", measured_json(e));
	return o;
}

static struct json_object *
audit_json(const struct list *l, const struct book *b)
{
	struct json_object *o = json_object_new_object();
	struct json_object *vnodes = json_object_new_array();
	unsigned n[SEEN_KINDS] = { 0 }, i, shown = 0;

	for (i = 0; i < l->n; i++) {
		const struct book_entry *e = book_find(b,
		    l->hint != NULL ? l->hint[i].key
				    : l->said.list.server[i].key);
		enum seen seen = seen_of(e);

		n[seen]++;
		if (seen != SEEN_UNTRIED && shown++ < AUDITED)
			json_object_array_add(vnodes, vnode_json(l, i, e));
	}
	put_str(o, "source", l->name);
	put_text(o, "signer", l->signer);
	put_u64(o, "vnodes_listed", l->n);
	put_u64(o, "reached", n[SEEN_REACHED]);
	put_u64(o, "silent", n[SEEN_SILENT]);
	put_u64(o, "untried", n[SEEN_UNTRIED]);
	json_object_object_add(o, "vnodes", vnodes);
	put_bool(o, "more", shown > AUDITED);
	return o;
}

struct json_object *
entry_audit(void *arg)
{
	struct vplamad *d = arg;
	struct json_object *list = json_object_new_array();
	unsigned i;

	for (i = 0; d->entries != NULL && i < d->entries->n; i++)
		json_object_array_add(list,
		    audit_json(d->entries->list[i], exchange_book(&d->core)));
	return list;
}
