#include "crypto/keys.h"

#include <fcntl.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fdutil.h"
#include "tests/unit/vectors.h"

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* RFC 8032, section 7.1, tests 1 and 2. */
static void
ed25519_from_seed(void **state)
{
	static const char *const v[][2] = {
		{ "9d61b19deffd5a60ba844af492ec2cc4"
		  "4449c5697b326919703bac031cae7f60",
		    "d75a980182b10ab7d54bfed3c964073a"
		    "0ee172f3daa62325af021a68f707511a" },
		{ "4ccd089b28ff96da9db6c346ec114e0f"
		  "5b8a319f35aba624da8cf6ed4fb8a6fb",
		    "3d4017c3e843895a92b70aa74d1b7ebc"
		    "9c982ccf2ec4968cc0cd55f12af4660c" },
	};
	uint8_t seed[KEY_LEN], want[KEY_LEN];
	struct identity id;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		hex_bytes(v[i][0], seed, KEY_LEN);
		hex_bytes(v[i][1], want, KEY_LEN);
		assert_true(identity_from_seed(seed, &id));
		assert_memory_equal(id.ed_pk, want, KEY_LEN);
		assert_memory_equal(id.seed, seed, KEY_LEN);
	}
}

/* Points of low order, and a y that is on no point of the curve. */
static void
bad_points_do_not_convert(void **state)
{
	static const char *const bad[] = {
		"0100000000000000000000000000000000000000000000000000000000000"
		"000",
		"0000000000000000000000000000000000000000000000000000000000000"
		"000",
		"0000000000000000000000000000000000000000000000000000000000000"
		"080",
		"ecfffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		"f7f",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53f"
		"c05",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53f"
		"c85",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac0"
		"37a",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac0"
		"3fa",
		"0200000000000000000000000000000000000000000000000000000000000"
		"000",
	};
	uint8_t pk[KEY_LEN], out[KEY_LEN];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		hex_bytes(bad[i], pk, KEY_LEN);
		assert_false(key_to_x25519(pk, out));
	}
}

/* A key plus a point of low order would be one peer under many keys. */
static void
mixed_order_does_not_convert(void **state)
{
	uint8_t seed[KEY_LEN], small[KEY_LEN], mixed[KEY_LEN], out[KEY_LEN];
	struct identity id;

	(void)state;
	hex_bytes("26e8958fc2b227b045c3f489f2ef98f0"
		  "d5dfac05d3c63339b13802886d53fc05",
	    small, KEY_LEN);
	random_bytes(seed, KEY_LEN);
	assert_true(identity_from_seed(seed, &id));
	assert_int_equal(crypto_core_ed25519_add(mixed, id.ed_pk, small), 0);
	assert_false(key_to_x25519(mixed, out));
}

/* A and -A are one peer. */
static void
negated_key_converts_alike(void **state)
{
	uint8_t seed[KEY_LEN], out[KEY_LEN];
	struct identity id;

	(void)state;
	random_bytes(seed, KEY_LEN);
	assert_true(identity_from_seed(seed, &id));
	id.ed_pk[31] ^= 0x80;
	assert_true(key_to_x25519(id.ed_pk, out));
	assert_memory_equal(out, id.x_pk, KEY_LEN);
}

static void
text_round_trip(void **state)
{
	uint8_t key[KEY_LEN], back[KEY_LEN];
	char text[KEY_TEXT];
	int i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		random_bytes(key, KEY_LEN);
		memset(text, 'x', sizeof(text));
		key_format(key, text);
		assert_int_equal(strlen(text), 44);
		assert_int_equal(text[43], '=');
		assert_true(key_parse(text, back));
		assert_memory_equal(key, back, KEY_LEN);
	}
}

static void
refuse(const char *text)
{
	uint8_t out[KEY_LEN], before[KEY_LEN];

	memset(out, 0x5a, KEY_LEN);
	memset(before, 0x5a, KEY_LEN);
	if (key_parse(text, out))
		fail_msg("accepted: \"%s\"", text);
	assert_memory_equal(out, before, KEY_LEN);
}

