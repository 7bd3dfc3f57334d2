#include "tests/unit/ctlnode.h"

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
	};

	return cmocka_run_group_tests(tests, ctlnode_start, NULL);
}
