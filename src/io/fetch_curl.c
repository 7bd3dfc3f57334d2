#include "io/fetch_thread.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <string.h>
#include <strings.h>

#include "base/xmem.h"

#define HEADERS 16384 /* bytes of all of them */

/* Its functions: the library is loaded by whoever needs it. */
struct lib {
	CURLcode (*global_init)(long flags);
	CURL *(*easy_init)(void);
	CURLcode (*easy_setopt)(CURL *curl, CURLoption opt, ...);
	CURLcode (*easy_perform)(CURL *curl);
	CURLcode (*easy_getinfo)(CURL *curl, CURLINFO info, ...);
	void (*easy_cleanup)(CURL *curl);
	const char *(*easy_strerror)(CURLcode rc);
	struct curl_slist *(*slist_append)(
	    struct curl_slist *list, const char *text);
	void (*slist_free_all)(struct curl_slist *list);
};

static const struct {
	const char *name;
	size_t off;
} symbols[] = {
	{ "curl_global_init", offsetof(struct lib, global_init) },
	{ "curl_easy_init", offsetof(struct lib, easy_init) },
	{ "curl_easy_setopt", offsetof(struct lib, easy_setopt) },
	{ "curl_easy_perform", offsetof(struct lib, easy_perform) },
	{ "curl_easy_getinfo", offsetof(struct lib, easy_getinfo) },
	{ "curl_easy_cleanup", offsetof(struct lib, easy_cleanup) },
	{ "curl_easy_strerror", offsetof(struct lib, easy_strerror) },
	{ "curl_slist_append", offsetof(struct lib, slist_append) },
	{ "curl_slist_free_all", offsetof(struct lib, slist_free_all) },
};

#define N_SYMBOLS (sizeof(symbols) / sizeof(symbols[0]))

struct get {
	struct fetch_task *task;
	size_t headers;
	bool too_much, coded;
};

bool
fetch_https(void)
{
	return true;
}

/*
 * It and what it needs take 6 MiB of memory, which a daemon without an https
 * source can do without. Stays loaded.
 */
