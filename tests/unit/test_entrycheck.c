/* Which entry lists are taken, and which of their vnodes count. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/xmem.h"
#include "tests/starve.h"
#include "tests/unit/listgen.h"

#define N 5

struct fix {
	struct listgen g;
	struct entry_hold hold;
	struct entry_list list;
	struct entry_checked said;
	char why[ENTRYCHECK_WHY];
};

static int
setup(void **state)
{
	struct fix *f = xcalloc(1, sizeof(*f));

	assert_true(crypto_start());
	listgen_init(&f->g, 4711);
	f->hold = listgen_hold(&f->g);
	f->list = listgen_list(&f->g, N);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fix *f = *state;

	entrycheck_fini(&f->said);
	entry_fini(&f->list);
	free(f);
	return 0;
}

static bool
check(struct fix *f, const struct listgen_file *file, int64_t now)
{
	bool ok;

	entrycheck_fini(&f->said);
	f->why[0] = '\0';
	ok = entrycheck_list(&f->hold, file->text, file->len, file->sig,
	    strlen(file->sig), now, &f->said, f->why);
	/* whoever is refused is told why, and nothing is left of it */
	assert_true(ok == (f->why[0] == '\0'));
	assert_true(ok || (f->said.list.n == 0 && f->said.key == NULL));
	return ok;
}

/* Publishes the list as it is now. */
static bool
check_at(struct fix *f, int64_t now)
{
	struct listgen_file file = listgen_publish(&f->g.signer, &f->list);
	bool ok = check(f, &file, now);

	listgen_file_fini(&file);
	return ok;
}

static void
refused_for(struct fix *f, const char *why)
{
	assert_false(check_at(f, LISTGEN_NOW));
	if (strstr(f->why, why) == NULL)
		fail_msg("\"%s\" lacks \"%s\"", f->why, why);
}

static void
test_good(void **state)
{
	struct fix *f = *state;
	unsigned i;

	assert_true(check_at(f, LISTGEN_NOW));
	assert_string_equal(f->said.signer, f->hold.key);
	assert_int_equal(f->said.list.n, N);
	assert_int_equal(f->said.bad_records, 0);
	assert_false(f->said.late);
	assert_int_equal(f->said.list.serial, 1000);
	for (i = 0; i < N; i++)
		assert_memory_equal(
		    f->said.list.server[i].key, f->g.id[i].ed_pk, RECORD_KEY);
	for (i = 1; i < N; i++)
		assert_true(
		    memcmp(f->said.key[i - 1], f->said.key[i], RECORD_KEY) < 0);
	entry_fini(&f->list);
	f->list = listgen_list(&f->g, 0); /* nobody is listed: fine */
	assert_true(check_at(f, LISTGEN_NOW));
}

/* Wherever memory ends: the whole list, or a refusal that is none of a list. */
static void
test_no_memory(void **state)
{
	struct fix *f = *state;
	unsigned calls = 0;
	bool ok;

	do {
		starve(calls + 1, STARVE_ALL);
		ok = check_at(f, LISTGEN_NOW);
		starve_end();
	} while (!ok && calls++ < 10);
	assert_true(ok);
	assert_int_equal(f->said.list.n, N);
	starve(calls, STARVE_ALL); /* for all but the last: the keys */
	ok = check_at(f, LISTGEN_NOW);
	starve_end();
	assert_false(ok);
	assert_string_equal(f->why, "cannot be checked: there is no memory");
}

/* Any one byte of either file, and any end of it. */
static void
test_damage(void **state)
{
	struct fix *f = *state;
	struct listgen_file file = listgen_publish(&f->g.signer, &f->list);
	size_t i, len = file.len, step = len / 300 + 1;
	struct listgen_file b;
	char c;

	for (i = 0; i < len; i += step) {
		file.text[i] ^= 1;
		assert_false(check(f, &file, LISTGEN_NOW));
		file.text[i] ^= 1;
		b = file;
		b.len = i;
		assert_false(check(f, &b, LISTGEN_NOW));
	}
	/* of the signature the first line is for people */
	for (i = strcspn(file.sig, "\n") + 1; file.sig[i] != '\0'; i++) {
		c = file.sig[i];
		file.sig[i] = c == 'A' ? 'B' : 'A';
		assert_false(check(f, &file, LISTGEN_NOW));
		file.sig[i] = '\0';
		if (c != '\n') /* the last one may be missing */
			assert_false(check(f, &file, LISTGEN_NOW));
		file.sig[i] = c;
	}
	assert_true(check(f, &file, LISTGEN_NOW));
	listgen_file_fini(&file);
}

