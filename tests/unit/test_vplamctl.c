#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fdutil.h"
#include "base/xmem.h"
#include "crypto/keys.h"
#include "tests/unit/ctlrun.h"
#include "tests/unit/ctltext.h"

static void
tables_come_in_pages(void **state)
{
	static const char *const pages[] = { HELLO,
		"{\"id\":2,\"ok\":true,\"result\":{\"version\":1,\"routes\":"
		"[{\"prefix\":\"10.0.0.0/8\",\"peer\":\"b\"}],"
		"\"next\":\"10.0.0.0/8\"}}\n",
		"{\"id\":3,\"ok\":true,\"result\":{\"version\":1,\"routes\":"
		"[{\"prefix\":\"10.1.0.0/16\",\"peer\":\"c\"}],"
		"\"next\":null}}\n",
		NULL };
	static const char *const endless[] = { HELLO,
		"{\"id\":2,\"ok\":true,\"result\":{\"macs\":[{}],"
		"\"next\":\"a\"}}\n",
		"{\"id\":3,\"ok\":true,\"result\":{\"macs\":[],"
		"\"next\":\"a\"}}\n",
		NULL };
	struct ctl_result r = ctl_run_against(pages, "routes");
	char requests[512];

	(void)state;
	assert_int_equal(r.rc, 0);
	ctl_has(
	    r.out, "10.0.0.0/8            b                 configuration\n");
	ctl_has(
	    r.out, "10.1.0.0/16           c                 configuration\n");
	ctl_slurp("requests", requests, sizeof(requests));
	ctl_has(requests, "{\"id\":2,\"cmd\":\"routes\"}\n");
	ctl_has(requests,
	    "{\"id\":3,\"cmd\":\"routes\",\"args\":{\"after\":"
	    "\"10.0.0.0\\/8\"}}\n");
	r = ctl_run_against(pages, "routes --json");
	ctl_has(r.out, "\"10.1.0.0/16\"");
	ctl_has(r.out, "\"next\":null");
	r = ctl_run_against(endless, "macs");
	assert_int_equal(r.rc, 0);
}

static void
genkey_and_pubkey_go_together(void **state)
{
	struct ctl_result sec = ctl_run("genkey", ""),
			  again = ctl_run("genkey", ""), pub;
	char text[KEY_TEXT + 1];
	uint8_t seed[KEY_LEN];
	struct identity id;

	(void)state;
	assert_int_equal(sec.rc, 0);
	assert_int_equal(strlen(sec.out), 45);
	assert_string_not_equal(sec.out, again.out);
	pub = ctl_run("pubkey", sec.out);
	assert_int_equal(pub.rc, 0);
	sec.out[44] = '\0';
	assert_true(key_parse(sec.out, seed));
	assert_true(identity_from_seed(seed, &id));
	key_format(id.ed_pk, text);
	strcat(text, "\n");
	assert_string_equal(pub.out, text);
	pub = ctl_run("pubkey", sec.out); /* no newline this time */
	assert_string_equal(pub.out, text);
}

static void
pubkey_wants_exactly_one_key(void **state)
{
#define KEY "c2uzk46nDcqE/rDi06jD75k2yjc3mOCdE/Qcp/4fcIU="
	static const char *const bad[] = { "", "\n", "x\n", KEY "\n\n",
		KEY " \n", " " KEY "\n", KEY "=\n", KEY "\n" KEY "\n",
		KEY KEY };
	struct ctl_result r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		r = ctl_run("pubkey", bad[i]);
		assert_int_equal(r.rc, 1);
		assert_string_equal(r.out, "");
		ctl_has(r.err, "one private key");
	}
}

static void
secrets_in_open_files_are_warned_of(void **state)
{
	mode_t old = umask(022);
	char *out = ctl_path("out");
	struct ctl_result r;

	(void)state;
	unlink(out);
	r = ctl_run("genkey", "");
	ctl_has(r.err, "umask 077");
	unlink(out);
	umask(077);
	r = ctl_run("genkey", "");
	assert_string_equal(r.err, "");
	umask(old);
	free(out);
}

