#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fdutil.h"
#include "base/xmem.h"
#include "crypto/keys.h"
#include "vplamctl/human.h"
#include "vplamctl/out.h"

static char *dir; /* of this run: socket, input and output of the program */
static char *sock;

struct result {
	int rc;
	char out[8192], err[8192];
};

static char *
in_dir(const char *name)
{
	return xasprintf("%s/%s", dir, name);
}

static void
slurp(const char *name, char *buf, size_t max)
{
	char *path = in_dir(name);

	assert_true(file_read(path, buf, max) >= 0);
	free(path);
}

/* Runs vplamctl with these arguments and this text on standard input. */
static struct result
run(const char *args, const char *input)
{
	const char *top = getenv("TOP_BUILDDIR");
	char *in = in_dir("in");
	struct result r;
	char *cmd;

	assert_int_equal(file_write(in, input, strlen(input), 0600), 0);
	cmd = xasprintf("VPLAMA_CONTROL=%s %s/vplamctl %s <%s >%s/out 2>%s/err",
	    sock, top != NULL ? top : ".", args, in, dir, dir);
	r.rc = WEXITSTATUS(system(cmd));
	free(cmd);
	free(in);
	slurp("out", r.out, sizeof(r.out));
	slurp("err", r.err, sizeof(r.err));
	return r;
}

static void
assert_has(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("no \"%s\" in: %s", part, text);
}

/* One client: each line it sends gets the next of replies, then it is cut. */
static void
serve(int fd, const char *const *replies)
{
	char *path = in_dir("requests"), *line = NULL;
	FILE *log = fopen(path, "w"), *in;
	int conn = accept(fd, NULL, NULL);
	size_t max = 0;

	in = fdopen(conn, "r");
	if (log == NULL || in == NULL)
		_exit(1);
	for (; *replies != NULL; replies++) {
		if (getline(&line, &max, in) < 0)
			break;
		fputs(line, log);
		fflush(log);
		if (write(conn, *replies, strlen(*replies)) < 0)
			_exit(1);
	}
	_exit(0);
}

static struct result
run_against(const char *const *replies, const char *args)
{
	int fd = unix_listen(sock, SOCK_STREAM, 0600);
	struct result r;
	pid_t pid;

	assert_true(fd >= 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		int flags = fcntl(fd, F_GETFL);

		alarm(30);
		if (fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) != 0)
			_exit(1);
		serve(fd, replies);
	}
	close(fd);
	r = run(args, "");
	waitpid(pid, NULL, 0);
	unlink(sock);
	return r;
}

#define HELLO                                                         \
	"{\"id\":1,\"ok\":true,\"result\":{\"version\":1,\"daemon\":" \
	"\"0.1.0\",\"role\":\"admin\",\"commands\":[]}}\n"

#define NODE                                                             \
	"\"version\":1,\"daemon\":{\"version\":\"0.1.0\",\"listen\":"    \
	"[\"0.0.0.0:7469\",\"[::]:7470\"]},\"node\":{\"public_key\":"    \
	"\"KKKK\",\"network\":\"lanuova\",\"suites\":[\"aes-256-gcm\"]," \
	"\"mtu\":1400,\"mesh_connected\":true}"

#define PEER_B                                                                 \
	"{\"id\":1,\"name\":\"b\",\"public_key\":\"BBBB\",\"pair_key\":true,"  \
	"\"state\":\"vrnode\",\"since_seconds\":3723,\"dialled\":true,"        \
	"\"endpoint\":\"192.0.2.1:7469\",\"reflexive\":\"198.51.100.7:4242\"," \
	"\"behind_nat\":true,\"suite\":\"aes-256-gcm\",\"mtu\":1400,"          \
	"\"latest_handshake\":1700000000,\"handshake_age_seconds\":63,"        \
	"\"rtt_us\":12345,\"probes\":2,\"rx_bytes\":1258291,\"tx_bytes\":12,"  \
	"\"rx_packets\":9,\"tx_packets\":8,\"fan_received\":7,"                \
	"\"fan_sent\":6,\"deaths\":1,\"rekeys\":2}"

