#include "entry_made.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmem.h"

static const struct {
	const char *name, *community, *country, *contact;
	int32_t lat, lon;
} kinds[] = {
	{ "berlin-mitte", "Freifunk Berlin", "DE", "mail:noc@example.org",
	    5252000, 1340500 },
	{ "pisa-torre", "Ninux Pisa", "IT", "", 4371600, 1039600 },
	{ "<script>alert(1)</script>", "\"quoted\" & 'so'", "FR",
	    "https://example.net/?a=1&b=<2>", 4885700, 235200 },
	{ "", "", "", "", 0, 0 },
	{ "\xe6\x9d\xb1\xe4\xba\xac", "\xe7\xb6\xb2", "JP", "irc:#mesh",
	    3568900, 13969200 },
	{ "a-name-that-takes-all-32-bytes-x", "", "AR", "", -3460400,
	    -5838200 },
};

/* A number that looks random, the same for the same arguments. */
static unsigned
pick(unsigned i, unsigned what, unsigned below)
{
	uint32_t x = i * 2654435761u ^ what * 40503u;

	x ^= x >> 15;
	x *= 2246822519u;
	x ^= x >> 13;
	return x % below;
}

static void
make_endpoints(struct entry_server *s, unsigned i)
{
	uint8_t v4[4] = { 198, (uint8_t)(i >> 16), (uint8_t)(i >> 8),
		(uint8_t)i };
	uint8_t v6[16] = { 0x20, 0x01, 0x0d,
		0xb8, [6] = (uint8_t)(i >> 8), [7] = (uint8_t)i, [15] = 1 };
	unsigned families = i % 3; /* both, the one, the other */

	if (families != 1)
		s->ep[s->n_ep++] = addr_from_ip(v4, 4, 7469);
	if (families != 2)
		s->ep[s->n_ep++] =
		    addr_from_ip(v6, 16, (uint16_t)(7469 + i % 2));
}

static void
make_uptime(struct entry_server *s, unsigned i)
{
	unsigned days = 3 + pick(i, 1, 300);

	s->observed = days * 86400;
	s->first_seen = MADE_AT - (int64_t)s->observed - pick(i, 2, 86400);
	for (unsigned d = 0; d < ENTRY_DAYS; d++) {
		uint8_t percent = (uint8_t)(100 - pick(i * 31 + d, 3, 8));

		s->day[d] = d + days < ENTRY_DAYS ? ENTRY_NO_DAY : percent;
	}
	s->up = pick(i, 4, 10) != 0;
	s->uptime_7d = (uint8_t)(95 + pick(i, 5, 6));
	s->uptime_30d = (uint8_t)(95 + pick(i, 6, 6));
}

static void
make_server(struct entry_server *s, unsigned i)
{
	unsigned k = i % (sizeof(kinds) / sizeof(kinds[0]));

	for (unsigned b = 0; b < RECORD_KEY; b++)
		s->key[b] = (uint8_t)pick(i, 100 + b, 256);
	snprintf(s->name, sizeof(s->name), "%s", kinds[k].name);
	snprintf(s->community, sizeof(s->community), "%s", kinds[k].community);
	snprintf(s->country, sizeof(s->country), "%s", kinds[k].country);
	snprintf(s->contact, sizeof(s->contact), "%s", kinds[k].contact);
	s->has_place = kinds[k].country[0] != '\0';
	s->lat = kinds[k].lat + (s->has_place ? (int32_t)i * 997 % 100000 : 0);
	s->lon = kinds[k].lon;
	make_endpoints(s, i);
	make_uptime(s, i);
	s->rtt_us = i % 7 == 3 ? 0 : 900 + pick(i, 7, 180000);
	s->load = i % 5 == 3 ? RECORD_LOAD_UNKNOWN : (uint8_t)pick(i, 8, 101);
	s->accepts = (uint8_t)(i % ACCEPTS_KINDS);
	if (i % 4 == 0) {
		uint8_t ten[4] = { 10, (uint8_t)i, 0, 0 };

		s->prefix[0] = (struct prefix){ PREFIX_IPV4, 16, { 0 } };
		memcpy(s->prefix[0].a, ten, sizeof(ten));
		s->n_prefix = 1;
	}
}

void
entry_made(struct model *ret, unsigned n)
{
	*ret = (struct model){
		.list = { .network = "example-mesh",
		    .publisher = "Example Operators",
		    .serial = MADE_AT,
		    .generated = MADE_AT,
		    .fresh_until = MADE_AT + 3600,
		    .valid_until = MADE_AT + 86400,
		    .n = n },
		.title = "Ways into example-mesh",
		.contact = "mail:noc@example.org",
		.base_url = "http://entry.example.org/",
		.key =
		    "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3",
		.reached = n * 3 + 2,
		.lasting = n + 1,
	};
	ret->list.server = xcalloc(n + 1, sizeof(*ret->list.server));
	for (unsigned i = 0; i < n; i++) {
		make_server(&ret->list.server[i], i);
		ret->up += ret->list.server[i].up;
	}
}