/* At each place each byte: only the alphabet, at the end only "=". */
static void
text_every_byte_at_every_place(void **state)
{
	char text[KEY_TEXT], bad[KEY_TEXT];
	uint8_t key[KEY_LEN], out[KEY_LEN];
	unsigned at, c, accepted;

	(void)state;
	random_bytes(key, KEY_LEN);
	key_format(key, text);
	for (at = 0; at < 44; at++) {
		accepted = 0;
		for (c = 1; c < 256; c++) {
			memcpy(bad, text, KEY_TEXT);
			bad[at] = (char)c;
			if (key_parse(bad, out)) {
				accepted++;
				key_format(out, bad);
				assert_int_equal((uint8_t)bad[at], c);
			} else
				refuse(bad);
		}
		/* The last character holds 4 bits of key and 2 spare ones. */
		assert_int_equal(accepted, at < 42 ? 64 : at == 42 ? 16 : 1);
	}
}

static void
text_spare_bits_refused(void **state)
{
	char text[KEY_TEXT];
	uint8_t out[KEY_LEN];
	unsigned i;

	(void)state;
	memset(text, 'A', 43);
	text[43] = '=';
	text[44] = '\0';
	for (i = 0; i < 64; i++) {
		text[42] = alphabet[i];
		if (i % 4 == 0)
			assert_true(key_parse(text, out));
		else
			refuse(text);
	}
}

static void
text_wrong_length_refused(void **state)
{
	char text[KEY_TEXT], longer[KEY_TEXT + 4];
	uint8_t key[KEY_LEN];
	size_t len;

	(void)state;
	random_bytes(key, KEY_LEN);
	key_format(key, text);
	for (len = 0; len < 44; len++) {
		memcpy(longer, text, len);
		longer[len] = '\0';
		refuse(longer);
	}
	snprintf(longer, sizeof(longer), "%s=", text);
	refuse(longer);
	snprintf(longer, sizeof(longer), "%s\n", text);
	refuse(longer);
	snprintf(longer, sizeof(longer), " %s", text);
	refuse(longer);
	/* Right length, one space in it. */
	memcpy(longer, text, KEY_TEXT);
	memmove(longer + 11, longer + 10, 33);
	longer[10] = ' ';
	longer[44] = '\0';
	refuse(longer);
	/* base64url is for URIs only. */
	memset(longer, '-', 43);
	longer[42] = 'A';
	longer[43] = '=';
	refuse(longer);
}

/* Files. */

static char dir[] = "/tmp/vplama-keys-XXXXXX";
static char path[64];

static int
folder_make(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/id.key", dir);
	return 0;
}

static int
folder_remove(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);
}

static void
put(const void *p, size_t len)
{
	assert_int_equal(file_write(path, p, len, 0600), 0);
}