#define PEER_C                                                                \
	"{\"id\":2,\"name\":\"c\\u001b[2J\",\"public_key\":\"CCCC\","         \
	"\"pair_key\":false,\"state\":\"candidate\",\"since_seconds\":0,"     \
	"\"dialled\":false,\"endpoint\":null,\"reflexive\":null,"             \
	"\"behind_nat\":false,\"suite\":null,\"mtu\":0,\"latest_handshake\":" \
	"0,"                                                                  \
	"\"handshake_age_seconds\":null,\"rtt_us\":0,\"probes\":0,"           \
	"\"rx_bytes\":0,\"tx_bytes\":0,\"rx_packets\":0,\"tx_packets\":0,"    \
	"\"fan_received\":0,\"fan_sent\":0,\"deaths\":0,\"rekeys\":0}"

#define DEVICES                                                               \
	"\"devices\":[{\"name\":\"vpl0\",\"kind\":\"tap\",\"mode\":"          \
	"\"switch\","                                                         \
	"\"carrier\":true,\"mtu\":1400,\"rx_packets\":12,\"tx_packets\":34,"  \
	"\"learned\":5},{\"name\":\"d\",\"kind\":\"dummy\",\"mode\":\"hub\"," \
	"\"carrier\":false,\"mtu\":576,\"rx_packets\":0,\"tx_packets\":0,"    \
	"\"learned\":0}]"

#define SHOW "{" NODE "," DEVICES ",\"peers\":[" PEER_B "," PEER_C "]}"

/* What printing this JSON gives; the caller frees it. */
static char *
printed(const struct out_ops *ops, size_t member, const char *json, bool flag)
{
	struct json_object *o = json_tokener_parse(json);
	void (*print)(struct out *, struct json_object *);
	char *text = NULL;
	size_t len;
	struct out out = { .ops = ops, .colour = flag, .with_name = flag };

	assert_non_null(o);
	out.f = out.err = open_memstream(&text, &len);
	memcpy(&print, (const char *)ops + member, sizeof(print));
	print(&out, o);
	fclose(out.f);
	json_object_put(o);
	return text;
}

#define PRINTED(ops, member, json, flag) \
	printed(&ops, offsetof(struct out_ops, member), json, flag)

static void
assert_printed(char *text, const char *want)
{
	assert_string_equal(text, want);
	free(text);
}

static void
sizes_are_readable(void **state)
{
	static const struct {
		uint64_t n;
		const char *text;
	} cases[] = { { 0, "0 B" }, { 1023, "1023 B" }, { 1024, "1.00 KiB" },
		{ 1258291, "1.20 MiB" }, { 1048575, "1.00 MiB" },
		{ 1048576, "1.00 MiB" }, { 5ull << 40, "5.00 TiB" },
		{ UINT64_MAX, "16.00 EiB" } };
	char buf[HUMAN_TEXT];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(
		    human_bytes(cases[i].n, buf), cases[i].text);
}

static void
spans_are_readable(void **state)
{
	static const struct {
		uint64_t n;
		const char *text, *ago;
	} cases[] = { { 0, "0 seconds", "now" },
		{ 1, "1 second", "1 second ago" },
		{ 63, "1 minute, 3 seconds", "1 minute, 3 seconds ago" },
		{ 3600, "1 hour", "1 hour ago" },
		{ 86400 * 366 + 7200, "1 year, 1 day, 2 hours",
		    "1 year, 1 day, 2 hours ago" },
		{ UINT64_MAX,
		    "584942417355 years, 26 days, 7 hours, 15 seconds",
		    "584942417355 years, 26 days, 7 hours, 15 seconds ago" } };
	char buf[HUMAN_TEXT];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_string_equal(human_span(cases[i].n, buf), cases[i].text);
		assert_string_equal(human_ago(cases[i].n, buf), cases[i].ago);
	}
	assert_string_equal(human_rtt(12345, buf), "12.3 ms");
	assert_string_equal(human_rtt(80, buf), "0.0 ms");
}

