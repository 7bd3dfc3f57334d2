#include "core/cookie.h"

#include <assert.h>
#include <string.h>

#include "base/rd.h"
#include "base/wr.h"
#include "base/xmem.h"

#define MAC1_AT INIT_NOMACS
#define MAC2_AT (INIT_NOMACS + MAC_LEN)
#define NONCE_LEN 24

static bool
older_than(const struct cookie_check *ck, struct mono now, uint64_t s)
{
	return mono_since(ck->born, now) >= s * MONO_SEC;
}

bool
cookie_due(const struct cookie_check *ck, struct mono now)
{
	return !ck->has || older_than(ck, now, COOKIE_LIFE_S);
}

/* A secret that nobody renewed in time is not given any more grace. */
void
cookie_renew(
    struct cookie_check *ck, const uint8_t fresh[KEY_LEN], struct mono now)
{
	if (!cookie_due(ck, now))
		return;
	ck->has_old =
	    ck->has && !older_than(ck, now, COOKIE_LIFE_S + COOKIE_GRACE_S);
	memcpy(ck->old, ck->secret, KEY_LEN);
	memcpy(ck->secret, fresh, KEY_LEN);
	ck->has = true;
	ck->born = now;
}

static void
cookie_by(const uint8_t secret[KEY_LEN], const struct addr *from,
    uint8_t ret[MAC_LEN])
{
	uint8_t port[2];
	struct wr w = wr_of(port, sizeof(port));

	wr_be16(&w, from->port);
	blake2b(ret, MAC_LEN, secret, from->ip, sizeof(from->ip), port,
	    sizeof(port));
}

void
cookie_make(const struct cookie_check *ck, const struct addr *from,
    uint8_t ret[MAC_LEN])
{
	assert(ck->has);
	cookie_by(ck->secret, from, ret);
}

/* Is what lies behind the first len bytes their mac? */
static bool
mac_ok(const uint8_t *key, size_t key_len, const uint8_t *msg, size_t len)
{
	struct rd r = rd_of(msg, len + MAC_LEN);
	uint8_t want[MAC_LEN];
	const uint8_t *got;

	blake2b_mac(want, key, key_len, msg, len);
	return rd_skip(&r, len) && rd_ref(&r, &got, MAC_LEN) &&
	    equal_ct(got, want, MAC_LEN);
}

bool
mac1_ok(const uint8_t mac1key[KEY_LEN], const uint8_t *msg, size_t len)
{
	return mac_ok(mac1key, KEY_LEN, msg, len);
}

void
mac1_write(const uint8_t mac1key[KEY_LEN], uint8_t *msg, size_t len)
{
	blake2b_mac(msg + len, mac1key, KEY_LEN, msg, len);
}

static bool
mac2_by(
    const uint8_t secret[KEY_LEN], const uint8_t *msg, const struct addr *from)
{
	uint8_t cookie[MAC_LEN];

	cookie_by(secret, from, cookie);
	return mac_ok(cookie, MAC_LEN, msg, MAC2_AT);
}

/* Zeros are none: most of a flood is told from them cheaply. */
static bool
has_mac2(const uint8_t *msg)
{
	static const uint8_t zero[MAC_LEN];
	struct rd r = rd_of(msg, INIT_LEN);
	const uint8_t *mac2;

	return rd_skip(&r, MAC2_AT) && rd_ref(&r, &mac2, MAC_LEN) &&
	    !equal_ct(mac2, zero, MAC_LEN);
}

bool
mac2_ok(const struct cookie_check *ck, const uint8_t *msg,
    const struct addr *from, struct mono now)
{
	if (!has_mac2(msg))
		return false;
	if (ck->has && mac2_by(ck->secret, msg, from))
		return true;
	return ck->has_old && !older_than(ck, now, COOKIE_GRACE_S) &&
	    mac2_by(ck->old, msg, from);
}

void
mac2_write(const uint8_t cookie[MAC_LEN], uint8_t *msg)
{
	blake2b_mac(msg + MAC2_AT, cookie, MAC_LEN, msg, MAC2_AT);
}

