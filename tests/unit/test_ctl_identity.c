/* The control commands that ask for a key: who may, and what becomes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/ctlnode.h"

#include <cmocka.h>

static const char ask_b[] = "{\"cmd\":\"identity.ask\",\"args\":{\"endpoint\":"
			    "\"192.0.2.2:7469\"}}";

static void
refused(struct node *n, enum ctl_role role, const char *line, const char *code,
    const char *part)
{
	struct json_object *o = ask(n, role, line, strlen(line)), *err;

	assert_false(json_object_get_boolean(get(o, "ok")));
	err = get(o, "error");
	assert_string_equal(get_text(err, "code"), code);
	assert_non_null(strstr(get_text(err, "text"), part));
	json_object_put(o);
}

/* What became of a query; the caller puts it. */
static struct json_object *
answer(struct node *n, unsigned id)
{
	char line[80];

	snprintf(line, sizeof(line),
	    "{\"cmd\":\"identity.answer\",\"args\":{\"id\":%u}}", id);
	return result(n, line);
}

static void
bad_questions(void **state)
{
	struct node a;

	(void)state;
	node_init(&a, 1, 1 << SUITE_CHACHAPOLY);
	refused(&a, CTL_READ, ask_b, "forbidden", "administrators");
	refused(&a, CTL_ADMIN,
	    "{\"cmd\":\"identity.ask\",\"args\":{\"endpoint\":\"b\"}}",
	    "refused", "host:port");
	refused(&a, CTL_ADMIN, "{\"cmd\":\"identity.ask\"}", "missing-argument",
	    "endpoint");
	refused(&a, CTL_READ, "{\"cmd\":\"identity.answer\"}",
	    "missing-argument", "id");
	refused(&a, CTL_READ,
	    "{\"cmd\":\"identity.answer\",\"args\":{\"id\":1}}",
	    "no-such-query", "id");
	refused(&a, CTL_READ,
	    "{\"cmd\":\"identity.answer\",\"args\":{\"id\":0}}",
	    "no-such-query", "id");
	assert_int_equal(a.n_queue, 0);
	node_fini(&a);
}

static void
key_comes(void **state)
{
	struct json_object *o;
	struct node a, b;
	char key[KEY_TEXT];

	(void)state;
	node_init(&a, 1, 1 << SUITE_CHACHAPOLY);
	node_init(&b, 2, 1 << SUITE_CHACHAPOLY);
	o = result(&a, ask_b);
	assert_int_equal(json_object_get_int(get(o, "id")), 1);
	json_object_put(o);
	o = answer(&a, 1);
	assert_string_equal(get_text(o, "state"), "asking");
	assert_null(get(o, "public_key"));
	json_object_put(o);
	live_on(&a, &b, 1, NULL);
	o = answer(&a, 1);
	assert_string_equal(get_text(o, "state"), "known");
	key_format(b.core.id.ed_pk, key);
	assert_string_equal(get_text(o, "public_key"), key);
	assert_string_equal(get_text(o, "endpoint"), "192.0.2.2:7469");
	assert_null(get(o, "why"));
	json_object_put(o);
	node_fini(&a);
	node_fini(&b);
}

static void
no_key_comes(void **state)
{
	struct json_object *o;
	struct node a, b;
	unsigned i;

	(void)state;
	node_init(&a, 1, 1 << SUITE_CHACHAPOLY);
	node_init(&b, 2, 1 << SUITE_CHACHAPOLY);
	ident_set_answers(&b.core, false);
	for (i = 0; i < IDENT_QUERIES; i++)
		json_object_put(result(&a, ask_b));
	refused(&a, CTL_ADMIN, ask_b, "refused", "busy");
	live_on(&a, &b, 7, NULL);
	o = answer(&a, 2);
	assert_string_equal(get_text(o, "state"), "failed");
	assert_non_null(strstr(get_text(o, "why"), "answer-identity"));
	assert_null(get(o, "public_key"));
	assert_null(get(o, "endpoint"));
	json_object_put(o);
	node_fini(&a);
	node_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_questions),
		cmocka_unit_test(key_comes),
		cmocka_unit_test(no_key_comes),
	};

	return cmocka_run_group_tests(tests, ctlnode_start, NULL);
}
