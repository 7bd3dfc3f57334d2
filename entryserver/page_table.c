/* The vnodes as a table, best first; page.js sorts and filters it. */
#include "base/addr.h"
#include "crypto/keys.h"
#include "entryserver/page_html.h"
#include "entryserver/page_parts.h"

#define KEY_SHOWN 8 /* characters of one that has no name */

/* Squares of the days, in two rows. */
#define DAYS_A_ROW 15
#define SQUARE 8
#define SQUARE_STEP 10

/* How good a day was, also to be told apart without colours. */
static const struct level {
	const char *class;
	unsigned least; /* percent */
	unsigned high;	/* of the square */
} levels[] = {
	{ "full", 99, SQUARE },
	{ "good", 95, 7 },
	{ "fair", 80, 5 },
	{ "poor", 0, 3 },
};
#define LEVELS (sizeof(levels) / sizeof(levels[0]))

static const char *const accepts[ACCEPTS_KINDS] = {
	[ACCEPTS_CLOSED] = "by invitation",
	[ACCEPTS_ASK] = "ask first",
	[ACCEPTS_OPEN] = "open to all",
};

/* Column, what of data-label names it where there is no head. */
static const char *const columns[][2] = {
	{ "status", "Status" },
	{ "name", "Name" },
	{ "place", "Place" },
	{ "ends", "Endpoints" },
	{ "ip", "IP" },
	{ "age", "In contact" },
	{ "days", "Last 30 days" },
	{ "rtt", "Round trip" },
	{ "load", "Load" },
	{ "contact", "Contact" },
};

static size_t
level_of(unsigned percent)
{
	size_t i = 0;

	while (percent < levels[i].least)
		i++;
	return i;
}

static void
squares_of(const struct entry_server *s, size_t level, FILE *out)
{
	const struct level *l = &levels[level];
	unsigned i, n = 0;

	for (i = 0; i < ENTRY_DAYS; i++) {
		if (s->day[i] == ENTRY_NO_DAY || level_of(s->day[i]) != level)
			continue;
		if (n++ == 0)
			fprintf(out, "<path class=\"%s\" d=\"", l->class);
		fprintf(out, "M%u %uh%uv%uh-%uz", i % DAYS_A_ROW * SQUARE_STEP,
		    i / DAYS_A_ROW * SQUARE_STEP + SQUARE - l->high, SQUARE,
		    l->high, SQUARE);
	}
	fputs(n > 0 ? "\"/>" : "", out);
}

/* The days that nobody watched: what shows behind all others. */
static void
empty_squares(FILE *out)
{
	unsigned i;

	fputs("<path class=\"none\" d=\"", out);
	for (i = 0; i < ENTRY_DAYS; i++)
		fprintf(out, "M%u %uh%uv%uh-%uz", i % DAYS_A_ROW * SQUARE_STEP,
		    i / DAYS_A_ROW * SQUARE_STEP, SQUARE, SQUARE, SQUARE);
	fputs("\"/>", out);
}

static void
days(const struct entry_server *s, FILE *out)
{
	unsigned i, watched = 0, full = 0;

	for (i = 0; i < ENTRY_DAYS; i++) {
		watched += s->day[i] != ENTRY_NO_DAY;
		full += s->day[i] != ENTRY_NO_DAY && level_of(s->day[i]) == 0;
	}
	fprintf(out,
	    "<td class=\"days\" data-label=\"Last 30 days\" data-sort=\"%d\">"
	    "<svg viewBox=\"0 0 148 18\" role=\"img\" aria-label=\"%u of the "
	    "last %d days watched, %u of them up for 99 %% or more\">",
	    s->uptime_30d == ENTRY_NO_DAY ? -1 : s->uptime_30d, watched,
	    ENTRY_DAYS, full);
	empty_squares(out);
	for (i = 0; i < LEVELS; i++)
		squares_of(s, i, out);
	fputs("</svg> ", out);
	if (s->uptime_30d == ENTRY_NO_DAY)
		fputs("unknown", out);
	else
		fprintf(out, "%u&#160;%%", s->uptime_30d);
	fputs("</td>\n", out);
}

static void
endpoints(const struct model *m, const struct entry_server *s, FILE *out)
{
	char text[ADDR_TEXT], uri[URI_TEXT];
	unsigned i;

	fputs("<td class=\"ends\"><ul>", out);
	for (i = 0; i < s->n_ep; i++) {
		fputs("<li><code class=\"copy\">", out);
		html_text(out, addr_format(&s->ep[i], text));
		fputs("</code></li>", out);
	}
	fputs("</ul>", out);
	if (model_uri(m, s, uri)) {
		fputs("<details><summary>All in one line</summary>"
		      "<code class=\"copy\">",
		    out);
		html_text(out, uri);
		fputs("</code></details>", out);
	}
	fputs("</td>\n", out);
}

