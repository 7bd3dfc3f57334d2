#include "ctl/ctl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/fdutil.h"
#include "base/xmem.h"
#include "core/session.h"
#include "wire/ctlmsg.h"
#include "wire/mesh.h"

#define QUEUE 512
#define STEP_US (50 * MONO_MS)
#define PEER_ENDPOINT_B "192.0.2.2:7469"

struct datagram {
	struct addr to;
	size_t len;
	uint8_t p[2048];
};

/* A node: a core of its own, what it sent, and what its host did. */
struct node {
	struct core core;
	struct ctl_host host;
	struct ctl ctl;
	struct arena mem;
	struct turn t;
	struct addr addr;
	struct datagram *queue[QUEUE];
	unsigned n_queue;

	const char *names; /* JSON that peer_names() gives, or NULL */
	bool in_file, stopped, reload_fails;
	char added[256];
};

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

static void
ignore_records(void *arg, struct run *run)
{
	(void)arg, (void)run;
}

static void
ignore_hangup(void *arg)
{
	(void)arg;
}

static void
ignore_event(void *arg, enum core_event ev, const struct peer *p)
{
	(void)arg, (void)ev, (void)p;
}

static void
fill_random(void *arg, void *p, size_t len)
{
	(void)arg;
	random_bytes(p, len);
}

static bool
host_reload(void *arg, struct json_object *errors)
{
	const struct node *n = arg;

	if (n->reload_fails)
		json_object_array_add(errors,
		    json_object_new_string("vplamad.conf:3: mtu: too big"));
	return !n->reload_fails;
}

static void
host_stop(void *arg)
{
	struct node *n = arg;

	n->stopped = true;
}

