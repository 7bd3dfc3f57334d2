#include "tests/unit/ctlnode.h"
#include "tests/starve.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/fdutil.h"
#include "base/xmem.h"
#include "wire/ctlmsg.h"

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
	    "hello:read show:read counters:read macs:read routes:read "
	    "explain:read mtu:read monitor:read "
	    "rehook.list:read rehook.plan:read rehook.approve:admin "
	    "rehook.refuse:admin entry.list:read entry.self:read "
	    "entry.sources:read entry.audit:read entry.add:admin "
	    "entry.fetch:admin entry.revoke:admin identity.ask:admin "
	    "identity.answer:read peers.add:admin "
	    "peers.del:admin reload:admin "
	    "stop:admin ";
	struct json_object *o, *list;
	char got[1024] = "";
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
	char ka[KEY_TEXT], kb[KEY_TEXT], xa[KEY_TEXT], xb[KEY_TEXT], *want;

	(void)state;
	pair_init(&a, &b, false);
	pass(&a, 3 * MONO_SEC);
	key_format(a.core.id.ed_pk, ka);
	key_format(b.core.id.ed_pk, kb);
	key_format(a.core.id.x_pk, xa);
	key_format(b.core.id.x_pk, xb);
	o = result(&a, "{\"cmd\":\"show\"}");
	want = xasprintf(
	    "{\"version\":1,\"daemon\":{\"version\":\"0.1.0\",\"pid\":77},"
	    "\"node\":{\"public_key\":\"%s\",\"handshake_key\":\"%s\","
	    "\"network\":\"lanuova\","
	    "\"suites\":[\"chacha20-poly1305\"],\"mtu\":1400,"
	    "\"mesh_connected\":false},\"negotiation\":null,\"devices\":[],"
	    "\"peers\":[{\"id\":1,"
	    "\"name\":\"b\","
	    "\"public_key\":\"%s\",\"handshake_key\":\"%s\","
	    "\"origin\":\"configured\",\"class\":"
	    "\"anchor\",\"observed_seconds\":null,\"pair_key\":false,\"state\":"
	    "\"candidate\",\"since_seconds\":3,\"dialled\":false,"
	    "\"endpoint\":null,\"reflexive\":null,\"behind_nat\":false,"
	    "\"suite\":null,\"mtu\":0,\"latest_handshake\":0,"
	    "\"handshake_age_seconds\":null,\"rtt_us\":0,\"probes\":0,"
	    "\"rx_bytes\":0,\"tx_bytes\":0,\"rx_packets\":0,"
	    "\"tx_packets\":0,\"fan_received\":0,\"fan_sent\":0,"
	    "\"deaths\":0,\"rekeys\":0,\"negotiation\":null}],\"more\":false}",
	    ka, xa, kb, xb);
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

/* A frame that the device of n gave: a broadcast of this source. */
static void
frame_from_device(struct node *n, unsigned no, unsigned host, uint8_t vlan)
{
	uint8_t p[64] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 1,
		(uint8_t)(host >> 8), (uint8_t)host, 0x81, 0, 0, vlan, 0x88,
		0xb5 };
	struct run *run = run_new(&n->mem);
	struct pkt *pk = run_add(run, sizeof(p), &n->mem);

	memcpy(pk->p, p, sizeof(p));
	core_port_input(&n->core, no, run, &n->t);
	arena_reset(&n->mem);
}

static unsigned
add_device(struct node *n, enum fwd_mode mode)
{
	const struct fwd_config cfg = { .ethernet = true,
		.mode = mode,
		.age_ms = 300000,
		.per_peer = 32,
		.flood_rate = 100000 };
	int no = core_port_add(&n->core, &cfg, &n->t);

	assert_true(no >= 0);
	return (unsigned)no;
}

/* a and b with a device each and a live tunnel. */
static void
bridged_init(struct node *a, struct node *b)
{
	pair_init(a, b, true);
	assert_int_equal(add_device(a, FWD_SWITCH), 0);
	assert_int_equal(add_device(b, FWD_SWITCH), 0);
	dial(a, b);
	live_on(a, b, 5, NULL);
}

