/* What the data plane has learned and was told: who has which addresses. */
#include <stdlib.h>
#include <string.h>

#include "base/xmem.h"
#include "core/fdb.h"
#include "core/route.h"
#include "ctl/call.h"
#include "ctl/json.h"
#include "wire/ctlmsg.h"

/* A reply has to fit into what the control socket lets wait for a client. */
#define PAGE 400

#define PLACE_LEN 20 /* bytes that put learned addresses in order */
#define PLACE_TEXT (2 * PLACE_LEN + 1)

/* A learned address, and where it stands among all. */
struct row {
	uint8_t place[PLACE_LEN];
	struct fdb_entry e;
};

struct rows {
	uint8_t port; /* being looked at */
	struct row *row;
	size_t n, max;
	bool lacking; /* there was no memory for all of them */
};

/* By device, VLAN, family and address. */
static void
place_of(uint8_t port, const struct fdb_key *k, uint8_t ret[static PLACE_LEN])
{
	ret[0] = port;
	ret[1] = (uint8_t)(k->vlan >> 8);
	ret[2] = (uint8_t)k->vlan;
	ret[3] = (uint8_t)k->family;
	memcpy(ret + 4, k->a, sizeof(k->a));
}

static void
collect(void *arg, const struct fdb_entry *e)
{
	struct rows *rows = arg;
	void *more;

	if (rows->lacking)
		return;
	if (rows->n == rows->max) {
		more = try_reallocarray(
		    rows->row, 2 * rows->max + 64, sizeof(*rows->row));
		if (more == NULL) {
			rows->lacking = true;
			return;
		}
		rows->row = more;
		rows->max = 2 * rows->max + 64;
	}
	rows->row[rows->n].e = *e;
	place_of(rows->port, &e->key, rows->row[rows->n++].place);
}

static void
collect_all(const struct core *c, struct mono now, struct rows *rows)
{
	unsigned no;

	for (no = 0; no < c->n_port; no++) {
		rows->port = (uint8_t)no;
		if (c->port[no] != NULL && c->port[no]->fdb != NULL)
			fdb_each(c->port[no]->fdb, now, collect, rows);
	}
}

static int
by_place(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	return memcmp(x->place, y->place, PLACE_LEN);
}

static void
place_format(const uint8_t *place, char ret[static PLACE_TEXT])
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < PLACE_LEN; i++) {
		*ret++ = digits[place[i] >> 4];
		*ret++ = digits[place[i] & 0xf];
	}
	*ret = '\0';
}

/* The name of a peer; null for 0, which is ourselves. */
static void
put_peer(struct json_object *o, struct core *c, uint32_t id)
{
	const struct peer *p = id == 0 ? NULL : core_peer_by_id(c, id);

	if (p == NULL)
		json_object_object_add(o, "peer", NULL);
	else
		put_str(o, "peer", p->cfg.name);
}

/* An address alone, without the length that a prefix has. */
static const char *
address_text(const struct fdb_key *k, char buf[static PREFIX_TEXT])
{
	enum prefix_family family = (enum prefix_family)k->family;
	struct prefix p = { .family = (uint8_t)k->family };

	p.bits = (uint8_t)(8 * prefix_alen(family));
	memcpy(p.a, k->a, prefix_alen(family));
	prefix_format(&p, buf);
	*strchrnul(buf, '/') = '\0';
	return buf;
}

static struct json_object *
row_json(const struct ctl_call *call, const struct row *row)
{
	const struct ctl_host *host = call->ctl->host;
	struct json_object *o = json_object_new_object();
	char text[PREFIX_TEXT];
	struct ctl_device dev;

	put_str(o, "address", address_text(&row->e.key, text));
	put_u64(o, "vlan", row->e.key.vlan);
	if (host->device(host->arg, row->place[0], &dev))
		put_str(o, "device", dev.name);
	else
		json_object_object_add(o, "device", NULL);
	put_peer(o, call->ctl->core, row->e.where);
	put_u64(
	    o, "age_seconds", mono_since(row->e.seen, call->t->now) / MONO_SEC);
	return o;
}

/* The place that "after" names; "" when it is left out. */
static const char *
after_text(const struct ctl_call *call)
{
	struct json_object *v = call_arg(call, "after");

	return v == NULL ? "" : json_object_get_string(v);
}

static void
put_page(struct json_object *o, const char *name, struct json_object *list,
    const char *next)
{
	put_u64(o, "version", CTL_VERSION);
	json_object_object_add(o, name, list);
	json_object_object_add(
	    o, "next", next == NULL ? NULL : json_object_new_string(next));
}

/*
 * Places are compared as text: in the same order as their bytes. Rows may
 * come and go between two pages; none that stays is left out.
 */