static struct peer *
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
host_peer_origin(void *arg, const struct peer *p, struct ctl_origin *ret)
{
	const struct node *n = arg;

	(void)p;
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

static void
node_init(struct node *n, uint8_t number, uint8_t suites)
{
	uint8_t seed[KEY_LEN] = { number };
	struct core_config cfg = { .suites = suites,
		.preferred = SUITE_CHACHAPOLY,
		.limits = { REKEY_AFTER_MS, FAN_ORIGIN, FAN_TOTAL, CORE_MTU } };
	struct core_io io = { n, take_datagrams, ignore_records, ignore_hangup,
		ignore_event, fill_random };
	char text[ADDR_TEXT];

	memset(n, 0, sizeof(*n));
	assert_true(identity_from_seed(seed, &cfg.id));
	network_open(&cfg.net, "lanuova", 7);
	strcpy(cfg.network, "lanuova");
	snprintf(text, sizeof(text), "192.0.2.%u:7469", number);
	assert_true(addr_parse(text, 0, &n->addr));
	arena_init(&n->mem, 1 << 20);
	n->t = (struct turn){ { 1000 * (uint64_t)MONO_SEC }, 1700000000000u,
		&n->mem };
	n->host = (struct ctl_host){ n, host_reload, host_stop, host_peer_add,
		host_peer_del, host_peer_origin, host_peer_names, host_about };
	n->ctl = (struct ctl){ &n->core, &n->host };
	n->in_file = true;
	core_init(&n->core, &cfg, &io, n->t.now);
}

static void
node_clear(struct node *n)
{
	while (n->n_queue > 0)
		free(n->queue[--n->n_queue]);
}

static void
node_fini(struct node *n)
{
	node_clear(n);
	core_fini(&n->core);
	arena_fini(&n->mem);
}

/* Hands what from sent to its neighbour; keep(bytes) may lose some. */
static void
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

static void
pass(struct node *n, uint64_t us)
{
	n->t.now = mono_add(n->t.now, us);
	n->t.wall_ms += us / MONO_MS;
	core_tick(&n->core, &n->t);
	arena_reset(&n->mem);
}

/* Time passes for both, and their datagrams travel. */
static void
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

static bool
lose(const uint8_t *p)
{
	(void)p;
	return false;
}

static bool
lose_data(const uint8_t *p)
{
	return p[0] != MSG_DATA;
}

static void
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
static void
pair_init(struct node *a, struct node *b, bool b_knows_a)
{
	node_init(a, 1, 1 << SUITE_CHACHAPOLY);
	node_init(b, 2, 1 << SUITE_CHACHAPOLY);
	assert_non_null(add_peer(a, "b", b->core.id.ed_pk));
	if (b_knows_a)
		assert_non_null(add_peer(b, "a", a->core.id.ed_pk));
}

static void
dial(struct node *a, const struct node *b)
{
	core_peer_endpoints(
	    &a->core, core_peer_by_name(&a->core, "b"), &b->addr, 1, &a->t);
}

/* The whole reply; the caller puts it. */
static struct json_object *
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

static struct json_object *
get(struct json_object *o, const char *name)
{
	struct json_object *v = NULL;

	if (!json_object_object_get_ex(o, name, &v))
		fail_msg("no %s in %s", name, json_object_to_json_string(o));
	return v;
}

static const char *
get_text(struct json_object *o, const char *name)
{
	return json_object_get_string(get(o, name));
}

/* The result of a command that has to work; the caller puts it. */
static struct json_object *
result(struct node *n, const char *line)
{
	struct json_object *o = ask(n, CTL_ADMIN, line, strlen(line)), *res;

	if (!json_object_get_boolean(get(o, "ok")))
		fail_msg("%s: %s", line, json_object_to_json_string(o));
	res = json_object_get(get(o, "result"));
	json_object_put(o);
	return res;
}

static void
refused_as(struct node *n, enum ctl_role role, const char *line, size_t len,
    const char *code, const char *part)
{
	uint64_t before = n->core.cnt.v[CNT_ctl_bad];
	struct json_object *o = ask(n, role, line, len), *err;

	if (json_object_get_boolean(get(o, "ok")))
		fail_msg("%.*s was accepted", (int)len, line);
	err = get(o, "error");
	if (strcmp(get_text(err, "code"), code) != 0 ||
	    strstr(get_text(err, "text"), part) == NULL)
		fail_msg("%s: wanted %s (%s), got %s", line, code, part,
		    json_object_to_json_string(err));
	assert_true(n->core.cnt.v[CNT_ctl_bad] == before + 1);
	json_object_put(o);
}

static void
refused(struct node *n, const char *line, const char *code, const char *part)
{
	refused_as(n, CTL_ADMIN, line, strlen(line), code, part);
}

static void
bad_lines_are_refused(void **state)
{
	static const char line[] =
	    "{\"id\":7,\"cmd\":\"explain\",\"args\":{\"peer\":\"b\"}}";
	struct json_object *o;
	struct node a, b;
	size_t len;

	(void)state;
	pair_init(&a, &b, false);
	for (len = 0; len < strlen(line); len++) {
		char *cut = xmalloc(len + 1); /* ends where it ends */

		memcpy(cut, line, len);
		cut[len] = '\0';
		refused_as(&a, CTL_ADMIN, cut, len, "format", "");
		free(cut);
	}
	refused(&a, "[]", "format", "");
	refused(&a, "{\"id\":1}", "format", "cmd");
	refused(&a, "{\"cmd\":\"show\"} x", "format", "");
	o = ask(&a, CTL_READ, line, strlen(line));
	assert_int_equal(json_object_get_int(get(o, "id")), 7);
	assert_true(json_object_get_boolean(get(o, "ok")));
	json_object_put(o);
	node_fini(&a);
	node_fini(&b);
}

static void
arguments_are_checked(void **state)
{
	static const struct {
		const char *line, *code, *part;
	} cases[] = {
		{ "{\"cmd\":\"sing\"}", "unknown-command", "sing" },
		{ "{\"cmd\":\"Show\"}", "unknown-command", "Show" },
		{ "{\"cmd\":\"explain\"}", "missing-argument", "peer" },
		{ "{\"cmd\":\"peers.del\"}", "missing-argument", "peer" },
		{ "{\"cmd\":\"peers.add\",\"args\":{\"name\":\"x\"}}",
		    "missing-argument", "public_key" },
		{ "{\"cmd\":\"explain\",\"args\":{\"peer\":true}}",
		    "bad-argument", "peer must be a name, an id or" },
		{ "{\"cmd\":\"explain\",\"args\":{\"peer\":-1}}",
		    "bad-argument", "peer" },
		{ "{\"cmd\":\"explain\",\"args\":{\"peer\":4294967296}}",
		    "bad-argument", "peer" },
		{ "{\"cmd\":\"explain\",\"args\":{\"peer\":null}}",
		    "bad-argument", "peer" },
		{ "{\"cmd\":\"explain\",\"args\":{\"peer\":\"b\\u0000\"}}",
		    "bad-argument", "peer" },
		{ "{\"cmd\":\"counters\",\"args\":{\"describe\":1}}",
		    "bad-argument", "true or false" },
		{ "{\"cmd\":\"stop\",\"args\":{\"now\":true}}",
		    "unknown-argument", "now" },
		{ "{\"cmd\":\"show\",\"args\":{\"pear\":\"b\"}}",
		    "unknown-argument", "pear" },
		{ "{\"cmd\":\"peers.add\",\"args\":{\"name\":\"x\","
		  "\"public_key\":\"y\",\"endpoints\":\"z:1\"}}",
		    "bad-argument", "endpoints must be an array" },
		{ "{\"cmd\":\"peers.add\",\"args\":{\"name\":\"x\","
		  "\"public_key\":\"y\",\"endpoints\":[\"z:1\",1]}}",
		    "bad-argument", "endpoints" },
		{ "{\"cmd\":\"peers.add\",\"args\":{\"name\":\"\","
		  "\"public_key\":\"y\"}}",
		    "bad-argument", "name must be 1 to 64" },
		{ "{\"cmd\":\"peers.add\",\"args\":{\"name\":\"x\","
		  "\"public_key\":\"y\",\"endpoints\":[\"1\",\"2\",\"3\","
		  "\"4\",\"5\",\"6\",\"7\",\"8\",\"9\"]}}",
		    "bad-argument", "at most 8" },
		{ "{\"cmd\":\"peers.add\",\"args\":{\"name\":\"x\","
		  "\"public_key\":\"y\"}}",
		    "refused", "not a public key" },
	};
	struct node a, b;
	size_t i;

	(void)state;
	pair_init(&a, &b, false);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		refused(&a, cases[i].line, cases[i].code, cases[i].part);
	assert_false(a.stopped);
	node_fini(&a);
	node_fini(&b);
}

static void
readers_change_nothing(void **state)
{
	static const char *const lines[] = { "{\"cmd\":\"stop\"}",
		"{\"cmd\":\"reload\"}",
		"{\"cmd\":\"peers.del\",\"args\":{\"peer\":\"b\"}}",
		"{\"cmd\":\"peers.add\"}" };
	struct node a, b;
	size_t i;

	(void)state;
	pair_init(&a, &b, false);
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		refused_as(&a, CTL_READ, lines[i], strlen(lines[i]),
		    "forbidden", "administrators");
	assert_false(a.stopped);
	assert_non_null(core_peer_by_name(&a.core, "b"));
	node_fini(&a);
	node_fini(&b);
}

static void
hello_lists_what_there_is(void **state)
{
	static const char want[] =
	    "hello:read show:read counters:read explain:read monitor:read "
	    "peers.add:admin peers.del:admin reload:admin stop:admin ";
	struct json_object *o, *list;
	char got[512] = "";
	struct node a, b;
	size_t i;

	(void)state;
	pair_init(&a, &b, false);
	o = result(&a, "{\"cmd\":\"hello\"}");
	assert_int_equal(json_object_get_int(get(o, "version")), CTL_VERSION);
	assert_string_equal(get_text(o, "daemon"), "0.1.0");
	assert_string_equal(get_text(o, "role"), "admin");
	list = get(o, "commands");
	for (i = 0; i < json_object_array_length(list); i++) {
		struct json_object *c = json_object_array_get_idx(list, i);

		strcat(got, get_text(c, "name"));
		strcat(got, ":");
		strcat(got, get_text(c, "role"));
		strcat(got, " ");
		assert_true(strlen(get_text(c, "usage")) > 5);
		assert_true(
		    json_object_is_type(get(c, "args"), json_type_array));
	}
	assert_string_equal(got, want);
	json_object_put(o);
	node_fini(&a);
	node_fini(&b);
}

static void
the_document_has_every_command(void **state)
{
	char *doc = xmalloc(1 << 16), *heading;
	struct json_object *o, *list;
	struct node a, b;
	size_t i;

	(void)state;
	assert_true(file_read(SRCDIR "/doc/control.md", doc, 1 << 16) > 0);
	pair_init(&a, &b, false);
	o = result(&a, "{\"cmd\":\"hello\"}");
	list = get(o, "commands");
	for (i = 0; i < json_object_array_length(list); i++) {
		struct json_object *c = json_object_array_get_idx(list, i);

		heading = xasprintf("\n### %s (%s)\n", get_text(c, "name"),
		    get_text(c, "role"));
		if (strstr(doc, heading) == NULL)
			fail_msg("no heading%s", heading);
		free(heading);
	}
	json_object_put(o);
	free(doc);
	node_fini(&a);
	node_fini(&b);
}

static void
show_is_as_documented(void **state)
{
	struct json_object *o;
	struct node a, b;
	char ka[KEY_TEXT], kb[KEY_TEXT], *want;

	(void)state;
	pair_init(&a, &b, false);
	pass(&a, 3 * MONO_SEC);
	key_format(a.core.id.ed_pk, ka);
	key_format(b.core.id.ed_pk, kb);
	o = result(&a, "{\"cmd\":\"show\"}");
	want = xasprintf(
	    "{\"version\":1,\"daemon\":{\"version\":\"0.1.0\",\"pid\":77},"
	    "\"node\":{\"public_key\":\"%s\",\"network\":\"lanuova\","
	    "\"suites\":[\"chacha20-poly1305\"],\"mtu\":1400,"
	    "\"mesh_connected\":false},\"peers\":[{\"id\":1,\"name\":\"b\","
	    "\"public_key\":\"%s\",\"pair_key\":false,\"state\":"
	    "\"candidate\",\"since_seconds\":3,\"dialled\":false,"
	    "\"endpoint\":null,\"reflexive\":null,\"behind_nat\":false,"
	    "\"suite\":null,\"mtu\":0,\"latest_handshake\":0,"
	    "\"handshake_age_seconds\":null,\"rtt_us\":0,\"probes\":0,"
	    "\"rx_bytes\":0,\"tx_bytes\":0,\"rx_packets\":0,"
	    "\"tx_packets\":0,\"fan_received\":0,\"fan_sent\":0,"
	    "\"deaths\":0,\"rekeys\":0}],\"more\":false}",
	    ka, kb);
	assert_string_equal(
	    json_object_to_json_string_ext(
		o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE),
	    want);
	free(want);
	json_object_put(o);
	node_fini(&a);
	node_fini(&b);
}

static void
show_tells_of_a_live_tunnel(void **state)
{
	struct json_object *o, *p;
	struct node a, b;

	(void)state;
	pair_init(&a, &b, true);
	mesh_hello(&a);
	dial(&a, &b);
	live_on(&a, &b, 5, NULL);
	o = result(&a, "{\"cmd\":\"show\"}");
	assert_true(
	    json_object_get_boolean(get(get(o, "node"), "mesh_connected")));
	p = json_object_array_get_idx(get(o, "peers"), 0);
	assert_string_equal(get_text(p, "state"), "vrnode");
	assert_string_equal(get_text(p, "endpoint"), PEER_ENDPOINT_B);
	assert_string_equal(get_text(p, "suite"), "chacha20-poly1305");
	assert_true(json_object_get_boolean(get(p, "dialled")));
	assert_int_equal(json_object_get_int(get(p, "mtu")), 1400);
	assert_in_range(json_object_get_int64(get(p, "latest_handshake")),
	    1700000000, 1700000005);
	assert_in_range(
	    json_object_get_int(get(p, "handshake_age_seconds")), 4, 5);
	assert_in_range(json_object_get_int(get(p, "tx_packets")), 1, 20);
	assert_true(json_object_get_int(get(p, "rx_bytes")) >= 32);
	json_object_put(o);

	o = result(&b, "{\"cmd\":\"show\"}");
	p = json_object_array_get_idx(get(o, "peers"), 0);
	assert_string_equal(get_text(p, "state"), "vrnode");
	assert_false(json_object_get_boolean(get(p, "dialled")));
	json_object_put(o);
	node_fini(&a);
	node_fini(&b);
}

static void
show_comes_in_pages(void **state)
{
	static const struct {
		const char *args;
		size_t n;
		bool more;
		int first;
	} cases[] = { { "{}", 200, true, 1 },
		{ "{\"after\":200}", 200, true, 201 },
		{ "{\"after\":399}", 2, false, 400 },
		{ "{\"after\":401}", 0, false, 0 } };
	uint8_t seed[KEY_LEN] = { 9 };
	struct json_object *o, *list;
	struct identity id;
	struct node a, b;
	char name[16], *line;
	unsigned i;

	(void)state;
	pair_init(&a, &b, false);
	for (i = 1; i <= 400; i++) {
		seed[1] = (uint8_t)i;
		seed[2] = (uint8_t)(i >> 8);
		assert_true(identity_from_seed(seed, &id));
		snprintf(name, sizeof(name), "peer-%u", i);
		assert_non_null(add_peer(&a, name, id.ed_pk));
	}
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		line =
		    xasprintf("{\"cmd\":\"show\",\"args\":%s}", cases[i].args);
		o = result(&a, line);
		list = get(o, "peers");
		assert_int_equal(json_object_array_length(list), cases[i].n);
		assert_true(
		    json_object_get_boolean(get(o, "more")) == cases[i].more);
		if (cases[i].n > 0)
			assert_int_equal(
			    json_object_get_int(
				get(json_object_array_get_idx(list, 0), "id")),
			    cases[i].first);
		/* What the control socket lets wait is 256 KiB. */
		assert_true(strlen(json_object_to_json_string_ext(
				o, JSON_C_TO_STRING_PLAIN)) < 192 * 1024);
		json_object_put(o);
		free(line);
	}
	refused(&a, "{\"cmd\":\"show\",\"args\":{\"after\":\"1\"}}",
	    "bad-argument", "after must be the id");
	node_fini(&a);
	node_fini(&b);
}

