#include <stdio.h>
#include <string.h>

#include "base/xmem.h"
#include "ctl/call.h"
#include "ctl/json.h"

#define KEY_PREFIX 6 /* fewer characters of a key are taken for nobody's */

/* The id that a text spells, or 0, which no peer has. */
static uint32_t
text_id(const char *s)
{
	uint64_t id = 0;
	size_t i;

	for (i = 0; s[i] != '\0'; i++) {
		if (s[i] < '0' || s[i] > '9' || i == 10)
			return 0;
		id = id * 10 + (uint64_t)(s[i] - '0');
	}
	return id <= UINT32_MAX ? (uint32_t)id : 0;
}

/* By the beginning of its key; *ret_n is how many it fits. */
static struct peer *
find_by_key(struct core *c, const char *s, unsigned *ret_n)
{
	struct peer *p, *found = NULL;
	size_t len = strlen(s);
	char text[KEY_TEXT];

	*ret_n = 0;
	if (len < KEY_PREFIX)
		return NULL;
	TAILQ_FOREACH (p, &c->peers, link) {
		if (!p->ed_known || peer_is_trial(p))
			continue;
		key_format(p->cfg.ed_pk, text);
		if (strncmp(text, s, len) == 0) {
			found = p;
			++*ret_n;
		}
	}
	return found;
}

struct peer *
call_peer(struct ctl_call *call)
{
	struct json_object *v = call_arg(call, "peer");
	const char *s = json_object_get_string(v);
	struct core *c = call->ctl->core;
	struct peer *p = NULL;
	unsigned n = 0;

	if (json_object_is_type(v, json_type_string))
		p = core_peer_by_name(c, s);
	if (p == NULL && text_id(s) != 0)
		p = core_peer_by_id(c, text_id(s));
	if (p != NULL && peer_is_trial(p))
		p = NULL;
	if (p == NULL)
		p = find_by_key(c, s, &n);
	if (n > 1) {
		call_fail(call, "ambiguous-peer",
		    "%u peers have a key that begins with %.64s", n, s);
		return NULL;
	}
	if (p == NULL)
		call_fail(call, "no-such-peer",
		    "no peer has the name, id or public key %.64s", s);
	return p;
}

static const char *
arg_text(const struct ctl_call *call, const char *name)
{
	return json_object_get_string(call_arg(call, name));
}

/* The peer as `show` has it, if the daemon knows it by now. */
static struct json_object *
added(const struct ctl_call *call, const char *name)
{
	struct json_object *o = json_object_new_object();
	struct core *c = call->ctl->core;
	const struct peer *p = core_peer_by_name(c, name);

	json_object_object_add(
	    o, "peer", p == NULL ? NULL : peer_json(c, p, call->t->now));
	return o;
}

struct json_object *
cmd_peers_add(struct ctl_call *call)
{
	const struct ctl_host *host = call->ctl->host;
	struct json_object *list = call_arg(call, "endpoints");
	size_t i, n = list == NULL ? 0 : json_object_array_length(list);
	const char *name = arg_text(call, "name");
	const char **texts, *why = NULL;
	bool ok;

	if (name[0] == '\0' || strlen(name) > PEER_NAME_MAX)
		return call_fail(call, "bad-argument",
		    "peers.add: name must be 1 to %d bytes", PEER_NAME_MAX);
	if (n > PEER_ENDPOINTS)
		return call_fail(call, "bad-argument",
		    "peers.add: a peer has at most %d endpoints",
		    PEER_ENDPOINTS);
	texts = xcalloc(n + 1, sizeof(*texts));
	for (i = 0; i < n; i++)
		texts[i] =
		    json_object_get_string(json_object_array_get_idx(list, i));
	ok = host->peer_add(
	    host->arg, name, arg_text(call, "public_key"), texts, n, &why);
	free(texts);
	if (!ok)
		return call_fail(call, "refused", "peers.add: %s", why);
	return added(call, name);
}

struct json_object *
cmd_peers_del(struct ctl_call *call)
{
	const struct ctl_host *host = call->ctl->host;
	struct peer *p = call_peer(call);
	struct json_object *o;
	const char *why = NULL;

	if (p == NULL)
		return NULL;
	o = json_object_new_object();
	put_u64(o, "id", p->id); /* before p is gone */
	put_str(o, "name", p->cfg.name);
	if (!host->peer_del(host->arg, p, &why)) {
		json_object_put(o);
		return call_fail(call, "refused", "peers.del: %s", why);
	}
	return o;
}
