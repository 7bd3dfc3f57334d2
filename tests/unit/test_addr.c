#include "base/addr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>

#include <cmocka.h>

#include "tests/rng.h"

static void
texts(void **state)
{
	static const struct {
		const char *in, *out; /* out NULL: refused */
	} t[] = {
		{ "192.0.2.1:80", "192.0.2.1:80" },
		{ "192.0.2.1", "192.0.2.1:7469" },
		{ "0.0.0.0:1", "0.0.0.0:1" },
		{ "[2001:db8::1]:65535", "[2001:db8::1]:65535" },
		{ "[2001:db8::1]", "[2001:db8::1]:7469" },
		{ "2001:db8::1", "[2001:db8::1]:7469" },
		{ "::", "[::]:7469" },
		{ "[::ffff:192.0.2.1]:9", "192.0.2.1:9" },
		{ "[fe80::1%lo]:7", "[fe80::1%lo]:7" },
		{ "fe80::1%lo", "[fe80::1%lo]:7469" },
		{ "", NULL },
		{ ":", NULL },
		{ ":80", NULL },
		{ "192.0.2.1:", NULL },
		{ "192.0.2.1:0", NULL },
		{ "192.0.2.1:65536", NULL },
		{ "192.0.2.1:99999999999999999999999", NULL },
		{ "192.0.2.1:80x", NULL },
		{ "192.0.2.1: 80", NULL },
		{ "192.0.2.1:+80", NULL },
		{ "192.0.2.1:-80", NULL },
		{ " 192.0.2.1", NULL },
		{ "192.0.2.1 ", NULL },
		{ "192.0.2", NULL },
		{ "192.0.2.256", NULL },
		{ "localhost:80", NULL },
		{ "[192.0.2.1]:80", NULL },
		{ "[2001:db8::1", NULL },
		{ "[2001:db8::1]80", NULL },
		{ "[2001:db8::1]:", NULL },
		{ "[2001:db8::1]:0", NULL },
		{ "[]:80", NULL },
		{ "[", NULL },
		{ "]", NULL },
		{ "2001:db8::1::2", NULL },
		{ "[fe80::1%nosuchif0]:7", NULL },
		{ "[fe80::1%]:7", NULL },
	};
	struct addr a, untouched;
	char buf[ADDR_TEXT];
	size_t i;

	(void)state;
	memset(&untouched, 0x7e, sizeof(untouched));
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		memset(&a, 0x7e, sizeof(a));
		if (addr_parse(t[i].in, 7469, &a) != (t[i].out != NULL))
			fail_msg("%s", t[i].in);
		if (t[i].out == NULL)
			assert_memory_equal(&a, &untouched, sizeof(a));
		else
			assert_string_equal(addr_format(&a, buf), t[i].out);
	}
}

static void
long_texts(void **state)
{
	char s[400];
	struct addr a;
	size_t len;

	(void)state;
	for (len = 1; len < sizeof(s); len++) {
		memset(s, '1', len);
		s[len] = '\0';
		assert_false(addr_parse(s, 1, &a));
		s[0] = '[';
		assert_false(addr_parse(s, 1, &a));
	}
}

static void
hosts(void **state)
{
	static const char *const t[][2] = {
		{ "192.0.2.1:80", "192.0.2.1" },
		{ "[2001:db8::1]:80", "2001:db8::1" },
		{ "[fe80::1%lo]:80", "fe80::1" },
		{ "[1111:2222:3333:4444:5555:6666:7777:8888]:1",
		    "1111:2222:3333:4444:5555:6666:7777:8888" },
	};
	char buf[ADDR_HOST];
	struct addr a;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_true(addr_parse(t[i][0], 0, &a));
		assert_string_equal(addr_host_format(&a, buf), t[i][1]);
	}
}

/* The longest text of all fits, and parses back. */
static void
longest_text(void **state)
{
	struct addr a = { .port = 65535, .scope = 0xfffffffe };
	char buf[ADDR_TEXT];

	(void)state;
	memset(a.ip, 0xff, sizeof(a.ip));
	a.ip[0] = 0xfe;
	a.ip[1] = 0x80;
	addr_format(&a, buf); /* no such interface */
	assert_string_equal(
	    buf, "[fe80:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535");
}