static void
found_as(struct node *n, const char *peer, const char *name)
{
	char *line =
	    xasprintf("{\"cmd\":\"show\",\"args\":{\"peer\":%s}}", peer);
	struct json_object *o = result(n, line), *list = get(o, "peers");

	assert_int_equal(json_object_array_length(list), 1);
	assert_string_equal(
	    get_text(json_object_array_get_idx(list, 0), "name"), name);
	json_object_put(o);
	free(line);
}

static void
not_found(struct node *n, const char *peer, const char *code)
{
	char *line =
	    xasprintf("{\"cmd\":\"show\",\"args\":{\"peer\":%s}}", peer);

	refused(n, line, code, "");
	free(line);
}

static void
peers_have_three_names(void **state)
{
	char key[KEY_TEXT], text[64];
	struct node a, b, c;
	struct peer *p;

	(void)state;
	pair_init(&a, &b, false);
	node_init(&c, 3, 1);
	p = add_peer(&a, "1", c.core.id.ed_pk); /* a name like b's id */
	assert_non_null(p);
	found_as(&a, "\"b\"", "b");
	found_as(&a, "\"1\"", "1");
	found_as(&a, "1", "b");
	found_as(&a, "2", "1");
	found_as(&a, "\"2\"", "1");
	key_format(c.core.id.ed_pk, key);
	snprintf(text, sizeof(text), "\"%s\"", key);
	found_as(&a, text, "1");
	snprintf(text, sizeof(text), "\"%.6s\"", key);
	found_as(&a, text, "1");
	snprintf(text, sizeof(text), "\"%.5s\"", key);
	not_found(&a, text, "no-such-peer");
	snprintf(text, sizeof(text), "\"%sA\"", key);
	not_found(&a, text, "no-such-peer");
	not_found(&a, "\"\"", "no-such-peer");
	not_found(&a, "0", "no-such-peer");
	not_found(&a, "3", "no-such-peer");
	not_found(&a, "\"4294967297\"", "no-such-peer");
	not_found(&a, "\"99999999999999999999\"", "no-such-peer");

	/* Two keys that begin alike: by six characters nobody is meant. */
	memcpy(p->cfg.ed_pk, b.core.id.ed_pk, 5);
	key_format(b.core.id.ed_pk, key);
	snprintf(text, sizeof(text), "\"%.6s\"", key);
	not_found(&a, text, "ambiguous-peer");
	snprintf(text, sizeof(text), "\"%.9s\"", key);
	found_as(&a, text, "b");
	node_fini(&a);
	node_fini(&b);
	node_fini(&c);
}