static void
test_signers(void **state)
{
	struct fix *f = *state;
	struct minisign_key other;
	struct listgen_file file;
	char pub[MINISIGN_KEY_TEXT];
	size_t len;
	char *text = entry_write(&f->list, &len);

	minisign_generate(&other);
	file = listgen_publish(&other, &f->list);
	assert_false(check(f, &file, LISTGEN_NOW));
	assert_non_null(strstr(f->why, "its signature is by another key"));
	/* nobody is held to yet: whoever signs names itself */
	f->hold.key[0] = '\0';
	assert_true(check(f, &file, LISTGEN_NOW));
	minisign_pub_format(&other.pub, pub);
	assert_string_equal(f->said.signer, pub);
	/* and is held to from then on */
	memcpy(f->hold.key, pub, sizeof(pub));
	assert_true(check(f, &file, LISTGEN_NOW));
	listgen_file_fini(&file);
	assert_false(check_at(f, LISTGEN_NOW));

	/* one with our key's number, and its own */
	f->hold = listgen_hold(&f->g);
	memcpy(other.pub.id, f->g.signer.pub.id, MINISIGN_ID);
	file = listgen_publish(&other, &f->list);
	assert_false(check(f, &file, LISTGEN_NOW));
	assert_non_null(strstr(f->why, "does not hold"));

	/* one that names somebody else's key, or none */
	f->hold.key[0] = '\0';
	snprintf(file.text, file.len, "key:%s", listgen_hold(&f->g).key);
	minisign_sign(&other, text, len, file.text, file.sig);
	memcpy(file.text, text, len);
	assert_false(check(f, &file, LISTGEN_NOW));
	minisign_sign(&other, text, len, "serial:7", file.sig);
	assert_false(check(f, &file, LISTGEN_NOW));
	assert_non_null(strstr(f->why, "does not name its key"));
	minisign_sign(&other, text, len, "key:RWhello", file.sig);
	assert_false(check(f, &file, LISTGEN_NOW));
	listgen_file_fini(&file);
	free(text);
}

static void
test_serial(void **state)
{
	struct fix *f = *state;

	f->list.serial = 999;
	refused_for(f, "goes back");
	f->list.serial = 1001;
	assert_true(check_at(f, LISTGEN_NOW));
	f->hold.serial = 0;
	f->list.serial = 0;
	assert_true(check_at(f, LISTGEN_NOW));
}

static void
test_times(void **state)
{
	struct fix *f = *state;
	const int64_t made = f->list.generated, end = f->list.valid_until;

	assert_true(check_at(f, made - RECORD_SKEW_S));
	assert_false(check_at(f, made - RECORD_SKEW_S - 1));
	assert_non_null(strstr(f->why, "is of the future"));
	assert_true(check_at(f, end));
	assert_false(f->said.late);
	assert_true(check_at(f, end + 1));
	assert_true(f->said.late);
	assert_true(check_at(f, end + ENTRY_LATE_S));
	assert_false(entrycheck_over(&f->said.list, end + ENTRY_LATE_S));
	assert_true(entrycheck_over(&f->said.list, end + ENTRY_LATE_S + 1));
	assert_false(check_at(f, end + ENTRY_LATE_S + 1));
	assert_non_null(strstr(f->why, "expired"));
	/* no clock at all */
	assert_true(check_at(f, 0));
	assert_true(check_at(f, RECORD_EPOCH - 1));
	assert_false(f->said.late);
	assert_false(check_at(f, RECORD_EPOCH));
	/* in 2106 */
	assert_false(check_at(f, INT64_C(4294967296)));
}

