#include "entryserver/reply.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "entryserver/page.h"

/* What differs from answer to answer. */
struct reply {
	enum http_status status;
	const char *type, *policy;
	const char *cache; /* of Cache-Control */
	const char *extra; /* whole lines */
	size_t len;	   /* of the body that GET brings */
	enum file_id file; /* FILES: none */
};

static void
write_head(struct answer *ret, const struct reply *r, const struct reply_env *e,
    bool keep, int64_t now)
{
	char date[HTTP_DATE], modified[HTTP_DATE];
	FILE *f = fmemopen(ret->head, sizeof(ret->head), "w");

	if (f == NULL)
		fatal("fmemopen");
	fprintf(f, "HTTP/1.1 %d %s\r\nDate: %s\r\n", (int)r->status,
	    http_reason(r->status), http_date(now, date));
	if (r->status != HTTP_NOT_MODIFIED)
		fprintf(f, "Content-Type: %s\r\nContent-Length: %zu\r\n",
		    r->type, r->len);
	if (r->file != FILES)
		fprintf(f, "ETag: %s\r\nLast-Modified: %s\r\n",
		    e->site->file[r->file].etag,
		    http_date(e->site->modified, modified));
	fprintf(f,
	    "Cache-Control: %s\r\n"
	    "Content-Security-Policy: %s\r\n"
	    "X-Content-Type-Options: nosniff\r\n"
	    "Referrer-Policy: no-referrer\r\n"
	    "%sConnection: %s\r\n\r\n",
	    r->cache, r->policy, r->extra, keep ? "keep-alive" : "close");
	ret->n_head = (size_t)ftell(f);
	if (fclose(f) != 0 || ret->n_head >= sizeof(ret->head))
		fatalx("the head of an answer outgrew its room");
}

static void
count(struct reply_stats *s, enum http_status status)
{
	if (status == HTTP_OK)
		s->ok++;
	else if (status == HTTP_NOT_MODIFIED)
		s->not_modified++;
	else
		s->refused++;
}

static void
put_metrics(const struct reply_env *e, int64_t now, FILE *f)
{
	const struct reply_stats *s = &e->stats;

	if (e->site != NULL)
		fprintf(f,
		    "%s# HELP vplama_entry_age_seconds Age of the list.\n"
		    "# TYPE vplama_entry_age_seconds gauge\n"
		    "vplama_entry_age_seconds %" PRId64 "\n",
		    e->site->file[FILE_METRICS].data, now - e->site->modified);
	fprintf(f,
	    "# HELP vplama_web_requests_total Requests answered.\n"
	    "# TYPE vplama_web_requests_total counter\n"
	    "vplama_web_requests_total{status=\"200\"} %" PRIu64 "\n"
	    "vplama_web_requests_total{status=\"304\"} %" PRIu64 "\n"
	    "vplama_web_requests_total{status=\"other\"} %" PRIu64 "\n"
	    "# HELP vplama_web_closed_total Connections closed early.\n"
	    "# TYPE vplama_web_closed_total counter\n"
	    "vplama_web_closed_total{why=\"crowded\"} %" PRIu64 "\n"
	    "vplama_web_closed_total{why=\"evicted\"} %" PRIu64 "\n"
	    "vplama_web_closed_total{why=\"slow\"} %" PRIu64 "\n"
	    "# HELP vplama_web_clients Connections open.\n"
	    "# TYPE vplama_web_clients gauge\n"
	    "vplama_web_clients %u\n",
	    s->ok, s->not_modified, s->refused, s->crowded, s->evicted, s->slow,
	    s->clients);
}

/* A body that is made for this answer. */
static void
own_body(struct answer *ret, struct reply_env *e, enum file_id id, int64_t now)
{
	FILE *f = open_memstream(&ret->own, &ret->n_body);

	if (f == NULL)
		fatal("open_memstream");
	if (id == FILE_METRICS)
		put_metrics(e, now, f);
	else if (e->site == NULL)
		fputs("no list yet\n", f);
	else
		fprintf(f, "%s\n",
		    now <= e->site->valid_until ? "ok"
						: "the list has expired");
	if (fclose(f) != 0)
		fatalx("out of memory");
	ret->body = ret->own;
}

static void
file_body(
    struct answer *ret, struct reply *r, struct reply_env *e, enum file_id id)
{
	r->file = id;
	r->policy = id == FILE_PAGE ? page_policy() : r->policy;
	ret->site = site_ref(e->site);
	ret->body = e->site->file[id].data;
	ret->n_body = e->site->file[id].len;
}

/* An error, in the words of its status. */
static void
error_body(struct answer *ret, struct reply *r)
{
	ret->body = http_reason(r->status);
	ret->n_body = strlen(ret->body);
	if (r->status == HTTP_METHOD)
		r->extra = "Allow: GET, HEAD\r\n";
	else if (r->status == HTTP_TOO_MANY || r->status == HTTP_UNAVAILABLE)
		r->extra = "Retry-After: 1\r\n";
}

static void
choose_body(struct answer *ret, struct reply *r, struct reply_env *e,
    const struct http_request *req, int64_t now)
{
	enum file_id id = site_find(req->path);

	if (id == FILES) {
		r->status = HTTP_NOT_FOUND;
		error_body(ret, r);
		return;
	}
	r->type = file_kind(id)->type;
	if (id == FILE_HEALTH || id == FILE_METRICS) {
		if (id == FILE_HEALTH &&
		    (e->site == NULL || now > e->site->valid_until))
			r->status = HTTP_UNAVAILABLE;
		own_body(ret, e, id, now);
	} else if (e->site == NULL) {
		r->status = HTTP_UNAVAILABLE;
		r->type = file_kind(FILE_LINES)->type;
		error_body(ret, r);
	} else {
		file_body(ret, r, e, id);
		if (http_unchanged(
			req, e->site->file[id].etag, e->site->modified))
			r->status = HTTP_NOT_MODIFIED;
	}
}

void
reply_make(struct reply_env *env, enum http_status parsed,
    const struct http_request *req, int64_t now, struct answer *ret)
{
	char cache[48] = "no-store";
	struct reply r = { .status = parsed,
		.type = "text/plain; charset=utf-8",
		.policy = "default-src 'none'",
		.cache = cache,
		.extra = "",
		.file = FILES };

	if (parsed == HTTP_OK)
		choose_body(ret, &r, env, req, now);
	else
		error_body(ret, &r);
	if (r.file != FILES)
		snprintf(
		    cache, sizeof(cache), "public, max-age=%u", env->max_age);
	r.len = ret->n_body;
	write_head(ret, &r, env, req->keep, now);
	if (req->head_only || r.status == HTTP_NOT_MODIFIED)
		ret->n_body = 0;
	count(&env->stats, r.status);
}