static void
peers_come_and_go(void **state)
{
	char key[KEY_TEXT], *line;
	struct json_object *o;
	struct node a, b, c;

	(void)state;
	pair_init(&a, &b, false);
	node_init(&c, 3, 1);
	key_format(c.core.id.ed_pk, key);
	line = xasprintf("{\"cmd\":\"peers.add\",\"args\":{\"name\":\"c\","
			 "\"public_key\":\"%s\",\"endpoints\":[\"h:1\","
			 "\"[::1]:2\"]}}",
	    key);
	o = result(&a, line);
	assert_string_equal(get_text(get(o, "peer"), "public_key"), key);
	assert_string_equal(a.added, "h:1;[::1]:2;");
	json_object_put(o);
	refused(&a, line, "refused", "");
	free(line);
	o = result(&a, "{\"cmd\":\"peers.del\",\"args\":{\"peer\":\"c\"}}");
	assert_string_equal(get_text(o, "name"), "c");
	assert_int_equal(json_object_get_int(get(o, "id")), 2);
	assert_null(core_peer_by_name(&a.core, "c"));
	json_object_put(o);
	refused(&a, "{\"cmd\":\"peers.del\",\"args\":{\"peer\":\"c\"}}",
	    "no-such-peer", "c");
	assert_non_null(add_peer(&a, "pinned", c.core.id.ed_pk));
	refused(&a, "{\"cmd\":\"peers.del\",\"args\":{\"peer\":\"pinned\"}}",
	    "refused", "it is pinned");
	node_fini(&a);
	node_fini(&b);
	node_fini(&c);
}