static void
show_lists_devices(void **state)
{
	struct json_object *o;
	struct node a, b;

	(void)state;
	bridged_init(&a, &b);
	frame_from_device(&b, 0, 1, 0);
	frame_from_device(&b, 0, 2, 0);
	frame_from_device(&a, 0, 9, 0);
	live_on(&a, &b, 1, NULL);
	assert_int_equal(add_device(&a, FWD_HUB), 1);
	o = result(&a, "{\"cmd\":\"show\"}");
	assert_string_equal(json_object_to_json_string_ext(
				get(o, "devices"), JSON_C_TO_STRING_PLAIN),
	    "[{\"name\":\"vpl0\",\"kind\":\"tap\",\"mode\":\"switch\","
	    "\"carrier\":true,\"gone\":false,\"mtu\":1400,\"rx_packets\":1,"
	    "\"tx_packets\":2,\"learned\":2},"
	    "{\"name\":\"vpl0\",\"kind\":\"tap\",\"mode\":\"hub\","
	    "\"carrier\":false,\"gone\":false,\"mtu\":1400,\"rx_packets\":0,"
	    "\"tx_packets\":0,\"learned\":0}]");
	json_object_put(o);
	node_fini(&a);
	node_fini(&b);
}

static void
macs_says_who_has_what(void **state)
{
	struct json_object *o;
	struct node a, b;

	(void)state;
	bridged_init(&a, &b);
	o = result(&a, "{\"cmd\":\"macs\"}");
	assert_string_equal(
	    json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN),
	    "{\"version\":1,\"macs\":[],\"next\":null}");
	json_object_put(o);
	frame_from_device(&b, 0, 2, 7);
	frame_from_device(&b, 0, 3, 0);
	frame_from_device(&a, 0, 1, 0);
	live_on(&a, &b, 3, NULL);
	o = result(&a, "{\"cmd\":\"macs\"}");
	assert_string_equal(
	    json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN),
	    "{\"version\":1,\"macs\":["
	    "{\"address\":\"02:00:00:01:00:01\",\"vlan\":0,\"device\":"
	    "\"vpl0\",\"peer\":null,\"age_seconds\":3},"
	    "{\"address\":\"02:00:00:01:00:03\",\"vlan\":0,\"device\":"
	    "\"vpl0\",\"peer\":\"b\",\"age_seconds\":2},"
	    "{\"address\":\"02:00:00:01:00:02\",\"vlan\":7,\"device\":"
	    "\"vpl0\",\"peer\":\"b\",\"age_seconds\":2}],\"next\":null}");
	json_object_put(o);
	node_fini(&a);
	node_fini(&b);
}

/* All pages of a command: how many rows, each text of a member once. */
static size_t
all_rows(struct node *n, const char *cmd, const char *member)
{
	char last[64] = "", *line, *args = xstrdup("{}");
	size_t i, total = 0;
	const char *next;

	for (;;) {
		struct json_object *o, *list;

		line = xasprintf("{\"cmd\":\"%s\",\"args\":%s}", cmd, args);
		o = result(n, line);
		list = get(o, cmd);
		assert_true(strlen(json_object_to_json_string_ext(
				o, JSON_C_TO_STRING_PLAIN)) < 192 * 1024);
		for (i = 0; i < json_object_array_length(list); i++, total++) {
			const char *text = get_text(
			    json_object_array_get_idx(list, i), member);

			assert_true(strcmp(text, last) > 0);
			snprintf(last, sizeof(last), "%s", text);
		}
		free(line);
		free(args);
		next = json_object_get_string(get(o, "next"));
		if (next == NULL) {
			json_object_put(o);
			return total;
		}
		args = xasprintf("{\"after\":\"%s\"}", next);
		json_object_put(o);
	}
}

