/* What somebody pastes to join. */
#include <stdlib.h>

#include "base/xmem.h"
#include "entryserver/page_html.h"
#include "entryserver/page_parts.h"
#include "wire/qr.h"

/* "http://host/entry.json#KEY&network=NAME", for free(). */
static char *
source_of(const struct model *m)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		abort();
	fprintf(out, "%sentry.json#%s%snetwork=", m->base_url, m->key,
	    m->key[0] != '\0' ? "&" : "");
	html_percent(out, m->list.network);
	if (fclose(out) != 0)
		abort();
	return text;
}

/* A path with all runs of dark modules of a row, in one. */
static void
qr(const char *text, FILE *out)
{
	struct qr *q = xmalloc(sizeof(*q));
	unsigned x, y, end, side;

	if (!qr_make(text, q))
		goto out;
	side = q->side + 2 * QR_QUIET;
	fprintf(out,
	    "<figure class=\"qr\">\n<svg viewBox=\"0 0 %u %u\" role=\"img\" "
	    "aria-label=\"The address of this list as a QR code\">"
	    "<path class=\"light\" d=\"M0 0h%uv%uh-%uz\"/>"
	    "<path class=\"dark\" d=\"",
	    side, side, side, side, side);
	for (y = 0; y < q->side; y++)
		for (x = 0; x < q->side; x = end + 1) {
			for (end = x; end < q->side && q->dark[y][end]; end++)
				;
			if (end > x)
				fprintf(out, "M%u %uh%uv1h-%uz", x + QR_QUIET,
				    y + QR_QUIET, end - x, end - x);
		}
	fputs("\"/></svg>\n<figcaption>The same, to scan</figcaption>\n"
	      "</figure>\n",
	    out);
out:
	free(q);
}

void
page_join(const struct model *m, FILE *out)
{
	char *source = source_of(m);

	fputs("<section class=\"join\" id=\"join\" aria-labelledby=\"how\">\n"
	      "<div>\n<h2 id=\"how\">How to join</h2>\n"
	      "<p>Where vplama is installed, one command:</p>\n"
	      "<pre><code class=\"copy\">vplamctl join ",
	    out);
	html_shell(out, source);
	fputs("</code></pre>\n<p>Or by hand, in "
	      "<code>/etc/vplama/vplamad.conf</code>:</p>\n"
	      "<pre><code class=\"copy\">network = ",
	    out);
	html_conf(out, m->list.network);
	fputs("\ntrust = open\nopen-transit = yes\nentry = ", out);
	html_conf(out, source);
	fputs("</code></pre>\n</div>\n", out);
	qr(source, out);
	fputs("</section>\n", out);
	free(source);
}