struct json_object *
cmd_macs(struct ctl_call *call)
{
	struct json_object *o, *list;
	const struct core *c = call->ctl->core;
	const char *after = after_text(call), *next = NULL;
	struct rows rows = { 0 };
	char place[PLACE_TEXT] = "";
	size_t i, n = 0;

	collect_all(c, call->t->now, &rows);
	if (rows.lacking) {
		free(rows.row);
		return call_fail(call, "refused", "macs: there is no memory");
	}
	o = json_object_new_object();
	list = json_object_new_array();
	if (rows.n > 0)
		qsort(rows.row, rows.n, sizeof(*rows.row), by_place);
	for (i = 0; i < rows.n && next == NULL; i++) {
		char text[PLACE_TEXT];

		place_format(rows.row[i].place, text);
		if (strcmp(text, after) <= 0)
			continue;
		if (n++ == PAGE) {
			next = place; /* that of the last one */
			continue;
		}
		memcpy(place, text, sizeof(place));
		json_object_array_add(list, row_json(call, &rows.row[i]));
	}
	free(rows.row);
	put_page(o, "macs", list, next);
	return o;
}

/* One page of routes in their order, those behind a prefix. */
struct page {
	struct core *core;
	const struct ctl_host *host;
	struct json_object *list;
	bool behind; /* we are past it */
	struct prefix after, at;
	bool more;
	char last[PREFIX_TEXT];
};

static void
add_route(
    void *arg, const struct prefix *p, enum route_kind kind, uint32_t whose)
{
	struct page *page = arg;
	struct json_object *o;
	const char *why;
	int way;

	if (!page->behind) {
		way = p->family - page->after.family;
		if (way == 0)
			way = memcmp(p->a, page->after.a, sizeof(p->a));
		if (way == 0)
			way = p->bits - page->after.bits;
		if (way <= 0)
			return;
		page->behind = true;
	}
	/* both kinds of one prefix stay together: a page begins behind one */
	if (json_object_array_length(page->list) >= PAGE &&
	    !prefix_equal(p, &page->at)) {
		page->more = true;
		return;
	}
	page->at = *p;
	o = json_object_new_object();
	put_str(o, "prefix", prefix_format(p, page->last));
	put_peer(o, page->core, whose);
	put_bool(o, "agreed", kind == ROUTE_AGREED);
	why = kind == ROUTE_AGREED ? page->host->route_why(page->host->arg, p)
				   : NULL;
	json_object_object_add(
	    o, "refused", why != NULL ? json_object_new_string(why) : NULL);
	json_object_array_add(page->list, o);
}

struct json_object *
cmd_routes(struct ctl_call *call)
{
	const char *after = after_text(call), *why;
	struct page page = {
		.core = call->ctl->core, .host = call->ctl->host, .behind = true
	};
	struct json_object *o;

	if (after[0] != '\0') {
		why = prefix_parse(after, &page.after);
		if (why != NULL)
			return call_fail(call, "bad-argument",
			    "routes: after %s; it must be a prefix", why);
		page.behind = false;
	}
	o = json_object_new_object();
	page.list = json_object_new_array();
	route_each(page.core->routes, add_route, &page);
	put_page(o, "routes", page.list, page.more ? page.last : NULL);
	return o;
}

/* Addresses that peers have behind them. */
static void
count_learned(void *arg, const struct fdb_entry *e)
{
	uint64_t *n = arg;

	*n += e->where != FDB_LOCAL;
}

static struct json_object *
device_json(const struct ctl_call *call, unsigned no)
{
	const struct fwd_port *port = call->ctl->core->port[no];
	const struct ctl_host *host = call->ctl->host;
	struct json_object *o = json_object_new_object();
	struct ctl_device dev = { .name = "", .kind = "" };
	uint64_t learned = 0;

	(void)host->device(host->arg, no, &dev);
	if (port->fdb != NULL)
		fdb_each(port->fdb, call->t->now, count_learned, &learned);
	put_str(o, "name", dev.name);
	put_str(o, "kind", dev.kind);
	put_str(o, "mode", fwd_mode_name(port->cfg.mode));
	put_bool(o, "carrier", dev.carrier);
	put_bool(o, "gone", dev.gone);
	put_u64(o, "mtu", dev.mtu);
	put_u64(o, "rx_packets", port->rx);
	put_u64(o, "tx_packets", port->tx);
	put_u64(o, "learned", learned);
	return o;
}

struct json_object *
devices_json(const struct ctl_call *call)
{
	struct json_object *list = json_object_new_array();
	const struct core *c = call->ctl->core;
	unsigned no;

	for (no = 0; no < c->n_port; no++)
		if (c->port[no] != NULL)
			json_object_array_add(list, device_json(call, no));
	return list;
}
