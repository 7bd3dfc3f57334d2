/*
 * Signatures of files: the minisign program takes ours and we take its; any
 * changed bit is noticed.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "crypto/minisign.h"
#include "tests/rng.h"

struct fixture {
	struct minisign_key key;
	uint8_t text[3000];
	char sig[MINISIGN_FILE_MAX];
	char dir[32];
};

static int
make(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct rng r = rng_seeded(71);

	assert_non_null(f);
	assert_true(crypto_start());
	minisign_generate(&f->key);
	rng_fill(&r, f->text, sizeof(f->text));
	minisign_sign(
	    &f->key, f->text, sizeof(f->text), "serial 7\tlist", f->sig);
	strcpy(f->dir, "/tmp/vplama-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	*state = f;
	return 0;
}

static int
end(void **state)
{
	static const char *const names[] = { "text", "text.minisig", "pub",
		"sec" };
	struct fixture *f = *state;
	char path[64];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", f->dir, names[i]);
		unlink(path);
	}
	rmdir(f->dir);
	free(f);
	return 0;
}

static bool
verify(const struct fixture *f, const char *sig, size_t len)
{
	uint8_t id[MINISIGN_ID];
	char trusted[MINISIGN_COMMENT];
	const char *why;
	bool ok = minisign_verify(
	    &f->key.pub, f->text, sizeof(f->text), sig, len, id, trusted, &why);

	assert_int_equal(ok, why == NULL);
	if (ok) {
		assert_memory_equal(id, f->key.pub.id, sizeof(id));
		assert_string_equal(trusted, "serial 7\tlist");
	} else {
		assert_string_equal(trusted, "");
	}
	return ok;
}

static void
ours_holds(void **state)
{
	struct fixture *f = *state;
	uint8_t id[MINISIGN_ID];
	char trusted[MINISIGN_COMMENT], sig[MINISIGN_FILE_MAX];
	const char *why;

	assert_true(verify(f, f->sig, strlen(f->sig)));
	assert_true(verify(f, f->sig, strlen(f->sig) - 1)); /* last newline */
	/* Without a key: only the form, and who says to have signed. */
	assert_true(minisign_verify(
	    NULL, "x", 1, f->sig, strlen(f->sig), id, trusted, &why));
	assert_memory_equal(id, f->key.pub.id, sizeof(id));
	minisign_sign(&f->key, NULL, 0, "", sig);
	assert_true(minisign_verify(
	    &f->key.pub, NULL, 0, sig, strlen(sig), id, NULL, &why));
}

/* All but the words of the first line, which nothing covers. */
static void
every_bit_counts(void **state)
{
	struct fixture *f = *state;
	size_t len = strlen(f->sig), i, free_from, free_to;
	uint8_t id[MINISIGN_ID];
	const char *why;
	char sig[MINISIGN_FILE_MAX];
	unsigned bit;

	free_from = strlen("untrusted comment: ");
	free_to = strcspn(f->sig, "\n");
	for (i = 0; i < len; i++)
		for (bit = 0; bit < 8; bit++) {
			if (i >= free_from && i < free_to)
				continue;
			memcpy(sig, f->sig, len);
			sig[i] ^= (char)(1 << bit);
			if (i + 1 < len) /* the last newline need not be */
				assert_false(verify(f, sig, len));
		}
	for (i = 0; i < sizeof(f->text); i += 7) {
		f->text[i] ^= 1;
		assert_false(verify(f, f->sig, len));
		f->text[i] ^= 1;
	}
	assert_false(minisign_verify(&f->key.pub, f->text, sizeof(f->text) - 1,
	    f->sig, len, id, NULL, &why));
}

