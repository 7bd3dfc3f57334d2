#include "vplamad/node.h"

#include <stdlib.h>
#include <string.h>

#include "base/container.h"
#include "base/xmem.h"
#include "vplamad/vplamad.h"
#include "wire/frame.h"

#define DEFAULT_PORT 7469

static bool
ep_known(const struct addr *ep, unsigned n, const struct addr *a)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (addr_equal(&ep[i], a))
			return true;
	return false;
}

/* The first address of each name, then the second of each, and so on. */
static unsigned
merge(const struct node *n, struct addr ret[static PEER_ENDPOINTS])
{
	unsigned round, i, got = 0;

	for (round = 0; round < PEER_ENDPOINTS; round++) {
		for (i = 0; i < n->conf.given[PEER_OPT_endpoint].n; i++) {
			const struct node_name *nm = &n->name[i];

			if (round < nm->n && got < PEER_ENDPOINTS &&
			    !ep_known(ret, got, &nm->ep[round]))
				ret[got++] = nm->ep[round];
		}
	}
	return got;
}

static bool
ep_same(const struct addr *a, const struct addr *b, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (!addr_equal(&a[i], &b[i]))
			return false;
	return true;
}

/* Tells the core, if there is anything new. */
static void
publish(struct node *n, struct turn *t)
{
	struct addr ep[PEER_ENDPOINTS];
	unsigned got = merge(n, ep);
	struct peer *p = core_peer_by_id(&n->d->core, n->id);

	if (p == NULL || (got == p->n_ep && ep_same(ep, p->ep, got)))
		return;
	core_peer_endpoints(&n->d->core, p, ep, got, t);
}

/* Twice as long after each failure; whoever is dialled does not wait so long.
 */
static uint64_t
pause_us(const struct node_name *nm, const struct resolved *got)
{
	uint64_t s = got->said ? got->ttl : NODE_LOOKUP_UNSAID_S, us;

	if (got->n == 0)
		return NODE_LOOKUP_US << (nm->fails < 6 ? nm->fails : 6);
	us = (s < NODE_LOOKUP_MAX_S ? s : NODE_LOOKUP_MAX_S) * MONO_SEC;
	return us > NODE_LOOKUP_US ? us : NODE_LOOKUP_US;
}

/* False, and the old ones, without memory; an address is configuration. */
static bool
take_answer(struct node_name *nm, const struct resolved *got)
{
	unsigned n = got->n < PEER_ENDPOINTS ? got->n : PEER_ENDPOINTS;
	struct addr *ep = nm->numeric
	    ? xreallocarray(nm->ep, n, sizeof(*ep))
	    : try_reallocarray(nm->ep, n, sizeof(*ep));

	if (ep == NULL)
		return false;
	nm->ep = ep;
	nm->n = n;
	memcpy(ep, got->ep, n * sizeof(*ep));
	return true;
}

static void
on_names(void *arg, const struct resolved *got, struct turn *t)
{
	struct node_name *nm = arg;
	struct vplamad *d = nm->node->d;

	nm->query = NULL;
	free(nm->why);
	nm->why = NULL;
	if (!nm->numeric)
		heap_set(
		    &d->names, &nm->due, mono_add(t->now, pause_us(nm, got)));
	if (got->n > 0) {
		if (take_answer(nm, got))
			nm->fails = 0;
		else
			heap_set(&d->names, &nm->due,
			    mono_add(t->now, NODE_LOOKUP_US));
	} else { /* old addresses are better than none */
		nm->fails++;
		nm->why = try_strdup(got->why);
		log_debug("peer %s: name=%s error=\"%s\"", nm->node->conf.name,
		    nm->node->conf.endpoint[nm - nm->node->name], got->why);
	}
	if (!nm->numeric) /* they are told together */
		publish(nm->node, t);
}

static void
look_up(struct node_name *nm, struct turn *t)
{
	const struct node *n = nm->node;

	nm->looked_at = t->now;
	heap_set(&n->d->names, &nm->due, MONO_NEVER);
	if (nm->query == NULL)
		nm->query = resolve_start(n->d->resolve,
		    n->conf.endpoint[nm - n->name], DEFAULT_PORT, on_names, nm);
}