static void
counters_are_complete(void **state)
{
	struct json_object *o, *all;
	struct node a, b;
	unsigned i;

	(void)state;
	pair_init(&a, &b, false);
	for (i = 0; i < CNT_MAX; i++)
		a.core.cnt.v[i] = UINT64_MAX - i;
	o = result(&a, "{\"cmd\":\"counters\"}");
	all = get(o, "counters");
	assert_int_equal(json_object_object_length(all), CNT_MAX);
	for (i = 0; i < CNT_MAX; i++)
		assert_true(json_object_get_uint64(
				get(all, counter_name((enum counter)i))) ==
		    UINT64_MAX - i);
	assert_null(json_object_object_get(o, "texts"));
	json_object_put(o);
	o = result(&a, "{\"cmd\":\"counters\",\"args\":{\"describe\":true}}");
	for (i = 0; i < CNT_MAX; i++)
		assert_string_equal(
		    get_text(get(o, "texts"), counter_name((enum counter)i)),
		    counter_text((enum counter)i));
	json_object_put(o);
	node_fini(&a);
	node_fini(&b);
}

static void
the_host_is_told(void **state)
{
	static const char line[] = "{\"id\":3,\"cmd\":\"reload\"}";
	struct json_object *o, *details;
	struct node a, b;

	(void)state;
	pair_init(&a, &b, false);
	json_object_put(result(&a, line));
	a.reload_fails = true;
	refused(&a, line, "config", "old one stays");
	o = ask(&a, CTL_ADMIN, line, strlen(line));
	details = get(get(o, "error"), "details");
	assert_int_equal(json_object_array_length(details), 1);
	assert_string_equal(
	    json_object_get_string(json_object_array_get_idx(details, 0)),
	    "vplamad.conf:3: mtu: too big");
	json_object_put(o);
	json_object_put(result(&a, "{\"cmd\":\"monitor\"}"));
	assert_false(a.stopped);
	json_object_put(result(&a, "{\"cmd\":\"stop\"}"));
	assert_true(a.stopped);
	node_fini(&a);
	node_fini(&b);
}