static void
netkey_is_made_of_name_and_passphrase(void **state)
{
	struct ctl_result a = ctl_run("netkey lanuova", "correct horse\n");
	struct ctl_result b = ctl_run("netkey lanuova", "correct horse");
	struct ctl_result none = ctl_run("netkey lanuova", "\n");
	char text[KEY_TEXT + 1];
	uint8_t key[KEY_LEN];

	(void)state;
	assert_int_equal(a.rc, 0);
	assert_true(
	    netkey_from_passphrase(key, "lanuova", 7, "correct horse", 13));
	key_format(key, text);
	strcat(text, "\n");
	assert_string_equal(a.out, text);
	assert_string_equal(b.out, text);
	assert_int_equal(none.rc, 1);
	ctl_has(none.err, "passphrase");
	assert_int_equal(ctl_run("netkey ''", "x").rc, 1);
}

static void
wrong_usage_gives_two(void **state)
{
	static const char *const bad[] = { "", "sing", "explain", "explain a b",
		"peers", "peers add", "peers add x", "peers burn x",
		"peers del", "peers del a b", "macs x", "routes x", "genkey x",
		"netkey", "show a b", "--sing show", "stop now" };
	struct ctl_result r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		r = ctl_run(bad[i], "");
		if (r.rc != 2)
			fail_msg("%s: exit code %d", bad[i], r.rc);
		assert_string_equal(r.out, "");
		ctl_has(r.err, "usage: ");
	}
	r = ctl_run("-h", "");
	assert_int_equal(r.rc, 0);
	ctl_has(r.out, "genkey");
}

static void
absent_daemon_is_named(void **state)
{
	struct ctl_result r = ctl_run("show", "");
	int fd;

	(void)state;
	assert_int_equal(r.rc, 1);
	ctl_has(r.err, "vplamad is not running, or its control socket is");
	ctl_has(r.err, ctl_sock);
	ctl_has(r.err, "No such file");
	r = ctl_run("-s /nonexistent/there show", "");
	ctl_has(r.err, "/nonexistent/there: No such file");
	r = ctl_run("--json show", "");
	assert_int_equal(r.rc, 1);
	ctl_has(r.out, "\"code\":\"not-running\"");
	assert_string_equal(r.err, "");

	/* A socket that a killed daemon left behind. */
	fd = unix_listen(ctl_sock, SOCK_STREAM, 0600);
	assert_true(fd >= 0);
	close(fd);
	r = ctl_run("show", "");
	assert_int_equal(r.rc, 1);
	ctl_has(r.err, "vplamad is not running");
	ctl_has(r.err, "refused");
	unlink(ctl_sock);
}

static void
other_version_is_named(void **state)
{
	static const char *const replies[] = {
		"{\"id\":1,\"ok\":true,\"result\":{\"version\":2,\"daemon\":"
		"\"9.9\"}}\n",
		NULL
	};
	struct ctl_result r = ctl_run_against(replies, "show");

	(void)state;
	assert_int_equal(r.rc, 1);
	ctl_has(r.err, "vplamad (9.9) speaks version 2");
	ctl_has(r.err, "this vplamctl version 1");
}

static void
strangers_on_the_socket_are_noticed(void **state)
{
	static const char *const garbage[] = { "SSH-2.0-x\n", NULL };
	static const char *const array[] = { "[]\n", NULL };
	static const char *const other_id[] = { HELLO,
		"{\"id\":1,\"ok\":true,\"result\":{}}\n", NULL };
	static const char *const cut[] = { HELLO, NULL };
	struct ctl_result r;

	(void)state;
	r = ctl_run_against(garbage, "show");
	assert_int_equal(r.rc, 1);
	ctl_has(r.err, "not vplamad");
	r = ctl_run_against(array, "show");
	ctl_has(r.err, "not vplamad");
	r = ctl_run_against(other_id, "show");
	ctl_has(r.err, "not vplamad");
	r = ctl_run_against(cut, "show");
	assert_int_equal(r.rc, 1);
	ctl_has(r.err, "closed the connection");
}

