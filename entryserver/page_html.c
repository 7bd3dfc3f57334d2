#include "entryserver/page_html.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "base/text.h"

#define NO_CHARACTER 0xfffd
#define AFTER_9999 253402300800 /* seconds since 1970 */
#define HOUR_S 3600u
#define DAY_S 86400u
#define YEAR_DAYS 365u

/* The first and last of what must not stand in a page. */
static const uint32_t unfit[][2] = {
	{ 0x00, 0x1f }, { 0x7f, 0x9f },
	{ 0x61c, 0x61c },   /* marks of direction */
	{ 0x200b, 0x200b }, /* no width */
	{ 0x200e, 0x200f },
	{ 0x2028, 0x202e }, /* ends of lines, then changes of direction */
	{ 0x2060, 0x206f }, { 0xd800, 0xdfff },
	{ 0xfdd0, 0xfdef }, /* no characters */
	{ 0xfeff, 0xfeff }, { 0xfff9, 0xfffb },
	{ 0xe0000, 0xe0fff }, /* tags that nobody sees */
};

static bool
fit(uint32_t c)
{
	size_t i;

	for (i = 0; i < sizeof(unfit) / sizeof(unfit[0]); i++)
		if (c >= unfit[i][0] && c <= unfit[i][1])
			return false;
	return c <= 0x10ffff && (c & 0xfffe) != 0xfffe;
}

static const char *
entity(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

/* Those of before get a backslash, those of within become as it says. */
static void
write_text(FILE *out, const char *s, const char *before, const char *quote)
{
	size_t len, left;
	uint32_t c;

	for (left = strlen(s); left > 0; s += len, left -= len) {
		const char *e = entity(*s);

		len = text_next(s, left, &c);
		if (len == 0) {
			c = NO_CHARACTER;
			len = 1;
		}
		if (*s == '\'' && quote != NULL)
			fputs(quote, out);
		else if (!fit(c) || c == NO_CHARACTER)
			fputs("\xef\xbf\xbd", out);
		else {
			if (c < 0x80 && strchr(before, *s) != NULL)
				putc('\\', out);
			if (e != NULL)
				fputs(e, out);
			else
				fwrite(s, 1, len, out);
		}
	}
}

void
html_text(FILE *out, const char *s)
{
	write_text(out, s, "", NULL);
}

void
html_shell(FILE *out, const char *s)
{
	fputs("&#39;", out);
	write_text(out, s, "", "&#39;\\&#39;&#39;");
	fputs("&#39;", out);
}

void
html_conf(FILE *out, const char *s)
{
	fputs("&quot;", out);
	write_text(out, s, "\\\"$", NULL);
	fputs("&quot;", out);
}

void
html_percent(FILE *out, const char *s)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz0123456789-._~";

	for (; *s != '\0'; s++)
		if (strchr(plain, *s) != NULL)
			putc(*s, out);
		else
			fprintf(out, "%%%02X", (unsigned)(unsigned char)*s);
}

void
html_time(FILE *out, int64_t t)
{
	time_t at = (time_t)t;
	char iso[32], words[32];
	struct tm tm;

	if (t <= 0 || t >= AFTER_9999 || gmtime_r(&at, &tm) == NULL) {
		fputs("unknown", out);
		return;
	}
	strftime(iso, sizeof(iso), "%Y-%m-%dT%H:%M:%SZ", &tm);
	strftime(words, sizeof(words), "%Y-%m-%d %H:%M UTC", &tm);
	fprintf(out, "<time datetime=\"%s\">%s</time>", iso, words);
}

void
html_age(FILE *out, uint32_t seconds)
{
	unsigned days = seconds / DAY_S;

	if (days < 2)
		fprintf(out, "%u hours", seconds / HOUR_S);
	else if (days < 2 * YEAR_DAYS)
		fprintf(out, "%u days", days);
	else
		fprintf(out, "%u years", days / YEAR_DAYS);
}
