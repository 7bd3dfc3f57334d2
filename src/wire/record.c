#include "wire/record.h"

#include <string.h>

#include "base/text.h"
#include "base/wr.h"

#define VERSION 1
#define LEN_V4 6 /* of an endpoint: address and port */
#define LEN_V6 18
#define LAT_MAX 9000000
#define LON_MAX 18000000

/* Tags of the fields; others are for later versions. */
enum field {
	FIELD_ENDPOINT = 1,
	FIELD_PREFIX,
	FIELD_NAME,
	FIELD_COMMUNITY,
	FIELD_COUNTRY,
	FIELD_PLACE,
	FIELD_CONTACT,
	FIELD_ACCEPTS,
	FIELDS
};

static bool
text_get(struct rd *v, char *ret, size_t max)
{
	size_t len = v->left;
	const uint8_t *p = rd_take(v, len);

	if (len == 0 || len > max || text_check(p, len) != NULL)
		return false;
	memcpy(ret, p, len);
	ret[len] = '\0';
	return true;
}

static bool
endpoint_get(struct rd *v, struct record *r)
{
	size_t alen = v->left == LEN_V4 ? 4 : 16;
	const uint8_t *ip;
	uint16_t port;
	struct addr a;

	if (r->n_ep == RECORD_ENDPOINTS || !rd_ref(v, &ip, alen) ||
	    !rd_be16(v, &port))
		return false;
	a = addr_from_ip(ip, alen, port);
	r->ep[r->n_ep++] = a;
	return addr_is_v4(&a) == (alen == 4) && addr_routable(&a);
}

static bool
prefix_get(struct rd *v, struct record *r)
{
	uint8_t family;
	struct prefix p = { 0 };

	if (r->n_prefix == RECORD_PREFIXES || !rd_u8(v, &family) ||
	    !rd_u8(v, &p.bits) || (family != 4 && family != 6))
		return false;
	p.family = family == 4 ? PREFIX_IPV4 : PREFIX_IPV6;
	if (p.bits > 8 * prefix_alen(p.family) ||
	    !rd_bytes(v, p.a, (p.bits + 7u) / 8))
		return false;
	r->prefix[r->n_prefix++] = p;
	return prefix_routable(&p);
}

static bool
name_get(struct rd *v, struct record *r)
{
	return text_get(v, r->name, RECORD_NAME);
}

static bool
community_get(struct rd *v, struct record *r)
{
	return text_get(v, r->community, RECORD_NAME);
}

static bool
contact_get(struct rd *v, struct record *r)
{
	return text_get(v, r->contact, RECORD_CONTACT);
}

static bool
country_get(struct rd *v, struct record *r)
{
	return v->left == 2 && text_get(v, r->country, 2) &&
	    r->country[0] >= 'A' && r->country[0] <= 'Z' &&
	    r->country[1] >= 'A' && r->country[1] <= 'Z';
}

static bool
place_get(struct rd *v, struct record *r)
{
	uint32_t lat, lon;

	if (!rd_be32(v, &lat) || !rd_be32(v, &lon))
		return false;
	r->has_place = true;
	r->lat = (int32_t)lat;
	r->lon = (int32_t)lon;
	return r->lat >= -LAT_MAX && r->lat <= LAT_MAX && r->lon >= -LON_MAX &&
	    r->lon <= LON_MAX;
}

static bool
accepts_get(struct rd *v, struct record *r)
{
	return rd_u8(v, &r->accepts) && r->accepts < ACCEPTS_KINDS;
}

static const struct {
	bool (*get)(struct rd *v, struct record *r);
	bool many;
} fields[FIELDS] = {
	[FIELD_ENDPOINT] = { endpoint_get, true },
	[FIELD_PREFIX] = { prefix_get, true },
	[FIELD_NAME] = { name_get, false },
	[FIELD_COMMUNITY] = { community_get, false },
	[FIELD_COUNTRY] = { country_get, false },
	[FIELD_PLACE] = { place_get, false },
	[FIELD_CONTACT] = { contact_get, false },
	[FIELD_ACCEPTS] = { accepts_get, false },
};

