/* The list as text: members in a fixed order, one server a line. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/base64.h"
#include "base/log.h"
#include "wire/entry.h"

#define DAY_S 86400u

static void
string_put(FILE *f, const char *s)
{
	putc('"', f);
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			fprintf(f, "\\%c", c);
		else if (c < 0x20)
			fprintf(f, "\\u%04x", c);
		else
			putc(c, f);
	}
	putc('"', f);
}

/* Left out when it is not given. */
static void
text_put(FILE *f, const char *name, const char *text)
{
	if (text[0] == '\0')
		return;
	fprintf(f, ",\"%s\":", name);
	string_put(f, text);
}

static void
bytes_put(FILE *f, const void *p, size_t len)
{
	char text[BASE64_TEXT(RECORD_MAX)];

	base64_format(BASE64_PLAIN, p, len, text);
	fprintf(f, "\"%s\"", text);
}

static void
degrees_put(FILE *f, const char *name, int32_t v)
{
	unsigned a = v < 0 ? (unsigned)-v : (unsigned)v;

	fprintf(f, ",\"%s\":%s%u.%05u", name, v < 0 ? "-" : "", a / 100000,
	    a % 100000);
}

/* c: what parts it from what is before. */
static void
percent_put(FILE *f, const char *c, uint8_t v)
{
	fputs(c, f);
	if (v <= 100)
		fprintf(f, "%u", v);
	else
		fputs("null", f);
}

static void
endpoints_put(FILE *f, const struct entry_server *s)
{
	bool v4 = false, v6 = false;
	char text[ADDR_TEXT];
	unsigned i;

	fputs(",\"endpoints\":[", f);
	for (i = 0; i < s->n_ep; i++) {
		fprintf(f, "%s\"udp://%s\"", i > 0 ? "," : "",
		    addr_format(&s->ep[i], text));
		if (addr_is_v4(&s->ep[i]))
			v4 = true;
		else
			v6 = true;
	}
	fprintf(f, "],\"protocol\":[1],\"family\":[%s%s%s]", v4 ? "\"4\"" : "",
	    v4 && v6 ? "," : "", v6 ? "\"6\"" : "");
}

static void
measured_put(FILE *f, const struct entry_server *s)
{
	unsigned i;

	fprintf(f,
	    ",\"up\":%s,\"first_seen\":%" PRId64 ",\"observed_s\":%" PRIu32
	    ",\"age_days\":%" PRIu32,
	    s->up ? "true" : "false", s->first_seen, s->observed,
	    s->observed / DAY_S);
	percent_put(f, ",\"uptime_7d\":", s->uptime_7d);
	percent_put(f, ",\"uptime_30d\":", s->uptime_30d);
	for (i = 0; i < ENTRY_DAYS; i++)
		percent_put(f, i == 0 ? ",\"days\":[" : ",", s->day[i]);
	putc(']', f);
	if (s->rtt_us != 0)
		fprintf(f, ",\"rtt_ms\":%" PRIu32 ".%03" PRIu32,
		    s->rtt_us / 1000, s->rtt_us % 1000);
	else
		fputs(",\"rtt_ms\":null", f);
	percent_put(f, ",\"load\":", s->load);
}

static void
server_put(FILE *f, const struct entry_server *s)
{
	static const char *const accepts[ACCEPTS_KINDS] = {
		[ACCEPTS_CLOSED] = "closed",
		[ACCEPTS_ASK] = "ask",
		[ACCEPTS_OPEN] = "open",
	};
	char text[PREFIX_TEXT];
	unsigned i;

	fputs("{\"id\":", f);
	bytes_put(f, s->key, sizeof(s->key));
	text_put(f, "name", s->name);
	text_put(f, "community", s->community);
	text_put(f, "country", s->country);
	if (s->has_place) {
		degrees_put(f, "lat", s->lat);
		degrees_put(f, "lon", s->lon);
	}
	endpoints_put(f, s);
	measured_put(f, s);
	text_put(f, "accepts", accepts[s->accepts]);
	text_put(f, "contact", s->contact);
	for (i = 0; i < s->n_prefix; i++)
		fprintf(f, "%s\"%s\"", i == 0 ? ",\"prefixes\":[" : ",",
		    prefix_format(&s->prefix[i], text));
	if (s->n_prefix > 0)
		putc(']', f);
	if (s->record_len > 0) {
		fputs(",\"record\":", f);
		bytes_put(f, s->record, s->record_len);
	}
	putc('}', f);
}

char *
entry_write(const struct entry_list *l, size_t *ret_len)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, ret_len);
	unsigned i;

	if (f == NULL)
		fatalx("out of memory");
	fputs("{\"format\":\"" ENTRY_FORMAT "\",\n\"network\":", f);
	string_put(f, l->network);
	text_put(f, "publisher", l->publisher);
	fprintf(f,
	    ",\n\"serial\":%" PRIu64 ",\"generated\":%" PRId64
	    ",\"fresh_until\":%" PRId64 ",\"valid_until\":%" PRId64
	    ",\n\"servers\":[",
	    l->serial, l->generated, l->fresh_until, l->valid_until);
	for (i = 0; i < l->n; i++) {
		fputs(i > 0 ? ",\n" : "\n", f);
		server_put(f, &l->server[i]);
	}
	fputs("\n]}\n", f);
	if (fclose(f) != 0)
		fatalx("out of memory");
	return text;
}
