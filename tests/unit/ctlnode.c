#include "tests/unit/ctlnode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/xmem.h"
#include "tests/quiet.h"
#include "wire/mesh.h"

static void
take_datagrams(void *arg, const struct path *to, struct run *run)
{
	struct node *n = arg;
	unsigned i;

	for (i = 0; i < run->n; i++) {
		struct datagram *d = xcalloc(1, sizeof(*d));

		assert_true(n->n_queue < QUEUE);
		assert_true(run->pkt[i].len <= sizeof(d->p));
		d->to = to->remote;
		d->len = run->pkt[i].len;
		memcpy(d->p, run->pkt[i].p, d->len);
		n->queue[n->n_queue++] = d;
	}
}

static bool
host_reload(void *arg, struct json_object *errors)
{
	const struct node *n = arg;

	if (n->reload_fails)
		json_object_array_add(errors,
		    json_object_new_string("vplamad.conf:3: mtu: too big"));
	if (n->reload_refuses)
		json_object_array_add(errors,
		    json_object_new_string("x.conf:1: peer \"x\": is refused"));
	return !n->reload_fails;
}

static void
host_stop(void *arg)
{
	struct node *n = arg;

	n->stopped = true;
}

struct peer *
add_peer(struct node *n, const char *name, const uint8_t *ed_pk)
{
	struct peer_config cfg = { 0 };
	const char *why = NULL;

	snprintf(cfg.name, sizeof(cfg.name), "%s", name);
	memcpy(cfg.ed_pk, ed_pk, KEY_LEN);
	if (!key_to_x25519(ed_pk, cfg.x_pk))
		return NULL;
	return core_peer_add(&n->core, &cfg, &why, &n->t);
}

static bool
host_peer_add(void *arg, const char *name, const char *key,
    const char *const *endpoints, size_t n_ep, const char **why)
{
	struct node *n = arg;
	uint8_t ed_pk[KEY_LEN];
	size_t i;

	n->added[0] = '\0';
	for (i = 0; i < n_ep; i++) {
		strcat(n->added, endpoints[i]);
		strcat(n->added, ";");
	}
	*why = "not a public key";
	return key_parse(key, ed_pk) && add_peer(n, name, ed_pk) != NULL;
}

static bool
host_peer_del(void *arg, struct peer *p, const char **why)
{
	struct node *n = arg;

	if (strcmp(p->cfg.name, "pinned") == 0) {
		*why = "it is pinned";
		return false;
	}
	core_peer_del(&n->core, p, CLOSE_REMOVED, &n->t);
	return true;
}

static bool
host_peer_origin(
    void *arg, const struct peer *p, const char *option, struct ctl_origin *ret)
{
	const struct node *n = arg;

	(void)p;
	if (option != NULL && strcmp(option, "mesh-socket") == 0) {
		*ret = (struct ctl_origin){ "/etc/vplama/vplamad.conf", 0 };
		return true;
	}
	if (n->in_file)
		*ret = (struct ctl_origin){ "/etc/vplama/peers.d/b.conf", 12 };
	return n->in_file;
}

static struct json_object *
host_peer_names(void *arg, const struct peer *p)
{
	const struct node *n = arg;

	(void)p;
	return n->names == NULL ? NULL : json_tokener_parse(n->names);
}

static struct json_object *
host_about(void *arg)
{
	(void)arg;
	return json_tokener_parse("{\"version\":\"0.1.0\",\"pid\":77}");
}

static bool
host_device(void *arg, unsigned no, struct ctl_device *ret)
{
	(void)arg;
	*ret = (struct ctl_device){ "vpl0", "tap", 1400, no == 0, false };
	return no < 2;
}

/* One prefix that the kernel does not take. */
static const char *
host_route_why(void *arg, const struct prefix *p)
{
	(void)arg;
	return p->a[0] == 66 ? "somebody else has that route" : NULL;
}

static const char *
host_entry_add(void *arg, const char *uri, const char *from, const char **why)
{
	struct node *n = arg;

	snprintf(n->added, sizeof(n->added), "%s %s", uri,
	    from == NULL ? "-" : from);
	*why = "is of another network";
	return strstr(uri, "bad") == NULL ? "new" : NULL;
}

static uint32_t
host_identity_ask(void *arg, const char *endpoint, const char **why)
{
	struct node *n = arg;
	struct addr at;
	uint32_t id = 0;

	*why = "that is not host:port";
	if (addr_parse(endpoint, 0, &at) && at.port != 0) {
		*why = "busy";
		id = ident_open(&n->core);
	}
	if (id != 0)
		ident_ask(&n->core, id, &at, 1, &n->t);
	return id;
}

static bool
host_entry_fetch(void *arg, const char **why)
{
	const struct node *n = arg;

	*why = "there are no entry lists";
	return !n->reload_fails;
}

static struct json_object *
host_lists(void *arg)
{
	(void)arg;
	return json_tokener_parse("[{\"source\":\"file:/x\"}]");
}

int
ctlnode_start(void **state)
{
	(void)state;
	return crypto_start() ? 0 : -1;
}

