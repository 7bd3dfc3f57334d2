#include "entryserver/lists.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/base64.h"

#define ZONE_TTL_S 3600
#define TIME_TEXT 32

/* A time as "2026-11-21 22:30:00 UTC". */
static const char *
time_format(int64_t at, char buf[static TIME_TEXT])
{
	time_t t = (time_t)at;
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(buf, TIME_TEXT, "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
		snprintf(buf, TIME_TEXT, "%" PRId64, at);
	return buf;
}

static void
head_write(const struct model *m, const char *comment, FILE *out)
{
	char from[TIME_TEXT], until[TIME_TEXT];

	fprintf(out, "%s %s: vnodes of the network %s\n", comment, m->title,
	    m->list.network);
	fprintf(out, "%s serial %" PRIu64 ", of %s, good until %s\n", comment,
	    m->list.serial, time_format(m->list.generated, from),
	    time_format(m->list.valid_until, until));
}

void
lines_write(const struct model *m, FILE *out)
{
	head_write(m, "#", out);
	fprintf(out, "# Unsigned: %sentry.json is what programs should read.\n",
	    m->base_url);
	for (unsigned i = 0; i < m->list.n; i++) {
		char text[URI_TEXT];

		if (model_uri(m, &m->list.server[i], text))
			fprintf(out, "%s\n", text);
	}
}

/*
 * Each server is a name of its own, so that its key (TXT) stands beside its
 * addresses, and the same name for as long as it has that key: caches may hold
 * records of two editions.
 */
static void
zone_name(const struct entry_server *s, char ret[static 16])
{
	snprintf(ret, 16, "v%02x%02x%02x%02x%02x%02x", s->key[0], s->key[1],
	    s->key[2], s->key[3], s->key[4], s->key[5]);
}

static void
zone_server(const struct entry_server *s, unsigned rank, FILE *out)
{
	char key[BASE64_TEXT(RECORD_KEY)], host[ADDR_HOST], name[16];
	uint16_t port = s->ep[0].port;

	base64_format(BASE64_PLAIN, s->key, RECORD_KEY, key);
	zone_name(s, name);
	fprintf(
	    out, "_vplama._udp\tIN SRV\t%u 0 %u %s.vplama\n", rank, port, name);
	fprintf(out, "%s.vplama\tIN TXT\t\"v=vpla1 k=%s\"\n", name, key);
	for (unsigned i = 0; i < s->n_ep; i++)
		if (s->ep[i].port == port) /* SRV has one for all */
			fprintf(out, "%s.vplama\tIN %s\t%s\n", name,
			    addr_is_v4(&s->ep[i]) ? "A" : "AAAA",
			    addr_host_format(&s->ep[i], host));
}

void
zone_write(const struct model *m, const char *zone, FILE *out)
{
	head_write(m, ";", out);
	if (zone[0] != '\0')
		fprintf(out, "$ORIGIN %s.\n", zone);
	fprintf(out, "$TTL %d\n", ZONE_TTL_S);
	for (unsigned i = 0; i < m->list.n && i < ZONE_SERVERS; i++)
		zone_server(&m->list.server[i], i + 1, out);
}

void
health_write(const struct model *m, FILE *out)
{
	fprintf(out, "valid-until %" PRId64 "\n", m->list.valid_until);
}

static void
gauge(FILE *out, const char *name, const char *help, int64_t value)
{
	fprintf(out,
	    "# HELP vplama_entry_%s %s\n# TYPE vplama_entry_%s gauge\n"
	    "vplama_entry_%s %" PRId64 "\n",
	    name, help, name, name, value);
}

void
metrics_write(const struct model *m, const unsigned left[LEFT_KINDS], FILE *out)
{
	gauge(out, "servers", "Vnodes listed.", m->list.n);
	gauge(out, "up", "Of them in contact.", m->up);
	gauge(out, "reached", "Vnodes that ever answered.", m->reached);
	gauge(out, "lasting", "Of them three days in contact.", m->lasting);
	gauge(out, "serial", "Number of the list.", (int64_t)m->list.serial);
	gauge(out, "generated_seconds", "When it was made, since 1970.",
	    m->list.generated);
	gauge(out, "valid_until_seconds", "When it ends, since 1970.",
	    m->list.valid_until);
	fprintf(out,
	    "# HELP vplama_entry_left_out Vnodes not listed, by reason.\n"
	    "# TYPE vplama_entry_left_out gauge\n");
	for (unsigned i = 0; i < LEFT_KINDS; i++)
		fprintf(out, "vplama_entry_left_out{why=\"%s\"} %u\n",
		    left_word(i), left[i]);
}