static void
show_reads_like_wg(void **state)
{
	(void)state;
	assert_printed(PRINTED(out_text, show, SHOW, false),
	    "network: lanuova\n"
	    "  public key: KKKK\n"
	    "  private key: (hidden)\n"
	    "  listening on: 0.0.0.0:7469, [::]:7470\n"
	    "  mesh daemon: connected\n"
	    "\n"
	    "device: vpl0\n"
	    "  kind: tap, mode switch, mtu 1400\n"
	    "  carrier: up\n"
	    "  packets: 12 from the device, 34 to it\n"
	    "  addresses: 5 learned behind peers\n"
	    "\n"
	    "device: d\n"
	    "  kind: dummy, mode hub, mtu 576\n"
	    "  carrier: down, no peer is live\n"
	    "  packets: 0 from the device, 0 to it\n"
	    "  addresses: 0 learned behind peers\n"
	    "\n"
	    "peer: b\n"
	    "  public key: BBBB\n"
	    "  pair key: (hidden)\n"
	    "  state: vrnode for 1 hour, 2 minutes, 3 seconds, dialled by us, "
	    "2 probes without an answer\n"
	    "  endpoint: 192.0.2.1:7469\n"
	    "  seen by it as: 198.51.100.7:4242\n"
	    "  persistent keepalive: every 25 seconds\n"
	    "  latest handshake: 1 minute, 3 seconds ago\n"
	    "  transfer: 1.20 MiB received, 12 B sent\n"
	    "  mesh packets: 7 received, 6 sent\n"
	    "  round trip: 12.3 ms\n"
	    "  cipher: aes-256-gcm\n"
	    "\n"
	    "peer: c?[2J\n"
	    "  public key: CCCC\n"
	    "  state: candidate for 0 seconds\n");
}

static void
colours_only_add_escapes(void **state)
{
	char *plain = PRINTED(out_text, show, SHOW, false);
	char *coloured = PRINTED(out_text, show, SHOW, true);
	char *from = coloured, *to = coloured;

	(void)state;
	assert_has(coloured, "\033[32mvrnode\033[0m");
	while (*from != '\0') {
		if (*from == '\033')
			from = strchr(from, 'm') + 1;
		else
			*to++ = *from++;
	}
	*to = '\0';
	assert_string_equal(coloured, plain);
	free(plain);
	free(coloured);
}

static void
dump_has_the_columns_of_wg(void **state)
{
	(void)state;
	assert_printed(PRINTED(out_text, dump, SHOW, false),
	    "(hidden)\tKKKK\t7469\toff\n"
	    "BBBB\t(hidden)\t192.0.2.1:7469\t(none)\t1700000000\t1258291\t12"
	    "\t25\n"
	    "CCCC\t(none)\t(none)\t(none)\t0\t0\t0\toff\n");
	assert_printed(PRINTED(out_text, dump, SHOW, true),
	    "vplama\t(hidden)\tKKKK\t7469\toff\n"
	    "vplama\tBBBB\t(hidden)\t192.0.2.1:7469\t(none)\t1700000000"
	    "\t1258291\t12\t25\n"
	    "vplama\tCCCC\t(none)\t(none)\t(none)\t0\t0\t0\toff\n");
}

static void
counters_leave_out_what_never_happened(void **state)
{
	(void)state;
	assert_printed(
	    PRINTED(out_text, counters,
		"{\"counters\":{\"udp_rx\":5,\"udp_tx\":0,\"dh\":18446744073709"
		"551615},\"texts\":{\"udp_rx\":\"datagrams received\"}}",
		false),
	    "           5  udp_rx             datagrams received\n"
	    "18446744073709551615  dh                 \n");
}