static void
random_round_trips(void **state)
{
	struct rng r = rng_seeded(14);
	int i;

	(void)state;
	for (i = 0; i < 5000; i++) {
		struct addr a = { .port =
				      (uint16_t)(1 + rng_below(&r, 65535)) };
		struct addr b;
		struct sockaddr_storage ss;
		char buf[ADDR_TEXT];
		bool v4 = i % 2 == 0, as_v6 = i % 3 == 0;
		socklen_t len;

		rng_fill(&r, a.ip, 16);
		if (i % 5 == 0)
			memset(a.ip + 4, 0, rng_below(&r, 9));
		if (v4) {
			memset(a.ip, 0, 10);
			memset(a.ip + 10, 0xff, 2);
		}
		assert_int_equal(addr_is_v4(&a), v4);
		assert_true(addr_parse(addr_format(&a, buf), 0, &b));
		assert_true(addr_equal(&a, &b));
		len = addr_to_sockaddr(&a, as_v6, &ss);
		assert_int_equal(
		    ss.ss_family, v4 && !as_v6 ? AF_INET : AF_INET6);
		assert_int_equal(len,
		    v4 && !as_v6 ? sizeof(struct sockaddr_in)
				 : sizeof(struct sockaddr_in6));
		assert_true(addr_from_sockaddr((struct sockaddr *)&ss, &b));
		assert_true(addr_equal(&a, &b));
	}
}

static void
sockaddrs(void **state)
{
	struct addr a = { .port = 1, .scope = 5 }, b;
	struct sockaddr_storage ss;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr un = { .sa_family = AF_UNIX };

	(void)state;
	a.ip[0] = 0xfe;
	addr_to_sockaddr(&a, false, &ss);
	memcpy(&in6, &ss, sizeof(in6));
	assert_int_equal(in6.sin6_scope_id, 5);
	assert_true(addr_from_sockaddr((struct sockaddr *)&ss, &b));
	assert_int_equal(b.scope, 5);
	assert_true(addr_parse("192.0.2.1:258", 0, &a));
	addr_to_sockaddr(&a, false, &ss);
	memcpy(&in, &ss, sizeof(in));
	assert_int_equal(in.sin_port, htons(258));
	assert_int_equal(ntohl(in.sin_addr.s_addr), 0xc0000201);
	assert_false(addr_from_sockaddr(&un, &b));
}

static void
raw_addresses(void **state)
{
	struct addr a, b;

	(void)state;
	assert_true(addr_parse("192.0.2.1:80", 0, &a));
	b = addr_from_ip(a.ip + 12, 4, 80);
	assert_true(addr_equal(&a, &b));
	assert_true(addr_parse("[2001:db8::7]:81", 0, &a));
	b = addr_from_ip(a.ip, 16, 81);
	assert_true(addr_equal(&a, &b));
	assert_int_equal(b.scope, 0);
}

static void
comparisons(void **state)
{
	struct addr a, b;

	(void)state;
	assert_true(addr_parse("192.0.2.1:80", 0, &a));
	assert_true(addr_parse("192.0.2.1:81", 0, &b));
	assert_true(addr_same_ip(&a, &b));
	assert_false(addr_equal(&a, &b));
	b = a;
	b.scope = 1;
	assert_false(addr_same_ip(&a, &b));
	assert_false(addr_equal(&a, &b));
	assert_false(addr_is_any(&a));
	assert_true(addr_parse("0.0.0.0:80", 0, &a) && addr_is_any(&a));
	assert_true(addr_parse("[::]:80", 0, &a) && addr_is_any(&a));
	assert_true(addr_parse("[::1]:80", 0, &a) && !addr_is_any(&a));
	memset(&a, 0, sizeof(a));
	assert_true(addr_is_any(&a));
}

static void
private_networks(void **state)
{
	static const struct {
		const char *in;
		bool is;
	} t[] = {
		{ "10.255.255.255", true },
		{ "11.0.0.0", false },
		{ "172.15.255.255", false },
		{ "172.16.0.0", true },
		{ "172.31.255.255", true },
		{ "172.32.0.0", false },
		{ "192.168.0.1", true },
		{ "192.169.0.1", false },
		{ "100.63.255.255", false },
		{ "100.64.0.0", true },
		{ "100.127.255.255", true },
		{ "100.128.0.0", false },
		{ "fbff::1", false },
		{ "fc00::1", true },
		{ "fdff::1", true },
		{ "fe80::1%lo", false },
		{ "2001:db8::a00:1", false },
	};
	struct addr a;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_true(addr_parse(t[i].in, 1, &a));
		assert_int_equal(addr_is_private(&a), t[i].is);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts),
		cmocka_unit_test(long_texts),
		cmocka_unit_test(hosts),
		cmocka_unit_test(longest_text),
		cmocka_unit_test(random_round_trips),
		cmocka_unit_test(sockaddrs),
		cmocka_unit_test(comparisons),
		cmocka_unit_test(raw_addresses),
		cmocka_unit_test(private_networks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
