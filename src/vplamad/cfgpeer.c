#include "vplamad/config.h"

#include <string.h>

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

bool
config_peer_same_id(const struct config_peer *a, const struct config_peer *b)
{
	return strcmp(a->name, b->name) == 0 &&
	    equal_ct(a->public_key, b->public_key, KEY_LEN) &&
	    equal_ct(a->pair_psk, b->pair_psk, KEY_LEN);
}

bool
config_peer_same_endpoints(
    const struct config_peer *a, const struct config_peer *b)
{
	unsigned i, n = a->given[PEER_OPT_endpoint].n;

	if (n != b->given[PEER_OPT_endpoint].n)
		return false;
	for (i = 0; i < n; i++)
		if (strcmp(a->endpoint[i], b->endpoint[i]) != 0)
			return false;
	return true;
}

bool
config_peer_same_prefixes(
    const struct config_peer *a, const struct config_peer *b)
{
	unsigned i, n = a->given[PEER_OPT_prefix].n;

	if (n != b->given[PEER_OPT_prefix].n)
		return false;
	for (i = 0; i < n; i++)
		if (!prefix_equal(&a->prefix[i], &b->prefix[i]))
			return false;
	return true;
}
