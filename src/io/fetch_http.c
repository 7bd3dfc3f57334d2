#include "io/fetch_part.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/xmem.h"
#include "io/loop.h"
#include "io/resolve.h"

#define HTTP_TRIES 4	   /* addresses of one name */
#define HTTP_CONNECT_S 3   /* for one of several */
#define HTTP_HEADERS 16384 /* bytes */

struct http {
	struct fetch_ask ask;
	fetch_got_fn *done;
	void *arg;
	struct evhttp_uri *uri;
	struct lookup *lookup;
	struct addr ep[HTTP_TRIES];
	struct evhttp_connection *conn[HTTP_TRIES]; /* till the end */
	unsigned n, at;
	size_t seen; /* bytes from the server, headers and all */
	enum evhttp_request_error err;
	struct fetch_got got;
	bool over;
};

static void
finish(struct http *h)
{
	if (h->over)
		return;
	h->over = true;
	h->done(h->arg, &h->got);
}

static void
fail(struct http *h, const char *why)
{
	if (h->over)
		return;
	fetch_got_fail(&h->got, "%s", why);
	finish(h);
}

/* Chunks and headers cost, too, also those that evhttp skips. */
static size_t
most_bytes(const struct http *h)
{
	return h->ask.max + h->ask.max / 2 + 2 * HTTP_HEADERS;
}

static void
on_bytes(struct evbuffer *buf, const struct evbuffer_cb_info *info, void *arg)
{
	struct http *h = arg;

	(void)buf;
	h->seen += info->n_added;
	if (h->seen > most_bytes(h))
		fail(h, "sends too much");
}

static const char *
error_text(const struct http *h)
{
	switch (h->err) {
	case EVREQ_HTTP_TIMEOUT:
		return "does not answer in time";
	case EVREQ_HTTP_EOF:
		return "closes the connection early";
	case EVREQ_HTTP_INVALID_HEADER:
		return "its answer is no HTTP, or its headers are too long";
	case EVREQ_HTTP_DATA_TOO_LONG:
		return "sends too much";
	case EVREQ_HTTP_BUFFER_ERROR:
	case EVREQ_HTTP_REQUEST_CANCEL:
	default:
		return h->seen > 0 ? "the connection breaks"
				   : "cannot be reached";
	}
}

static void
on_error(enum evhttp_request_error err, void *arg)
{
	struct http *h = arg;

	h->err = err;
}

static void
take_body(struct http *h, struct evhttp_request *req)
{
	struct evbuffer *buf = evhttp_request_get_input_buffer(req);
	size_t len = evbuffer_get_length(buf);

	if (len > h->ask.max) {
		fail(h, "sends too much");
		return;
	}
	h->got.data = try_malloc(len + 1);
	if (h->got.data == NULL) {
		fail(h, FETCH_NO_MEMORY);
		return;
	}
	(void)evbuffer_copyout(buf, h->got.data, len);
	h->got.data[len] = '\0';
	h->got.len = len;
	finish(h);
}

static void
take_answer(struct http *h, struct evhttp_request *req)
{
	const struct evkeyvalq *head = evhttp_request_get_input_headers(req);
	const char *etag = evhttp_find_header(head, "ETag");
	const char *to = evhttp_find_header(head, "Location");
	const char *coding = evhttp_find_header(head, "Content-Encoding");

	if (coding != NULL && strcasecmp(coding, "identity") != 0) {
		fail(h, "is compressed, which nobody asked for");
		return;
	}
	if (etag != NULL)
		fetch_got_etag(&h->got, etag, strlen(etag));
	if (to != NULL && strlen(to) < sizeof(h->got.location))
		memcpy(h->got.location, to, strlen(to) + 1);
	take_body(h, req);
}

static void try_next(struct http *h);

static void
on_answer(struct evhttp_request *req, void *arg)
{
	struct http *h = arg;

	if (h->over)
		return;
	h->got.status =
	    req == NULL ? 0 : (unsigned)evhttp_request_get_response_code(req);
	if (h->got.status != 0)
		take_answer(h, req);
	else if (h->seen == 0 && h->at < h->n)
		try_next(h);
	else
		fail(h, error_text(h));
}

static struct evhttp_connection *
connect_to(struct http *h, const struct addr *to)
{
	struct evhttp_connection *conn;
	struct bufferevent *bev;
	char ip[ADDR_HOST];

	conn = evhttp_connection_base_new(
	    loop_base(h->ask.loop), NULL, addr_host_format(to, ip), to->port);
	if (conn == NULL)
		return NULL;
	evhttp_connection_set_timeout(
	    conn, h->at + 1 < h->n ? HTTP_CONNECT_S : FETCH_TIMEOUT_S);
	evhttp_connection_set_max_headers_size(conn, HTTP_HEADERS);
	evhttp_connection_set_max_body_size(conn, (ev_ssize_t)h->ask.max);
	bev = evhttp_connection_get_bufferevent(conn);
	if (evbuffer_add_cb(bufferevent_get_input(bev), on_bytes, h) == NULL)
		fatalx("out of memory for a connection");
	return conn;
}