static void
events_name_what_happened(void **state)
{
	static const char *const names[] = { "peer.state", "peer.endpoint",
		"peer.rtt", "peer.session", "peer.dial", "mesh.up",
		"mesh.down" };
	struct json_object *o;
	struct node a, b;
	unsigned ev;

	(void)state;
	pair_init(&a, &b, true);
	dial(&a, &b);
	live_on(&a, &b, 2, NULL);
	for (ev = EV_PEER_STATE; ev <= EV_MESH_DOWN; ev++) {
		const struct peer *p =
		    ev >= EV_MESH_UP ? NULL : core_peer_by_name(&a.core, "b");

		o = ctl_event(&a.ctl, (enum core_event)ev, p, &a.t);
		assert_string_equal(get_text(o, "event"), names[ev]);
		assert_int_equal(json_object_get_int(get(o, "version")), 1);
		assert_true(
		    json_object_get_uint64(get(o, "time_ms")) == a.t.wall_ms);
		if (p != NULL) {
			assert_string_equal(
			    get_text(get(o, "peer"), "state"), "vrnode");
			assert_string_equal(
			    get_text(get(o, "peer"), "endpoint"),
			    PEER_ENDPOINT_B);
		} else
			assert_null(json_object_object_get(o, "peer"));
		json_object_put(o);
	}
	node_fini(&a);
	node_fini(&b);
}