static void
macs_and_routes_are_tables(void **state)
{
	(void)state;
	assert_printed(
	    PRINTED(out_text, macs,
		"{\"macs\":[{\"address\":\"02:00:00:00:01:03\",\"vlan\":0,"
		"\"device\":\"vpl0\",\"peer\":null,\"age_seconds\":0},"
		"{\"address\":\"2001:db8::1:2:3:4\",\"vlan\":4094,"
		"\"device\":\"a-long-name\",\"peer\":\"c\\u001b[2J\","
		"\"age_seconds\":63}]}",
		false),
	    "address            vlan  device    where             seen\n"
	    "02:00:00:00:01:03     0  vpl0      local             now\n"
	    "2001:db8::1:2:3:4  4094  a-long-name  c?[2J             "
	    "1 minute, 3 seconds ago\n");
	assert_printed(
	    PRINTED(out_text, routes,
		"{\"routes\":[{\"prefix\":\"10.1.0.0/16\",\"peer\":null},"
		"{\"prefix\":\"fd00:1::/48\",\"peer\":\"b\"}]}",
		false),
	    "prefix                peer\n"
	    "10.1.0.0/16           local\n"
	    "fd00:1::/48           b\n");
	assert_printed(PRINTED(out_text, macs, "{\"macs\":[]}", false), "");
	assert_printed(PRINTED(out_text, routes, "{\"routes\":[]}", false), "");
}

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
	struct result r = run_against(pages, "routes");
	char requests[512];

	(void)state;
	assert_int_equal(r.rc, 0);
	assert_has(r.out, "10.0.0.0/8            b\n");
	assert_has(r.out, "10.1.0.0/16           c\n");
	slurp("requests", requests, sizeof(requests));
	assert_has(requests, "{\"id\":2,\"cmd\":\"routes\"}\n");
	assert_has(requests,
	    "{\"id\":3,\"cmd\":\"routes\",\"args\":{\"after\":"
	    "\"10.0.0.0\\/8\"}}\n");
	r = run_against(pages, "routes --json");
	assert_has(r.out, "\"10.1.0.0/16\"");
	assert_has(r.out, "\"next\":null");
	r = run_against(endless, "macs");
	assert_int_equal(r.rc, 0);
}

static void
explain_says_rule_place_and_facts(void **state)
{
	(void)state;
	assert_printed(
	    PRINTED(out_text, explain,
		"{\"name\":\"b\",\"rule\":{\"id\":\"no-answer\",\"text\":"
		"\"Nothing came.\"},\"facts\":[{\"what\":\"state\",\"value\":"
		"\"candidate\"},{\"what\":\"mesh_connected\",\"value\":false},"
		"{\"what\":\"endpoint_configured\",\"value\":{\"text\":"
		"\"b.example:1\",\"addresses\":[],\"error\":\"no such name\"}},"
		"{\"what\":\"endpoint_configured\",\"value\":{\"text\":"
		"\"c.example:1\",\"addresses\":[\"192.0.2.9:1\"],\"error\":"
		"null}},{\"what\":\"initiations_sent\",\"value\":9}],"
		"\"config\":{\"file\":\"/etc/x.conf\",\"line\":12,\"option\":"
		"\"endpoint\",\"change\":\"Check it.\"}}",
		false),
	    "peer: b\n"
	    "  no-answer: Nothing came.\n"
	    "  to do: Check it.\n"
	    "  where: /etc/x.conf:12, option endpoint\n"
	    "\n"
	    "facts: measured just now\n"
	    "  state: candidate\n"
	    "  mesh connected: no\n"
	    "  endpoint configured: b.example:1: no such name\n"
	    "  endpoint configured: c.example:1 is 192.0.2.9:1\n"
	    "  initiations sent: 9\n");
	assert_printed(
	    PRINTED(out_text, explain,
		"{\"name\":\"b\",\"rule\":{\"id\":\"x\",\"text\":\"No.\"},"
		"\"facts\":[],\"config\":{\"file\":\"/etc/"
		"x.conf\",\"line\":null,"
		"\"option\":\"mesh-socket\",\"change\":\"Check it.\"}}",
		false),
	    "peer: b\n"
	    "  x: No.\n"
	    "  to do: Check it.\n"
	    "  where: /etc/x.conf, option mesh-socket\n"
	    "\n"
	    "facts: measured just now\n");
}

static void
empty_results_print_without_harm(void **state)
{
	static const size_t members[] = { offsetof(struct out_ops, show),
		offsetof(struct out_ops, dump),
		offsetof(struct out_ops, counters),
		offsetof(struct out_ops, macs),
		offsetof(struct out_ops, routes),
		offsetof(struct out_ops, explain),
		offsetof(struct out_ops, event),
		offsetof(struct out_ops, fail) };
	static const char *const docs[] = { "{}", "[]", "7",
		("{\"peers\":{},\"node\":[],\"counters\":[],\"facts\":[1],"
		 "\"macs\":[1],\"routes\":{},\"devices\":[7],"
		 "\"details\":[{}]}"),
		"{\"peers\":[1,null],\"daemon\":{\"listen\":[null]}}" };
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		for (j = 0; j < sizeof(docs) / sizeof(docs[0]); j++) {
			free(printed(&out_text, members[i], docs[j], false));
			free(printed(&out_json, members[i], docs[j], false));
		}
	}
}

