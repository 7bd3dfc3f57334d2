#include "tests/unit/recgen.h"

#include <string.h>

struct addr
recgen_endpoint(struct rng *r)
{
	struct addr a;
	uint8_t ip[16];

	do {
		size_t alen = rng_below(r, 2) == 0 ? 4 : 16;

		rng_fill(r, ip, sizeof(ip));
		if (alen == 16)
			ip[0] = 0x20;
		a = addr_from_ip(ip, alen, (uint16_t)(1 + rng_below(r, 65535)));
	} while (!addr_routable(&a));
	return a;
}

struct prefix
recgen_prefix(struct rng *r)
{
	struct prefix p;
	unsigned i;

	do {
		p = (struct prefix){ 0 };
		p.family = rng_below(r, 2) == 0 ? PREFIX_IPV4 : PREFIX_IPV6;
		p.bits = (uint8_t)rng_below(r, 8 * prefix_alen(p.family) + 1);
		rng_fill(r, p.a, p.bits / 8);
		for (i = 0; i < p.bits % 8u; i++)
			p.a[p.bits / 8] |=
			    (uint8_t)(rng_below(r, 2) << (7 - i));
	} while (!prefix_routable(&p));
	return p;
}

void
recgen_text(struct rng *r, char *ret, size_t max)
{
	static const char *const glyphs[] = { "a", "Z", "7", " ", "\"", "\\",
		"/", "<", "&", "é", "ß", "Ж", "€", "島", "🌍" };
	size_t len = 0, want = 1 + rng_below(r, max);

	ret[0] = '\0';
	do {
		const char *g =
		    glyphs[rng_below(r, sizeof(glyphs) / sizeof(glyphs[0]))];

		if (len + strlen(g) > max)
			continue;
		strcpy(ret + len, g);
		len += strlen(g);
	} while (len < want);
}

static void
words(struct rng *r, struct record *rec)
{
	if (rng_below(r, 3) > 0)
		recgen_text(r, rec->name, RECORD_NAME);
	if (rng_below(r, 3) > 0)
		recgen_text(r, rec->community, RECORD_NAME);
	if (rng_below(r, 3) > 0)
		recgen_text(r, rec->contact, RECORD_CONTACT);
	if (rng_below(r, 3) > 0) {
		rec->country[0] = (char)('A' + rng_below(r, 26));
		rec->country[1] = (char)('A' + rng_below(r, 26));
	}
	rec->has_place = rng_below(r, 2) == 0;
	if (rec->has_place) {
		rec->lat = (int32_t)rng_below(r, 18000001) - 9000000;
		rec->lon = (int32_t)rng_below(r, 36000001) - 18000000;
	}
}

struct record
recgen_record(struct rng *r)
{
	struct record rec = { 0 };

	rng_fill(r, rec.key, sizeof(rec.key));
	rec.seq = rng_next(r);
	rec.issued = rng_next(r);
	rec.life = 1 + (uint32_t)rng_below(r, RECORD_LIFE_S);
	rec.caps = (uint32_t)rng_next(r);
	rec.flags = (uint8_t)rng_below(r, 4);
	rec.accepts = (uint8_t)rng_below(r, ACCEPTS_KINDS);
	rec.load = (uint8_t)rng_below(r, 102);
	if (rec.load == 101)
		rec.load = RECORD_LOAD_UNKNOWN;
	while (rec.n_ep < RECORD_ENDPOINTS && rng_below(r, 4) > 0)
		rec.ep[rec.n_ep++] = recgen_endpoint(r);
	while (rec.n_prefix < RECORD_PREFIXES - 2 && rng_below(r, 4) > 0)
		rec.prefix[rec.n_prefix++] = recgen_prefix(r);
	words(r, &rec);
	return rec;
}

bool
recgen_same(const struct record *a, const struct record *b)
{
	return memcmp(a->key, b->key, sizeof(a->key)) == 0 &&
	    a->seq == b->seq && a->issued == b->issued && a->life == b->life &&
	    a->caps == b->caps && a->flags == b->flags &&
	    a->accepts == b->accepts && a->load == b->load &&
	    a->n_ep == b->n_ep && a->n_prefix == b->n_prefix &&
	    memcmp(a->ep, b->ep, a->n_ep * sizeof(a->ep[0])) == 0 &&
	    memcmp(a->prefix, b->prefix, a->n_prefix * sizeof(a->prefix[0])) ==
	    0 &&
	    strcmp(a->name, b->name) == 0 &&
	    strcmp(a->community, b->community) == 0 &&
	    strcmp(a->country, b->country) == 0 &&
	    strcmp(a->contact, b->contact) == 0 &&
	    a->has_place == b->has_place && a->lat == b->lat &&
	    a->lon == b->lon;
}
