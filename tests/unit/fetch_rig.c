#include "tests/unit/fetch_rig.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "io/fetch.c"

static void
close_now(struct fix *f, struct bufferevent *bev, bool reset)
{
	const struct linger lin = { 1, 0 };
	unsigned i;

	if (reset)
		setsockopt(bufferevent_getfd(bev), SOL_SOCKET, SO_LINGER, &lin,
		    sizeof(lin));
	for (i = 0; i < f->n_open; i++)
		if (f->open[i] == bev)
			f->open[i] = f->open[--f->n_open];
	bufferevent_free(bev);
}

struct conn {
	struct fix *f;
	const struct page *page;
};

static void
on_written(struct bufferevent *bev, void *arg)
{
	struct conn *c = arg;
	unsigned i;

	if (c->page == NULL || c->page->keep)
		return;
	if (c->page->repeat == NULL) {
		close_now(c->f, bev, c->page->reset);
		free(c);
		return;
	}
	for (i = 0; i < 512; i++)
		bufferevent_write(
		    bev, c->page->repeat, strlen(c->page->repeat));
}

static void
answer(struct conn *c, struct bufferevent *bev, const struct page *p)
{
	char *fill = xmalloc(p->fill + 1);
	size_t len = p->len != 0 ? p->len : strlen(p->text);

	memset(fill, 'x', p->fill);
	c->page = p;
	if (len > 0)
		bufferevent_write(bev, p->text, len);
	bufferevent_write(bev, fill, p->fill);
	free(fill);
	if (len + p->fill == 0 && !p->keep)
		on_written(bev, c);
}

static void
on_request(struct bufferevent *bev, void *arg)
{
	struct conn *c = arg;
	struct fix *f = c->f;
	struct evbuffer *in = bufferevent_get_input(bev);
	size_t n = evbuffer_get_length(in), len;
	unsigned i;

	if (evbuffer_search(in, "\r\n\r\n", 4, NULL).pos < 0)
		return;
	assert_true(n < sizeof(f->request));
	evbuffer_remove(in, f->request, n);
	f->request[n] = '\0';
	f->asked++;
	for (i = 0; i < f->n_pages; i++) {
		len = strlen(f->page[i].path);
		if (strncmp(f->request, "GET ", 4) == 0 &&
		    strncmp(f->request + 4, f->page[i].path, len) == 0 &&
		    f->request[4 + len] == ' ') {
			answer(c, bev, &f->page[i]);
			return;
		}
	}
	fail_msg("nobody serves %s", f->request);
}

static void
on_gone(struct bufferevent *bev, short what, void *arg)
{
	struct conn *c = arg;

	(void)what;
	close_now(c->f, bev, false);
	free(c);
}

static void
on_accept(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *sa,
    int len, void *arg)
{
	struct fix *f = arg;
	struct bufferevent *bev = bufferevent_socket_new(
	    evconnlistener_get_base(l), fd, BEV_OPT_CLOSE_ON_FREE);
	struct conn *c = xcalloc(1, sizeof(*c));

	(void)sa;
	(void)len;
	c->f = f;
	bufferevent_setcb(bev, on_request, on_written, on_gone, c);
	bufferevent_enable(bev, EV_READ | EV_WRITE);
	assert_true(f->n_open < 64);
	f->open[f->n_open++] = bev;
}

int
fix_setup(void **state)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	struct fix *f = xcalloc(1, sizeof(*f));

	env_init(&f->e);
	f->f = fetch_open(f->e.loop);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	f->l = evconnlistener_new_bind(loop_base(f->e.loop), on_accept, f,
	    LEV_OPT_CLOSE_ON_FREE, 16, (struct sockaddr *)&sin, sizeof(sin));
	assert_non_null(f->l);
	assert_int_equal(getsockname(evconnlistener_get_fd(f->l),
			     (struct sockaddr *)&sin, &len),
	    0);
	f->port = ntohs(sin.sin_port);
	*state = f;
	return 0;
}

int
fix_teardown(void **state)
{
	struct fix *f = *state;
	void *c;

	fetch_close(f->f);
	while (f->n_open > 0) {
		bufferevent_getcb(f->open[0], NULL, NULL, NULL, &c);
		close_now(f, f->open[0], false);
		free(c);
	}
	evconnlistener_free(f->l);
	free(f->text);
	free(f->sig);
	env_fini(&f->e);
	free(f);
	return 0;
}

void
on_done(void *arg, const struct fetch_result *res)
{
	struct fix *f = arg;

	free(f->text);
	free(f->sig);
	f->res = *res;
	f->text = xcalloc(1, res->len + 1);
	if (res->len > 0)
		memcpy(f->text, res->text, res->len);
	f->sig = xcalloc(1, res->sig_len + 1);
	if (res->sig_len > 0)
		memcpy(f->sig, res->sig, res->sig_len);
	if (res->n_hint > 0)
		memcpy(f->hint, res->hint, res->n_hint * sizeof(f->hint[0]));
	f->done++;
}

static bool
all_done(void *arg)
{
	struct fix *f = arg;

	return f->done == f->want;
}

void
fix_limit(struct fix *f, unsigned ms)
{
	f->f->limit_ms = ms;
}

void
serve(struct fix *f, const struct page *p, size_t n)
{
	memcpy(f->page, p, n * sizeof(*p));
	f->n_pages = (unsigned)n;
	f->page[f->n_pages++] = (struct page){ .path = "/list.minisig",
		.text = "HTTP/1.1 200 OK\r\n\r\n" SIG_TEXT };
}

void
begin(struct fix *f, enum source_kind kind, const char *url, const char *etag)
{
	struct source src = { .kind = kind };

	snprintf(src.url, sizeof(src.url), "%s", url);
	f->want++;
	fetch_begin(f->f, &src, etag, on_done, f);
	assert_true(f->done < f->want); /* never from within */
}

void
wait_done(struct fix *f)
{
	env_until(&f->e, all_done, f);
}

void
get(struct fix *f, enum source_kind kind, const char *url)
{
	begin(f, kind, url, "");
	wait_done(f);
}

void
get_list(struct fix *f, const char *etag)
{
	char url[64];

	snprintf(url, sizeof(url), "http://127.0.0.1:%u/list", f->port);
	begin(f, SOURCE_HTTP, url, etag);
	wait_done(f);
}

void
expect_fail(const struct fix *f, const char *why)
{
	assert_false(f->res.ok);
	if (strstr(f->res.why, why) == NULL)
		fail_msg("\"%s\" lacks \"%s\"", f->res.why, why);
}

void
expect_list(const struct fix *f)
{
	if (!f->res.ok)
		fail_msg("%s: %s", f->request, f->res.why);
	assert_false(f->res.unchanged);
	assert_string_equal(f->text, LIST_TEXT);
	assert_int_equal(f->res.len, strlen(LIST_TEXT));
	assert_string_equal(f->sig, SIG_TEXT);
	assert_int_equal(f->res.sig_len, strlen(SIG_TEXT));
}