static void
genkey_and_pubkey_go_together(void **state)
{
	struct result sec = run("genkey", ""), again = run("genkey", ""), pub;
	char text[KEY_TEXT + 1];
	uint8_t seed[KEY_LEN];
	struct identity id;

	(void)state;
	assert_int_equal(sec.rc, 0);
	assert_int_equal(strlen(sec.out), 45);
	assert_string_not_equal(sec.out, again.out);
	pub = run("pubkey", sec.out);
	assert_int_equal(pub.rc, 0);
	sec.out[44] = '\0';
	assert_true(key_parse(sec.out, seed));
	assert_true(identity_from_seed(seed, &id));
	key_format(id.ed_pk, text);
	strcat(text, "\n");
	assert_string_equal(pub.out, text);
	pub = run("pubkey", sec.out); /* no newline this time */
	assert_string_equal(pub.out, text);
}

static void
pubkey_wants_exactly_one_key(void **state)
{
#define KEY "c2uzk46nDcqE/rDi06jD75k2yjc3mOCdE/Qcp/4fcIU="
	static const char *const bad[] = { "", "\n", "x\n", KEY "\n\n",
		KEY " \n", " " KEY "\n", KEY "=\n", KEY "\n" KEY "\n",
		KEY KEY };
	struct result r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		r = run("pubkey", bad[i]);
		assert_int_equal(r.rc, 1);
		assert_string_equal(r.out, "");
		assert_has(r.err, "one private key");
	}
}

static void
secrets_in_open_files_are_warned_of(void **state)
{
	mode_t old = umask(022);
	char *out = in_dir("out");
	struct result r;

	(void)state;
	unlink(out);
	r = run("genkey", "");
	assert_has(r.err, "umask 077");
	unlink(out);
	umask(077);
	r = run("genkey", "");
	assert_string_equal(r.err, "");
	umask(old);
	free(out);
}

static void
netkey_is_made_of_name_and_passphrase(void **state)
{
	struct result a = run("netkey lanuova", "correct horse\n");
	struct result b = run("netkey lanuova", "correct horse");
	struct result none = run("netkey lanuova", "\n");
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
	assert_has(none.err, "passphrase");
	assert_int_equal(run("netkey ''", "x").rc, 1);
}

static void
wrong_usage_gives_two(void **state)
{
	static const char *const bad[] = { "", "sing", "explain", "explain a b",
		"peers", "peers add", "peers add x", "peers burn x",
		"peers del", "peers del a b", "macs x", "routes x", "genkey x",
		"netkey", "show a b", "--sing show", "stop now" };
	struct result r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		r = run(bad[i], "");
		if (r.rc != 2)
			fail_msg("%s: exit code %d", bad[i], r.rc);
		assert_string_equal(r.out, "");
		assert_has(r.err, "usage: ");
	}
	r = run("-h", "");
	assert_int_equal(r.rc, 0);
	assert_has(r.out, "genkey");
}

static void
absent_daemon_is_named(void **state)
{
	struct result r = run("show", "");
	int fd;

	(void)state;
	assert_int_equal(r.rc, 1);
	assert_has(r.err, "vplamad is not running, or its control socket is");
	assert_has(r.err, sock);
	assert_has(r.err, "No such file");
	r = run("-s /nonexistent/there show", "");
	assert_has(r.err, "/nonexistent/there: No such file");
	r = run("--json show", "");
	assert_int_equal(r.rc, 1);
	assert_has(r.out, "\"code\":\"not-running\"");
	assert_string_equal(r.err, "");

	/* A socket that a killed daemon left behind. */
	fd = unix_listen(sock, SOCK_STREAM, 0600);
	assert_true(fd >= 0);
	close(fd);
	r = run("show", "");
	assert_int_equal(r.rc, 1);
	assert_has(r.err, "vplamad is not running");
	assert_has(r.err, "refused");
	unlink(sock);
}

static void
other_version_is_named(void **state)
{
	static const char *const replies[] = {
		"{\"id\":1,\"ok\":true,\"result\":{\"version\":2,\"daemon\":"
		"\"9.9\"}}\n",
		NULL
	};
	struct result r = run_against(replies, "show");

	(void)state;
	assert_int_equal(r.rc, 1);
	assert_has(r.err, "vplamad (9.9) speaks version 2");
	assert_has(r.err, "this vplamctl version 1");
}

