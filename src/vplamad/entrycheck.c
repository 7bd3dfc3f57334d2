#include "vplamad/entrycheck.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmem.h"
#include "crypto/sign.h"

#define KEY_MARK "key:"

/* The word in the trusted comment that names who signs. */
static bool
named_key(const char *trusted, struct minisign_pub *ret)
{
	char text[MINISIGN_COMMENT], *word, *rest = NULL;

	snprintf(text, sizeof(text), "%s", trusted);
	for (word = strtok_r(text, " \t", &rest); word != NULL;
	     word = strtok_r(NULL, " \t", &rest))
		if (strncmp(word, KEY_MARK, strlen(KEY_MARK)) == 0)
			return minisign_pub_parse(word + strlen(KEY_MARK), ret);
	return false;
}

/* NULL, or why the signature does not hold. */
static const char *
check_signature(const struct entry_hold *h, const char *text, size_t len,
    const char *sig, size_t sig_len, struct minisign_pub *ret)
{
	char trusted[MINISIGN_COMMENT];
	uint8_t id[MINISIGN_ID];
	const char *why;

	if (h->key[0] != '\0') {
		if (!minisign_pub_parse(h->key, ret))
			return "cannot be checked: that is no key";
	} else if (!minisign_verify(
		       NULL, text, len, sig, sig_len, id, trusted, &why)) {
		return why;
	} else if (!named_key(trusted, ret)) {
		return "does not name its key, and none is configured: write "
		       "#KEY behind the source";
	}
	if (!minisign_verify(ret, text, len, sig, sig_len, id, NULL, &why))
		return why;
	return NULL;
}

bool
entrycheck_over(const struct entry_list *l, int64_t now)
{
	return now >= RECORD_EPOCH && now > l->valid_until + ENTRY_LATE_S;
}

/* False and why: what a list that is signed by the right key may still be. */
static bool
check_list(const struct entry_hold *h, const struct entry_list *l, int64_t now,
    char why[static ENTRYCHECK_WHY])
{
	why[0] = '\0';
	if (strcmp(l->network, h->network) != 0)
		snprintf(why, ENTRYCHECK_WHY, "is of network \"%s\", not ours",
		    l->network);
	else if (l->serial < h->serial)
		snprintf(why, ENTRYCHECK_WHY,
		    "goes back: its serial is %llu, that of the last was %llu",
		    (unsigned long long)l->serial,
		    (unsigned long long)h->serial);
	else if (now >= RECORD_EPOCH && l->generated > now + RECORD_SKEW_S)
		snprintf(why, ENTRYCHECK_WHY,
		    "is of the future: made %lld s from now",
		    (long long)(l->generated - now));
	else if (entrycheck_over(l, now))
		snprintf(why, ENTRYCHECK_WHY, "expired %lld s ago",
		    (long long)(now - l->valid_until));
	return why[0] == '\0';
}

/* Its own words, where they are given, have to be its own. */
static bool
record_holds(const struct entry_server *s, const uint8_t netid[KEY_LEN])
{
	const uint8_t *sig;
	struct record r;
	size_t n;

	if (s->record_len == 0)
		return true;
	return record_parse(s->record, s->record_len, &r, &n, &sig) &&
	    memcmp(r.key, s->key, RECORD_KEY) == 0 &&
	    key_verify(r.key, SIGN_RECORD, netid, s->record, n, sig);
}

static int
by_key(const void *a, const void *b)
{
	return memcmp(a, b, RECORD_KEY);
}

void
entrycheck_sort(uint8_t (*key)[RECORD_KEY], size_t n)
{
	qsort(key, n, RECORD_KEY, by_key);
}

/* Drops those that do not hold, and notes who is left; false: no memory. */
static bool
keep_good(struct entry_checked *c, const uint8_t netid[KEY_LEN])
{
	struct entry_list *l = &c->list;
	unsigned i, n = 0;

	for (i = 0; i < l->n; i++) {
		if (record_holds(&l->server[i], netid))
			l->server[n++] = l->server[i];
		else
			c->bad_records++;
	}
	l->n = n;
	c->key = try_calloc(n + 1, sizeof(*c->key));
	if (c->key == NULL)
		return false;
	for (i = 0; i < n; i++)
		memcpy(c->key[i], l->server[i].key, RECORD_KEY);
	entrycheck_sort(c->key, n);
	return true;
}

bool
entrycheck_list(const struct entry_hold *h, const char *text, size_t len,
    const char *sig, size_t sig_len, int64_t now, struct entry_checked *ret,
    char why[static ENTRYCHECK_WHY])
{
	struct minisign_pub pub;
	const char *clause;

	memset(ret, 0, sizeof(*ret));
	clause = check_signature(h, text, len, sig, sig_len, &pub);
	if (clause != NULL) {
		snprintf(why, ENTRYCHECK_WHY, "its signature %s", clause);
		return false;
	}
	if (!entry_parse(text, len, &ret->list, &clause)) {
		snprintf(why, ENTRYCHECK_WHY, "is no list: %s", clause);
		return false;
	}
	if (!check_list(h, &ret->list, now, why)) {
		entry_fini(&ret->list);
		return false;
	}
	minisign_pub_format(&pub, ret->signer);
	ret->late = now >= RECORD_EPOCH && now > ret->list.valid_until;
	if (!keep_good(ret, h->netid)) {
		snprintf(why, ENTRYCHECK_WHY,
		    "cannot be checked: there is no memory");
		entry_fini(&ret->list);
		return false;
	}
	return true;
}

void
entrycheck_fini(struct entry_checked *c)
{
	entry_fini(&c->list);
	free(c->key);
	memset(c, 0, sizeof(*c));
}

static bool
names(const struct entry_voice *v, const uint8_t key[RECORD_KEY])
{
	return v->n > 0 &&
	    bsearch(key, v->key, v->n, RECORD_KEY, by_key) != NULL;
}

/* Has one before it, of the same signer, named the key as well? */
static bool
is_echo(const struct entry_voice *v, size_t i, const uint8_t key[RECORD_KEY])
{
	size_t j;

	for (j = 0; j < i; j++)
		if (strcmp(v[j].signer, v[i].signer) == 0 && names(&v[j], key))
			return true;
	return false;
}

bool
entrycheck_counts(const struct entry_voice *v, size_t n, unsigned sources,
    const uint8_t key[RECORD_KEY])
{
	unsigned voices = 0;
	size_t i;

	if (sources < ENTRYCHECK_QUORUM)
		return true;
	for (i = 0; i < n; i++)
		if (names(&v[i], key) && !is_echo(v, i, key))
			voices++;
	return voices >= ENTRYCHECK_VOICES;
}