void
cookie_reply_write(const struct cookie_check *ck,
    const uint8_t cookiekey[KEY_LEN], const uint8_t nonce[24],
    const uint8_t *msg, uint32_t index, const struct addr *from,
    uint8_t out[COOKIE_LEN])
{
	uint8_t head[8], cookie[MAC_LEN], sealed[MAC_LEN + TAG_LEN];
	struct rd r = rd_of(msg, INIT_LEN);
	struct wr w = wr_of(out, COOKIE_LEN);
	const uint8_t *mac1;

	if (!rd_skip(&r, MAC1_AT) || !rd_ref(&r, &mac1, MAC_LEN))
		return;
	cookie_make(ck, from, cookie);
	cookie_seal(sealed, cookiekey, nonce, cookie, mac1);
	msg_cookie_head(head, index);
	wr_bytes(&w, head, sizeof(head));
	wr_bytes(&w, nonce, NONCE_LEN);
	wr_bytes(&w, sealed, sizeof(sealed));
	assert(wr_ok(&w) && w.len == COOKIE_LEN);
}

bool
cookie_reply_open(const struct msg_cookie *in, const uint8_t cookiekey[KEY_LEN],
    const uint8_t *msg, uint8_t ret[MAC_LEN])
{
	struct rd r = rd_of(msg, INIT_LEN);
	const uint8_t *mac1;

	return rd_skip(&r, MAC1_AT) && rd_ref(&r, &mac1, MAC_LEN) &&
	    cookie_open(ret, cookiekey, in->nonce, in->sealed, mac1);
}

/* The place of an address, or else of the oldest cookie. */
static unsigned
place_for(const struct cookie_jar *jar, const struct addr *to)
{
	unsigned i, oldest = 0;

	for (i = 0; i < COOKIES_KEPT; i++) {
		if (addr_equal(&jar->kept[i].to, to))
			return i;
		if (mono_before(jar->kept[i].at, jar->kept[oldest].at))
			oldest = i;
	}
	return oldest;
}

void
cookie_keep(struct cookie_jar **jar, const struct addr *to,
    const uint8_t cookie[MAC_LEN], struct mono now)
{
	struct cookie_kept *k;

	if (*jar == NULL)
		*jar = try_calloc(1, sizeof(**jar));
	if (*jar == NULL)
		return;
	k = &(*jar)->kept[place_for(*jar, to)];
	k->to = *to;
	k->at = now;
	memcpy(k->cookie, cookie, MAC_LEN);
}

const struct cookie_kept *
cookie_of(const struct cookie_jar *jar, const struct addr *to)
{
	const struct cookie_kept *k;

	if (jar == NULL)
		return NULL;
	k = &jar->kept[place_for(jar, to)];
	return k->at.us != 0 && addr_equal(&k->to, to) ? k : NULL;
}

bool
cookie_serves(const struct cookie_kept *k, struct mono now)
{
	return k != NULL && mono_since(k->at, now) < COOKIE_LIFE_S * MONO_SEC;
}

struct mono
cookie_last(const struct cookie_jar *jar)
{
	struct mono ret = { 0 };
	unsigned i;

	for (i = 0; jar != NULL && i < COOKIES_KEPT; i++)
		if (mono_before(ret, jar->kept[i].at))
			ret = jar->kept[i].at;
	return ret;
}

/* Parts of which each gets its answers, of so many who ask in a slice. */
static uint32_t
parts_for(uint64_t asked, uint32_t rate)
{
	uint64_t room = rate * (uint64_t)COOKIE_SLICE_US / MONO_SEC;

	return (uint32_t)((asked + room - 1) / room);
}

/*
 * As the slice before would have needed; fewer only when it is clear: sources
 * have their turns in order only while their number stays.
 */
static void
turns_move(struct cookie_turns *ct, uint32_t rate, struct mono now)
{
	uint64_t slices = mono_since(ct->began, now) / COOKIE_SLICE_US;
	uint32_t asked = slices > 1 ? 0 : ct->asked;
	uint32_t least = parts_for(asked, rate);
	uint32_t most = parts_for(asked + asked / 8, rate);

	if (slices == 0)
		return;
	if (ct->parts < least)
		ct->parts = least;
	else if (ct->parts > most)
		ct->parts = most;
	ct->asked = 0;
	ct->slice += (uint32_t)slices;
	ct->began = mono_add(ct->began, slices * COOKIE_SLICE_US);
}

bool
cookie_turn(
    struct cookie_turns *ct, uint64_t print, uint32_t rate, struct mono now)
{
	turns_move(ct, rate, now);
	ct->asked++;
	return ct->parts <= 1 || (print + ct->slice) % ct->parts == 0;
}