static void
other_forms_are_refused(void **state)
{
	struct fixture *f = *state;
	char sig[MINISIGN_FILE_MAX + 400], big[400];
	size_t len = strlen(f->sig), cut;
	struct minisign_key other;
	uint8_t id[MINISIGN_ID];
	const char *why;

	for (cut = 0; cut + 1 < len; cut++)
		assert_false(verify(f, f->sig, cut));
	snprintf(sig, sizeof(sig), "%s\n", f->sig);
	assert_false(verify(f, sig, strlen(sig)));
	snprintf(sig, sizeof(sig), "%s%s", f->sig, f->sig);
	assert_false(verify(f, sig, strlen(sig)));
	minisign_generate(&other);
	assert_false(minisign_verify(
	    &other.pub, f->text, sizeof(f->text), f->sig, len, id, NULL, &why));
	assert_non_null(strstr(why, "another key"));
	memcpy(other.pub.id, f->key.pub.id, MINISIGN_ID);
	assert_false(minisign_verify(
	    &other.pub, f->text, sizeof(f->text), f->sig, len, id, NULL, &why));
	/* A comment cannot grow a line of its own. */
	memset(big, 'c', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	minisign_sign(&f->key, "x", 1, big, sig);
	assert_true(minisign_verify(
	    &f->key.pub, "x", 1, sig, strlen(sig), id, NULL, &why));
	minisign_sign(&f->key, "x", 1, "one\ntwo", sig);
	assert_true(minisign_verify(
	    &f->key.pub, "x", 1, sig, strlen(sig), id, big, &why));
	assert_string_equal(big, "one");
}

static void
keys_as_text(void **state)
{
	struct fixture *f = *state;
	char text[MINISIGN_KEY_TEXT], file[MINISIGN_FILE_MAX];
	struct minisign_pub pub;
	struct minisign_key key;
	const char *why;
	size_t cut;

	minisign_pub_format(&f->key.pub, text);
	assert_int_equal(strlen(text), 56);
	assert_memory_equal(text, "RW", 2);
	assert_true(minisign_pub_parse(text, &pub));
	assert_memory_equal(&pub, &f->key.pub, sizeof(pub));
	for (cut = 0; cut < 56; cut++) {
		char part[MINISIGN_KEY_TEXT] = "";

		memcpy(part, text, cut);
		assert_false(minisign_pub_parse(part, &pub));
	}
	text[0] = 'S';
	assert_false(minisign_pub_parse(text, &pub));

	minisign_pub_file(&f->key.pub, file);
	assert_true(minisign_pub_file_parse(file, strlen(file), &pub, &why));
	assert_memory_equal(&pub, &f->key.pub, sizeof(pub));
	for (cut = 0; cut < strlen(file) - 1; cut++)
		assert_false(minisign_pub_file_parse(file, cut, &pub, &why));
	minisign_key_file(&f->key, file);
	assert_true(minisign_key_file_parse(file, strlen(file), &key, &why));
	assert_memory_equal(&key, &f->key, sizeof(key));
	assert_null(why);
	for (cut = 0; cut < strlen(file) - 1; cut++)
		assert_false(minisign_key_file_parse(file, cut, &key, &why));
}

/* Base64 of the key begins behind the first line; byte 3 k is character 4 k. */
static void
damaged_keys_are_refused(void **state)
{
	struct fixture *f = *state;
	char file[MINISIGN_FILE_MAX], *body;
	struct minisign_key key;
	const char *why;
	size_t i;

	minisign_key_file(&f->key, file);
	body = strchr(file, '\n') + 1;
	memcpy(body, "RWRTY0Iy", 8); /* "Sc": the kind of passphrase */
	assert_false(minisign_key_file_parse(file, strlen(file), &key, &why));
	assert_non_null(strstr(why, "passphrase"));
	minisign_key_file(&f->key, file);
	for (i = 62 / 3 * 4 + 4; i < 126 / 3 * 4; i++) {
		char was = body[i];

		body[i] = was == 'A' ? 'B' : 'A';
		assert_false(
		    minisign_key_file_parse(file, strlen(file), &key, &why));
		assert_non_null(strstr(why, "damaged"));
		body[i] = was;
	}
	body[i + 8] = 'B'; /* a checksum, and a wrong one */
	assert_false(minisign_key_file_parse(file, strlen(file), &key, &why));
	assert_non_null(strstr(why, "checksum"));
}

static void
put(const struct fixture *f, const char *name, const void *p, size_t len)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(p, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static size_t
get(const struct fixture *f, const char *name, char ret[MINISIGN_FILE_MAX])
{
	char path[64];
	FILE *file;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	file = fopen(path, "r");
	assert_non_null(file);
	n = fread(ret, 1, MINISIGN_FILE_MAX - 1, file);
	ret[n] = '\0';
	fclose(file);
	return n;
}

/* In the folder; its exit code. */
static int
program(const struct fixture *f, const char *args)
{
	char cmd[256];
	int rc;

	snprintf(cmd, sizeof(cmd), "cd %s && minisign %s >/dev/null 2>&1",
	    f->dir, args);
	rc = system(cmd);
	assert_true(WIFEXITED(rc));
	return WEXITSTATUS(rc);
}

static bool
have_program(void)
{
	int rc = system("command -v minisign >/dev/null");

	return WIFEXITED(rc) && WEXITSTATUS(rc) == 0;
}

static void
minisign_takes_ours(void **state)
{
	struct fixture *f = *state;
	char file[MINISIGN_FILE_MAX];
	struct minisign_pub pub;
	uint8_t id[MINISIGN_ID];
	const char *why;
	size_t len;

	if (!have_program())
		skip();
	put(f, "text", f->text, sizeof(f->text));
	put(f, "text.minisig", f->sig, strlen(f->sig));
	minisign_pub_file(&f->key.pub, file);
	put(f, "pub", file, strlen(file));
	assert_int_equal(program(f, "-V -p pub -m text"), 0);
	put(f, "text", f->text, sizeof(f->text) - 1);
	assert_int_not_equal(program(f, "-V -p pub -m text"), 0);

	/* Our secret key serves there, too. */
	put(f, "text", f->text, sizeof(f->text));
	minisign_key_file(&f->key, file);
	put(f, "sec", file, strlen(file));
	assert_int_equal(program(f, "-S -s sec -t mine -m text"), 0);
	assert_int_equal(program(f, "-R -s sec -p pub -f"), 0);
	len = get(f, "pub", file);
	assert_true(minisign_pub_file_parse(file, len, &pub, &why));
	assert_memory_equal(&pub, &f->key.pub, sizeof(pub));
	len = get(f, "text.minisig", file);
	assert_true(minisign_verify(
	    &f->key.pub, f->text, sizeof(f->text), file, len, id, NULL, &why));
}

static void
we_take_what_minisign_makes(void **state)
{
	struct fixture *f = *state;
	char file[MINISIGN_FILE_MAX], trusted[MINISIGN_COMMENT];
	struct minisign_key key;
	struct minisign_pub pub;
	uint8_t id[MINISIGN_ID];
	const char *why;
	size_t len;

	if (!have_program())
		skip();
	put(f, "text", f->text, sizeof(f->text));
	assert_int_equal(program(f, "-G -W -f -p pub -s sec"), 0);
	assert_int_equal(program(f, "-S -s sec -t 'a comment' -m text"), 0);
	len = get(f, "pub", file);
	assert_true(minisign_pub_file_parse(file, len, &pub, &why));
	len = get(f, "sec", file);
	assert_true(minisign_key_file_parse(file, len, &key, &why));
	assert_memory_equal(&key.pub, &pub, sizeof(pub));
	len = get(f, "text.minisig", file);
	assert_true(minisign_verify(
	    &pub, f->text, sizeof(f->text), file, len, id, trusted, &why));
	assert_string_equal(trusted, "a comment");
	assert_memory_equal(id, pub.id, sizeof(id));
	assert_false(minisign_verify(
	    &pub, f->text, sizeof(f->text) - 1, file, len, id, trusted, &why));

	/* Of the old kind, over the whole file instead of its hash. */
	assert_int_equal(program(f, "-S -l -s sec -m text"), 0);
	len = get(f, "text.minisig", file);
	assert_false(minisign_verify(
	    &pub, f->text, sizeof(f->text), file, len, id, trusted, &why));
	assert_non_null(strstr(why, "hashed"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(ours_holds, make, end),
		cmocka_unit_test_setup_teardown(every_bit_counts, make, end),
		cmocka_unit_test_setup_teardown(
		    other_forms_are_refused, make, end),
		cmocka_unit_test_setup_teardown(keys_as_text, make, end),
		cmocka_unit_test_setup_teardown(
		    damaged_keys_are_refused, make, end),
		cmocka_unit_test_setup_teardown(minisign_takes_ours, make, end),
		cmocka_unit_test_setup_teardown(
		    we_take_what_minisign_makes, make, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
