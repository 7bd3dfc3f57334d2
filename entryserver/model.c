#include "entryserver/model.h"

#include <string.h>

bool
model_uri(const struct model *m, const struct entry_server *s,
    char out[static URI_TEXT])
{
	struct uri u = { .n_ep = s->n_ep };
	unsigned i;

	memcpy(u.key, s->key, sizeof(u.key));
	memcpy(u.name, s->name, sizeof(u.name));
	memcpy(u.network, m->list.network, sizeof(u.network));
	for (i = 0; i < s->n_ep; i++) {
		addr_host_format(&s->ep[i], u.ep[i].host);
		u.ep[i].port = s->ep[i].port;
	}
	return uri_write(&u, out);
}
