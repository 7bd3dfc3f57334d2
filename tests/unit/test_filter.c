/* What may come out of a tunnel to ntkd's host. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "base/wr.h"
#include "ntkd-shim/filter.h"

enum { TCP = 6, UDP = 17, ICMP = 1, IPIP = 4 };

/* 10.238/16 is claimed, all else is of strangers. */
static bool
known(void *arg, const uint8_t src[4])
{
	(void)arg;
	return src[0] == 10 && src[1] == 238;
}

/* An IPv4 head for what follows, of so many bytes; frag in units of 8. */
static void
put_head(struct wr *w, uint8_t proto, uint8_t second, size_t follows,
    uint16_t frag, unsigned options)
{
	wr_u8(w, (uint8_t)(0x45 + options));
	wr_u8(w, 0);
	wr_be16(w, (uint16_t)(20 + 4 * options + follows));
	wr_be16(w, 1);
	wr_be16(w, frag);
	wr_u8(w, 64);
	wr_u8(w, proto);
	wr_be16(w, 0);
	wr_be32(w, 0x0a000005u | (uint32_t)second << 16);
	wr_be32(w, 0x0a4fe416u);
	wr_zeros(w, 4 * options);
}

static enum filter_verdict
judge(const struct wr *w)
{
	assert_true(wr_ok(w));
	return filter_judge(w->start, w->len, known, NULL);
}

static enum filter_verdict
to_port(uint8_t proto, uint8_t second, uint16_t port, uint16_t frag,
    unsigned options)
{
	uint8_t buf[128];
	struct wr w = wr_of(buf, sizeof(buf));

	put_head(&w, proto, second, 8, frag, options);
	wr_be16(&w, 40000);
	wr_be16(&w, port);
	wr_zeros(&w, 4);
	return judge(&w);
}

static void
ports(void **state)
{
	static const uint8_t protos[] = { TCP, UDP };
	unsigned i, port, options;

	(void)state;
	for (i = 0; i < 2; i++)
		for (options = 0; options <= 10; options++)
			for (port = 260; port < 290; port++) {
				enum filter_verdict far = FILTER_PASS,
						    near = FILTER_PASS;

				if (port == 269)
					far = near = FILTER_NTK;
				if (port == 277)
					far = FILTER_ANDNA;
				assert_int_equal(
				    to_port(protos[i], 77, (uint16_t)port, 0,
					options),
				    far);
				assert_int_equal(
				    to_port(protos[i], 238, (uint16_t)port, 0,
					options),
				    near);
			}
	/* no port there */
	assert_int_equal(to_port(ICMP, 77, 269, 0, 0), FILTER_PASS);
}

/* The first fragment is judged; the others are of no use without it. */
static void
fragments(void **state)
{
	(void)state;
	assert_int_equal(to_port(UDP, 238, 269, 0x2000, 0), FILTER_NTK);
	assert_int_equal(to_port(TCP, 77, 277, 0x2000, 0), FILTER_ANDNA);
	assert_int_equal(to_port(UDP, 238, 269, 0x2001, 0), FILTER_PASS);
	assert_int_equal(to_port(UDP, 238, 269, 0x0001, 0), FILTER_PASS);
}

/* A first fragment that hides its ports, or is cut off. */
static void
short_ones(void **state)
{
	uint8_t buf[64];
	unsigned n;

	(void)state;
	for (n = 0; n < 4; n++) {
		struct wr w = wr_of(buf, sizeof(buf));

		put_head(&w, UDP, 238, n, 0x2000, 0);
		wr_zeros(&w, n);
		assert_int_equal(judge(&w), FILTER_BAD);
	}
	for (n = 0; n < 28; n++) {
		struct wr w = wr_of(buf, sizeof(buf));

		put_head(&w, UDP, 238, 8, 0, 0);
		wr_zeros(&w, 8);
		w.len = n;
		assert_int_equal(judge(&w), FILTER_BAD);
	}
	memset(buf, 0, sizeof(buf));
	buf[0] = 0x60;
	assert_int_equal(filter_judge(buf, 40, known, NULL), FILTER_BAD);
}

/* Packets within packets, so deep; their own source counts. */
static enum filter_verdict
within(unsigned deep, uint8_t inner_second, uint16_t port)
{
	uint8_t buf[256];
	struct wr w = wr_of(buf, sizeof(buf));
	unsigned i;

	for (i = deep; i > 0; i--)
		put_head(&w, IPIP, 238, 20 * (i - 1) + 28, 0, 0);
	put_head(&w, UDP, inner_second, 8, 0, 0);
	wr_be16(&w, 1);
	wr_be16(&w, port);
	wr_zeros(&w, 4);
	return judge(&w);
}

static void
nested(void **state)
{
	(void)state;
	assert_int_equal(within(1, 238, 269), FILTER_NTK);
	assert_int_equal(within(2, 238, 269), FILTER_NTK);
	assert_int_equal(within(1, 77, 277), FILTER_ANDNA);
	assert_int_equal(within(2, 238, 80), FILTER_PASS);
	assert_int_equal(within(3, 238, 80), FILTER_BAD);
}

static void
names(void **state)
{
	(void)state;
	assert_string_equal(filter_name(FILTER_NTK), "port 269");
	assert_string_equal(filter_name(FILTER_VERDICTS), "?");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ports),
		cmocka_unit_test(fragments),
		cmocka_unit_test(short_ones),
		cmocka_unit_test(nested),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
