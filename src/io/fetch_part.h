/* What fetch.c asks of each way to get something: one thing from one place. */
#ifndef VPLAM_IO_FETCH_PART_H
#define VPLAM_IO_FETCH_PART_H

#include "io/fetch.h"

#define FETCH_URL 1024 /* bytes of an address after redirects */

struct resolve;
struct worker;

/* Borrowed until the end of the part. */
struct fetch_ask {
	struct loop *loop;
	struct resolve *resolve;
	struct worker *worker;
	const char *url;  /* or path, or name */
	const char *etag; /* "": none */
	size_t max;	  /* bytes */
};

/* What came of it. */
struct fetch_got {
	char why[FETCH_WHY]; /* "": it is there */
	char *data;	     /* whoever takes it sets NULL, else freed */
	size_t len;
	unsigned status; /* of HTTP and HTTPS */
	char location[FETCH_URL], etag[FETCH_ETAG];
	struct fetch_hint *hint; /* as data; FETCH_HINTS of them */
	unsigned n_hint;
};

typedef void fetch_got_fn(void *arg, struct fetch_got *got);

struct fetch_ops {
	/* done is called once, maybe from within; got lives until the end. */
	void *(*begin)(
	    const struct fetch_ask *ask, fetch_got_fn *done, void *arg);
	void (*end)(void *part); /* not from within done */
};

extern const struct fetch_ops fetch_http_ops, fetch_https_ops, fetch_dns_ops,
    fetch_file_ops, fetch_cmd_ops;

#define FETCH_NO_MEMORY "finds no memory" /* for fetch_got_fail() */

/* fetch.c: for the parts. */
void fetch_got_fini(struct fetch_got *got);
void fetch_got_fail(struct fetch_got *got, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* "" for one with bytes that no header may have. */
void fetch_got_etag(struct fetch_got *got, const char *etag, size_t len);

#endif
