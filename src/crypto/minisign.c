#include "crypto/minisign.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/rd.h"
#include "base/wr.h"

/* What precedes all but the comments: the algorithm, and whose key it is. */
#define HEAD_LEN (2 + MINISIGN_ID)
#define PUB_LEN (HEAD_LEN + KEY_LEN)
#define SIG_BYTES 64
#define SIG_LINE_LEN (HEAD_LEN + SIG_BYTES)

/*
 * A secret key: algorithms of the key, of the passphrase and of the checksum,
 * what the passphrase needs, then what it would hide: id, key, and the checksum
 * of algorithm, id and key. minisign 0.11 leaves that zero without a
 * passphrase.
 */
#define KDF_LEN 48
#define CHECK_LEN 32
#define SECRET_AT (6 + KDF_LEN)
#define SECRET_LEN (MINISIGN_ID + 64)
#define KEY_BYTES (SECRET_AT + SECRET_LEN + CHECK_LEN)

#define UNTRUSTED "untrusted comment: "
#define TRUSTED "trusted comment: "

static const char alg_key[2] = { 'E', 'd' };
static const char alg_hashed[2] = { 'E', 'D' };
static const char alg_check[2] = { 'B', '2' };

void
minisign_generate(struct minisign_key *ret)
{
	random_bytes(ret->pub.id, sizeof(ret->pub.id));
	(void)crypto_sign_keypair(ret->pub.pk, ret->sk);
}

/* Base64 of exactly len bytes. */
static bool
decode(const char *text, size_t text_len, uint8_t *ret, size_t len)
{
	size_t n;

	return base64_parse(BASE64_PLAIN, text, text_len, ret, len, &n) &&
	    n == len;
}

static bool
pub_decode(const char *text, size_t len, struct minisign_pub *ret)
{
	uint8_t raw[PUB_LEN];

	memset(ret, 0, sizeof(*ret));
	if (!decode(text, len, raw, sizeof(raw)) ||
	    memcmp(raw, alg_key, sizeof(alg_key)) != 0)
		return false;
	memcpy(ret->id, raw + 2, MINISIGN_ID);
	memcpy(ret->pk, raw + HEAD_LEN, KEY_LEN);
	return true;
}

bool
minisign_pub_parse(const char *text, struct minisign_pub *ret)
{
	return pub_decode(text, strlen(text), ret);
}

void
minisign_pub_format(
    const struct minisign_pub *pub, char ret[static MINISIGN_KEY_TEXT])
{
	uint8_t raw[PUB_LEN];
	struct wr w = wr_of(raw, sizeof(raw));

	wr_bytes(&w, alg_key, sizeof(alg_key));
	wr_bytes(&w, pub->id, sizeof(pub->id));
	wr_bytes(&w, pub->pk, sizeof(pub->pk));
	base64_format(BASE64_PLAIN, raw, sizeof(raw), ret);
}

void
minisign_pub_file(
    const struct minisign_pub *pub, char ret[static MINISIGN_FILE_MAX])
{
	char text[MINISIGN_KEY_TEXT];
	struct rd r = rd_of(pub->id, sizeof(pub->id));
	uint64_t id;

	(void)rd_le64(&r, &id);
	minisign_pub_format(pub, text);
	snprintf(ret, MINISIGN_FILE_MAX,
	    UNTRUSTED "minisign public key %016llX\n%s\n",
	    (unsigned long long)id, text);
}

void
minisign_key_file(
    const struct minisign_key *key, char ret[static MINISIGN_FILE_MAX])
{
	static const char no_kdf[2];
	uint8_t raw[KEY_BYTES];
	char text[BASE64_TEXT(KEY_BYTES)];
	struct wr w = wr_of(raw, sizeof(raw));

	wr_bytes(&w, alg_key, sizeof(alg_key));
	wr_bytes(&w, no_kdf, sizeof(no_kdf));
	wr_bytes(&w, alg_check, sizeof(alg_check));
	wr_zeros(&w, KDF_LEN);
	wr_bytes(&w, key->pub.id, sizeof(key->pub.id));
	wr_bytes(&w, key->sk, sizeof(key->sk));
	wr_zeros(&w, CHECK_LEN);
	base64_format(BASE64_PLAIN, raw, sizeof(raw), text);
	snprintf(ret, MINISIGN_FILE_MAX,
	    UNTRUSTED "minisign secret key without a passphrase\n%s\n", text);
	wipe(raw, sizeof(raw));
	wipe(text, sizeof(text));
}

