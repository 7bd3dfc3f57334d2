/* entry.*, and peers that nobody configured, on real cores. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64.h"
#include "core/exchange.h"
#include "crypto/sign.h"
#include "tests/quiet.h"
#include "tests/unit/ctlnode.h"
#include "tests/starve.h"
#include "wire/uri.h"

static void
start_exchange(struct node *n, enum trust_mode mode, bool advertise)
{
	const struct exchange_io io = quiet_exchange_io(n);
	struct exchange_config cfg = {
		.trust = { .mode = mode, .max_peers = 32 },
		.book = { .max_peers = 32, .dial = mode != TRUST_KNOWN },
		.self.about = { .life = 3600,
		    .accepts = ACCEPTS_OPEN,
		    .flags = RECORD_PUBLIC,
		    .name = "tower",
		    .country = "DE",
		    .has_place = true,
		    .lat = 5252000,
		    .lon = -1340500 },
	};

	if (advertise) {
		cfg.self.about.n_ep = 2;
		cfg.self.about.ep[0] = n->addr;
		assert_true(
		    addr_parse("[2001:db8::1]:7469", 0, &cfg.self.about.ep[1]));
	}
	exchange_start(&n->core, &cfg, &io);
}

static void
lone(struct node *n, bool advertise)
{
	node_init(n, 1, 1 << SUITE_CHACHAPOLY);
	start_exchange(n, TRUST_OPEN, advertise);
}

static void
refused(struct node *n, const char *line, const char *code)
{
	struct json_object *o = ask(n, CTL_ADMIN, line, strlen(line));

	assert_false(json_object_get_boolean(get(o, "ok")));
	assert_string_equal(get_text(get(o, "error"), "code"), code);
	json_object_put(o);
}

/* A key that could be somebody's: made of a seed. */
static void
key_of(unsigned number, struct identity *ret)
{
	uint8_t seed[KEY_LEN] = { 9, (uint8_t)number, (uint8_t)(number >> 8) };

	assert_true(identity_from_seed(seed, ret));
}

static void
without_exchange(void **state)
{
	static const char *const lines[] = {
		"{\"cmd\":\"entry.list\"}",
		"{\"cmd\":\"entry.self\"}",
		"{\"cmd\":\"entry.add\",\"args\":{\"uri\":\"x\"}}",
		"{\"cmd\":\"entry.revoke\",\"args\":{\"revocation\":\"x\"}}",
	};
	struct node n;
	size_t i;

	(void)state;
	node_init(&n, 1, 1 << SUITE_CHACHAPOLY);
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		refused(&n, lines[i], "no-exchange");
	node_fini(&n);
}

/* One page; counts its rows, and notes the last key. */
static unsigned
page(struct node *n, char last[KEY_TEXT], bool *ret_more)
{
	char line[128];
	struct json_object *o, *list;
	size_t i, count;

	if (last[0] == '\0')
		snprintf(line, sizeof(line), "{\"cmd\":\"entry.list\"}");
	else
		snprintf(line, sizeof(line),
		    "{\"cmd\":\"entry.list\",\"args\":{\"after\":\"%s\"}}",
		    last);
	o = result(n, line);
	list = get(o, "entries");
	count = json_object_array_length(list);
	for (i = 0; i < count; i++) {
		const char *key =
		    get_text(json_object_array_get_idx(list, i), "public_key");
		uint8_t a[KEY_LEN], b[KEY_LEN];

		assert_true(key_parse(key, a));
		if (last[0] != '\0') {
			assert_true(key_parse(last, b));
			assert_true(memcmp(b, a, KEY_LEN) < 0);
		}
		strcpy(last, key);
	}
	*ret_more = json_object_get_boolean(get(o, "more"));
	json_object_put(o);
	return (unsigned)count;
}

#define MANY 205

static void
pages(void **state)
{
	const struct book_source src = { .from = BOOK_FROM_USER };
	char last[KEY_TEXT] = "", text[ADDR_TEXT];
	struct identity id;
	struct addr a;
	struct node n;
	unsigned i;
	bool more;

	(void)state;
	lone(&n, false);
	assert_int_equal(page(&n, last, &more), 0);
	assert_false(more);
	for (i = 0; i < MANY; i++) {
		key_of(i, &id);
		snprintf(text, sizeof(text), "10.%u.1.1:7469", i);
		assert_true(addr_parse(text, 0, &a));
		assert_int_equal(
		    exchange_heard_of(&n.core, src, id.ed_pk, &a, 1, &n.t),
		    BOOK_NEW);
	}
	assert_int_equal(page(&n, last, &more), 100);
	assert_true(more);
	assert_int_equal(page(&n, last, &more), 100);
	assert_true(more);
	assert_int_equal(page(&n, last, &more), MANY - 200);
	assert_false(more);
	starve(1, STARVE_ALL); /* no part of them that looks whole */
	refused(&n, "{\"cmd\":\"entry.list\"}", "refused");
	starve_end();
	assert_int_equal(page(&n, last, &more), 0);
	refused(&n, "{\"cmd\":\"entry.list\",\"args\":{\"after\":\"x\"}}",
	    "bad-argument");
	node_fini(&n);
}

