#include "wire/ctlmsg.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/rng.h"

static bool
parse(const char *line, size_t len, struct ctl_req *req, const char **why)
{
	char *copy = malloc(len > 0 ? len : 1); /* no NUL byte behind it */
	bool ok;

	assert_non_null(copy);
	memcpy(copy, line, len);
	*why = NULL;
	ok = ctl_req_parse(copy, len, req, why);
	free(copy);
	if (ok)
		assert_true(req->args != NULL && req->id >= 0 &&
		    json_object_is_type(req->args, json_type_object));
	else
		assert_true(req->args == NULL && *why != NULL && **why != '\0');
	return ok;
}

static void
good(const char *line, int64_t id, const char *cmd, const char *args)
{
	struct ctl_req req;
	const char *why;

	if (!parse(line, strlen(line), &req, &why))
		fail_msg("%s: %s", line, why);
	assert_true(req.id == id);
	assert_string_equal(req.cmd, cmd);
	assert_string_equal(
	    json_object_to_json_string_ext(req.args, JSON_C_TO_STRING_PLAIN),
	    args);
	ctl_req_fini(&req);
	assert_null(req.args);
}

/* hint: part of what the sender is told. */
static void
bad(const char *line, int64_t id, const char *hint)
{
	struct ctl_req req;
	const char *why;

	if (parse(line, strlen(line), &req, &why))
		fail_msg("taken: %s", line);
	assert_true(req.id == id);
	if (strstr(why, hint) == NULL)
		fail_msg("%s: %s, not %s", line, why, hint);
}

static void
requests(void **state)
{
	(void)state;
	good("{\"id\":7,\"cmd\":\"peer.list\",\"args\":{}}", 7, "peer.list",
	    "{}");
	good("{\"cmd\":\"a\"}", 0, "a", "{}");
	good(" { \"args\" : {\"k\":[1,{}]} , \"cmd\" : \"x\" } ", 0, "x",
	    "{\"k\":[1,{}]}");
	good(
	    "{\"id\":9223372036854775807,\"cmd\":\"x\"}", INT64_MAX, "x", "{}");
	good("{\"id\":0,\"cmd\":\"abcdefghijabcdefghijabcdefghija\"}", 0,
	    "abcdefghijabcdefghijabcdefghija", "{}");
}

static void
wrong_members(void **state)
{
	(void)state;
	bad("{}", 0, "cmd");
	bad("{\"id\":3}", 3, "cmd");
	bad("{\"id\":3,\"cmd\":1}", 3, "cmd");
	bad("{\"id\":3,\"cmd\":null}", 3, "cmd");
	bad("{\"id\":3,\"cmd\":\"\"}", 3, "cmd");
	bad("{\"id\":3,\"cmd\":\"a\\u0000b\"}", 3, "cmd");
	bad("{\"id\":3,\"cmd\":\"abcdefghijabcdefghijabcdefghijab\"}", 3,
	    "31 bytes");
	bad("{\"cmd\":\"x\",\"id\":3,\"args\":[]}", 3, "args");
	bad("{\"cmd\":\"x\",\"id\":3,\"args\":null}", 3, "args");
	bad("{\"cmd\":\"x\",\"id\":3,\"args\":\"{}\"}", 3, "args");
	bad("{\"cmd\":\"x\",\"id\":3,\"arg\":{}}", 3, "only id, cmd and args");
	bad("{\"cmd\":\"x\",\"id\":3,\"ID\":3}", 3, "only id, cmd and args");
	bad("{\"cmd\":\"x\",\"id\":-1}", 0, "id");
	bad("{\"cmd\":\"x\",\"id\":1.5}", 0, "id");
	bad("{\"cmd\":\"x\",\"id\":\"1\"}", 0, "id");
	bad("{\"cmd\":\"x\",\"id\":null}", 0, "id");
	bad("{\"cmd\":\"x\",\"id\":true}", 0, "id");
	bad("{\"cmd\":\"x\",\"id\":9223372036854775808}", 0, "id");
	bad("{\"cmd\":\"x\",\"id\":18446744073709551615}", 0, "id");
	bad("{\"cmd\":\"x\",\"id\":99999999999999999999999}", 0, "");
}

static void
wrong_json(void **state)
{
	(void)state;
	bad("", 0, "ends inside");
	bad("[]", 0, "object");
	bad("null ", 0, "object");
	bad("7 ", 0, "object");
	bad("\"x\"", 0, "object");
	bad("{\"cmd\":\"x\"}{}", 0, "");
	bad("{\"cmd\":\"x\"} x", 0, "");
	bad("{\"cmd\":\"x\",}", 0, "JSON");
	bad("{'cmd':'x'}", 0, "JSON");
	bad("{cmd:\"x\"}", 0, "JSON");
	bad("{\"cmd\":\"x\"}/* */", 0, "");
	bad("{\"cmd\":\"\xff\xfe\"}", 0, "JSON");
}