static bool
fields_get(struct rd *rd, struct record *r)
{
	unsigned seen = 0;

	while (rd->left > 0) {
		uint8_t tag, len;
		struct rd v;

		if (!rd_u8(rd, &tag) || !rd_u8(rd, &len) ||
		    !rd_sub(rd, &v, len))
			return false;
		if (tag >= FIELDS || fields[tag].get == NULL)
			continue;
		if ((seen & 1u << tag) != 0 && !fields[tag].many)
			return false;
		seen |= 1u << tag;
		if (!fields[tag].get(&v, r) || !rd_end(&v))
			return false;
	}
	return true;
}

static bool
head_get(struct rd *rd, struct record *r)
{
	uint8_t kind, version;

	if (!rd_u8(rd, &kind) || !rd_u8(rd, &version) ||
	    !rd_bytes(rd, r->key, sizeof(r->key)) || !rd_be64(rd, &r->seq) ||
	    !rd_be64(rd, &r->issued) || !rd_be32(rd, &r->life) ||
	    !rd_be32(rd, &r->caps) || !rd_u8(rd, &r->flags) ||
	    !rd_u8(rd, &r->load))
		return false;
	r->flags &= RECORD_PUBLIC | RECORD_STABLE;
	return kind == ITEM_RECORD && version == VERSION && r->life >= 1 &&
	    r->life <= RECORD_LIFE_S &&
	    (r->load <= 100 || r->load == RECORD_LOAD_UNKNOWN);
}

bool
record_parse(const uint8_t *p, size_t len, struct record *ret,
    size_t *ret_signed, const uint8_t **ret_sig)
{
	struct rd rd = rd_of(p, len), body;

	memset(ret, 0, sizeof(*ret));
	*ret_signed = 0;
	*ret_sig = NULL;
	if (len < RECORD_SIG || len > RECORD_MAX ||
	    !rd_sub(&rd, &body, len - RECORD_SIG) || !head_get(&body, ret) ||
	    !fields_get(&body, ret) || !rd_ref(&rd, ret_sig, RECORD_SIG)) {
		memset(ret, 0, sizeof(*ret));
		return false;
	}
	*ret_signed = len - RECORD_SIG;
	return true;
}

static void
field_put(struct wr *w, enum field tag, const void *p, size_t len)
{
	if (len > 255) {
		w->bad = true;
		return;
	}
	wr_u8(w, (uint8_t)tag);
	wr_u8(w, (uint8_t)len);
	wr_bytes(w, p, len);
}

static void
text_put(struct wr *w, enum field tag, const char *text, size_t size)
{
	size_t len = strnlen(text, size);

	if (len > 0)
		field_put(w, tag, text, len);
}

static void
endpoint_put(struct wr *w, const struct addr *a)
{
	size_t alen = addr_is_v4(a) ? 4 : 16;

	if (!addr_routable(a))
		w->bad = true;
	wr_u8(w, FIELD_ENDPOINT);
	wr_u8(w, (uint8_t)(alen + 2));
	wr_bytes(w, a->ip + sizeof(a->ip) - alen, alen);
	wr_be16(w, a->port);
}

static void
prefix_put(struct wr *w, const struct prefix *p)
{
	size_t len = (p->bits + 7u) / 8;

	if (!prefix_routable(p)) {
		w->bad = true;
		return;
	}
	wr_u8(w, FIELD_PREFIX);
	wr_u8(w, (uint8_t)(2 + len));
	wr_u8(w, p->family == PREFIX_IPV4 ? 4 : 6);
	wr_u8(w, p->bits);
	wr_bytes(w, p->a, len);
}

static void
fields_put(struct wr *w, const struct record *r)
{
	unsigned i;

	for (i = 0; i < r->n_ep; i++)
		endpoint_put(w, &r->ep[i]);
	for (i = 0; i < r->n_prefix; i++)
		prefix_put(w, &r->prefix[i]);
	text_put(w, FIELD_NAME, r->name, sizeof(r->name));
	text_put(w, FIELD_COMMUNITY, r->community, sizeof(r->community));
	text_put(w, FIELD_COUNTRY, r->country, sizeof(r->country));
	if (r->has_place) {
		wr_u8(w, FIELD_PLACE);
		wr_u8(w, 8);
		wr_be32(w, (uint32_t)r->lat);
		wr_be32(w, (uint32_t)r->lon);
	}
	text_put(w, FIELD_CONTACT, r->contact, sizeof(r->contact));
	if (r->accepts != ACCEPTS_CLOSED)
		field_put(w, FIELD_ACCEPTS, &r->accepts, 1);
}