/* explain b gives this rule; the caller puts the result. */
static struct json_object *
explained(struct node *n, const char *rule)
{
	struct json_object *o =
	    result(n, "{\"cmd\":\"explain\",\"args\":{\"peer\":1}}");
	struct json_object *r = get(o, "rule");

	if (strcmp(get_text(r, "id"), rule) != 0)
		fail_msg(
		    "wanted %s, got %s", rule, json_object_to_json_string(o));
	assert_true(strlen(get_text(r, "text")) > 20);
	assert_true(strlen(get_text(get(o, "config"), "change")) > 5);
	return o;
}

static void
explain_is(struct node *n, const char *rule)
{
	json_object_put(explained(n, rule));
}

/* The value of the first fact of this name, or NULL. */
static struct json_object *
fact(struct json_object *explained, const char *what)
{
	struct json_object *facts = get(explained, "facts");
	size_t i;

	for (i = 0; i < json_object_array_length(facts); i++) {
		struct json_object *f = json_object_array_get_idx(facts, i);

		if (strcmp(get_text(f, "what"), what) == 0)
			return get(f, "value");
	}
	return NULL;
}

static void
explain_names_and_addresses(void **state)
{
	struct json_object *o;
	struct node a, b;

	(void)state;
	pair_init(&a, &b, false);
	explain_is(&a, "waiting-for-peer");
	a.names = "[{\"text\":\"b.example:1\",\"addresses\":[],"
		  "\"error\":null}]";
	explain_is(&a, "resolving");
	a.names = "[{\"text\":\"c.example:1\",\"addresses\":[],\"error\":null},"
		  "{\"text\":\"b.example:1\",\"addresses\":[],"
		  "\"error\":\"no such name\"}]";
	o = explained(&a, "name-unresolved");
	assert_string_equal(
	    get_text(fact(o, "endpoint_configured"), "text"), "c.example:1");
	assert_string_equal(
	    get_text(get(o, "config"), "file"), "/etc/vplama/peers.d/b.conf");
	assert_int_equal(
	    json_object_get_int(get(get(o, "config"), "line")), 12);
	assert_string_equal(get_text(get(o, "config"), "option"), "endpoint");
	json_object_put(o);
	a.in_file = false;
	o = explained(&a, "name-unresolved");
	assert_null(get(get(o, "config"), "file"));
	assert_null(get(get(o, "config"), "line"));
	json_object_put(o);
	node_fini(&a);
	node_fini(&b);
}

static void
explain_dialling(void **state)
{
	struct json_object *o;
	struct node a, b;

	(void)state;
	pair_init(&a, &b, false);
	dial(&a, &b);
	explain_is(&a, "dialling");
	node_clear(&a);
	while (a.t.now.us < 1030 * (uint64_t)MONO_SEC) {
		pass(&a, STEP_US);
		node_clear(&a);
	}
	o = explained(&a, "no-answer");
	assert_in_range(
	    json_object_get_int(fact(o, "initiations_sent")), 10, 14);
	assert_string_equal(
	    json_object_get_string(fact(o, "cookie_reply")), "none");
	assert_in_range(
	    json_object_get_int(fact(o, "dialling_seconds")), 29, 30);
	assert_null(fact(o, "last_heard_seconds"));
	json_object_put(o);
	node_fini(&a);
	node_fini(&b);
}