static void
add(void **state)
{
	struct json_object *o;
	struct node n;

	(void)state;
	lone(&n, false);
	o = result(
	    &n, "{\"cmd\":\"entry.add\",\"args\":{\"uri\":\"vpla://x\"}}");
	assert_string_equal(get_text(o, "news"), "new");
	assert_string_equal(n.added, "vpla://x -");
	json_object_put(o);
	o = result(&n,
	    "{\"cmd\":\"entry.add\",\"args\":{\"uri\":\"vpla://y\","
	    "\"from\":\"http://z\"}}");
	assert_string_equal(n.added, "vpla://y http://z");
	json_object_put(o);
	refused(&n, "{\"cmd\":\"entry.add\",\"args\":{\"uri\":\"bad\"}}",
	    "refused");
	refused(&n, "{\"cmd\":\"entry.add\"}", "missing-argument");
	node_fini(&n);
}

/* What is signed says the same, and so does the URI. */
static void
self(void **state)
{
	struct json_object *o, *r;
	uint8_t raw[RECORD_MAX];
	const uint8_t *sig;
	struct record rec;
	const char *text, *why;
	struct node n;
	struct uri u;
	size_t len, n_signed;

	(void)state;
	lone(&n, false);
	refused(&n, "{\"cmd\":\"entry.self\"}", "no-endpoint");
	node_fini(&n);
	lone(&n, true);
	pass(&n, MONO_SEC);
	o = result(&n, "{\"cmd\":\"entry.self\"}");
	r = get(o, "record");
	assert_string_equal(get_text(r, "name"), "tower");
	assert_null(get(r, "community"));
	assert_string_equal(get_text(r, "accepts"), "open");
	assert_true(json_object_get_boolean(get(r, "public")));
	assert_true(
	    json_object_get_double(get(get(r, "place"), "lon")) == -13.405);
	text = get_text(o, "signed");
	assert_true(base64_parse(
	    BASE64_PLAIN, text, strlen(text), raw, sizeof(raw), &len));
	assert_true(record_parse(raw, len, &rec, &n_signed, &sig));
	assert_memory_equal(rec.key, n.core.id.ed_pk, KEY_LEN);
	assert_true(key_verify(
	    rec.key, SIGN_RECORD, n.core.net.netid, raw, n_signed, sig));
	assert_true(uri_parse(get_text(o, "uri"), &u, &why));
	assert_memory_equal(u.key, n.core.id.ed_pk, KEY_LEN);
	assert_int_equal(u.n_ep, 2);
	assert_string_equal(u.ep[0].host, "192.0.2.1");
	assert_string_equal(u.ep[1].host, "2001:db8::1");
	assert_int_equal(u.ep[1].port, 7469);
	assert_string_equal(u.network, "lanuova");
	assert_string_equal(u.name, "tower");
	json_object_put(o);
	node_fini(&n);
}

static void
revoke_line(const uint8_t *raw, size_t len, char line[512])
{
	char text[BASE64_TEXT(REVOKE_LEN + 1)];

	base64_format(BASE64_PLAIN, raw, len, text);
	snprintf(line, 512,
	    "{\"cmd\":\"entry.revoke\",\"args\":{\"revocation\":\"%s\"}}",
	    text);
}

static void
revoke(void **state)
{
	struct revoke what = { .issued = 1700000000, .reason = REVOKE_STOLEN };
	uint8_t raw[REVOKE_LEN + 1] = { 0 };
	struct identity id;
	char line[512];
	struct node n;

	(void)state;
	lone(&n, false);
	key_of(7, &id);
	memcpy(what.key, id.ed_pk, KEY_LEN);
	memcpy(what.by, id.ed_pk, KEY_LEN);
	revoke_write(&what, raw);
	revoke_line(raw, REVOKE_LEN, line);
	refused(&n, line, "refused"); /* not signed */
	identity_sign(&id, SIGN_REVOKE, n.core.net.netid, raw,
	    REVOKE_LEN - RECORD_SIG, raw + REVOKE_LEN - RECORD_SIG);
	revoke_line(raw, REVOKE_LEN - 1, line);
	refused(&n, line, "bad-argument");
	revoke_line(raw, REVOKE_LEN + 1, line);
	refused(&n, line, "bad-argument");
	assert_false(book_is_revoked(exchange_book(&n.core), id.ed_pk));
	revoke_line(raw, REVOKE_LEN, line);
	json_object_put(result(&n, line));
	assert_true(book_is_revoked(exchange_book(&n.core), id.ed_pk));
	node_fini(&n);
}