static struct evhttp_request *
make_request(struct http *h)
{
	struct evhttp_request *req = evhttp_request_new(on_answer, h);
	const char *name = evhttp_uri_get_host(h->uri);
	int port = evhttp_uri_get_port(h->uri);
	struct evkeyvalq *head;
	char host[300];

	if (req == NULL)
		return NULL;
	evhttp_request_set_error_cb(req, on_error);
	if (port > 0 && port != 80)
		snprintf(host, sizeof(host), "%s:%d", name, port);
	else
		snprintf(host, sizeof(host), "%s", name);
	head = evhttp_request_get_output_headers(req);
	evhttp_add_header(head, "Host", host);
	evhttp_add_header(head, "User-Agent", "vplama");
	evhttp_add_header(head, "Connection", "close");
	if (h->ask.etag[0] != '\0')
		evhttp_add_header(head, "If-None-Match", h->ask.etag);
	return req;
}

/* evhttp may call back from within. */
static void
try_next(struct http *h)
{
	const char *path = evhttp_uri_get_path(h->uri);
	const char *query = evhttp_uri_get_query(h->uri);
	struct evhttp_request *req = make_request(h);
	struct evhttp_connection *conn = connect_to(h, &h->ep[h->at]);
	char target[FETCH_URL + 2];

	h->conn[h->at++] = conn;
	h->err = EVREQ_HTTP_BUFFER_ERROR;
	snprintf(target, sizeof(target), "%s%s%s",
	    path == NULL || path[0] == '\0' ? "/" : path,
	    query != NULL ? "?" : "", query != NULL ? query : "");
	if (req == NULL || conn == NULL) {
		if (req != NULL)
			evhttp_request_free(req);
		fail(h, "out of memory");
	} else if (evhttp_make_request(conn, req, EVHTTP_REQ_GET, target) < 0) {
		fail(h, "cannot be reached");
	}
}

/* One of each family first: one of them may lead nowhere. */
static void
take_addresses(struct http *h, const struct addr *ep, unsigned n)
{
	unsigned i, other;

	for (other = 1; other < n; other++)
		if (addr_is_v4(&ep[other]) != addr_is_v4(&ep[0]))
			break;
	h->ep[h->n++] = ep[0];
	if (other < n)
		h->ep[h->n++] = ep[other];
	for (i = 1; i < n && h->n < HTTP_TRIES; i++)
		if (i != other)
			h->ep[h->n++] = ep[i];
}

static void
on_resolved(void *arg, const struct resolved *got, struct turn *t)
{
	struct http *h = arg;

	(void)t;
	h->lookup = NULL;
	if (got->n == 0) {
		fetch_got_fail(&h->got, "its name: %s", got->why);
		finish(h);
		return;
	}
	take_addresses(h, got->ep, got->n);
	try_next(h);
}

/* Without the brackets of an IPv6 address; false: no host or a user's name. */
static bool
host_of(const struct evhttp_uri *uri, char *ret, size_t max)
{
	const char *host = evhttp_uri_get_host(uri);
	size_t len = host == NULL ? 0 : strlen(host);

	if (evhttp_uri_get_userinfo(uri) != NULL || len == 0 || len >= max)
		return false;
	if (host[0] == '[') {
		host++;
		len -= 2;
	}
	memcpy(ret, host, len);
	ret[len] = '\0';
	return true;
}

static void
look_up(struct http *h)
{
	int port = evhttp_uri_get_port(h->uri);
	char host[256];

	if (!host_of(h->uri, host, sizeof(host))) {
		fail(h, "its address has no host, or a user's name");
		return;
	}
	h->lookup = resolve_start(h->ask.resolve, host,
	    port > 0 ? (uint16_t)port : 80, on_resolved, h);
}

static void *
http_begin(const struct fetch_ask *ask, fetch_got_fn *done, void *arg)
{
	struct http *h = xcalloc(1, sizeof(*h));

	h->ask = *ask;
	h->done = done;
	h->arg = arg;
	h->uri = evhttp_uri_parse(ask->url);
	if (h->uri == NULL)
		fail(h, "is no address of HTTP");
	else
		look_up(h);
	return h;
}

static void
http_end(void *part)
{
	struct http *h = part;
	unsigned i;

	h->over = true;
	if (h->lookup != NULL)
		resolve_cancel(h->lookup);
	for (i = 0; i < h->at; i++)
		if (h->conn[i] != NULL)
			evhttp_connection_free(h->conn[i]);
	if (h->uri != NULL)
		evhttp_uri_free(h->uri);
	fetch_got_fini(&h->got);
	free(h);
}

const struct fetch_ops fetch_http_ops = { http_begin, http_end };