static void
truncations_and_nul_bytes(void **state)
{
	static const char line[] =
	    "{\"id\":7,\"cmd\":\"peer.add\",\"args\":{\"a\":[1,2,{}]}}";
	struct ctl_req req;
	const char *why;
	size_t len;

	(void)state;
	for (len = 0; len < strlen(line); len++)
		assert_false(parse(line, len, &req, &why));
	assert_false(parse(line, strlen(line) + 1, &req, &why)); /* a NUL */
	for (len = 0; len < strlen(line); len++) {
		char copy[sizeof(line)];

		memcpy(copy, line, sizeof(line));
		copy[len] = '\0';
		assert_false(parse(copy, strlen(line), &req, &why));
	}
}

static size_t
nested(char *p, size_t arrays)
{
	size_t i, n = (size_t)sprintf(p, "{\"cmd\":\"x\",\"args\":{\"a\":");

	for (i = 0; i < arrays; i++)
		p[n++] = '[';
	p[n++] = '1';
	for (i = 0; i < arrays; i++)
		p[n++] = ']';
	p[n++] = '}';
	p[n++] = '}';
	return n;
}

/* A request, its args, arrays and a number: CTL_DEPTH_MAX levels in all. */
static void
depth(void **state)
{
	char p[4096];
	struct ctl_req req;
	const char *why;
	size_t arrays;

	(void)state;
	for (arrays = 0; arrays <= 1000; arrays++) {
		bool ok = parse(p, nested(p, arrays), &req, &why);

		assert_int_equal(ok, 2 + arrays + 1 <= CTL_DEPTH_MAX);
		if (ok)
			ctl_req_fini(&req);
		else
			assert_string_equal(why, "nested too deep");
	}
}

/* The limit counts the newline, which the parser is not given. */
static void
line_length(void **state)
{
	static char p[CTL_LINE_MAX + 2];
	struct ctl_req req;
	const char *why;
	int n;

	(void)state;
	memset(p, ' ', sizeof(p));
	n = sprintf(p, "{\"cmd\":\"x\"}");
	p[n] = ' ';
	assert_true(parse(p, CTL_LINE_MAX - 1, &req, &why));
	ctl_req_fini(&req);
	assert_false(parse(p, CTL_LINE_MAX, &req, &why));
	assert_non_null(strstr(why, "too long"));
	assert_false(parse(p, CTL_LINE_MAX + 1, &req, &why));
}

static void
text_is(struct json_object *o, const char *want)
{
	assert_string_equal(
	    json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN), want);
	json_object_put(o);
}

static void
replies(void **state)
{
	(void)state;
	text_is(ctl_reply(7, json_object_new_int(3)),
	    "{\"id\":7,\"ok\":true,\"result\":3}");
	text_is(ctl_reply(0, NULL), "{\"id\":0,\"ok\":true,\"result\":null}");
	text_is(ctl_error(INT64_MAX, "no-peer", "no such \"peer\"\n"),
	    "{\"id\":9223372036854775807,\"ok\":false,\"error\":"
	    "{\"code\":\"no-peer\",\"text\":\"no such \\\"peer\\\"\\n\"}}");
	text_is(ctl_request(1, "x", NULL), "{\"id\":1,\"cmd\":\"x\"}");
}

static void
request_round_trip(void **state)
{
	struct json_object *args = json_object_new_object(), *o;
	const char *line;

	(void)state;
	json_object_object_add(args, "name", json_object_new_string("north"));
	o = ctl_request(42, "peer.del", args);
	line = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN);
	good(line, 42, "peer.del", "{\"name\":\"north\"}");
	json_object_put(o);
}

/* Random damage: a refusal with a reason or a request, never a crash. */
static void
random_damage(void **state)
{
	static const char line[] = "{\"id\":7,\"cmd\":\"peer.add\",\"args\":{"
				   "\"a\":[1,2,{\"b\":-3e1}]}}";
	static const char bits[] = "{}[]\",:\\0e-.n\x80 ";
	struct rng r = rng_seeded(6);
	int i, taken = 0;

	(void)state;
	for (i = 0; i < 20000; i++) {
		char p[sizeof(line)];
		struct ctl_req req;
		const char *why;
		size_t k;

		memcpy(p, line, sizeof(line));
		for (k = 1 + rng_below(&r, 3); k > 0; k--)
			p[rng_below(&r, sizeof(line) - 1)] =
			    bits[rng_below(&r, sizeof(bits) - 1)];
		if (!parse(p, sizeof(line) - 1, &req, &why))
			continue;
		taken++;
		ctl_req_fini(&req);
	}
	assert_true(taken > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests),
		cmocka_unit_test(wrong_members),
		cmocka_unit_test(wrong_json),
		cmocka_unit_test(truncations_and_nul_bytes),
		cmocka_unit_test(depth),
		cmocka_unit_test(line_length),
		cmocka_unit_test(replies),
		cmocka_unit_test(request_round_trip),
		cmocka_unit_test(random_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
