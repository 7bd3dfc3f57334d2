/*
 * For tests of io/fetch: a web server on the same loop that answers each path
 * with the bytes it is told, and what came of a fetch.
 */
#ifndef VPLAM_TESTS_FETCH_RIG_H
#define VPLAM_TESTS_FETCH_RIG_H

#include "io/fetch.h"
#include "tests/unit/io_env.h"

#define LIST_TEXT "{\"list\":1}\n"
#define SIG_TEXT "untrusted comment: x\nRU\n"

struct bufferevent;
struct evconnlistener;

struct page {
	const char *path;
	const char *text;
	size_t len;	    /* 0: of the text */
	size_t fill;	    /* so many 'x' behind it */
	const char *repeat; /* this for ever behind it */
	bool keep, reset;   /* neither closed, or cut */
};

struct fix {
	struct env e;
	struct fetch *f;
	struct evconnlistener *l;
	uint16_t port;
	struct page page[8];
	unsigned n_pages, asked;
	char request[4096]; /* the last one */
	struct bufferevent *open[64];
	unsigned n_open;

	unsigned done, want;
	struct fetch_result res; /* of the last answer */
	char *text, *sig;
	struct fetch_hint hint[FETCH_HINTS];
};

int fix_setup(void **state);
int fix_teardown(void **state);

/* How long each fetch may take from now on. */
void fix_limit(struct fix *f, unsigned ms);

/* The pages, and beside them the signature of /list. */
void serve(struct fix *f, const struct page *p, size_t n);

void begin(
    struct fix *f, enum source_kind kind, const char *url, const char *etag);
void wait_done(struct fix *f); /* until all that was begun is done */
void get(struct fix *f, enum source_kind kind, const char *url);
void get_list(struct fix *f, const char *etag); /* /list of our server */
void on_done(void *arg, const struct fetch_result *res);

void expect_list(const struct fix *f);
void expect_fail(const struct fix *f, const char *why);

#endif