static void
families(const struct entry_server *s, FILE *out)
{
	unsigned i, n[2] = { 0, 0 };

	for (i = 0; i < s->n_ep; i++)
		n[addr_is_v4(&s->ep[i]) ? 0 : 1]++;
	fprintf(out, "<td class=\"ip\">%s%s%s</td>\n",
	    n[0] > 0 ? "<span>IPv4</span>" : "",
	    n[0] > 0 && n[1] > 0 ? " " : "",
	    n[1] > 0 ? "<span>IPv6</span>" : "");
}

static void
status_and_name(const struct entry_server *s, FILE *out)
{
	char key[KEY_TEXT];

	fprintf(out,
	    "<tr>\n<td class=\"status\" data-sort=\"%d\">"
	    "<span class=\"%s\">%s</span> <small>%s</small></td>\n"
	    "<th scope=\"row\" class=\"name\"><bdi>",
	    s->up, s->up ? "up" : "silent", s->up ? "up" : "silent",
	    accepts[s->accepts % ACCEPTS_KINDS]);
	if (s->name[0] != '\0')
		html_text(out, s->name);
	else {
		key_format(s->key, key);
		fprintf(out, "%.*s…", KEY_SHOWN, key);
	}
	fputs("</bdi></th>\n", out);
}

/* Nothing for nothing. */
static void
bdi(const char *text, FILE *out)
{
	if (text[0] == '\0')
		return;
	fputs("<bdi>", out);
	html_text(out, text);
	fputs("</bdi>", out);
}

static void
place(const struct entry_server *s, FILE *out)
{
	fputs("<td class=\"place\">", out);
	bdi(s->community, out);
	if (s->country[0] != '\0') {
		fputs(s->community[0] != '\0' ? ", " : "", out);
		fputs("<span class=\"country\">", out);
		html_text(out, s->country);
		fputs("</span>", out);
	}
	fputs("</td>\n", out);
}

static void
age(const struct entry_server *s, FILE *out)
{
	fprintf(out,
	    "<td class=\"age\" data-label=\"In contact\" "
	    "data-sort=\"%u\"><time datetime=\"P%uD\">",
	    s->observed, s->observed / 86400);
	html_age(out, s->observed);
	fputs("</time></td>\n", out);
}

static void
rtt(const struct entry_server *s, FILE *out)
{
	fprintf(out,
	    "<td class=\"rtt\" data-label=\"Round trip\" data-sort=\"%u\">",
	    s->rtt_us > 0 ? s->rtt_us : UINT32_MAX);
	if (s->rtt_us == 0)
		fputs("unknown", out);
	else if (s->rtt_us < 10000)
		fprintf(out, "%u.%u&#160;ms", s->rtt_us / 1000,
		    s->rtt_us / 100 % 10);
	else
		fprintf(out, "%u&#160;ms", s->rtt_us / 1000);
	fputs("</td>\n", out);
}

static void
load(const struct entry_server *s, FILE *out)
{
	unsigned bar = s->load < 100 ? s->load : 100;

	fprintf(out, "<td class=\"load\" data-label=\"Load\" data-sort=\"%u\">",
	    s->load);
	if (s->load == RECORD_LOAD_UNKNOWN)
		fputs("unknown", out);
	else
		fprintf(out,
		    "%u&#160;%% <svg viewBox=\"0 0 100 8\" "
		    "preserveAspectRatio=\"none\" aria-hidden=\"true\">"
		    "<path d=\"M0 0h100v8h-100z\"/>"
		    "<path class=\"full\" d=\"M0 0h%uv8h-%uz\"/></svg>",
		    bar, bar, bar);
	fputs("</td>\n", out);
}

static void
row(const struct model *m, const struct entry_server *s, FILE *out)
{
	status_and_name(s, out);
	place(s, out);
	endpoints(m, s, out);
	families(s, out);
	age(s, out);
	days(s, out);
	rtt(s, out);
	load(s, out);
	fputs("<td class=\"contact\" data-label=\"Contact\">", out);
	bdi(s->contact, out);
	fputs("</td>\n</tr>\n", out);
}

void
page_table(const struct model *m, FILE *out)
{
	unsigned i;

	fputs("<table>\n<caption>", out);
	if (m->list.n == 0)
		fputs("Nobody is listed yet: it takes three days", out);
	else
		fputs("Vnodes that lasted three days, the best first", out);
	fputs("</caption>\n<thead>\n<tr>\n", out);
	for (i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		fprintf(out, "<th scope=\"col\" class=\"%s\">%s</th>\n",
		    columns[i][0], columns[i][1]);
	fputs("</tr>\n</thead>\n<tbody>\n", out);
	for (i = 0; i < m->list.n; i++)
		row(m, &m->list.server[i], out);
	fputs("</tbody>\n</table>\n", out);
}