void
node_init(struct node *n, uint8_t number, uint8_t suites)
{
	uint8_t seed[KEY_LEN] = { number };
	struct core_config cfg = { .aead = aead_default(),
		.limits = { REKEY_AFTER_MS, FAN_ORIGIN, FAN_TOTAL, CORE_MTU } };
	struct core_io io = quiet_core_io(n);
	char text[ADDR_TEXT];

	memset(n, 0, sizeof(*n));
	assert_true(identity_from_seed(seed, &cfg.id));
	cfg.aead.suites = suites;
	cfg.aead.preferred = SUITE_CHACHAPOLY;
	network_open(&cfg.net, "lanuova", 7);
	strcpy(cfg.network, "lanuova");
	snprintf(text, sizeof(text), "192.0.2.%u:7469", number);
	assert_true(addr_parse(text, 0, &n->addr));
	arena_init(&n->mem, 1 << 20);
	n->t = (struct turn){ { 1000 * (uint64_t)MONO_SEC }, 1700000000000u,
		&n->mem };
	n->host = (struct ctl_host){ n, host_reload, host_stop, host_peer_add,
		host_peer_del, host_peer_origin, host_peer_names, host_device,
		host_route_why, host_entry_add, host_identity_ask,
		host_entry_fetch, host_lists, host_lists, host_about };
	n->ctl = (struct ctl){ &n->core, &n->host };
	n->in_file = true;
	io.udp_send = take_datagrams;
	core_init(&n->core, &cfg, &io, n->t.now);
	ident_set_answers(&n->core, true);
}

void
node_clear(struct node *n)
{
	while (n->n_queue > 0)
		free(n->queue[--n->n_queue]);
}

void
node_fini(struct node *n)
{
	node_clear(n);
	core_fini(&n->core);
	arena_fini(&n->mem);
}

/* Hands what from sent to its neighbour; keep(bytes) may lose some. */
void
deliver(struct node *from, struct node *to, bool (*keep)(const uint8_t *p))
{
	struct path path = { from->addr, to->addr, 0 };
	unsigned i, count = from->n_queue;

	for (i = 0; i < count; i++) {
		struct datagram *d = from->queue[i];
		struct run *run = run_new(&to->mem);
		struct pkt *pk = run_add(run, d->len, &to->mem);

		memcpy(pk->p, d->p, d->len);
		if (addr_equal(&d->to, &to->addr) &&
		    (keep == NULL || keep(d->p)))
			core_udp_input(&to->core, &path, run, &to->t);
		arena_reset(&to->mem);
	}
	node_clear(from);
}

void
pass(struct node *n, uint64_t us)
{
	n->t.now = mono_add(n->t.now, us);
	n->t.wall_ms += us / MONO_MS;
	core_tick(&n->core, &n->t);
	arena_reset(&n->mem);
}

/* Time passes for both, and their datagrams travel. */
void
live_on(struct node *a, struct node *b, unsigned seconds,
    bool (*keep_to_a)(const uint8_t *p))
{
	uint64_t us;

	for (us = 0; us < seconds * (uint64_t)MONO_SEC; us += STEP_US) {
		pass(a, STEP_US);
		pass(b, STEP_US);
		deliver(a, b, NULL);
		deliver(b, a, keep_to_a);
	}
}

void
mesh_hello(struct node *n)
{
	struct mesh_rec rec = { .type = MESH_HELLO,
		.u.hello = { .min = 1, .max = 1, .body_max = 65536 } };
	struct run *run = run_new(&n->mem);
	struct pkt *pk = run_add(run, 1024, &n->mem);
	struct wr w = wr_of(pk->p, 1024);

	strcpy(rec.u.hello.name, "test");
	assert_true(mesh_write(&w, &rec));
	pk->len = (uint32_t)w.len;
	core_mesh_open(&n->core, &n->t);
	core_mesh_input(&n->core, run, &n->t);
	arena_reset(&n->mem);
	assert_true(n->core.mesh_up);
}

/* Two nodes that know each other; a dials b once given an endpoint. */
void
pair_init(struct node *a, struct node *b, bool b_knows_a)
{
	node_init(a, 1, 1 << SUITE_CHACHAPOLY);
	node_init(b, 2, 1 << SUITE_CHACHAPOLY);
	assert_non_null(add_peer(a, "b", b->core.id.ed_pk));
	if (b_knows_a)
		assert_non_null(add_peer(b, "a", a->core.id.ed_pk));
}

void
dial(struct node *a, const struct node *b)
{
	core_peer_endpoints(
	    &a->core, core_peer_by_name(&a->core, "b"), &b->addr, 1, &a->t);
}

/* The whole reply; the caller puts it. */
struct json_object *
ask(struct node *n, enum ctl_role role, const char *line, size_t len)
{
	bool monitor = true;
	struct json_object *o =
	    ctl_dispatch(&n->ctl, role, line, len, &n->t, &monitor);

	assert_true(json_object_is_type(o, json_type_object));
	assert_true(monitor ==
	    (json_object_get_boolean(json_object_object_get(o, "ok")) &&
		strstr(line, "\"monitor\"") != NULL));
	return o;
}

struct json_object *
get(struct json_object *o, const char *name)
{
	struct json_object *v = NULL;

	if (!json_object_object_get_ex(o, name, &v))
		fail_msg("no %s in %s", name, json_object_to_json_string(o));
	return v;
}

const char *
get_text(struct json_object *o, const char *name)
{
	return json_object_get_string(get(o, name));
}

/* The result of a command that has to work; the caller puts it. */
struct json_object *
result(struct node *n, const char *line)
{
	struct json_object *o = ask(n, CTL_ADMIN, line, strlen(line)), *res;

	if (!json_object_get_boolean(get(o, "ok")))
		fail_msg("%s: %s", line, json_object_to_json_string(o));
	res = json_object_get(get(o, "result"));
	json_object_put(o);
	return res;
}