static void
macs_come_in_pages(void **state)
{
	struct node a, b;
	unsigned i;

	(void)state;
	pair_init(&a, &b, false);
	add_device(&a, FWD_SWITCH);
	for (i = 0; i < 1000; i++)
		frame_from_device(&a, 0, i * 37 % 1000, 7);
	assert_int_equal(all_rows(&a, "macs", "address"), 1000);
	starve(1, STARVE_ALL); /* no part of them that looks whole */
	refused(&a, "{\"cmd\":\"macs\"}", "refused", "no memory");
	starve_end();
	node_fini(&a);
	node_fini(&b);
}

static void
routes_say_who_has_what(void **state)
{
	static const char *const texts[] = { "10.1.0.0/16", "10.0.0.0/8",
		"02:00:00:00:00:07/48", "fd00:1::/48" };
	struct prefix p[4];
	struct json_object *o;
	uint32_t who;
	struct node a, b;
	size_t i, bad;

	(void)state;
	pair_init(&a, &b, false);
	for (i = 0; i < 4; i++)
		assert_null(prefix_parse(texts[i], &p[i]));
	assert_true(core_own_prefixes(&a.core, p, 1, &bad, &who));
	assert_true(core_peer_prefixes(
	    &a.core, core_peer_by_name(&a.core, "b"), p + 1, 3, &bad, &who));
	o = result(&a, "{\"cmd\":\"routes\"}");
	assert_string_equal(
	    json_object_to_json_string_ext(
		o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE),
	    "{\"version\":1,\"routes\":["
	    "{\"prefix\":\"10.0.0.0/"
	    "8\",\"peer\":\"b\",\"agreed\":false,\"refused\":null},"
	    "{\"prefix\":\"10.1.0.0/"
	    "16\",\"peer\":null,\"agreed\":false,\"refused\":null},"
	    "{\"prefix\":\"fd00:1::/"
	    "48\",\"peer\":\"b\",\"agreed\":false,\"refused\":null},"
	    "{\"prefix\":\"02:00:00:00:00:07/"
	    "48\",\"peer\":\"b\",\"agreed\":false,\"refused\":null}],"
	    "\"next\":null}");
	json_object_put(o);
	refused(&a, "{\"cmd\":\"routes\",\"args\":{\"after\":\"x\"}}",
	    "bad-argument", "must be a prefix");
	node_fini(&a);
	node_fini(&b);
}

static void
routes_come_in_pages(void **state)
{
	struct prefix p[1000] = { 0 };
	uint32_t who;
	struct node a, b;
	size_t i, bad;

	(void)state;
	pair_init(&a, &b, false);
	for (i = 0; i < 1000; i++) {
		p[i].family = PREFIX_IPV4;
		p[i].bits = 32;
		p[i].a[0] = 10;
		p[i].a[1] = (uint8_t)(100 + i / 100);
		p[i].a[2] = (uint8_t)(100 + i % 100);
	}
	assert_true(core_own_prefixes(&a.core, p, 1000, &bad, &who));
	assert_int_equal(all_rows(&a, "routes", "prefix"), 1000);
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
	} cases[] = { { "{}", 100, true, 1 },
		{ "{\"after\":200}", 100, true, 201 },
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
	    "bad-argument", "after must be an id");
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
	a.reload_fails = false;
	a.reload_refuses = true;
	refused(&a, line, "partly", "in force but for these peers");
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
		"peer.rtt", "peer.session", "peer.dial", "peer.silent",
		"peer.recursion", "peer.endpoint-refused", "peer.route-refused",
		"peer.class", "peer.revoked", "peer.gone", "mesh.up",
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
		cmocka_unit_test(show_lists_devices),
		cmocka_unit_test(macs_says_who_has_what),
		cmocka_unit_test(macs_come_in_pages),
		cmocka_unit_test(routes_say_who_has_what),
		cmocka_unit_test(routes_come_in_pages),
		cmocka_unit_test(show_comes_in_pages),
		cmocka_unit_test(peers_have_three_names),
		cmocka_unit_test(peers_come_and_go),
		cmocka_unit_test(counters_are_complete),
		cmocka_unit_test(the_host_is_told),
		cmocka_unit_test(events_name_what_happened),
	};

	return cmocka_run_group_tests(tests, ctlnode_start, NULL);
}