static void
test_content(void **state)
{
	struct fix *f = *state;
	struct listgen_file file;

	strcpy(f->list.network, "lab2");
	refused_for(f, "is of network \"lab2\"");
	strcpy(f->list.network, "Lab");
	refused_for(f, "is of network");
	file = listgen_sign(&f->g.signer, "{}", 2);
	assert_false(check(f, &file, LISTGEN_NOW));
	assert_non_null(strstr(f->why, "is no list"));
	listgen_file_fini(&file);
	file = listgen_sign(&f->g.signer, "", 0);
	assert_false(check(f, &file, LISTGEN_NOW));
	listgen_file_fini(&file);
}

/* Each is left out alone; one that says nothing of itself is fine. */
static void
test_records(void **state)
{
	struct fix *f = *state;
	struct entry_server *s = f->list.server;
	struct network other;

	network_open(&other, "other", 5);
	s[0].record[s[0].record_len - 1] ^= 1;
	s[1].record_len =
	    listgen_record(&f->g, &f->g.id[2], &f->g.net, s[1].record);
	s[3].record_len =
	    listgen_record(&f->g, &f->g.id[3], &other, s[3].record);
	s[4].record_len = 0;
	assert_true(check_at(f, LISTGEN_NOW));
	assert_int_equal(f->said.bad_records, 3);
	assert_int_equal(f->said.list.n, 2);
	assert_memory_equal(
	    f->said.list.server[0].key, f->g.id[2].ed_pk, RECORD_KEY);
	assert_memory_equal(
	    f->said.list.server[1].key, f->g.id[4].ed_pk, RECORD_KEY);
}

static void
test_quorum(void **state)
{
	static const uint8_t a[][RECORD_KEY] = { { 1 }, { 2 }, { 3 } };
	static const uint8_t b[][RECORD_KEY] = { { 2 }, { 4 } };
	static const uint8_t c[][RECORD_KEY] = { { 3 } };
	struct entry_voice v[] = {
		{ "x", a, 3 },
		{ "y", b, 2 },
		{ "x", c, 1 },
		{ "z", NULL, 0 },
	};

	(void)state;
	/* fewer than three sources: each word counts */
	assert_true(entrycheck_counts(v, 2, 2, a[0]));
	assert_true(entrycheck_counts(v, 1, 1, a[0]));
	/* else two have to agree */
	assert_false(entrycheck_counts(v, 4, 4, a[0]));
	assert_true(entrycheck_counts(v, 4, 4, a[1]));
	assert_false(entrycheck_counts(v, 4, 4, b[1]));
	/* who signs twice is one */
	assert_false(entrycheck_counts(v, 4, 4, a[2]));
	v[2].signer = "w";
	assert_true(entrycheck_counts(v, 4, 4, a[2]));
	/* the others may be out of reach */
	assert_false(entrycheck_counts(v, 1, 3, a[0]));
	assert_true(entrycheck_counts(v, 2, 3, a[1]));
}

/* Against counting by hand. */
static void
test_quorum_random(void **state)
{
	static const char *const signers[] = { "p", "q", "r" };
	struct rng r = rng_seeded(99);
	unsigned round, i, j, counted = 0;

	(void)state;
	for (round = 0; round < 2000; round++) {
		uint8_t key[8][4][RECORD_KEY] = { { { 0 } } };
		struct entry_voice v[8];
		bool by[3] = { false, false, false };
		uint8_t want[RECORD_KEY] = { (uint8_t)rng_below(&r, 8) };
		unsigned n = (unsigned)rng_below(&r, 9), who;

		for (i = 0; i < n; i++) {
			who = (unsigned)rng_below(&r, 3);
			v[i] = (struct entry_voice){ signers[who],
				(const uint8_t(*)[RECORD_KEY])key[i],
				rng_below(&r, 5) };
			for (j = 0; j < v[i].n; j++) {
				key[i][j][0] = (uint8_t)rng_below(&r, 8);
				by[who] |= key[i][j][0] == want[0];
			}
			entrycheck_sort(key[i], v[i].n);
		}
		counted += by[0] + by[1] + by[2] >= 2;
		assert_int_equal(entrycheck_counts(v, n, 8, want),
		    by[0] + by[1] + by[2] >= 2);
	}
	assert_in_range(counted, 200, 1800);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_good),
		T(test_no_memory),
		T(test_damage),
		T(test_signers),
		T(test_serial),
		T(test_times),
		T(test_content),
		T(test_records),
		cmocka_unit_test(test_quorum),
		cmocka_unit_test(test_quorum_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
