#include "io/resolve.h"

#include <event2/dns.h>
#include <event2/dns_struct.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fdutil.h"
#include "io/hosts.h"
#include "tests/unit/io_env.h"

/* A name server of our own on the same loop, for one domain. */
struct fix {
	struct env e;
	struct resolve *r;
	struct evdns_server_port *server;
	char conf[96], hosts[96];
	unsigned queries;
	bool mute;
	bool mute_v6; /* a name server that knows no IPv6 */
	unsigned done, want, n;
	uint32_t ttl;
	bool said;
	struct addr ep[RESOLVE_MAX];
	char why[128];
};

/* The first six are nobody's. */
static const uint8_t nowhere_v4[] = { 127, 0, 0, 1, 0, 0, 0, 0, 224, 0, 0, 1,
	255, 255, 255, 255, 169, 254, 0, 1, 127, 9, 9, 9, 10, 0, 0, 1, 192, 168,
	0, 1, 192, 0, 2, 1 };
static const uint8_t nowhere_v6[][16] = { { 0 }, { [15] = 1 },
	{ 0xfe, 0x80, [15] = 1 }, { 0xff, 0x02, [15] = 1 },
	{ [10] = 0xff, 0xff, 127, 0, 0, 1 }, { [10] = 0xff, 0xff },
	{ 0xfd, [15] = 1 }, { 0x20, 0x01, 0x0d, 0xb8, [15] = 7 } };

static void
on_query(struct evdns_server_request *req, void *arg)
{
	const struct evdns_server_question *q = req->questions[0];
	struct in6_addr v6 = { { { 0x20, 0x01, 0x0d, 0xb8, [15] = 7 } } };
	uint8_t v4[8] = { 192, 0, 2, 1, 192, 0, 2, 2 };
	struct fix *f = arg;
	int err = 0;

	f->queries++;
	if (f->mute || (f->mute_v6 && q->type == EVDNS_TYPE_AAAA)) {
		evdns_server_request_drop(req);
		return;
	}
	if (strcasecmp(q->name, "both.example") == 0) {
		if (q->type == EVDNS_TYPE_A)
			evdns_server_request_add_a_reply(
			    req, q->name, 2, v4, 300);
		else if (q->type == EVDNS_TYPE_AAAA)
			evdns_server_request_add_aaaa_reply(
			    req, q->name, 1, v6.s6_addr, 90);
	} else if (strcasecmp(q->name, "dynamic.example") == 0) {
		if (q->type == EVDNS_TYPE_A)
			evdns_server_request_add_a_reply(
			    req, q->name, 1, v4, 0);
		else if (q->type == EVDNS_TYPE_AAAA)
			evdns_server_request_add_aaaa_reply(
			    req, q->name, 1, v6.s6_addr, 90);
	} else if (strcasecmp(q->name, "nowhere.example") == 0) {
		if (q->type == EVDNS_TYPE_A)
			evdns_server_request_add_a_reply(
			    req, q->name, 6, nowhere_v4, 300);
		else if (q->type == EVDNS_TYPE_AAAA)
			evdns_server_request_add_aaaa_reply(
			    req, q->name, 6, nowhere_v6, 90);
	} else if (strcasecmp(q->name, "mixed.example") == 0) {
		if (q->type == EVDNS_TYPE_A)
			evdns_server_request_add_a_reply(
			    req, q->name, 9, nowhere_v4, 300);
		else if (q->type == EVDNS_TYPE_AAAA)
			evdns_server_request_add_aaaa_reply(
			    req, q->name, 8, nowhere_v6, 90);
	} else if (strcasecmp(q->name, "empty.example") != 0) {
		err = 3; /* no such name */
	}
	evdns_server_request_respond(req, err);
}

static void
server_start(struct fix *f)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	char text[128];

	assert_true(fd >= 0);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&sin, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	f->server = evdns_add_server_port_with_base(
	    loop_base(f->e.loop), fd, 0, on_query, f);
	assert_non_null(f->server);
	snprintf(text, sizeof(text),
	    "nameserver 127.0.0.1:%u\noptions timeout:1 attempts:1\n",
	    ntohs(sin.sin_port));
	assert_int_equal(file_write(f->conf, text, strlen(text), 0600), 0);
}

