#include "vplamad/told.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmem.h"
#include "core/exchange.h"
#include "io/resolve.h"
#include "vplamad/vplamad.h"
#include "wire/uri.h"

/* One endpoint of a URI. */
struct told_name {
	struct told *told;
	struct lookup *query; /* under way, or NULL */
};

struct told {
	TAILQ_ENTRY(told) link;
	struct vplamad *d;
	struct uri uri;
	struct book_source source;
	struct told_name name[RECORD_ENDPOINTS];
	struct addr ep[RECORD_ENDPOINTS];
	unsigned n_ep, left; /* left: look-ups that have not ended */
};

static const char *
news_text(enum book_news news)
{
	static const char *const texts[] = {
		[BOOK_NEW] = "new",
		[BOOK_NEWER] = "newer",
		[BOOK_KNOWN] = "known",
		[BOOK_REFUSED] = NULL,
		[BOOK_CLASH] = "clash",
	};

	return texts[news];
}

/* A list is known by a hash of its name. */
static struct book_source
source_of(const char *from)
{
	struct book_source src = { .from = BOOK_FROM_USER };
	uint8_t hash[HASH_LEN];

	if (from == NULL)
		return src;
	blake2b(hash, sizeof(hash), NULL, from, strlen(from), NULL, 0);
	src.from = BOOK_FROM_LIST;
	memcpy(&src.which, hash, sizeof(src.which));
	return src;
}

/* All that is known of it goes into the book. */
static const char *
note(struct told *told, const char **why)
{
	const char *news;

	if (told->n_ep == 0) {
		*why = "has no endpoint with an address";
		return NULL;
	}
	news = news_text(exchange_heard_of(&told->d->core, told->source,
	    told->uri.key, told->ep, told->n_ep, loop_turn(told->d->loop)));
	if (news == NULL)
		*why = "is of this node, of a revoked key, has no address "
		       "that can be dialled, or there is no room for it";
	return news;
}

static void
on_names(void *arg, const struct resolved *got, struct turn *t)
{
	struct told_name *name = arg;
	struct told *told = name->told;
	const char *why = got->why;
	unsigned i;

	(void)t;
	name->query = NULL;
	for (i = 0; i < got->n && told->n_ep < RECORD_ENDPOINTS; i++)
		told->ep[told->n_ep++] = got->ep[i];
	if (--told->left > 0)
		return;
	TAILQ_REMOVE(&told->d->told, told, link);
	told->d->n_told--;
	if (note(told, &why) == NULL)
		log_info("entry.add: the URI %s", why);
	free(told);
}

/* Numeric ones end at once, and are not the last: left counts one more. */
static void
look_up(struct told *told)
{
	char text[URI_HOST + 16];
	unsigned i;

	told->left = told->uri.n_ep + 1;
	for (i = 0; i < told->uri.n_ep; i++) {
		const struct uri_endpoint *ep = &told->uri.ep[i];

		snprintf(text, sizeof(text),
		    strchr(ep->host, ':') != NULL ? "[%s]:%u" : "%s:%u",
		    ep->host, ep->port);
		told->name[i].told = told;
		told->name[i].query = resolve_start(
		    told->d->resolve, text, URI_PORT, on_names, &told->name[i]);
	}
	told->left--;
}

const char *
told_uri(void *arg, const char *uri, const char *from, const char **why)
{
	struct vplamad *d = arg;
	struct told *told;
	const char *news;
	struct uri u;

	if (!uri_parse(uri, &u, why))
		return NULL;
	if (u.network[0] != '\0' && strcmp(u.network, d->cfg.network) != 0) {
		*why = "is of another network";
		return NULL;
	}
	if (d->n_told == TOLD_WAITING) {
		*why = "has to wait: too many names are being looked up";
		return NULL;
	}
	told = try_calloc(1, sizeof(*told));
	if (told == NULL) {
		*why = "finds no memory";
		return NULL;
	}
	told->d = d;
	told->uri = u;
	told->source = source_of(from);
	look_up(told);
	if (told->left > 0) {
		TAILQ_INSERT_TAIL(&d->told, told, link);
		d->n_told++;
		return "looking-up";
	}
	news = note(told, why);
	free(told);
	return news;
}

void
told_close(struct vplamad *d)
{
	struct told *told;
	unsigned i;

	while ((told = TAILQ_FIRST(&d->told)) != NULL) {
		TAILQ_REMOVE(&d->told, told, link);
		for (i = 0; i < told->uri.n_ep; i++)
			if (told->name[i].query != NULL)
				resolve_cancel(told->name[i].query);
		free(told);
	}
	d->n_told = 0;
}
