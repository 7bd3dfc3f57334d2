#include "vplamad/whois.h"

#include <stdio.h>

#include "io/resolve.h"
#include "vplamad/option.h"
#include "vplamad/vplamad.h"
#include "wire/uri.h"

static void
on_names(void *arg, const struct resolved *got, struct turn *t)
{
	struct whois *w = arg;
	struct core *c = &w->d->core;
	char text[IDENT_WHY];

	if (got->n > 0) {
		ident_ask(c, w->id, got->ep, got->n, t);
	} else {
		snprintf(text, sizeof(text), "its name does not resolve: %s",
		    got->why);
		ident_fail(c, w->id, text, t->now);
	}
	w->id = 0;
	w->query = NULL;
}

/* As many as there are queries at a time. */
static struct whois *
place(struct vplamad *d)
{
	unsigned i;

	for (i = 0; i < IDENT_QUERIES; i++)
		if (d->whois[i].id == 0)
			return &d->whois[i];
	return NULL;
}

uint32_t
whois_ask(void *arg, const char *endpoint, const char **why)
{
	const struct option *o = &peer_options[PEER_OPT_endpoint];
	struct vplamad *d = arg;
	struct whois *w = place(d);
	char text[ENDPOINT_TEXT];
	struct lookup *query;
	uint32_t id;

	if (o->type->parse(o, endpoint, text) != NULL) {
		*why = "that is not host:port or [IPv6 address]:port";
		return 0;
	}
	id = w != NULL ? ident_open(&d->core) : 0;
	if (id == 0) {
		*why = "as many as may be are being asked already; try again "
		       "in some seconds";
		return 0;
	}
	*w = (struct whois){ .d = d, .id = id };
	query = resolve_start(d->resolve, text, URI_PORT, on_names, w);
	if (query != NULL) /* else it has ended, and w may be another's */
		w->query = query;
	return id;
}

void
whois_close(struct vplamad *d)
{
	unsigned i;

	for (i = 0; i < IDENT_QUERIES; i++) {
		if (d->whois[i].query != NULL)
			resolve_cancel(d->whois[i].query);
		d->whois[i] = (struct whois){ 0 };
	}
}