static void
fix_init(struct fix *f)
{
	static const char hosts[] = "192.0.2.99 inhosts.example\n"
				    "127.0.0.1 here.example\n";

	memset(f, 0, sizeof(*f));
	env_init(&f->e);
	snprintf(f->conf, sizeof(f->conf), "%s/resolv.conf", f->e.dir);
	snprintf(f->hosts, sizeof(f->hosts), "%s/hosts", f->e.dir);
	assert_int_equal(file_write(f->hosts, hosts, strlen(hosts), 0600), 0);
	server_start(f);
	f->r = resolve_new(f->e.loop, f->conf, f->hosts);
}

static void
fix_fini(struct fix *f)
{
	resolve_free(f->r);
	evdns_close_server_port(f->server);
	unlink(f->conf);
	unlink(f->hosts);
	env_run(&f->e, 5); /* the server lets go of its socket */
	env_fini(&f->e);
}

static void
on_done(void *arg, const struct resolved *got, struct turn *t)
{
	struct fix *f = arg;

	assert_non_null(t);
	assert_true((got->n > 0) == (got->why == NULL));
	f->done++;
	f->n = got->n;
	f->ttl = got->ttl;
	f->said = got->said;
	if (got->n > 0)
		memcpy(f->ep, got->ep, got->n * sizeof(f->ep[0]));
	snprintf(
	    f->why, sizeof(f->why), "%s", got->why == NULL ? "" : got->why);
}

static bool
is_done(void *arg)
{
	const struct fix *f = arg;

	return f->done >= f->want;
}

static void
wait_for(struct fix *f, unsigned n)
{
	f->want = n;
	env_until(&f->e, is_done, f);
}

static bool
has(const struct fix *f, const char *text)
{
	struct addr a;
	unsigned i;

	assert_true(addr_parse(text, 0, &a));
	for (i = 0; i < f->n; i++)
		if (addr_equal(&f->ep[i], &a))
			return true;
	return false;
}

static void
numeric_at_once(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f);
	assert_null(resolve_start(f.r, "192.0.2.7", 7469, on_done, &f));
	assert_int_equal(f.done, 1);
	assert_true(has(&f, "192.0.2.7:7469"));
	assert_null(resolve_start(f.r, "[2001:db8::1]:5", 7469, on_done, &f));
	assert_int_equal(f.done, 2);
	assert_true(has(&f, "[2001:db8::1]:5"));
	assert_int_equal(f.queries, 0);
	fix_fini(&f);
}

static void
no_names(void **state)
{
	static const char *const bad[] = { "", ":1", "a:", "a:0", "a:65536",
		"a:1x", "a:-1", "a:b:c", "a: 1" };
	char longest[300];
	struct fix f;
	unsigned i;

	(void)state;
	fix_init(&f);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_null(resolve_start(f.r, bad[i], 7469, on_done, &f));
		assert_int_equal(f.done, i + 1);
		assert_int_equal(f.n, 0);
		assert_true(f.why[0] != '\0');
	}
	memset(longest, 'a', sizeof(longest));
	longest[254] = '\0';
	assert_null(resolve_start(f.r, longest, 7469, on_done, &f));
	assert_int_equal(f.done, i + 1);
	assert_int_equal(f.queries, 0);
	fix_fini(&f);
}

static void
both_families(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f);
	assert_non_null(resolve_start(f.r, "both.example", 7469, on_done, &f));
	assert_int_equal(f.done, 0);
	wait_for(&f, 1);
	assert_int_equal(f.n, 3);
	assert_int_equal(f.ttl, 90);	    /* of both the shorter */
	assert_false(addr_is_v4(&f.ep[0])); /* in turn */
	assert_true(addr_is_v4(&f.ep[1]));
	assert_true(has(&f, "192.0.2.1:7469"));
	assert_true(has(&f, "192.0.2.2:7469"));
	assert_true(has(&f, "[2001:db8::7]:7469"));
	assert_non_null(
	    resolve_start(f.r, "both.example:99", 7469, on_done, &f));
	wait_for(&f, 2);
	assert_true(has(&f, "192.0.2.1:99"));
	fix_fini(&f);
}

