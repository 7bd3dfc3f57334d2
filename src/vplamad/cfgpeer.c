#include "vplamad/config.h"

#include <stdlib.h>
#include <string.h>

#include "base/xmem.h"
#include "crypto/prim.h"
#include "vplamad/option.h"

const char *
config_peer_make(const char *name, const char *key,
    const char *const *endpoints, size_t n, struct config_peer *ret)
{
	const struct option *o = &peer_options[PEER_OPT_public_key];
	struct config_peer p = { 0 };
	const char *why = option_name_check(name, PEER_NAME_MAX);
	size_t i;

	if (why != NULL)
		return "the name is not 1 to 64 bytes of printable UTF-8";
	strcpy(p.name, name);
	if (o->type->parse(o, key, p.public_key) != NULL ||
	    !key_to_x25519(p.public_key, p.x_pk))
		return "the key is no public key";
	p.given[PEER_OPT_public_key].n = 1;
	if (n > PEER_ENDPOINTS)
		return "more than 8 endpoints";
	o = &peer_options[PEER_OPT_endpoint];
	for (i = 0; i < n; i++)
		if (o->type->parse(o, endpoints[i], p.endpoint[i]) != NULL)
			return "an endpoint is not host:port or "
			       "[IPv6 address]:port";
	p.given[PEER_OPT_endpoint].n = (unsigned)n;
	*ret = p;
	return NULL;
}

void
config_kept_free(struct config_kept *k)
{
	unsigned i;

	for (i = 0; i < k->given[PEER_OPT_endpoint].n; i++)
		free(k->endpoint[i]);
	free(k->endpoint);
	free(k->prefix);
	free(k->file);
	wipe(k, sizeof(*k));
}

void
config_keep(struct config_kept *k, struct config_peer *c)
{
	unsigned i, n = c->given[PEER_OPT_endpoint].n;
	size_t n_prefix = c->given[PEER_OPT_prefix].n;

	config_kept_free(k);
	strcpy(k->name, c->name);
	memcpy(k->public_key, c->public_key, KEY_LEN);
	memcpy(k->pair_psk, c->pair_psk, KEY_LEN);
	memcpy(k->given, c->given, sizeof(k->given));
	k->trust_renumber = c->trust_renumber;
	k->line = c->line;
	k->file = c->file;
	c->file = NULL;
	k->endpoint = xcalloc(n, sizeof(*k->endpoint));
	for (i = 0; i < n; i++)
		k->endpoint[i] = xstrdup(c->endpoint[i]);
	k->prefix = xcalloc(n_prefix, sizeof(*k->prefix));
	memcpy(k->prefix, c->prefix, n_prefix * sizeof(*k->prefix));
}

bool
config_same_id(const struct config_kept *k, const struct config_peer *c)
{
	return strcmp(k->name, c->name) == 0 &&
	    equal_ct(k->public_key, c->public_key, KEY_LEN) &&
	    equal_ct(k->pair_psk, c->pair_psk, KEY_LEN);
}

bool
config_same_endpoints(const struct config_kept *k, const struct config_peer *c)
{
	unsigned i, n = k->given[PEER_OPT_endpoint].n;

	if (n != c->given[PEER_OPT_endpoint].n)
		return false;
	for (i = 0; i < n; i++)
		if (strcmp(k->endpoint[i], c->endpoint[i]) != 0)
			return false;
	return true;
}

bool
config_same_prefixes(const struct config_kept *k, const struct config_peer *c)
{
	unsigned i, n = k->given[PEER_OPT_prefix].n;

	if (n != c->given[PEER_OPT_prefix].n)
		return false;
	for (i = 0; i < n; i++)
		if (!prefix_equal(&k->prefix[i], &c->prefix[i]))
			return false;
	return true;
}
