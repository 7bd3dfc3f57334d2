#include "page_made.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmem.h"
#include "entryserver/page.h"

#define COPY(to, from) snprintf(to, sizeof(to), "%s", from)

static const struct place {
	const char *name, *community, *country;
	int32_t lat, lon; /* degrees */
} places[] = {
	{ "hillside", "Freie Netze Thüringen", "DE", 51, 11 },
	{ "old-water-tower", "Graz mesh", "AT", 47, 15 },
	{ "guifi-osona", "Osona", "ES", 42, 2 },
	{ "harbour", "Hamburg", "DE", 54, 10 },
	{ "metsä", "Tampere", "FI", 61, 24 },
	{ "athens-roof", "Exarchia", "GR", 38, 24 },
	{ "library", "Brooklyn", "US", 41, -74 },
	{ "quilombo", "Bahia", "BR", -13, -38 },
	{ "nihonbashi", "Tokyo", "JP", 36, 140 },
	{ "st-kilda", "Melbourne", "AU", -38, 145 },
};
#define PLACES (sizeof(places) / sizeof(places[0]))

static void
days(struct entry_server *s, unsigned n)
{
	unsigned i;

	for (i = 0; i < ENTRY_DAYS; i++)
		if (i < n * 7 % 24)
			s->day[i] = ENTRY_NO_DAY;
		else if ((i + n) % 11 == 0)
			s->day[i] = (uint8_t)(i * 37 % 100);
		else
			s->day[i] = (uint8_t)((i * n) % 13 == 5 ? 97 : 100);
	s->uptime_30d = n == 4 ? ENTRY_NO_DAY : (uint8_t)(100 - n % 9);
	s->uptime_7d = s->uptime_30d;
}

static void
server(struct entry_server *s, unsigned n)
{
	const struct place *p = &places[n % PLACES];
	const uint8_t v4[4] = { 192, 0, 2, (uint8_t)(n + 1) };
	uint8_t v6[16] = { 0x20, 0x01, 0x0d, 0xb8, 0, 0x1f };

	memset(s->key, (int)n + 7, sizeof(s->key));
	COPY(s->name, n == 5 ? "" : p->name);
	COPY(s->community, p->community);
	COPY(s->country, p->country);
	COPY(s->contact, n % 3 == 0 ? "noc@hillside.example" : "");
	s->has_place = n % 4 != 3;
	s->lat = p->lat * 100000 + (int32_t)(n / PLACES) * 61000;
	s->lon = p->lon * 100000 - (int32_t)(n / PLACES) * 47000;
	s->ep[s->n_ep++] = addr_from_ip(v4, 4, 7469);
	v6[15] = (uint8_t)(n + 1);
	v6[7] = (uint8_t)n;
	if (n % 3 != 1)
		s->ep[s->n_ep++] = addr_from_ip(v6, 16, 7469);
	s->up = n % 7 != 6;
	s->observed = 259201 + n * n * 86400 * 3;
	s->first_seen = MADE_NOW - (int64_t)s->observed;
	s->rtt_us = n == 8 ? 0 : 3400 + n * 11000;
	s->load = n == 2 ? RECORD_LOAD_UNKNOWN : (uint8_t)(n * 13 % 101);
	s->accepts = (uint8_t)((n + 2) % ACCEPTS_KINDS);
	days(s, n);
}

void
made_model(struct model *m, unsigned n)
{
	unsigned i;

	memset(m, 0, sizeof(*m));
	COPY(m->title, "Example Mesh: ways in");
	COPY(m->contact, "noc@entry.example");
	COPY(m->base_url, "http://entry.example/");
	COPY(
	    m->key, "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3");
	COPY(m->list.network, "example-mesh");
	COPY(m->list.publisher, "entry.example");
	m->list.serial = 4711;
	m->list.generated = MADE_NOW;
	m->list.fresh_until = MADE_NOW + 3600;
	m->list.valid_until = MADE_NOW + 86400;
	m->list.server = xcalloc(n + 1, sizeof(m->list.server[0]));
	m->list.n = n;
	for (i = 0; i < n; i++) {
		server(&m->list.server[i], i);
		m->up += m->list.server[i].up;
	}
	m->lasting = n + 3;
	m->reached = 4 * n + 5;
}

void
made_fini(struct model *m)
{
	free(m->list.server);
}

void
made_texts(struct model *m, const char *text)
{
	unsigned i;

	COPY(m->title, text);
	COPY(m->contact, text);
	COPY(m->base_url, text);
	COPY(m->key, text);
	COPY(m->list.network, text);
	COPY(m->list.publisher, text);
	for (i = 0; i < m->list.n; i++) {
		struct entry_server *s = &m->list.server[i];

		COPY(s->name, text);
		COPY(s->community, text);
		COPY(s->country, text);
		COPY(s->contact, text);
	}
}

char *
made_page(const struct model *m)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		abort();
	page_write(m, out);
	if (ferror(out) || fclose(out) != 0)
		abort();
	return text;
}