static bool
lib_load(struct lib *lib)
{
	void *h = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
	void *fn;
	size_t i;

	if (h == NULL)
		h = dlopen("libcurl-gnutls.so.4", RTLD_NOW | RTLD_LOCAL);
	if (h == NULL)
		return false;
	for (i = 0; i < N_SYMBOLS; i++) {
		fn = dlsym(h, symbols[i].name);
		if (fn == NULL)
			return false;
		memcpy((char *)lib + symbols[i].off, &fn, sizeof(fn));
	}
	/* more than once is fine, and safe among threads since 7.84 */
	return lib->global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

static size_t
on_body(char *p, size_t size, size_t n, void *arg)
{
	struct get *g = arg;
	struct fetch_got *got = &g->task->got;

	n *= size;
	if (n > g->task->max - got->len) {
		g->too_much = true;
		return 0;
	}
	memcpy(got->data + got->len, p, n);
	got->len += n;
	return n;
}

/* The value when that is the header; not NUL-terminated. */
static const char *
value_of(const char *p, size_t len, const char *name, size_t *ret_len)
{
	size_t n = strlen(name);

	if (len <= n || p[n] != ':' || strncasecmp(p, name, n) != 0)
		return NULL;
	for (n++; n < len && (p[n] == ' ' || p[n] == '\t'); n++)
		;
	while (len > n &&
	    (p[len - 1] == '\n' || p[len - 1] == '\r' || p[len - 1] == ' '))
		len--;
	*ret_len = len - n;
	return p + n;
}

static size_t
on_header(char *p, size_t size, size_t n, void *arg)
{
	struct get *g = arg;
	const char *v;
	size_t len;

	n *= size;
	g->headers += n;
	if (g->headers > HEADERS) {
		g->too_much = true;
		return 0;
	}
	v = value_of(p, n, "ETag", &len);
	if (v != NULL)
		fetch_got_etag(&g->task->got, v, len);
	v = value_of(p, n, "Content-Encoding", &len);
	if (v != NULL && (len != 8 || strncasecmp(v, "identity", len) != 0))
		g->coded = true;
	return n;
}

static int
on_progress(void *arg, curl_off_t dl_all, curl_off_t dl, curl_off_t ul_all,
    curl_off_t ul)
{
	struct get *g = arg;

	(void)dl_all;
	(void)dl;
	(void)ul_all;
	(void)ul;
	return atomic_load(&g->task->stop) ? 1 : 0;
}

static void
set_options(const struct lib *lib, CURL *c, struct get *g)
{
	const char *ca = getenv("CURL_CA_BUNDLE"); /* as curl(1) has it */

	lib->easy_setopt(c, CURLOPT_URL, g->task->url);
	lib->easy_setopt(c, CURLOPT_PROTOCOLS_STR, "https");
	lib->easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	lib->easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
	lib->easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
	if (ca != NULL)
		lib->easy_setopt(c, CURLOPT_CAINFO, ca);
	lib->easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	lib->easy_setopt(c, CURLOPT_TIMEOUT, (long)FETCH_TIMEOUT_S);
	lib->easy_setopt(c, CURLOPT_USERAGENT, "vplama");
	lib->easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	lib->easy_setopt(c, CURLOPT_WRITEDATA, g);
	lib->easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
	lib->easy_setopt(c, CURLOPT_HEADERDATA, g);
	lib->easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
	lib->easy_setopt(c, CURLOPT_XFERINFODATA, g);
	lib->easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
}

/* What the answer was; why for its failure. */
static void
take(const struct lib *lib, CURL *c, struct get *g, CURLcode rc)
{
	struct fetch_got *got = &g->task->got;
	const char *to = NULL;
	long status = 0;

	if (g->too_much) {
		fetch_got_fail(got, "sends too much");
		return;
	}
	if (rc != CURLE_OK) {
		fetch_got_fail(got, "%s", lib->easy_strerror(rc));
		return;
	}
	if (g->coded) {
		fetch_got_fail(got, "is compressed, which nobody asked for");
		return;
	}
	lib->easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	lib->easy_getinfo(c, CURLINFO_REDIRECT_URL, &to);
	got->status = (unsigned)status;
	if (to != NULL && strlen(to) < sizeof(got->location))
		memcpy(got->location, to, strlen(to) + 1);
}

static void
get(const struct lib *lib, CURL *c, struct fetch_task *k)
{
	struct get g = { .task = k };
	struct curl_slist *head = NULL;
	char line[FETCH_ETAG + 32];

	k->got.data = try_calloc(1, k->max + 1);
	if (k->got.data == NULL) {
		fetch_got_fail(&k->got, FETCH_NO_MEMORY);
		return;
	}
	set_options(lib, c, &g);
	if (k->etag[0] != '\0') {
		snprintf(line, sizeof(line), "If-None-Match: %s", k->etag);
		head = lib->slist_append(NULL, line);
		lib->easy_setopt(c, CURLOPT_HTTPHEADER, head);
	}
	take(lib, c, &g, lib->easy_perform(c));
	lib->slist_free_all(head);
}

static void
on_run(struct fetch_task *k)
{
	struct lib lib;
	CURL *c;

	if (!lib_load(&lib)) {
		fetch_got_fail(&k->got, "libcurl, for HTTPS, cannot be loaded");
		return;
	}
	c = lib.easy_init();
	if (c == NULL) {
		fetch_got_fail(&k->got, "libcurl has no memory");
		return;
	}
	get(&lib, c, k);
	lib.easy_cleanup(c);
}

static void *
https_begin(const struct fetch_ask *ask, fetch_got_fn *done, void *arg)
{
	return fetch_thread_begin(ask, on_run, done, arg);
}

const struct fetch_ops fetch_https_ops = { https_begin, fetch_thread_end };
