/* Vnodes that we have heard of, and lists of them: entry.*. */
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/xmem.h"
#include "core/exchange.h"
#include "ctl/book.h"
#include "ctl/call.h"
#include "ctl/json.h"
#include "wire/ctlmsg.h"
#include "wire/uri.h"

/* A reply has to fit into what the control socket lets wait for a client. */
#define PAGE 100

static const struct book *
the_book(struct ctl_call *call)
{
	const struct book *b = exchange_book(call->ctl->core);

	if (b == NULL)
		call_fail(call, "no-exchange", "this node keeps no book");
	return b;
}

static int
by_key(const void *a, const void *b)
{
	const struct book_entry *const *x = a, *const *y = b;

	return memcmp((*x)->key, (*y)->key, RECORD_KEY);
}

/*
 * Those behind that key (NULL: all), in order; the caller frees. False: there
 * is no memory for all of them.
 */
static bool
sorted(const struct book *b, const uint8_t *after,
    const struct book_entry ***ret, size_t *ret_n)
{
	const struct book_entry **all = NULL, **more, *e;
	size_t pos = 0, n = 0, room = 0;

	while ((e = book_each(b, &pos)) != NULL) {
		if (after != NULL && memcmp(e->key, after, RECORD_KEY) <= 0)
			continue;
		if (n == room) {
			room = room == 0 ? 64 : 2 * room;
			more = try_reallocarray(all, room, sizeof(*all));
			if (more == NULL) {
				free(all);
				return false;
			}
			all = more;
		}
		all[n++] = e;
	}
	if (n > 0)
		qsort(all, n, sizeof(*all), by_key);
	*ret = all;
	*ret_n = n;
	return true;
}

struct json_object *
cmd_entry_list(struct ctl_call *call)
{
	const struct book *b = the_book(call);
	struct json_object *v = call_arg(call, "after"), *o, *list;
	const struct book_entry **all;
	uint8_t after[KEY_LEN];
	size_t n, i;

	if (b == NULL)
		return NULL;
	if (v != NULL && !key_parse(json_object_get_string(v), after))
		return call_fail(call, "bad-argument",
		    "entry.list: after must be a public key");
	if (!sorted(b, v != NULL ? after : NULL, &all, &n))
		return call_fail(
		    call, "refused", "entry.list: there is no memory");
	o = json_object_new_object();
	list = json_object_new_array();
	for (i = 0; i < n && i < PAGE; i++)
		json_object_array_add(
		    list, entry_json(call->ctl->core, all[i]));
	put_u64(o, "version", CTL_VERSION);
	json_object_object_add(o, "entries", list);
	put_bool(o, "more", n > PAGE);
	free(all);
	return o;
}

/* A vnode's own URI; null where it does not fit. */
static void
put_uri(struct json_object *o, const struct core *c, const struct record *r)
{
	char text[URI_TEXT];
	struct uri u = { .n_ep = r->n_ep };
	unsigned i;

	memcpy(u.key, r->key, RECORD_KEY);
	strcpy(u.name, r->name);
	strcpy(u.network, c->network);
	for (i = 0; i < r->n_ep; i++) {
		addr_host_format(&r->ep[i], u.ep[i].host);
		u.ep[i].port = r->ep[i].port;
	}
	if (uri_write(&u, text))
		put_str(o, "uri", text);
	else
		json_object_object_add(o, "uri", NULL);
}

struct json_object *
cmd_entry_self(struct ctl_call *call)
{
	const struct core *c = call->ctl->core;
	char text[BASE64_TEXT(RECORD_MAX)];
	uint8_t raw[RECORD_MAX];
	struct json_object *o;
	struct record r;
	size_t len;

	if (the_book(call) == NULL)
		return NULL;
	if (!exchange_own(c, &r, raw, &len))
		return call_fail(call, "no-endpoint",
		    "no address of ours is known at which others can dial us; "
		    "option advertise names one");
	base64_format(BASE64_PLAIN, raw, len, text);
	o = json_object_new_object();
	put_u64(o, "version", CTL_VERSION);
	put_key(o, "public_key", r.key);
	put_str(o, "network", c->network);
	json_object_object_add(o, "record", record_json(&r));
	put_str(o, "signed", text);
	put_uri(o, c, &r);
	return o;
}

struct json_object *
cmd_entry_add(struct ctl_call *call)
{
	const struct ctl_host *host = call->ctl->host;
	struct json_object *from = call_arg(call, "from"), *o;
	const char *why = NULL, *news;

	if (the_book(call) == NULL)
		return NULL;
	news = host->entry_add(host->arg,
	    json_object_get_string(call_arg(call, "uri")),
	    from != NULL ? json_object_get_string(from) : NULL, &why);
	if (news == NULL)
		return call_fail(call, "refused", "entry.add: the URI %s", why);
	o = json_object_new_object();
	put_u64(o, "version", CTL_VERSION);
	put_str(o, "news", news);
	return o;
}

struct json_object *
cmd_entry_revoke(struct ctl_call *call)
{
	struct json_object *v = call_arg(call, "revocation"), *o;
	uint8_t raw[REVOKE_LEN];
	size_t len = 0;

	if (the_book(call) == NULL)
		return NULL;
	if (!base64_parse(BASE64_PLAIN, json_object_get_string(v),
		(size_t)json_object_get_string_len(v), raw, sizeof(raw),
		&len) ||
	    len != sizeof(raw))
		return call_fail(call, "bad-argument",
		    "entry.revoke: revocation must be base64 of %d bytes",
		    REVOKE_LEN);
	if (!exchange_revoke(call->ctl->core, raw, len, call->t))
		return call_fail(call, "refused",
		    "entry.revoke: it is not signed by the key itself or by a "
		    "trust-authority, for another network, or one more than "
		    "there is room for");
	o = json_object_new_object();
	put_u64(o, "version", CTL_VERSION);
	return o;
}

struct json_object *
cmd_entry_fetch(struct ctl_call *call)
{
	const struct ctl_host *host = call->ctl->host;
	struct json_object *o;
	const char *why = NULL;

	if (!host->entry_fetch(host->arg, &why))
		return call_fail(call, "refused", "entry.fetch: %s", why);
	o = json_object_new_object();
	put_u64(o, "version", CTL_VERSION);
	return o;
}

/* What only the daemon knows, under that name. */
static struct json_object *
from_host(struct ctl_call *call, const char *name,
    struct json_object *(*ask)(void *arg))
{
	struct json_object *o = json_object_new_object();

	put_u64(o, "version", CTL_VERSION);
	json_object_object_add(o, name, ask(call->ctl->host->arg));
	return o;
}

struct json_object *
cmd_entry_sources(struct ctl_call *call)
{
	return from_host(call, "sources", call->ctl->host->entry_sources);
}

struct json_object *
cmd_entry_audit(struct ctl_call *call)
{
	return from_host(call, "lists", call->ctl->host->entry_audit);
}
