#include "io/fetch.h"

#include <event2/event.h>
#include <event2/http.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>

#include "base/log.h"
#include "base/xmem.h"
#include "io/fetch_part.h"
#include "io/loop.h"
#include "io/resolve.h"
#include "io/worker.h"

#define SIG_SUFFIX ".minisig"
#define CMD_MARK "\n---\n"

struct fetch {
	struct loop *loop;
	struct resolve *resolve;
	struct worker *worker;
	unsigned limit_ms; /* of a job */
	LIST_HEAD(, fetch_job) jobs;
};

enum step { STEP_LIST, STEP_SIG };

struct fetch_job {
	LIST_ENTRY(fetch_job) link;
	struct fetch *f;
	struct source src;
	fetch_done_fn *done;
	void *arg;
	struct event *next, *limit;
	enum step step;
	unsigned hops;
	char url[FETCH_URL];
	struct fetch_ask ask;
	const struct fetch_ops *ops;
	void *part;	       /* NULL: url is next */
	struct fetch_got *got; /* of part, when it is done */
	struct fetch_result res;
	char etag[FETCH_ETAG]; /* of the last answer */
	char *text, *sig;
	struct fetch_hint *hint;
};

static const struct fetch_ops *const ops_of[SOURCE_KINDS] = {
	[SOURCE_HTTP] = &fetch_http_ops,
	[SOURCE_HTTPS] = &fetch_https_ops,
	[SOURCE_DNS] = &fetch_dns_ops,
	[SOURCE_FILE] = &fetch_file_ops,
	[SOURCE_CMD] = &fetch_cmd_ops,
};

void
fetch_got_fini(struct fetch_got *got)
{
	free(got->data);
	free(got->hint);
	got->data = NULL;
	got->hint = NULL;
}

void
fetch_got_fail(struct fetch_got *got, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(got->why, sizeof(got->why), fmt, ap);
	va_end(ap);
}

void
fetch_got_etag(struct fetch_got *got, const char *etag, size_t len)
{
	size_t i;

	got->etag[0] = '\0';
	if (len >= sizeof(got->etag))
		return;
	for (i = 0; i < len; i++)
		if (etag[i] <= ' ' || etag[i] > '~')
			return;
	memcpy(got->etag, etag, len);
	got->etag[len] = '\0';
}

struct fetch *
fetch_open(struct loop *loop)
{
	struct fetch *f = xcalloc(1, sizeof(*f));

	f->loop = loop;
	f->resolve = resolve_new(loop, RESOLVE_CONF, RESOLVE_HOSTS);
	f->worker = worker_open(loop);
	f->limit_ms = FETCH_TIMEOUT_S * 1000;
	LIST_INIT(&f->jobs);
	return f;
}

static void
part_end(struct fetch_job *j)
{
	if (j->part != NULL)
		j->ops->end(j->part);
	j->part = NULL;
	j->got = NULL;
}

static void
job_free(struct fetch_job *j)
{
	part_end(j);
	LIST_REMOVE(j, link);
	event_free(j->next);
	event_free(j->limit);
	free(j->text);
	free(j->sig);
	free(j->hint);
	free(j);
}

void
fetch_close(struct fetch *f)
{
	struct fetch_job *j;

	if (f == NULL)
		return;
	while ((j = LIST_FIRST(&f->jobs)) != NULL)
		job_free(j);
	worker_close(f->worker);
	resolve_free(f->resolve);
	free(f);
}

