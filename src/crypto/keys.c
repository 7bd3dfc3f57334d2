#include "crypto/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/kx.h"

#define TEXT_LEN (KEY_TEXT - 1)
#define FILE_LEN (TEXT_LEN + 1) /* the text and a newline */
#define SALT_LEN crypto_pwhash_SALTBYTES

/*
 * x_pk comes from kx_public(), not from ed_pk: with X25519 the two are equal,
 * and a simulation's stand-in keeps a pair that fits together.
 */
bool
identity_from_seed(const uint8_t seed[KEY_LEN], struct identity *ret)
{
	uint8_t ed_sk[crypto_sign_SECRETKEYBYTES];
	bool ok;

	ok = crypto_sign_seed_keypair(ret->ed_pk, ed_sk, seed) == 0 &&
	    crypto_sign_ed25519_sk_to_curve25519(ret->x_sk, ed_sk) == 0;
	if (ok) {
		memcpy(ret->seed, seed, KEY_LEN);
		kx_public(ret->x_pk, ret->x_sk);
		ok = !sodium_is_zero(ret->x_pk, KEY_LEN);
	}
	if (!ok)
		wipe(ret, sizeof(*ret));
	wipe(ed_sk, sizeof(ed_sk));
	return ok;
}

bool
key_to_x25519(const uint8_t ed_pk[KEY_LEN], uint8_t ret[KEY_LEN])
{
	return crypto_sign_ed25519_pk_to_curve25519(ret, ed_pk) == 0;
}

/*
 * libsodium takes some bytes above 127 for letters (a signed char), so what
 * counts is that the key gives the very same text again.
 */
static bool
text_decode(const char *text, size_t len, uint8_t ret[KEY_LEN])
{
	uint8_t key[KEY_LEN];
	char again[KEY_TEXT];
	size_t n;
	bool ok;

	ok = len == TEXT_LEN &&
	    sodium_base642bin(key, sizeof(key), text, len, NULL, &n, NULL,
		sodium_base64_VARIANT_ORIGINAL) == 0 &&
	    n == KEY_LEN;
	if (ok) {
		key_format(key, again);
		ok = equal_ct(again, text, TEXT_LEN);
	}
	if (ok)
		memcpy(ret, key, KEY_LEN);
	wipe(key, sizeof(key));
	wipe(again, sizeof(again));
	return ok;
}

bool
key_parse(const char *text, uint8_t ret[KEY_LEN])
{
	return text_decode(text, strlen(text), ret);
}

void
key_format(const uint8_t key[KEY_LEN], char ret[static KEY_TEXT])
{
	sodium_bin2base64(
	    ret, KEY_TEXT, key, KEY_LEN, sodium_base64_VARIANT_ORIGINAL);
}

static const char *
open_failure(int err)
{
	switch (err) {
	case ENOENT:
	case ENOTDIR:
		return "there is no such file; expected a key file";
	case EACCES:
		return "may not be read by this user; expected a key file "
		       "owned by it, mode 0600";
	default:
		return "cannot be opened; expected a key file";
	}
}

/* NULL when fd is a file that nobody else may touch. */
static const char *
stat_failure(int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return "cannot be examined; expected a key file";
	if (!S_ISREG(st.st_mode))
		return "is not a regular file; expected a key file";
	if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return "is open to group or others; expected mode 0600";
	return NULL;
}

/* Fills buf as far as the file goes; -1 with errno. */
static ssize_t
read_all(int fd, char *buf, size_t max)
{
	size_t len = 0;

	while (len < max) {
		ssize_t n = read(fd, buf + len, max - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

static const char *
content_failure(int fd, uint8_t ret[KEY_LEN])
{
	char buf[FILE_LEN + 1]; /* one more, to notice a longer file */
	ssize_t len = read_all(fd, buf, sizeof(buf));
	bool ok = len == FILE_LEN && buf[TEXT_LEN] == '\n' &&
	    text_decode(buf, TEXT_LEN, ret);

	wipe(buf, sizeof(buf));
	if (len < 0)
		return "cannot be read; expected a key file";
	if (!ok)
		return "does not hold a key; expected 44 characters of base64 "
		       "and a newline, nothing else";
	return NULL;
}

bool
key_file_load(const char *path, uint8_t ret[KEY_LEN], const char **ret_why)
{
	const char *why;
	/* Not blocking: the path may name a pipe that nobody writes to. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0) {
		*ret_why = open_failure(errno);
		return false;
	}
	why = stat_failure(fd);
	if (why == NULL)
		why = content_failure(fd, ret);
	close(fd);
	if (why != NULL)
		*ret_why = why;
	return why == NULL;
}

/* BLAKE2b-256(label, p), or keyed with the network key. */
static void
derive(uint8_t ret[KEY_LEN], const uint8_t *key, const char *label,
    const void *p, size_t len)
{
	blake2b(ret, KEY_LEN, key, label, strlen(label), p, len);
}

void
network_open(struct network *net, const char *name, size_t name_len)
{
	uint8_t netkey[KEY_LEN];

	derive(netkey, NULL, "vplama open v1", name, name_len);
	network_closed(net, netkey);
	wipe(netkey, sizeof(netkey));
}

void
network_closed(struct network *net, const uint8_t netkey[KEY_LEN])
{
	memcpy(net->netkey, netkey, KEY_LEN);
	derive(net->netid, net->netkey, "netid", NULL, 0);
}

bool
netkey_from_passphrase(uint8_t ret[KEY_LEN], const char *name, size_t name_len,
    const char *pass, size_t pass_len)
{
	uint8_t salt[KEY_LEN]; /* its first SALT_LEN bytes are the salt */

	_Static_assert(SALT_LEN <= KEY_LEN, "the salt is cut from a hash");
	derive(salt, NULL, "vplama salt v1", name, name_len);
	return crypto_pwhash(ret, KEY_LEN, pass, pass_len, salt,
		   crypto_pwhash_OPSLIMIT_MODERATE,
		   crypto_pwhash_MEMLIMIT_MODERATE,
		   crypto_pwhash_ALG_ARGON2ID13) == 0;
}

void
network_psk(const struct network *net, const uint8_t pair_psk[KEY_LEN],
    uint8_t ret[KEY_LEN])
{
	derive(ret, net->netkey, "psk", pair_psk, KEY_LEN);
}

uint8_t
network_psk_id(const uint8_t pair_psk[KEY_LEN])
{
	uint8_t h[KEY_LEN];

	if (sodium_is_zero(pair_psk, KEY_LEN))
		return 0;
	derive(h, pair_psk, "psk id", NULL, 0);
	return (uint8_t)(1 + h[0] % 255);
}

void
network_mac1key(const struct network *net, const uint8_t x_pk[KEY_LEN],
    uint8_t ret[KEY_LEN])
{
	derive(ret, net->netkey, "mac1----", x_pk, KEY_LEN);
}

void
network_cookiekey(const struct network *net, const uint8_t x_pk[KEY_LEN],
    uint8_t ret[KEY_LEN])
{
	derive(ret, net->netkey, "cookie--", x_pk, KEY_LEN);
}