static void
lists(void **state)
{
	struct json_object *o;
	struct node n;

	(void)state;
	lone(&n, false);
	json_object_put(result(&n, "{\"cmd\":\"entry.fetch\"}"));
	n.reload_fails = true;
	refused(&n, "{\"cmd\":\"entry.fetch\"}", "refused");
	o = result(&n, "{\"cmd\":\"entry.sources\"}");
	assert_int_equal(json_object_array_length(get(o, "sources")), 1);
	json_object_put(o);
	o = result(&n, "{\"cmd\":\"entry.audit\"}");
	assert_int_equal(json_object_array_length(get(o, "lists")), 1);
	json_object_put(o);
	node_fini(&n);
}

static void
stored(void **state)
{
	uint8_t key[2][KEY_LEN] = { { 1 }, { 2 } };
	struct json_object *o;
	char text[KEY_TEXT];
	struct node n;

	(void)state;
	lone(&n, false);
	o = ctl_event_stored(&n.ctl, (const uint8_t(*)[KEY_LEN])key, 2, &n.t);
	assert_string_equal(get_text(o, "event"), "stored");
	assert_int_equal(json_object_array_length(get(o, "keys")), 2);
	key_format(key[1], text);
	assert_string_equal(json_object_get_string(
				json_object_array_get_idx(get(o, "keys"), 1)),
	    text);
	json_object_put(o);
	node_fini(&n);
}

/* How many peers `show` has. */
static size_t
shown(struct node *n)
{
	struct json_object *o = result(n, "{\"cmd\":\"show\"}");
	size_t count = json_object_array_length(get(o, "peers"));

	json_object_put(o);
	return count;
}

/* `explain` of the only peer. */
static void
explained(struct node *n, const char *rule)
{
	struct json_object *o =
	    result(n, "{\"cmd\":\"explain\",\"args\":{\"peer\":1}}");

	assert_string_equal(get_text(get(o, "rule"), "id"), rule);
	assert_null(get(get(o, "config"), "file"));
	json_object_put(o);
}

/* A vnode that a heard of is nowhere to be seen until it has answered. */
static void
strangers(void **state)
{
	const struct book_source src = { .from = BOOK_FROM_LIST, .which = 5 };
	struct json_object *o, *p;
	char key[KEY_TEXT];
	struct node a, b;

	(void)state;
	node_init(&a, 1, 1 << SUITE_CHACHAPOLY);
	node_init(&b, 2, 1 << SUITE_CHACHAPOLY);
	start_exchange(&a, TRUST_OPEN, true);
	start_exchange(&b, TRUST_OPEN, true);
	a.in_file = b.in_file = false;
	assert_int_equal(
	    exchange_heard_of(&a.core, src, b.core.id.ed_pk, &b.addr, 1, &a.t),
	    BOOK_NEW);
	pass(&a, STEP_US);
	assert_int_equal(a.core.n_peers, 1);
	assert_int_equal(shown(&a), 0);
	refused(
	    &a, "{\"cmd\":\"explain\",\"args\":{\"peer\":1}}", "no-such-peer");
	live_on(&a, &b, 2, NULL);
	o = result(&a, "{\"cmd\":\"show\"}");
	assert_string_equal(get_text(get(o, "node"), "trust"), "open");
	p = json_object_array_get_idx(get(o, "peers"), 0);
	key_format(b.core.id.ed_pk, key);
	assert_string_equal(get_text(p, "public_key"), key);
	assert_string_equal(get_text(p, "origin"), "learned");
	assert_string_equal(get_text(p, "class"), "stranger");
	assert_string_equal(get_text(p, "state"), "vrnode");
	assert_int_equal(json_object_get_int(get(p, "observed_seconds")), 0);
	json_object_put(o);
	o = result(&b, "{\"cmd\":\"show\"}");
	p = json_object_array_get_idx(get(o, "peers"), 0);
	assert_string_equal(get_text(p, "origin"), "admitted");
	json_object_put(o);
	explained(&a, "stranger");
	explained(&b, "stranger");
	o = result(&a, "{\"cmd\":\"entry.list\"}");
	p = json_object_array_get_idx(get(o, "entries"), 0);
	assert_string_equal(get_text(p, "told_by"), "list");
	assert_string_equal(get_text(p, "proven"), "192.0.2.2:7469");
	assert_string_equal(get_text(get(p, "record"), "name"), "tower");
	assert_true(json_object_get_boolean(get(p, "live")));
	assert_null(get(p, "uptime_30d"));
	json_object_put(o);
	node_fini(&a);
	node_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_exchange),
		cmocka_unit_test(pages),
		cmocka_unit_test(add),
		cmocka_unit_test(self),
		cmocka_unit_test(revoke),
		cmocka_unit_test(lists),
		cmocka_unit_test(stored),
		cmocka_unit_test(strangers),
	};

	return cmocka_run_group_tests(tests, ctlnode_start, NULL);
}