static void
from_hosts_file(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f);
	assert_null(resolve_start(f.r, "InHosts.example:8", 7469, on_done, &f));
	assert_int_equal(f.done, 1);
	assert_int_equal(f.n, 1);
	assert_false(f.said);
	assert_true(has(&f, "192.0.2.99:8"));
	assert_int_equal(f.queries, 0);
	fix_fini(&f);
}

/* What no peer can be at: of name servers only. */
static void
nobodys_addresses(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f);
	(void)resolve_start(f.r, "nowhere.example", 7469, on_done, &f);
	wait_for(&f, 1);
	assert_int_equal(f.n, 0);
	assert_non_null(strstr(f.why, "cannot be dialled: "));
	(void)resolve_start(f.r, "mixed.example", 7469, on_done, &f);
	wait_for(&f, 2);
	assert_int_equal(f.n, 5);
	assert_true(has(&f, "10.0.0.1:7469"));
	assert_true(has(&f, "192.168.0.1:7469"));
	assert_true(has(&f, "192.0.2.1:7469"));
	assert_true(has(&f, "[fd00::1]:7469"));
	assert_true(has(&f, "[2001:db8::7]:7469"));
	assert_null(resolve_start(f.r, "here.example", 7469, on_done, &f));
	assert_true(has(&f, "127.0.0.1:7469"));
	assert_null(resolve_start(f.r, "127.0.0.1", 7469, on_done, &f));
	assert_true(has(&f, "127.0.0.1:7469"));
	fix_fini(&f);
}

/* 192.0.2.1:7469 and all of IPv6, at that port. */
static bool
is_own(void *arg, const struct addr *a)
{
	static const uint8_t own[] = { 192, 0, 2, 1 };
	struct addr v4 = addr_from_ip(own, 4, 7469);

	assert_ptr_equal(arg, &nowhere_v4);
	return a->port == 7469 && (!addr_is_v4(a) || addr_equal(a, &v4));
}

static void
own_addresses(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f);
	resolve_refuse(f.r, is_own, (void *)(uintptr_t)&nowhere_v4);
	(void)resolve_start(f.r, "both.example", 7469, on_done, &f);
	wait_for(&f, 1);
	assert_int_equal(f.n, 1);
	assert_true(has(&f, "192.0.2.2:7469"));
	(void)resolve_start(f.r, "both.example:1", 7469, on_done, &f);
	wait_for(&f, 2);
	assert_int_equal(f.n, 3);
	fix_fini(&f);
}

/* Names of dynamic addresses hold for no time at all. */
static void
no_time_at_all(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f);
	(void)resolve_start(f.r, "dynamic.example", 7469, on_done, &f);
	wait_for(&f, 1);
	assert_int_equal(f.n, 2);
	assert_true(f.said);
	assert_int_equal(f.ttl, 0);
	fix_fini(&f);
}

/* One family is enough when nobody answers for the other. */
static void
one_family_soon(void **state)
{
	struct mono start;
	struct fix f;

	(void)state;
	fix_init(&f);
	f.mute_v6 = true;
	start = clock_boot();
	(void)resolve_start(f.r, "both.example", 7469, on_done, &f);
	wait_for(&f, 1);
	assert_true(mono_since(start, clock_boot()) < 900 * MONO_MS);
	assert_int_equal(f.n, 2);
	assert_int_equal(f.ttl, 300);
	fix_fini(&f);
}

/* Lines of all sorts. */
static void
hosts_lines(void **state)
{
	static const char text[] = "# 192.0.2.1 a\n"
				   "\n"
				   "192.0.2.2\ta.example a\r\n"
				   "  2001:db8::1   b A  # c\n"
				   "192.0.2.3 #a\n"
				   "192.0.2.4\n"
				   "nothing a\n"
				   "fe80::1%lo a.b ab\n"
				   "192.0.2.5:80 port a\n"
				   "192.0.2.6 a";
	static const struct {
		const char *name;
		unsigned n;
		const char *first;
	} rows[] = {
		{ "a", 4, "192.0.2.2:7" },
		{ "A.Example", 1, "192.0.2.2:7" },
		{ "b", 1, "[2001:db8::1]:7" },
		{ "c", 0, "" },
		{ "ab", 1, "[fe80::1%lo]:7" },
		{ "a.", 0, "" },
		{ "", 0, "" },
	};
	struct addr ep[4], want;
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(
		    hosts_find(text, rows[i].name, 7, ep, 4), rows[i].n);
		if (rows[i].n == 0)
			continue;
		assert_true(addr_parse(rows[i].first, 0, &want));
		assert_true(addr_equal(&ep[0], &want));
	}
	assert_int_equal(hosts_find(text, "a", 7, ep, 2), 2);
	assert_int_equal(hosts_find(NULL, "a", 7, ep, 2), 0);
}