size_t
record_write(const struct record *r, uint8_t out[RECORD_MAX])
{
	struct wr w = wr_of(out, RECORD_MAX - RECORD_SIG);
	struct record again;
	const uint8_t *sig;
	size_t len;

	if (r->n_ep > RECORD_ENDPOINTS || r->n_prefix > RECORD_PREFIXES)
		return 0;
	wr_u8(&w, ITEM_RECORD);
	wr_u8(&w, VERSION);
	wr_bytes(&w, r->key, sizeof(r->key));
	wr_be64(&w, r->seq);
	wr_be64(&w, r->issued);
	wr_be32(&w, r->life);
	wr_be32(&w, r->caps);
	wr_u8(&w, r->flags & (RECORD_PUBLIC | RECORD_STABLE));
	wr_u8(&w, r->load);
	fields_put(&w, r);
	if (!wr_ok(&w))
		return 0;
	/* The reader has all the rules: what it refuses is not sent. */
	memset(out + w.len, 0, RECORD_SIG);
	return record_parse(out, w.len + RECORD_SIG, &again, &len, &sig) ? len
									 : 0;
}

bool
record_in_time(const struct record *r, uint64_t now)
{
	if (now < RECORD_EPOCH)
		return true;
	if (r->issued > now)
		return r->issued - now <= RECORD_SKEW_S;
	return now - r->issued <= r->life + RECORD_SKEW_S;
}

void
revoke_write(const struct revoke *r, uint8_t out[REVOKE_LEN])
{
	struct wr w = wr_of(out, REVOKE_LEN - RECORD_SIG);

	wr_u8(&w, ITEM_REVOKE);
	wr_u8(&w, VERSION);
	wr_bytes(&w, r->key, sizeof(r->key));
	wr_bytes(&w, r->by, sizeof(r->by));
	wr_be64(&w, r->issued);
	wr_u8(&w, r->reason);
}

static bool
revoke_get(struct rd *rd, struct revoke *r, const uint8_t **sig)
{
	uint8_t kind, version;

	return rd_u8(rd, &kind) && rd_u8(rd, &version) &&
	    rd_bytes(rd, r->key, sizeof(r->key)) &&
	    rd_bytes(rd, r->by, sizeof(r->by)) && rd_be64(rd, &r->issued) &&
	    rd_u8(rd, &r->reason) && rd_ref(rd, sig, RECORD_SIG) &&
	    rd_end(rd) && kind == ITEM_REVOKE && version == VERSION &&
	    r->reason < REVOKE_REASONS;
}

bool
revoke_parse(
    const uint8_t *p, size_t len, struct revoke *ret, const uint8_t **ret_sig)
{
	struct rd rd = rd_of(p, len);

	if (revoke_get(&rd, ret, ret_sig))
		return true;
	memset(ret, 0, sizeof(*ret));
	*ret_sig = NULL;
	return false;
}

void
ask_write(uint8_t out[ASK_LEN], uint8_t want)
{
	struct wr w = wr_of(out, ASK_LEN);

	wr_u8(&w, ITEM_ASK);
	wr_u8(&w, want);
}

bool
ask_parse(const uint8_t *p, size_t len, uint8_t *ret_want)
{
	struct rd rd = rd_of(p, len);
	uint8_t kind;

	return rd_u8(&rd, &kind) && rd_u8(&rd, ret_want) && rd_end(&rd) &&
	    kind == ITEM_ASK && *ret_want >= 1 && *ret_want <= RECORD_ASK;
}

bool
item_next(struct rd *rd, uint8_t *ret_kind, const uint8_t **p, size_t *len)
{
	struct rd r = *rd; /* a malformed item stays in front of the reader */
	uint16_t n;

	*ret_kind = 0;
	*p = NULL;
	*len = 0;
	if (!rd_be16(&r, &n) || n == 0 || !rd_ref(&r, p, n))
		return false;
	*ret_kind = **p;
	*len = n;
	*rd = r;
	return true;
}