/* Too many clients: said before anything was asked, so with no id of ours. */
static void
refusals_are_passed_on(void **state)
{
	static const char *const busy[] = {
		"{\"id\":0,\"ok\":false,\"error\":{\"code\":\"busy\","
		"\"text\":\"too many control clients\"}}\n",
		NULL
	};
	struct ctl_result r;

	(void)state;
	r = ctl_run_against(busy, "show");
	assert_int_equal(r.rc, 1);
	assert_string_equal(r.err, "vplamctl: too many control clients\n");
	r = ctl_run_against(busy, "show --json");
	ctl_has(r.out, "\"busy\"");
}

static void
errors_of_the_daemon_are_passed_on(void **state)
{
	static const char *const replies[] = { HELLO,
		"{\"id\":2,\"ok\":false,\"error\":{\"code\":\"config\","
		"\"text\":"
		"\"errors\",\"details\":[\"a.conf:3: mtu\",\"a.conf:4: "
		"x\"]}}\n",
		NULL };
	struct ctl_result r = ctl_run_against(replies, "reload");

	(void)state;
	assert_int_equal(r.rc, 1);
	assert_string_equal(r.out, "");
	assert_string_equal(
	    r.err, "vplamctl: errors\n  a.conf:3: mtu\n  a.conf:4: x\n");
	r = ctl_run_against(replies, "reload --json");
	assert_int_equal(r.rc, 1);
	ctl_has(r.out, "\"code\":\"config\"");
}

static void
requests_are_as_documented(void **state)
{
	static const char *const ok[] = { HELLO,
		"{\"id\":2,\"ok\":true,\"result\":{" NODE ",\"peers\":[]}}\n",
		NULL };
	static const struct {
		const char *args, *request;
	} cases[] = {
		{ "show", "{\"id\":2,\"cmd\":\"show\"}\n" },
		{ "show all", "{\"id\":2,\"cmd\":\"show\"}\n" },
		{ "show b",
		    "{\"id\":2,\"cmd\":\"show\",\"args\":{\"peer\":\"b\"}}\n" },
		{ "dump all", "{\"id\":2,\"cmd\":\"show\"}\n" },
		{ "macs", "{\"id\":2,\"cmd\":\"macs\"}\n" },
		{ "routes", "{\"id\":2,\"cmd\":\"routes\"}\n" },
		{ "counters",
		    "{\"id\":2,\"cmd\":\"counters\",\"args\":{\"describe\":"
		    "true}"
		    "}\n" },
		{ "explain 7",
		    "{\"id\":2,\"cmd\":\"explain\",\"args\":{\"peer\":\"7\"}}"
		    "\n" },
		{ "peers add b KEY h:1 i:2",
		    "{\"id\":2,\"cmd\":\"peers.add\",\"args\":{\"name\":\"b\","
		    "\"public_key\":\"KEY\",\"endpoints\":[\"h:1\",\"i:2\"]}}"
		    "\n" },
		{ "peers add b KEY",
		    "{\"id\":2,\"cmd\":\"peers.add\",\"args\":{\"name\":\"b\","
		    "\"public_key\":\"KEY\",\"endpoints\":[]}}\n" },
		{ "peers del b",
		    "{\"id\":2,\"cmd\":\"peers.del\",\"args\":{\"peer\":\"b\"}}"
		    "\n" },
		{ "reload", "{\"id\":2,\"cmd\":\"reload\"}\n" },
		{ "stop", "{\"id\":2,\"cmd\":\"stop\"}\n" },
	};
	char buf[4096], *want;
	struct ctl_result r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		r = ctl_run_against(ok, cases[i].args);
		assert_int_equal(r.rc, 0);
		assert_string_equal(r.err, "");
		ctl_slurp("requests", buf, sizeof(buf));
		want = xasprintf(
		    "{\"id\":1,\"cmd\":\"hello\"}\n%s", cases[i].request);
		assert_string_equal(buf, want);
		free(want);
	}
}

