#include "tests/unit/listgen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmem.h"
#include "crypto/sign.h"
#include "tests/unit/recgen.h"

void
listgen_init(struct listgen *g, uint64_t seed)
{
	uint8_t key[KEY_LEN];
	unsigned i;

	memset(g, 0, sizeof(*g));
	g->rng = rng_seeded(seed);
	minisign_generate(&g->signer);
	network_open(&g->net, LISTGEN_NETWORK, strlen(LISTGEN_NETWORK));
	for (i = 0; i < LISTGEN_VNODES; i++)
		do {
			rng_fill(&g->rng, key, sizeof(key));
		} while (!identity_from_seed(key, &g->id[i]));
}

size_t
listgen_record(struct listgen *g, const struct identity *id,
    const struct network *net, uint8_t out[RECORD_MAX])
{
	struct record r = recgen_record(&g->rng);
	size_t len;

	memcpy(r.key, id->ed_pk, sizeof(r.key));
	r.issued = (uint64_t)LISTGEN_NOW;
	r.life = RECORD_LIFE_S;
	len = record_write(&r, out);
	if (len == 0)
		abort();
	identity_sign(id, SIGN_RECORD, net->netid, out, len, out + len);
	return len + SIG_LEN;
}

struct entry_list
listgen_list(struct listgen *g, unsigned n)
{
	struct entry_list l = { .network = LISTGEN_NETWORK,
		.publisher = "somebody",
		.serial = 1000,
		.generated = LISTGEN_NOW - 60,
		.fresh_until = LISTGEN_NOW + 3600,
		.valid_until = LISTGEN_NOW + 86400,
		.n = n };
	unsigned i;

	l.server = xcalloc(n + 1, sizeof(*l.server));
	for (i = 0; i < n; i++) {
		struct entry_server *s = &l.server[i];

		memcpy(s->key, g->id[i].ed_pk, sizeof(s->key));
		s->ep[0] = recgen_endpoint(&g->rng);
		s->n_ep = 1;
		s->up = true;
		s->first_seen = LISTGEN_NOW - 400000;
		s->observed = 300000;
		s->uptime_7d = s->uptime_30d = 99;
		memset(s->day, 99, sizeof(s->day));
		s->load = RECORD_LOAD_UNKNOWN;
		s->record_len =
		    listgen_record(g, &g->id[i], &g->net, s->record);
	}
	return l;
}

struct listgen_file
listgen_sign(const struct minisign_key *key, const char *text, size_t len)
{
	struct listgen_file f = { .text = xmalloc(len + 1), .len = len };
	char comment[MINISIGN_COMMENT], pub[MINISIGN_KEY_TEXT];

	memcpy(f.text, text, len);
	f.text[len] = '\0';
	minisign_pub_format(&key->pub, pub);
	snprintf(comment, sizeof(comment), "file:entry.json\tkey:%s", pub);
	minisign_sign(key, text, len, comment, f.sig);
	return f;
}

struct listgen_file
listgen_publish(const struct minisign_key *key, const struct entry_list *l)
{
	size_t len;
	char *text = entry_write(l, &len);
	struct listgen_file f = listgen_sign(key, text, len);

	free(text);
	return f;
}

void
listgen_file_fini(struct listgen_file *f)
{
	free(f->text);
	f->text = NULL;
}

struct entry_hold
listgen_hold(const struct listgen *g)
{
	struct entry_hold h = { .serial = 1000, .network = LISTGEN_NETWORK };

	minisign_pub_format(&g->signer.pub, h.key);
	memcpy(h.netid, g->net.netid, sizeof(h.netid));
	return h;
}