struct line {
	const char *p;
	size_t len;
};

/* The next line, without its end; the last may have none. */
static bool
line_get(struct line *rest, struct line *ret)
{
	const char *end;

	if (rest->len == 0)
		return false;
	end = memchr(rest->p, '\n', rest->len);
	*ret = *rest;
	if (end == NULL) {
		rest->len = 0;
		return true;
	}
	ret->len = (size_t)(end - rest->p);
	rest->p += ret->len + 1;
	rest->len -= ret->len + 1;
	return true;
}

/* The next line begins with that; what stands behind it. */
static bool
comment_get(struct line *rest, const char *prefix, struct line *ret)
{
	size_t n = strlen(prefix);

	if (!line_get(rest, ret) || ret->len < n ||
	    memcmp(ret->p, prefix, n) != 0)
		return false;
	ret->p += n;
	ret->len -= n;
	return true;
}

bool
minisign_pub_file_parse(const char *text, size_t len, struct minisign_pub *ret,
    const char **ret_why)
{
	struct line rest = { text, len }, comment, line;

	memset(ret, 0, sizeof(*ret));
	*ret_why = "is no public key of minisign; expected a line \"untrusted "
		   "comment:\" and a line that begins with RW";
	return len < MINISIGN_FILE_MAX &&
	    comment_get(&rest, UNTRUSTED, &comment) && line_get(&rest, &line) &&
	    rest.len == 0 && pub_decode(line.p, line.len, ret);
}

static bool
check_holds(const uint8_t raw[KEY_BYTES])
{
	const uint8_t *found = raw + SECRET_AT + SECRET_LEN;
	uint8_t check[CHECK_LEN];

	if (sodium_is_zero(found, CHECK_LEN))
		return true;
	blake2b(check, sizeof(check), NULL, raw, sizeof(alg_key),
	    raw + SECRET_AT, SECRET_LEN);
	return equal_ct(check, found, sizeof(check));
}

/* NULL, or why not. */
static const char *
key_take(const uint8_t raw[KEY_BYTES], struct minisign_key *ret)
{
	uint8_t pk[KEY_LEN], sk[64];
	bool same;

	if (memcmp(raw, alg_key, sizeof(alg_key)) != 0 ||
	    memcmp(raw + 4, alg_check, sizeof(alg_check)) != 0)
		return "is a secret key of an unknown kind; expected one of "
		       "minisign -G -W";
	if (raw[2] != 0 || raw[3] != 0)
		return "has a passphrase; expected a key without (minisign -G "
		       "-W)";
	if (!check_holds(raw))
		return "is damaged: its checksum does not hold";
	memcpy(ret->pub.id, raw + SECRET_AT, MINISIGN_ID);
	memcpy(ret->sk, raw + SECRET_AT + MINISIGN_ID, sizeof(ret->sk));
	(void)crypto_sign_seed_keypair(pk, sk, ret->sk);
	same = equal_ct(sk, ret->sk, sizeof(sk));
	memcpy(ret->pub.pk, pk, sizeof(pk));
	wipe(sk, sizeof(sk));
	return same ? NULL
		    : "is damaged: its two halves do not belong together";
}

bool
minisign_key_file_parse(const char *text, size_t len, struct minisign_key *ret,
    const char **ret_why)
{
	struct line rest = { text, len }, comment, line;
	uint8_t raw[KEY_BYTES] = { 0 };

	memset(ret, 0, sizeof(*ret));
	*ret_why = "is no secret key of minisign; expected a line \"untrusted "
		   "comment:\" and a line of base64";
	if (len < MINISIGN_FILE_MAX &&
	    comment_get(&rest, UNTRUSTED, &comment) && line_get(&rest, &line) &&
	    rest.len == 0 && decode(line.p, line.len, raw, sizeof(raw)))
		*ret_why = key_take(raw, ret);
	wipe(raw, sizeof(raw));
	if (*ret_why != NULL)
		wipe(ret, sizeof(*ret));
	return *ret_why == NULL;
}

/* What the second signature covers: the first, and the comment. */
struct second {
	uint8_t p[SIG_BYTES + MINISIGN_COMMENT];
	size_t len;
};

static struct second
second_of(const uint8_t sig[SIG_BYTES], const char *comment, size_t len)
{
	struct second s;
	struct wr w = wr_of(s.p, sizeof(s.p));

	wr_bytes(&w, sig, SIG_BYTES);
	wr_bytes(&w, comment, len);
	s.len = w.len;
	return s;
}