/* Addresses are there at once, names when their turn comes. */
static void
make_names(struct node *n, struct turn *t)
{
	unsigned i, count = n->conf.given[PEER_OPT_endpoint].n;
	struct addr a;

	n->name = xcalloc(count, sizeof(*n->name));
	n->d->n_names += count;
	if (!heap_reserve(
		&n->d->names, n->d->n_names)) /* later there is room */
		fatalx("out of memory for names");
	for (i = 0; i < count; i++) {
		struct node_name *nm = &n->name[i];

		nm->node = n;
		nm->numeric = addr_parse(n->conf.endpoint[i], DEFAULT_PORT, &a);
		if (nm->numeric)
			look_up(nm, t);
		else
			heap_set(&n->d->names, &nm->due, t->now);
	}
	publish(n, t);
}

static void
forget_names(struct node *n)
{
	unsigned i;

	for (i = 0; n->name != NULL && i < n->conf.given[PEER_OPT_endpoint].n;
	     i++) {
		heap_set(&n->d->names, &n->name[i].due, MONO_NEVER);
		if (n->name[i].query != NULL)
			resolve_cancel(n->name[i].query);
		free(n->name[i].ep);
		free(n->name[i].why);
		n->d->n_names--;
	}
	free(n->name);
	n->name = NULL;
}

/* Tells the core what is granted to the peer. */
static void
grant(struct node *n, struct peer *p)
{
	char text[PREFIX_TEXT];
	uint32_t who = 0;
	size_t bad = 0;

	if (!core_peer_prefixes(&n->d->core, p, n->conf.prefix,
		n->conf.given[PEER_OPT_prefix].n, &bad, &who))
		log_warnx("peer %s: prefix %s: is %s already; not granted",
		    n->conf.name, prefix_format(&n->conf.prefix[bad], text),
		    who == 0 ? "ours" : "another peer's");
	place_prefixes(n->d);
	if (n->conf.given[PEER_OPT_prefix].n > 0)
		devices_peer_granted(n->d, n->id, n->conf.name);
}

void
nodes_init(struct vplamad *d)
{
	uint8_t secret[16];

	random_bytes(secret, sizeof(secret));
	TAILQ_INIT(&d->nodes);
	heap_init(&d->names);
	htab_init(&d->node_ids, HTAB_KEY_OFF(struct node, id_node, id),
	    sizeof(uint32_t), secret);
}

void
nodes_fini(struct vplamad *d)
{
	struct node *n;

	while ((n = TAILQ_FIRST(&d->nodes)) != NULL)
		node_free(n);
	htab_fini(&d->node_ids);
	heap_fini(&d->names);
}

bool
node_add(struct vplamad *d, struct config_peer *conf, const char **ret_why,
    struct turn *t)
{
	struct node *n = xcalloc(1, sizeof(*n));
	struct peer_config pc = { 0 };
	struct peer *p;

	n->d = d;
	config_keep(&n->conf, conf);
	strcpy(pc.name, n->conf.name);
	memcpy(pc.ed_pk, n->conf.public_key, KEY_LEN);
	memcpy(pc.x_pk, conf->x_pk, KEY_LEN);
	memcpy(pc.pair_psk, n->conf.pair_psk, KEY_LEN);
	p = core_peer_add(&d->core, &pc, ret_why, t);
	wipe(&pc, sizeof(pc));
	TAILQ_INSERT_TAIL(&d->nodes, n, link);
	if (p == NULL) {
		node_free(n);
		return false;
	}
	n->id = p->id;
	htab_add(&d->node_ids, &n->id_node);
	if (!devices_peer_added(d, n, t)) {
		*ret_why = "a device for it cannot be opened; see the log";
		node_del(n, CLOSE_REMOVED, t);
		return false;
	}
	place_peer(d, n, t);
	grant(n, p);
	make_names(n, t);
	return true;
}

void
node_free(struct node *n)
{
	forget_names(n);
	TAILQ_REMOVE(&n->d->nodes, n, link);
	if (n->id != 0)
		htab_del(&n->d->node_ids, &n->id_node);
	config_kept_free(&n->conf);
	wipe(n, sizeof(*n));
	free(n);
}

