/* Reading recorded packets: which are chosen, and what is said of a bad file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ntkd-shim/corpus.h"

#define CORPUS SRCDIR "/tests/data/ntkd_messages.tsv"
#define TITLES                                                      \
	"file\tt_s\tl4\tsrc\tdst\twire\top\topnum\tid\tflags\tsz\t" \
	"uncompress_sz\tpacket_hex\tdecoded\n"
#define PLACE "a.pcap\t1.5\ttcp\t10.0.0.1:1\t10.0.0.2:269\t"
#define ACK_HEX "6e746b7e524645002e0000000000000000"
#define ACK PLACE "32\tACK\t46\t0x7e524645\t0x00\t0\t0\t" ACK_HEX "\tx\n"

static size_t
count(const char *captures, enum corpus_which which)
{
	struct corpus c;
	char err[CORPUS_ERR];
	size_t n;

	if (!corpus_read(&c, CORPUS, captures, which, err))
		fail_msg("%s", err);
	n = c.n;
	corpus_fini(&c);
	return n;
}

static void
test_chosen(void **state)
{
	size_t a = count("two64_link1-2", CORPUS_FORWARD);
	size_t b = count("chain3_link1-2.pcap", CORPUS_FORWARD);

	(void)state;
	assert_int_equal(a, 3);
	assert_int_equal(b, 5);
	assert_int_equal(
	    count("two64_link1-2.pcap,chain3_link1-2", CORPUS_FORWARD), 8);
	assert_int_equal(count(NULL, CORPUS_ALL), 130);
	assert_true(count("two64_link1-2", CORPUS_ALL) > a);
}

/* A flood that ntkd sent twice is one packet for vplamad. */
static void
test_copies(void **state)
{
	struct corpus c;
	char err[CORPUS_ERR];
	uint8_t a[NTK_KEY_LEN], b[NTK_KEY_LEN];
	size_t i, k;

	(void)state;
	assert_int_equal(count("chain3_link2-3", CORPUS_FORWARD), 3);
	assert_true(corpus_read(&c, CORPUS, NULL, CORPUS_FORWARD, err));
	for (i = 0; i < c.n; i++)
		for (k = 0; k < i; k++) {
			ntk_key(&c.pkt[i].ntk, a);
			ntk_key(&c.pkt[k].ntk, b);
			assert_memory_not_equal(a, b, NTK_KEY_LEN);
		}
	corpus_fini(&c);
}

static void
test_unknown_capture(void **state)
{
	struct corpus c;
	char err[CORPUS_ERR];

	(void)state;
	assert_false(corpus_read(
	    &c, CORPUS, "two64_link1-2,nowhere", CORPUS_FORWARD, err));
	assert_string_equal(err, CORPUS ": no packet of capture nowhere");
	assert_int_equal(c.n, 0);
	assert_false(corpus_read(&c, CORPUS, "two64", CORPUS_FORWARD, err));
	assert_false(corpus_read(&c, "/nowhere", NULL, CORPUS_ALL, err));
	assert_string_equal(err, "/nowhere: No such file or directory");
}

struct bad {
	const char *text;
	const char *err; /* after the path */
};

static const struct bad bad[] = {
	{ "", ": no packet" },
	{ TITLES, ": no packet" },
	{ "a\tb\n", ":1: l4: missing field" },
	{ "file\tt\tl4\tsrc\tdst\twire\top\topnum\tid\tflags\tsz\t"
	  "uncompress_sz\tpacket_hex\tdecoded\n",
	    ":1: t_s: no such title" },
	{ TITLES "a.pcap\t1.5\n", ":2: l4: missing field" },
	{ TITLES ACK "\n", ":3: t_s: missing field" },
	{ TITLES PLACE "32\tACK\t46\t1\t0\t0\t0\t00\tx\ty\n",
	    ":2: line: more fields than expected" },
	{ TITLES PLACE "32\tACK\t46\t1\t0\t0\t0\t6e7\tx\n",
	    ":2: packet_hex: odd number of digits" },
	{ TITLES PLACE "32\tACK\t46\t1\t0\t0\t0\t6g\tx\n",
	    ":2: packet_hex: not hexadecimal" },
	{ TITLES PLACE "32\tACK\t46\t1\t0\t0\t0\t\tx\n",
	    ":2: packet_hex: not an ntk packet (name)" },
	{ TITLES PLACE "32\tACK\t46\t1\t0\t0\t0\t" ACK_HEX "00\tx\n",
	    ":2: packet_hex: not an ntk packet (size)" },
	{ TITLES PLACE "64\tACK\t46\t0x7e524645\t0\t0\t0\t" ACK_HEX "\tx\n",
	    ":2: wire: is not that of the packet" },
	{ TITLES PLACE "32\tACK\tq\t0x7e524645\t0\t0\t0\t" ACK_HEX "\tx\n",
	    ":2: opnum: not a number" },
	{ TITLES PLACE "32\tACK\t46\t0x7e524646\t0\t0\t0\t" ACK_HEX "\tx\n",
	    ":2: id: is not that of the packet" },
	{ TITLES PLACE "32\tACK\t46\t0x7e524645\t1\t0\t0\t" ACK_HEX "\tx\n",
	    ":2: flags: is not that of the packet" },
	{ TITLES PLACE "32\tACK\t46\t0x7e524645\t0\t1\t0\t" ACK_HEX "\tx\n",
	    ":2: sz: is not that of the packet" },
	{ TITLES PLACE "32\tACK\t46\t0x7e524645\t0\t0\t\t" ACK_HEX "\tx\n",
	    ":2: uncompress_sz: not a number" },
};

static bool
read_text(const char *text, struct corpus *c, char err[static CORPUS_ERR],
    char path[static 32])
{
	int fd;

	strcpy(path, "/tmp/test_corpus.XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	if (!corpus_read(c, path, NULL, CORPUS_ALL, err)) {
		unlink(path);
		return false;
	}
	unlink(path);
	return true;
}

static void
test_bad_files(void **state)
{
	struct corpus c;
	char err[CORPUS_ERR], want[CORPUS_ERR], path[32];
	size_t i;

	(void)state;
	assert_true(read_text(TITLES ACK, &c, err, path));
	assert_int_equal(c.n, 1);
	assert_int_equal(c.pkt[0].ntk.op, 46);
	corpus_fini(&c);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(read_text(bad[i].text, &c, err, path));
		snprintf(want, sizeof(want), "%s%s", path, bad[i].err);
		assert_string_equal(err, want);
		assert_null(c.pkt);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chosen),
		cmocka_unit_test(test_copies),
		cmocka_unit_test(test_unknown_capture),
		cmocka_unit_test(test_bad_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