/* b runs, in our network and with the key we have, but knows no a. */
static void
explain_not_accepted(void **state)
{
	struct json_object *o;
	struct node a, b;

	(void)state;
	pair_init(&a, &b, false);
	dial(&a, &b);
	live_on(&a, &b, 10, NULL);
	o = explained(&a, "not-accepted");
	assert_string_equal(
	    json_object_get_string(fact(o, "cookie_reply")), "came");
	json_object_put(o);
	node_fini(&a);
	node_fini(&b);
}

static void
explain_tunnel(void **state)
{
	struct json_object *o;
	struct node a, b;

	(void)state;
	pair_init(&a, &b, true);
	dial(&a, &b);
	live_on(&a, &b, 5, NULL);
	explain_is(&a, "no-mesh-daemon");
	mesh_hello(&a);
	o = explained(&a, "live");
	assert_string_equal(
	    json_object_get_string(fact(o, "dialled_by")), "us");
	assert_string_equal(json_object_get_string(fact(o, "endpoint_in_use")),
	    PEER_ENDPOINT_B);
	json_object_put(o);
	live_on(&a, &b, 32, lose);
	o = explained(&a, "silent");
	assert_true(json_object_get_int(fact(o, "probes_unanswered")) > 0);
	assert_in_range(
	    json_object_get_int(fact(o, "last_heard_seconds")), 31, 37);
	json_object_put(o);
	live_on(&a, &b, 25, lose);
	o = explained(&a, "dead");
	assert_int_equal(json_object_get_int(fact(o, "deaths")), 1);
	json_object_put(o);
	node_fini(&a);
	node_fini(&b);
}

static void
explain_confirming(void **state)
{
	struct node a, b;

	(void)state;
	pair_init(&a, &b, true);
	dial(&a, &b);
	live_on(&a, &b, 2, lose_data);
	explain_is(&a, "confirming");
	node_fini(&a);
	node_fini(&b);
}

/* b has no endpoint of a: when a says goodbye it can only wait. */
static void
explain_gone(void **state)
{
	struct node a, b;

	(void)state;
	pair_init(&a, &b, true);
	dial(&a, &b);
	live_on(&a, &b, 2, NULL);
	core_close_all(&a.core, CLOSE_STOPPING, &a.t);
	deliver(&a, &b, NULL);
	explain_is(&b, "gone");
	node_fini(&a);
	node_fini(&b);
}

static void
explain_no_suite(void **state)
{
	struct node a, b;

	(void)state;
	node_init(&a, 1, 0);
	node_init(&b, 2, 1);
	assert_non_null(add_peer(&a, "b", b.core.id.ed_pk));
	explain_is(&a, "no-suite");
	node_fini(&a);
	node_fini(&b);
}

static int
start(void **state)
{
	(void)state;
	return crypto_start() ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_lines_are_refused),
		cmocka_unit_test(arguments_are_checked),
		cmocka_unit_test(readers_change_nothing),
		cmocka_unit_test(hello_lists_what_there_is),
		cmocka_unit_test(the_document_has_every_command),
		cmocka_unit_test(show_is_as_documented),
		cmocka_unit_test(show_tells_of_a_live_tunnel),
		cmocka_unit_test(show_comes_in_pages),
		cmocka_unit_test(peers_have_three_names),
		cmocka_unit_test(peers_come_and_go),
		cmocka_unit_test(counters_are_complete),
		cmocka_unit_test(the_host_is_told),
		cmocka_unit_test(events_name_what_happened),
		cmocka_unit_test(explain_names_and_addresses),
		cmocka_unit_test(explain_dialling),
		cmocka_unit_test(explain_not_accepted),
		cmocka_unit_test(explain_tunnel),
		cmocka_unit_test(explain_confirming),
		cmocka_unit_test(explain_gone),
		cmocka_unit_test(explain_no_suite),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
