#include "tests/unit/ctlnode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/peer_send.h"
#include "wire/msg.h"

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

	/* It went away: what it said ten minutes ago says nothing. */
	while (a.t.now.us < 1600 * (uint64_t)MONO_SEC) {
		pass(&a, STEP_US);
		node_clear(&a);
	}
	explain_is(&a, "no-answer");
	node_fini(&a);
	node_fini(&b);
}

static void
explain_tunnel(void **state)
{
	static const struct fwd_config device = {
		.ethernet = true, .mode = FWD_HUB, .flood_rate = 1000
	};
	struct json_object *o;
	struct node a, b;

	(void)state;
	pair_init(&a, &b, true);
	dial(&a, &b);
	live_on(&a, &b, 5, NULL);
	o = explained(&a, "no-mesh-daemon");
	assert_string_equal(
	    get_text(get(o, "config"), "file"), "/etc/vplama/vplamad.conf");
	assert_null(get(get(o, "config"), "line"));
	json_object_put(o);
	/* A device carries packets as well. */
	assert_int_equal(core_port_add(&a.core, &device, &a.t), 0);
	o = explained(&a, "live");
	assert_int_equal(json_object_get_int(fact(o, "devices")), 1);
	json_object_put(o);
	core_port_del(&a.core, 0);
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

/* What a sent last, as a packet of 192.0.2.1 that its device gives it. */
static void
comes_back(struct node *n)
{
	const struct datagram *d = n->queue[n->n_queue - 1];
	struct run run = { .n = 0 };
	struct pkt *pk = run_add(&run, 28 + d->len, &n->mem);

	assert_non_null(pk);
	memset(pk->p, 0, 28);
	pk->p[0] = 0x45;
	pk->p[2] = (uint8_t)((28 + d->len) >> 8);
	pk->p[3] = (uint8_t)(28 + d->len);
	pk->p[9] = 17;
	memcpy(pk->p + 12, "\300\0\2\1", 4);
	memcpy(pk->p + 16, d->to.ip + 12, 4);
	pk->p[22] = (uint8_t)(d->to.port >> 8);
	pk->p[23] = (uint8_t)d->to.port;
	memcpy(pk->p + 28, d->p, d->len);
	core_port_input(&n->core, 0, &run, &n->t);
}

static void
explain_recursion(void **state)
{
	static const struct fwd_config device = { .mode = FWD_HUB };
	struct json_object *o;
	struct node a, b;
	struct turn t;

	(void)state;
	pair_init(&a, &b, true);
	dial(&a, &b);
	live_on(&a, &b, 5, NULL);
	assert_int_equal(core_port_add(&a.core, &device, &a.t), 0);
	explain_is(&a, "live");
	t = a.t;
	peer_send_probe(&a.core, core_peer_by_name(&a.core, "b"), &t);
	comes_back(&a);
	o = explained(&a, "recursion");
	assert_string_equal(get_text(get(o, "config"), "option"), "mark");
	assert_int_equal(
	    json_object_get_int(fact(o, "recursion_seen_seconds")), 0);
	json_object_put(o);
	live_on(&a, &b, 301, NULL);
	explain_is(&a, "live"); /* somebody has set it right */
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
	/* The answer was lost, not the question: it must be asked for again. */
	live_on(&a, &b, 4, NULL);
	explain_is(&a, "no-mesh-daemon");
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

static void
port_is(struct node *n, const char *want)
{
	struct json_object *o =
	    result(n, "{\"cmd\":\"mtu\",\"args\":{\"peer\":\"b\"}}");
	const char *text = json_object_to_json_string_ext(
	    json_object_object_get(o, "ports"), JSON_C_TO_STRING_PLAIN);

	assert_non_null(strstr(text, "\"name\":\"vpl0\""));
	assert_non_null(strstr(text, want));
	json_object_put(o);
}

/* The parts of the sum are the line. */
static void
mtu_adds_up(void **state)
{
	const struct fwd_config eth = { .ethernet = true, .mode = FWD_HUB };
	struct json_object *o, *sum, *v;
	int64_t total = 0;
	struct node a, b;
	size_t i;

	(void)state;
	pair_init(&a, &b, true);
	dial(&a, &b);
	live_on(&a, &b, 5, NULL);
	o = result(&a, "{\"cmd\":\"mtu\",\"args\":{\"peer\":\"b\"}}");
	assert_true(json_object_object_get_ex(o, "sum", &sum));
	for (i = 0; i < json_object_array_length(sum); i++) {
		json_object_object_get_ex(
		    json_object_array_get_idx(sum, i), "bytes", &v);
		total += json_object_get_int64(v);
	}
	json_object_object_get_ex(o, "line", &v);
	assert_int_equal(total, json_object_get_int64(v));
	json_object_object_get_ex(o, "body", &v);
	assert_int_equal(json_object_get_int64(v), CORE_MTU);
	json_object_put(o);
	/* an mtu of 1400 suits IP in such bodies, and not Ethernet */
	assert_int_equal(core_port_add(&a.core, &eth, &a.t), 0);
	port_is(&a, "\"mtu\":1400,\"fitting_mtu\":1382,\"fits\":false");
	a.core.port[0]->cfg.ethernet = false;
	port_is(&a, "\"mtu\":1400,\"fitting_mtu\":1400,\"fits\":true");
	node_fini(&a);
	node_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mtu_adds_up),
		cmocka_unit_test(explain_names_and_addresses),
		cmocka_unit_test(explain_dialling),
		cmocka_unit_test(explain_not_accepted),
		cmocka_unit_test(explain_tunnel),
		cmocka_unit_test(explain_recursion),
		cmocka_unit_test(explain_confirming),
		cmocka_unit_test(explain_gone),
		cmocka_unit_test(explain_no_suite),
	};

	return cmocka_run_group_tests(tests, ctlnode_start, NULL);
}
