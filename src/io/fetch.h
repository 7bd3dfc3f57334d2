/*
 * Gets a list from where it is: HTTP, HTTPS (where libcurl is built in), DNS
 * SRV and TXT, a file, a command. Nothing of it blocks the loop, and nothing
 * takes longer than FETCH_TIMEOUT_S or more bytes than FETCH_MAX.
 */
#ifndef VPLAM_IO_FETCH_H
#define VPLAM_IO_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "wire/uri.h"

#define FETCH_TIMEOUT_S 10
#define FETCH_MAX (1024 * 1024)
#define FETCH_SIG_MAX 1024
#define FETCH_REDIRECTS 3
#define FETCH_HINTS 64 /* vnodes of one answer of the DNS */
#define FETCH_ETAG 128
#define FETCH_WHY 160

struct fetch;
struct fetch_job;
struct loop;

/* A vnode by the DNS: unsigned, so no more than an address to try. */
struct fetch_hint {
	uint8_t key[32];
	struct addr ep[4];
	unsigned n_ep;
};

struct fetch_result {
	bool ok;
	bool unchanged;	     /* the ETag still holds: no bytes */
	char why[FETCH_WHY]; /* not ok: what went wrong */
	const char *text;    /* the list, and its signature beside it */
	size_t len;
	const char *sig;
	size_t sig_len;
	char etag[FETCH_ETAG];	       /* "": none */
	const struct fetch_hint *hint; /* of SOURCE_DNS, in place of a list */
	unsigned n_hint;
};

/* Borrowed for the call. */
typedef void fetch_done_fn(void *arg, const struct fetch_result *res);

/* https: does this build have it? */
bool fetch_https(void);

struct fetch *fetch_open(struct loop *loop);
void fetch_close(struct fetch *f); /* ends all jobs, silently; NULL is fine */

/*
 * The signature is looked for beside: URL or path with ".minisig" behind. A
 * command prints the list, a line "---", and the signature. done is called once
 * from the loop, never from within. etag: of the last answer, or "".
 */
struct fetch_job *fetch_begin(struct fetch *f, const struct source *src,
    const char *etag, fetch_done_fn *done, void *arg);
void fetch_cancel(struct fetch_job *j);

#endif