static void
failures_say_why(void **state)
{
	static const char *const name[] = { "nothere.example",
		"empty.example" };
	struct fix f;
	unsigned i;

	(void)state;
	fix_init(&f);
	for (i = 0; i < 2; i++) {
		(void)resolve_start(f.r, name[i], 7469, on_done, &f);
		wait_for(&f, i + 1);
		assert_int_equal(f.n, 0);
		assert_true(f.why[0] != '\0');
	}
	fix_fini(&f);
}

/* A name server that keeps silent costs time and nothing else. */
static void
silence_ends(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f);
	f.mute = true;
	(void)resolve_start(f.r, "both.example", 7469, on_done, &f);
	wait_for(&f, 1);
	assert_int_equal(f.n, 0);
	assert_true(f.queries > 0);
	fix_fini(&f);
}

static void
without_name_servers(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f);
	unlink(f.conf);
	(void)resolve_start(f.r, "inhosts.example", 7469, on_done, &f);
	wait_for(&f, 1);
	assert_true(has(&f, "192.0.2.99:7469"));
	fix_fini(&f);
}

/* No socket for the name server: an answer all the same, and later a better. */
static void
out_of_descriptors(void **state)
{
	struct rlimit was, low;
	struct fix f;
	int top;

	(void)state;
	fix_init(&f);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	top = dup(0); /* the lowest free number */
	assert_true(top >= 0);
	close(top);
	low = (struct rlimit){ (rlim_t)top, was.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	(void)resolve_start(f.r, "both.example", 7469, on_done, &f);
	env_run(&f.e, 20);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	assert_int_equal(f.done, 1);
	assert_int_equal(f.n, 0);
	(void)resolve_start(f.r, "both.example", 7469, on_done, &f);
	wait_for(&f, 2);
	assert_true(has(&f, "192.0.2.1:7469"));
	fix_fini(&f);
}

static void
cancelled_is_silent(void **state)
{
	struct lookup *q;
	struct fix f;

	(void)state;
	fix_init(&f);
	q = resolve_start(f.r, "both.example", 7469, on_done, &f);
	assert_non_null(q);
	(void)resolve_start(f.r, "both.example:2", 7469, on_done, &f);
	resolve_cancel(q);
	wait_for(&f, 1);
	env_run(&f.e, 50);
	assert_int_equal(f.done, 1);
	assert_true(has(&f, "192.0.2.1:2"));
	fix_fini(&f);
}

static void
freed_with_look_ups(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f);
	f.mute = true;
	(void)resolve_start(f.r, "both.example", 7469, on_done, &f);
	(void)resolve_start(f.r, "x.example", 7469, on_done, &f);
	env_run(&f.e, 20);
	resolve_free(f.r);
	f.r = NULL;
	env_run(&f.e, 20);
	assert_int_equal(f.done, 0);
	fix_fini(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numeric_at_once),
		cmocka_unit_test(no_names),
		cmocka_unit_test(both_families),
		cmocka_unit_test(from_hosts_file),
		cmocka_unit_test(nobodys_addresses),
		cmocka_unit_test(own_addresses),
		cmocka_unit_test(no_time_at_all),
		cmocka_unit_test(one_family_soon),
		cmocka_unit_test(hosts_lines),
		cmocka_unit_test(failures_say_why),
		cmocka_unit_test(silence_ends),
		cmocka_unit_test(without_name_servers),
		cmocka_unit_test(out_of_descriptors),
		cmocka_unit_test(cancelled_is_silent),
		cmocka_unit_test(freed_with_look_ups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