static void finish(struct fetch_job *j, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* fmt: NULL when it is as it should be. */
static void
finish(struct fetch_job *j, const char *fmt, ...)
{
	va_list ap;

	j->res.ok = fmt == NULL;
	if (fmt != NULL) {
		va_start(ap, fmt);
		vsnprintf(j->res.why, sizeof(j->res.why), fmt, ap);
		va_end(ap);
	}
	part_end(j); /* what fmt shows may be its */
	j->res.text = j->text;
	j->res.sig = j->sig;
	j->res.hint = j->hint;
	(void)loop_turn(j->f->loop); /* so that what follows is sent */
	j->done(j->arg, &j->res);
	job_free(j);
}

static void
on_got(void *arg, struct fetch_got *got)
{
	struct fetch_job *j = arg;

	j->got = got;
	event_active(j->next, 0, 0);
}

static void
start_part(struct fetch_job *j)
{
	const bool list = j->step == STEP_LIST;

	j->ops = ops_of[j->src.kind];
	if (strncasecmp(j->url, "https:", 6) == 0 && j->src.kind == SOURCE_HTTP)
		j->ops = &fetch_https_ops;
	else if (strncasecmp(j->url, "http:", 5) == 0 &&
	    j->src.kind == SOURCE_HTTPS)
		j->ops = &fetch_http_ops;
	j->ask = (struct fetch_ask){
		.loop = j->f->loop,
		.resolve = j->f->resolve,
		.worker = j->f->worker,
		.url = j->url,
		.etag = list ? j->etag : "",
		.max = list ? FETCH_MAX : FETCH_SIG_MAX,
	};
	if (j->src.kind == SOURCE_CMD)
		j->ask.max = FETCH_MAX + FETCH_SIG_MAX + strlen(CMD_MARK);
	j->part = j->ops->begin(&j->ask, on_got, j);
}

/* Where Location leads, seen from base; false: nowhere we would go. */
static bool
join_url(const char *base, const char *to, char ret[static FETCH_URL])
{
	const char *host = strstr(base, "://"), *end;
	size_t keep;
	int n;

	if (strncasecmp(to, "http://", 7) == 0 ||
	    strncasecmp(to, "https://", 8) == 0) {
		keep = 0;
	} else if (strncmp(to, "//", 2) == 0) {
		keep = (size_t)(host - base) + 1;
	} else {
		end = host + 3 + strcspn(host + 3, "/?#");
		keep = (size_t)(end - base);
		if (to[0] != '/')
			return false;
	}
	n = snprintf(ret, FETCH_URL, "%.*s%s", (int)keep, base, to);
	return n > 0 && n < FETCH_URL;
}

static void
redirect(struct fetch_job *j)
{
	char to[FETCH_URL];

	if (j->hops++ == FETCH_REDIRECTS) {
		finish(j, "more than %u redirects", FETCH_REDIRECTS);
		return;
	}
	if (!join_url(j->url, j->got->location, to)) {
		finish(j, "a redirect to no address of HTTP or HTTPS");
		return;
	}
	part_end(j);
	memcpy(j->url, to, sizeof(to));
	start_part(j);
}

/* The list is here: on to the signature. */
static void
take_list(struct fetch_job *j)
{
	int n;

	j->text = j->got->data;
	j->res.len = j->got->len;
	j->got->data = NULL;
	memcpy(j->res.etag, j->got->etag, sizeof(j->res.etag));
	part_end(j);
	j->step = STEP_SIG;
	j->hops = 0;
	n = snprintf(j->url, sizeof(j->url), "%s%s", j->src.url, SIG_SUFFIX);
	if (n < 0 || (size_t)n >= sizeof(j->url))
		finish(j, "its address is too long");
	else
		start_part(j);
}

static void
take_sig(struct fetch_job *j)
{
	j->sig = j->got->data;
	j->res.sig_len = j->got->len;
	j->got->data = NULL;
	finish(j, NULL);
}

static void
take_http(struct fetch_job *j)
{
	const char *what = j->step == STEP_LIST ? "the list" : "its signature";
	unsigned status = j->got->status;

	if (status == 304 && j->step == STEP_LIST && j->etag[0] != '\0') {
		j->res.unchanged = true;
		memcpy(j->res.etag, j->etag, sizeof(j->etag));
		finish(j, NULL);
	} else if (status >= 301 && status <= 308 && status != 304 &&
	    j->got->location[0] != '\0') {
		redirect(j);
	} else if (status != 200) {
		finish(j, "%s: HTTP status %u", what, status);
	} else if (j->step == STEP_LIST) {
		take_list(j);
	} else {
		take_sig(j);
	}
}

static void
take_file(struct fetch_job *j)
{
	if (j->step == STEP_LIST)
		take_list(j);
	else
		take_sig(j);
}

/* "LIST\n---\nSIGNATURE" */
static void
take_cmd(struct fetch_job *j)
{
	struct fetch_got *got = j->got;
	char *mark = memmem(got->data, got->len, CMD_MARK, strlen(CMD_MARK));
	size_t rest;

	if (mark == NULL) {
		finish(j, "it prints no line \"---\" before the signature");
		return;
	}
	rest = got->len - (size_t)(mark - got->data) - strlen(CMD_MARK);
	if (rest > FETCH_SIG_MAX) {
		finish(j, "its signature is too long");
		return;
	}
	j->sig = try_calloc(1, rest + 1);
	if (j->sig == NULL) {
		finish(j, FETCH_NO_MEMORY);
		return;
	}
	memcpy(j->sig, mark + strlen(CMD_MARK), rest);
	j->res.sig_len = rest;
	j->text = got->data;
	got->data = NULL;
	j->res.len = (size_t)(mark - j->text) + 1;
	finish(j, NULL);
}

static void
take_dns(struct fetch_job *j)
{
	j->hint = j->got->hint;
	j->res.n_hint = j->got->n_hint;
	j->got->hint = NULL;
	finish(j, NULL);
}

static void
on_next(evutil_socket_t fd, short what, void *arg)
{
	static void (*const take[SOURCE_KINDS])(struct fetch_job *) = {
		[SOURCE_HTTP] = take_http,
		[SOURCE_HTTPS] = take_http,
		[SOURCE_DNS] = take_dns,
		[SOURCE_FILE] = take_file,
		[SOURCE_CMD] = take_cmd,
	};
	struct fetch_job *j = arg;

	(void)fd;
	(void)what;
	if (j->part == NULL)
		start_part(j);
	else if (j->got->why[0] != '\0')
		finish(j, "%s%s", j->step == STEP_SIG ? "its signature: " : "",
		    j->got->why);
	else
		take[j->src.kind](j);
}

static void
on_limit(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	finish(arg, "takes too long");
}

struct fetch_job *
fetch_begin(struct fetch *f, const struct source *src, const char *etag,
    fetch_done_fn *done, void *arg)
{
	const struct timeval limit = { f->limit_ms / 1000,
		f->limit_ms % 1000 * 1000 };
	struct fetch_job *j = xcalloc(1, sizeof(*j));

	j->f = f;
	j->src = *src;
	j->done = done;
	j->arg = arg;
	snprintf(j->url, sizeof(j->url), "%s", src->url);
	snprintf(j->etag, sizeof(j->etag), "%s", etag);
	j->next = event_new(loop_base(f->loop), -1, 0, on_next, j);
	j->limit = evtimer_new(loop_base(f->loop), on_limit, j);
	if (j->next == NULL || j->limit == NULL ||
	    evtimer_add(j->limit, &limit) < 0)
		fatalx("out of memory for an event");
	event_active(j->next, 0, 0);
	LIST_INSERT_HEAD(&f->jobs, j, link);
	return j;
}

void
fetch_cancel(struct fetch_job *j)
{
	job_free(j);
}