static void
strangers_on_the_socket_are_noticed(void **state)
{
	static const char *const garbage[] = { "SSH-2.0-x\n", NULL };
	static const char *const array[] = { "[]\n", NULL };
	static const char *const other_id[] = { HELLO,
		"{\"id\":1,\"ok\":true,\"result\":{}}\n", NULL };
	static const char *const cut[] = { HELLO, NULL };
	struct result r;

	(void)state;
	r = run_against(garbage, "show");
	assert_int_equal(r.rc, 1);
	assert_has(r.err, "not vplamad");
	r = run_against(array, "show");
	assert_has(r.err, "not vplamad");
	r = run_against(other_id, "show");
	assert_has(r.err, "not vplamad");
	r = run_against(cut, "show");
	assert_int_equal(r.rc, 1);
	assert_has(r.err, "closed the connection");
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
	struct result r;

	(void)state;
	r = run_against(busy, "show");
	assert_int_equal(r.rc, 1);
	assert_string_equal(r.err, "vplamctl: too many control clients\n");
	r = run_against(busy, "show --json");
	assert_has(r.out, "\"busy\"");
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
	struct result r = run_against(replies, "reload");

	(void)state;
	assert_int_equal(r.rc, 1);
	assert_string_equal(r.out, "");
	assert_string_equal(
	    r.err, "vplamctl: errors\n  a.conf:3: mtu\n  a.conf:4: x\n");
	r = run_against(replies, "reload --json");
	assert_int_equal(r.rc, 1);
	assert_has(r.out, "\"code\":\"config\"");
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
	struct result r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		r = run_against(ok, cases[i].args);
		assert_int_equal(r.rc, 0);
		assert_string_equal(r.err, "");
		slurp("requests", buf, sizeof(buf));
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
	struct result r = run_against(replies, "dump");
	char buf[4096];

	(void)state;
	assert_int_equal(r.rc, 0);
	assert_has(r.out, "\nBBBB\t");
	assert_has(r.out, "\nCCCC\t");
	slurp("requests", buf, sizeof(buf));
	assert_has(
	    buf, "\n{\"id\":3,\"cmd\":\"show\",\"args\":{\"after\":1}}\n");
	r = run_against(empty, "dump");
	assert_int_equal(r.rc, 0);
	assert_has(r.out, "\nBBBB\t");
	r = run_against(cut, "dump");
	assert_int_equal(r.rc, 1);
	assert_string_equal(r.out, "");
}

static void
json_is_what_the_daemon_said(void **state)
{
	static const char *const replies[] = { HELLO,
		"{\"id\":2,\"ok\":true,\"result\":" SHOW "}\n", NULL };
	struct result r = run_against(replies, "--json show");
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
	struct result r = run_against(replies, "monitor");

	(void)state;
	assert_int_equal(r.rc, 1);
	assert_has(r.out, ".123 peer.state b dead\n2023-11-1");
	assert_has(r.err, "closed the connection");
	r = run_against(replies, "--json monitor");
	assert_has(r.out, EVENT "\n" EVENT "\n");
}

static int
make_dir(void **state)
{
	(void)state;
	dir = xstrdup("/tmp/vplamctl-test-XXXXXX");
	if (mkdtemp(dir) == NULL || !crypto_start())
		return -1;
	sock = in_dir("control.sock");
	return 0;
}

static int
remove_dir(void **state)
{
	static const char *const names[] = { "in", "out", "err", "requests" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *path = in_dir(names[i]);

		unlink(path);
		free(path);
	}
	rmdir(dir);
	free(sock);
	free(dir);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_readable),
		cmocka_unit_test(spans_are_readable),
		cmocka_unit_test(show_reads_like_wg),
		cmocka_unit_test(colours_only_add_escapes),
		cmocka_unit_test(dump_has_the_columns_of_wg),
		cmocka_unit_test(counters_leave_out_what_never_happened),
		cmocka_unit_test(macs_and_routes_are_tables),
		cmocka_unit_test(tables_come_in_pages),
		cmocka_unit_test(explain_says_rule_place_and_facts),
		cmocka_unit_test(empty_results_print_without_harm),
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

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