static void
all_pages_are_asked_for(void **state)
{
	static const char *const replies[] = { HELLO,
		"{\"id\":2,\"ok\":true,\"result\":{" NODE ",\"peers\":[" PEER_B
		"],\"more\":true}}\n",
		"{\"id\":3,\"ok\":true,\"result\":{" NODE ",\"peers\":[" PEER_C
		"],\"more\":false}}\n",
		NULL };
	static const char *const empty[] = { HELLO,
		"{\"id\":2,\"ok\":true,\"result\":{" NODE ",\"peers\":[" PEER_B
		"],\"more\":true}}\n",
		"{\"id\":3,\"ok\":true,\"result\":{" NODE
		",\"peers\":[],\"more\":true}}\n",
		NULL };
	const char *const cut[] = { HELLO, replies[1], NULL };
	struct ctl_result r = ctl_run_against(replies, "dump");
	char buf[4096];

	(void)state;
	assert_int_equal(r.rc, 0);
	ctl_has(r.out, "\nBBBB\t");
	ctl_has(r.out, "\nCCCC\t");
	ctl_slurp("requests", buf, sizeof(buf));
	ctl_has(buf, "\n{\"id\":3,\"cmd\":\"show\",\"args\":{\"after\":1}}\n");
	r = ctl_run_against(empty, "dump");
	assert_int_equal(r.rc, 0);
	ctl_has(r.out, "\nBBBB\t");
	r = ctl_run_against(cut, "dump");
	assert_int_equal(r.rc, 1);
	assert_string_equal(r.out, "");
}

static void
json_is_what_the_daemon_said(void **state)
{
	static const char *const replies[] = { HELLO,
		"{\"id\":2,\"ok\":true,\"result\":" SHOW "}\n", NULL };
	struct ctl_result r = ctl_run_against(replies, "--json show");
	struct json_object *got = json_tokener_parse(r.out);
	struct json_object *want = json_tokener_parse(SHOW);

	(void)state;
	assert_int_equal(r.rc, 0);
	assert_non_null(got);
	assert_true(json_object_equal(got, want));
	json_object_put(got);
	json_object_put(want);
}

static void
monitor_prints_until_the_end(void **state)
{
#define EVENT                                                                \
	"{\"version\":1,\"event\":\"peer.state\",\"time_ms\":1700000000123," \
	"\"peer\":{\"name\":\"b\",\"state\":\"dead\"}}"
	static const char *const replies[] = { HELLO,
		"{\"id\":2,\"ok\":true,\"result\":{}}\n" EVENT "\n" EVENT "\n",
		NULL };
	struct ctl_result r = ctl_run_against(replies, "monitor");

	(void)state;
	assert_int_equal(r.rc, 1);
	ctl_has(r.out, ".123 peer.state b dead\n2023-11-1");
	ctl_has(r.err, "closed the connection");
	r = ctl_run_against(replies, "--json monitor");
	ctl_has(r.out, EVENT "\n" EVENT "\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_come_in_pages),
		cmocka_unit_test(genkey_and_pubkey_go_together),
		cmocka_unit_test(pubkey_wants_exactly_one_key),
		cmocka_unit_test(secrets_in_open_files_are_warned_of),
		cmocka_unit_test(netkey_is_made_of_name_and_passphrase),
		cmocka_unit_test(wrong_usage_gives_two),
		cmocka_unit_test(absent_daemon_is_named),
		cmocka_unit_test(other_version_is_named),
		cmocka_unit_test(strangers_on_the_socket_are_noticed),
		cmocka_unit_test(refusals_are_passed_on),
		cmocka_unit_test(errors_of_the_daemon_are_passed_on),
		cmocka_unit_test(requests_are_as_documented),
		cmocka_unit_test(all_pages_are_asked_for),
		cmocka_unit_test(json_is_what_the_daemon_said),
		cmocka_unit_test(monitor_prints_until_the_end),
	};

	return cmocka_run_group_tests(tests, ctl_begin, ctl_end);
}
