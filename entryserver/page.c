#include "entryserver/page.h"

#include "entryserver/page_html.h"
#include "entryserver/page_parts.h"

/* Two islands and a tunnel. */
#define ICON                                                                 \
	"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 32 32\">"   \
	"<path fill=\"#0b2f27\" d=\"M0 0h32v32H0z\"/>"                       \
	"<path d=\"M7 22C7 4 25 4 25 22\" fill=\"none\" stroke=\"#5fd6a5\" " \
	"stroke-width=\"3\"/><circle cx=\"7\" cy=\"23\" r=\"4\" "            \
	"fill=\"#ffd166\"/><circle cx=\"25\" cy=\"23\" r=\"4\" "             \
	"fill=\"#ffd166\"/></svg>"
#define LOGO                                                                   \
	"<svg viewBox=\"0 0 32 32\" aria-hidden=\"true\"><path d=\"M7 22C7 4 " \
	"25 4 25 22\"/><circle cx=\"7\" cy=\"23\" r=\"4\"/>"                   \
	"<circle cx=\"25\" cy=\"23\" r=\"4\"/></svg>"

static void
head(const struct model *m, FILE *out)
{
	fprintf(out,
	    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	    "<meta charset=\"utf-8\">\n"
	    "<meta http-equiv=\"Content-Security-Policy\" content=\"%s\">\n"
	    "<meta name=\"viewport\" "
	    "content=\"width=device-width, initial-scale=1\">\n"
	    "<meta name=\"color-scheme\" content=\"light dark\">\n"
	    "<meta name=\"referrer\" content=\"no-referrer\">\n"
	    "<meta name=\"description\" content=\"Ways into the mesh network ",
	    page_policy_meta());
	html_text(out, m->list.network);
	fprintf(out,
	    ": %u vnodes that lasted three days and more, %u of them up.\">\n"
	    "<title>",
	    m->list.n, m->up);
	html_text(out, m->title);
	fputs("</title>\n<link rel=\"icon\" href=\"data:image/svg+xml,", out);
	html_percent(out, ICON);
	fprintf(out,
	    "\">\n<link rel=\"alternate\" type=\"application/json\" "
	    "href=\"entry.json\">\n<style>%s</style>\n</head>\n",
	    page_css());
}

static void
total(unsigned n, const char *what, FILE *out)
{
	fprintf(out, "<div><dt>%s</dt><dd>%u</dd></div>\n", what, n);
}

static unsigned
with_ipv6(const struct entry_list *l)
{
	unsigned i, j, n = 0;

	for (i = 0; i < l->n; i++) {
		for (j = 0; j < l->server[i].n_ep; j++)
			if (!addr_is_v4(&l->server[i].ep[j]))
				break;
		n += j < l->server[i].n_ep;
	}
	return n;
}

static void
totals(const struct model *m, FILE *out)
{
	fputs("<dl class=\"totals\">\n", out);
	total(m->list.n, "listed", out);
	total(m->up, "up now", out);
	total(with_ipv6(&m->list), "with IPv6", out);
	total(m->lasting, "past three days", out);
	total(m->reached, "ever reached", out);
	fputs("</dl>\n", out);
}

/* How old it is and whose; page.js looks whether it is still good. */
static void
facts(const struct model *m, FILE *out)
{
	fputs("<dl class=\"facts\">\n<div><dt>Made</dt><dd>", out);
	html_time(out, m->list.generated);
	fprintf(out,
	    ", number %ju</dd></div>\n<div><dt>Good until</dt>"
	    "<dd class=\"until\">",
	    (uintmax_t)m->list.serial);
	html_time(out, m->list.valid_until);
	fputs("</dd></div>\n<div><dt>Signature</dt><dd>", out);
	if (m->key[0] != '\0') {
		fputs("<strong class=\"signed\">signed</strong> by "
		      "<code class=\"copy\">",
		    out);
		html_text(out, m->key);
		fputs("</code>", out);
	} else
		fputs("<strong class=\"unsigned\">not signed</strong>", out);
	fputs("</dd></div>\n", out);
	if (m->contact[0] != '\0') {
		fputs("<div><dt>Kept by</dt><dd><bdi>", out);
		html_text(out, m->contact);
		fputs("</bdi></dd></div>\n", out);
	}
	fputs("</dl>\n<p class=\"stale\" role=\"status\" hidden>This copy is "
	      "out of date: look for a newer one.</p>\n",
	    out);
}

static void
header(const struct model *m, FILE *out)
{
	fputs("<body>\n<a class=\"skip\" href=\"#list\">To the list</a>\n"
	      "<header>\n<div class=\"wide\">\n<div>\n"
	      "<p class=\"brand\">" LOGO " vplama entry server</p>\n<h1>",
	    out);
	html_text(out, m->title);
	fputs("</h1>\n<p class=\"lead\">Ways into the mesh network <strong>"
	      "<bdi>",
	    out);
	html_text(out, m->list.network);
	fputs("</bdi></strong>: vnodes that this server has reached itself, "
	      "for three days and more.</p>\n",
	    out);
	totals(m, out);
	fputs("</div>\n", out);
	page_map(m, out);
	fputs("</div>\n</header>\n", out);
}

/* The form works by page.js alone, which shows it. */
static void
list(const struct model *m, FILE *out)
{
	fputs("<section id=\"list\" aria-labelledby=\"all\">\n"
	      "<h2 id=\"all\">Who is there</h2>\n"
	      "<form role=\"search\" hidden>\n"
	      "<label>Show only <input type=\"search\" name=\"words\" "
	      "placeholder=\"name, country, ipv6, open …\" "
	      "autocomplete=\"off\" spellcheck=\"false\"></label>\n"
	      "<label class=\"sort\">Sort by <select name=\"sort\">"
	      "<option value=\"\">rank</option></select></label>\n"
	      "<output></output>\n</form>\n",
	    out);
	page_table(m, out);
	fputs("<p class=\"legend\">Squares are days, the newest last: full "
	      "from 99&#160;%, lower from 95, 80 and 0&#160;%, pale when "
	      "nobody looked. Up, round trip and uptime are what this server "
	      "measured; name, place, load and contact what each says of "
	      "itself.</p>\n</section>\n",
	    out);
}

static void
footer(const struct model *m, FILE *out)
{
	fputs("<footer>\n<div class=\"wide\">\n<p>For programs: "
	      "<a href=\"entry.json\">entry.json</a>, ",
	    out);
	if (m->key[0] != '\0') {
		fputs("its signature <a href=\"entry.json.minisig\">"
		      "entry.json.minisig</a>, ",
		    out);
	}
	fputs("and the vnodes a line each, <a href=\"entry.txt\">entry.txt"
	      "</a>.</p>\n",
	    out);
	if (m->key[0] != '\0') {
		fputs("<p>To check the signature by hand: "
		      "<code class=\"copy\">minisign -Vm entry.json -P ",
		    out);
		html_text(out, m->key);
		fputs("</code></p>\n", out);
	}
	fprintf(out,
	    "</div>\n</footer>\n<script>%s</script>\n</body>\n</html>\n",
	    page_js());
}

void
page_write(const struct model *m, FILE *out)
{
	head(m, out);
	header(m, out);
	fputs("<main class=\"wide\">\n", out);
	facts(m, out);
	page_join(m, out);
	list(m, out);
	fputs("</main>\n", out);
	footer(m, out);
}