/* The reason must name what was expected, in these words. */
static void
load_refused(const char *expected)
{
	uint8_t out[KEY_LEN], before[KEY_LEN];
	const char *why = NULL;

	memset(out, 0x5a, KEY_LEN);
	memset(before, 0x5a, KEY_LEN);
	assert_false(key_file_load(path, out, &why));
	assert_non_null(why);
	if (strstr(why, expected) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", why, expected);
	assert_memory_equal(out, before, KEY_LEN);
}

static void
file_round_trip(void **state)
{
	uint8_t key[KEY_LEN], out[KEY_LEN];
	const char *why = NULL;
	char text[KEY_TEXT + 1];

	(void)state;
	random_bytes(key, KEY_LEN);
	key_format(key, text);
	text[44] = '\n';
	put(text, 45);
	assert_true(key_file_load(path, out, &why));
	assert_null(why);
	assert_memory_equal(out, key, KEY_LEN);
	assert_int_equal(chmod(path, 0400), 0);
	assert_true(key_file_load(path, out, &why));
}

static void
file_content_refused(void **state)
{
	static const char format[] = "44 characters of base64 and a newline";
	uint8_t key[KEY_LEN];
	char text[100];
	size_t len;

	(void)state;
	random_bytes(key, KEY_LEN);
	key_format(key, text);
	for (len = 0; len <= 44; len++) { /* 44: the newline is missing */
		put(text, len);
		load_refused(format);
	}
	text[44] = '\n';
	text[45] = '\n';
	put(text, 46);
	load_refused(format);
	text[44] = '\r';
	put(text, 46);
	load_refused(format);
	text[44] = ' ';
	put(text, 45);
	load_refused(format);
	text[44] = '\n';
	text[3] = '\0';
	put(text, 45);
	load_refused(format);
	memset(text, 'A', sizeof(text));
	put(text, sizeof(text));
	load_refused(format);
}

/* Each bit for group and others is one too many. */
static void
file_mode_refused(void **state)
{
	uint8_t key[KEY_LEN];
	char text[KEY_TEXT];
	mode_t bit;

	(void)state;
	random_bytes(key, KEY_LEN);
	key_format(key, text);
	text[44] = '\n';
	put(text, 45);
	for (bit = 1; bit <= 0040; bit <<= 1) {
		assert_int_equal(chmod(path, 0600 | bit), 0);
		load_refused("expected mode 0600");
	}
}

static void
file_missing_refused(void **state)
{
	(void)state;
	unlink(path);
	load_refused("no such file; expected a key file");
}

/* Neither may block: a pipe without writer would hold the start for ever. */
static void
file_of_other_kind_refused(void **state)
{
	(void)state;
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	load_refused("not a regular file");
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	load_refused("not a regular file");
	rmdir(path);
}

/* Networks. */

static void
names_and_secrets_separate(void **state)
{
	struct network a, b;
	uint8_t psk[KEY_LEN] = { 0 }, x[2][KEY_LEN], out[4][KEY_LEN];
	size_t i, j;

	(void)state;
	network_open(&a, "mesh", 4);
	network_open(&b, "Mesh", 4);
	assert_memory_not_equal(a.netid, b.netid, KEY_LEN);
	network_open(&b, "mesh2", 4); /* the length rules, not a terminator */
	assert_memory_equal(&a, &b, sizeof(a));
	network_closed(&b, a.netkey);
	assert_memory_equal(&a, &b, sizeof(a));

	memset(x[0], 1, KEY_LEN);
	memset(x[1], 2, KEY_LEN);
	network_psk(&a, psk, out[0]);
	network_mac1key(&a, x[0], out[1]);
	network_mac1key(&a, x[1], out[2]);
	network_cookiekey(&a, x[0], out[3]);
	for (i = 0; i < 4; i++)
		for (j = 0; j < i; j++)
			assert_memory_not_equal(out[i], out[j], KEY_LEN);
}

/* 0 means "none" and is given to the zero key alone. */
static void
psk_id_zero_is_reserved(void **state)
{
	uint8_t psk[KEY_LEN] = { 0 };
	bool seen[256] = { false };
	unsigned i, n = 0;

	(void)state;
	assert_int_equal(network_psk_id(psk), 0);
	for (i = 0; i < 8000; i++) {
		random_bytes(psk, KEY_LEN);
		seen[network_psk_id(psk)] = true;
	}
	assert_false(seen[0]);
	for (i = 0; i < 256; i++)
		n += seen[i];
	assert_int_equal(n, 255);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ed25519_from_seed),
		cmocka_unit_test(bad_points_do_not_convert),
		cmocka_unit_test(mixed_order_does_not_convert),
		cmocka_unit_test(negated_key_converts_alike),
		cmocka_unit_test(text_round_trip),
		cmocka_unit_test(text_every_byte_at_every_place),
		cmocka_unit_test(text_spare_bits_refused),
		cmocka_unit_test(text_wrong_length_refused),
		cmocka_unit_test(file_round_trip),
		cmocka_unit_test(file_content_refused),
		cmocka_unit_test(file_mode_refused),
		cmocka_unit_test(file_missing_refused),
		cmocka_unit_test(file_of_other_kind_refused),
		cmocka_unit_test(names_and_secrets_separate),
		cmocka_unit_test(psk_id_zero_is_reserved),
	};

	if (!crypto_start())
		return 1;
	return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