void
node_del(struct node *n, uint8_t close_reason, struct turn *t)
{
	struct peer *p = core_peer_by_id(&n->d->core, n->id);

	routes_set(n->d->routes, n->id, NULL, 0);
	devices_peer_removed(n->d, n->id);
	if (p != NULL)
		core_peer_del(&n->d->core, p, close_reason, t);
	place_prefixes(n->d);
	node_free(n);
}

void
node_update(struct node *n, struct config_peer *conf, struct turn *t)
{
	bool same = config_same_endpoints(&n->conf, conf);
	bool granted = config_same_prefixes(&n->conf, conf);
	struct peer *p = core_peer_by_id(&n->d->core, n->id);

	if (!same)
		forget_names(n);
	config_keep(&n->conf, conf);
	place_peer(n->d, n, t);
	if (!granted && p != NULL) {
		log_info("peer %s: prefixes=%u changed=yes", n->conf.name,
		    n->conf.given[PEER_OPT_prefix].n);
		grant(n, p);
	}
	if (same)
		return;
	log_info("peer %s: endpoints=%u changed=yes", n->conf.name,
	    n->conf.given[PEER_OPT_endpoint].n);
	make_names(n, t);
}

void
node_withdraw(struct node *n, const struct config_peer *conf)
{
	struct peer *p = core_peer_by_id(&n->d->core, n->id);
	uint32_t who;
	size_t bad;

	if (p != NULL && !config_same_prefixes(&n->conf, conf))
		(void)core_peer_prefixes(&n->d->core, p, NULL, 0, &bad, &who);
}

struct node *
node_by_id(struct vplamad *d, uint32_t id)
{
	struct hnode *hn = htab_find(&d->node_ids, &id);

	return hn != NULL ? CONTAINER_OF(hn, struct node, id_node) : NULL;
}

struct node *
node_by_conf(struct vplamad *d, const struct config_peer *conf)
{
	struct node *n;

	TAILQ_FOREACH (n, &d->nodes, link)
		if (config_same_id(&n->conf, conf))
			return n;
	return NULL;
}

void
nodes_look_up(struct vplamad *d, struct turn *t)
{
	struct hpent *e;
	unsigned i;

	for (i = 0; i < NODE_LOOKUPS; i++) {
		e = heap_min(&d->names);
		if (e == NULL || !mono_due(e->at, t->now))
			return;
		look_up(CONTAINER_OF(e, struct node_name, due), t);
	}
}

struct mono
nodes_deadline(const struct vplamad *d)
{
	const struct hpent *e = heap_min(&d->names);

	return e != NULL ? e->at : MONO_NEVER;
}

void
node_look_soon(struct node *n, struct mono now)
{
	unsigned i;

	for (i = 0; i < n->conf.given[PEER_OPT_endpoint].n; i++) {
		struct node_name *nm = &n->name[i];
		struct mono at = mono_add(nm->looked_at, NODE_LOOKUP_US);

		if (nm->due.pos == 0 || !mono_before(at, nm->due.at))
			continue; /* an address, under way, or soon enough */
		heap_set(
		    &n->d->names, &nm->due, mono_before(at, now) ? now : at);
	}
}

bool
node_is_own(void *arg, const struct addr *a)
{
	const struct vplamad *d = arg;
	struct addr at;
	unsigned i;

	for (i = 0; udp_local(d->udp, i, &at); i++)
		if (at.port == a->port &&
		    (addr_is_any(&at) ? uplink_has(d->uplink, a)
				      : addr_same_ip(&at, a)))
			return true;
	return false;
}

struct json_object *
node_names(const struct node *n)
{
	struct json_object *list = json_object_new_array();
	char text[ADDR_TEXT];
	unsigned i, k;

	for (i = 0; i < n->conf.given[PEER_OPT_endpoint].n; i++) {
		const struct node_name *nm = &n->name[i];
		struct json_object *o = json_object_new_object();
		struct json_object *addrs = json_object_new_array();

		for (k = 0; k < nm->n; k++)
			json_object_array_add(addrs,
			    json_object_new_string(
				addr_format(&nm->ep[k], text)));
		json_object_object_add(
		    o, "text", json_object_new_string(n->conf.endpoint[i]));
		json_object_object_add(o, "addresses", addrs);
		json_object_object_add(o, "error",
		    nm->why != NULL ? json_object_new_string(nm->why) : NULL);
		json_object_array_add(list, o);
	}
	return list;
}