void
minisign_sign(const struct minisign_key *key, const void *p, size_t len,
    const char *trusted, char ret[static MINISIGN_FILE_MAX])
{
	uint8_t hash[HASH_LEN], raw[SIG_LINE_LEN], sig2[SIG_BYTES];
	char text[BASE64_TEXT(SIG_LINE_LEN)], text2[BASE64_TEXT(SIG_BYTES)];
	size_t n = strcspn(trusted, "\r\n");
	struct second second;

	if (n >= MINISIGN_COMMENT)
		n = MINISIGN_COMMENT - 1;
	blake2b(hash, sizeof(hash), NULL, p, len, NULL, 0);
	memcpy(raw, alg_hashed, sizeof(alg_hashed));
	memcpy(raw + 2, key->pub.id, MINISIGN_ID);
	(void)crypto_sign_detached(
	    raw + HEAD_LEN, NULL, hash, sizeof(hash), key->sk);
	second = second_of(raw + HEAD_LEN, trusted, n);
	(void)crypto_sign_detached(sig2, NULL, second.p, second.len, key->sk);
	base64_format(BASE64_PLAIN, raw, sizeof(raw), text);
	base64_format(BASE64_PLAIN, sig2, sizeof(sig2), text2);
	snprintf(ret, MINISIGN_FILE_MAX,
	    UNTRUSTED "signature in the format of minisign\n%s\n" TRUSTED
		      "%.*s\n%s\n",
	    text, (int)n, trusted, text2);
}

struct minisig {
	uint8_t raw[SIG_LINE_LEN], second[SIG_BYTES];
	struct line trusted;
};

/* NULL, or why not. */
static const char *
minisig_parse(const char *text, size_t len, struct minisig *ret)
{
	struct line rest = { text, len }, comment, line;

	if (len >= MINISIGN_FILE_MAX ||
	    !comment_get(&rest, UNTRUSTED, &comment) ||
	    !line_get(&rest, &line) ||
	    !decode(line.p, line.len, ret->raw, sizeof(ret->raw)) ||
	    !comment_get(&rest, TRUSTED, &ret->trusted) ||
	    !line_get(&rest, &line) ||
	    !decode(line.p, line.len, ret->second, sizeof(ret->second)) ||
	    rest.len != 0)
		return "is no signature of minisign; expected its four lines";
	if (ret->trusted.len >= MINISIGN_COMMENT ||
	    memchr(ret->trusted.p, '\0', ret->trusted.len) != NULL)
		return "has a trusted comment that is too long";
	if (memcmp(ret->raw, alg_hashed, sizeof(alg_hashed)) != 0)
		return "is not of the hashed kind; expected ED (minisign 0.10 "
		       "or newer)";
	return NULL;
}

static const char *
minisig_check(const struct minisign_pub *pub, const void *p, size_t len,
    const struct minisig *s)
{
	uint8_t hash[HASH_LEN];
	struct second second;

	if (memcmp(pub->id, s->raw + 2, MINISIGN_ID) != 0)
		return "is by another key";
	blake2b(hash, sizeof(hash), NULL, p, len, NULL, 0);
	if (crypto_sign_verify_detached(
		s->raw + HEAD_LEN, hash, sizeof(hash), pub->pk) != 0)
		return "does not hold: the file or the signature was changed";
	second = second_of(s->raw + HEAD_LEN, s->trusted.p, s->trusted.len);
	if (crypto_sign_verify_detached(
		s->second, second.p, second.len, pub->pk) != 0)
		return "does not hold: the trusted comment was changed";
	return NULL;
}

bool
minisign_verify(const struct minisign_pub *pub, const void *p, size_t len,
    const char *sig, size_t sig_len, uint8_t ret_id[MINISIGN_ID],
    char ret_trusted[MINISIGN_COMMENT], const char **ret_why)
{
	struct minisig s;

	memset(ret_id, 0, MINISIGN_ID);
	if (ret_trusted != NULL)
		ret_trusted[0] = '\0';
	*ret_why = minisig_parse(sig, sig_len, &s);
	if (*ret_why == NULL && pub != NULL)
		*ret_why = minisig_check(pub, p, len, &s);
	if (*ret_why != NULL)
		return false;
	memcpy(ret_id, s.raw + 2, MINISIGN_ID);
	if (ret_trusted != NULL) {
		memcpy(ret_trusted, s.trusted.p, s.trusted.len);
		ret_trusted[s.trusted.len] = '\0';
	}
	return true;
}
