/*
 * Lists for tests/show/bad-lists.
 *
 *	bad_lists forge COUNT
 *	bad_lists make DIR SERIAL KEY@ADDRESS:PORT...
 *
 * forge: so many lists with a defect each, through the check that vplamad makes
 * them go through; prints "DEFECT TRIED TAKEN", and "good TRIED TAKEN" for
 * lists without one. make: DIR/list and DIR/list.minisig of these vnodes, of
 * now, by DIR/list.key, which is made when it is not there; prints the key.
 * DIR/other.minisig is by another one. SERIAL 0: the time.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fdutil.h"
#include "base/log.h"
#include "base/xmem.h"
#include "tests/unit/listgen.h"
#include "tests/unit/recgen.h"

#define SEED 20261121

struct forge {
	struct listgen g;
	struct minisign_key other;
	struct entry_hold hold;
	struct entry_list list;	  /* as it should be */
	struct listgen_file good; /* of it */
	struct listgen_file old;  /* an edition before */
};

static size_t
below(struct forge *f, size_t n)
{
	return rng_below(&f->g.rng, n);
}

static struct listgen_file
copy_good(const struct forge *f)
{
	struct listgen_file c = f->good;

	c.text = xmalloc(f->good.len + 1);
	memcpy(c.text, f->good.text, f->good.len + 1);
	return c;
}

/* A change somewhere: in the text or, but for the first line, the signature. */
static struct listgen_file
flipped_text(struct forge *f)
{
	struct listgen_file c = copy_good(f);

	c.text[below(f, c.len)] ^= (char)(1 + below(f, 255));
	return c;
}

static struct listgen_file
flipped_signature(struct forge *f)
{
	struct listgen_file c = copy_good(f);
	size_t first = strcspn(c.sig, "\n") + 1;
	size_t at = first + below(f, strlen(c.sig) - first);

	c.sig[at] ^= (char)(1 << below(f, 7));
	return c;
}

static struct listgen_file
truncated(struct forge *f)
{
	struct listgen_file c = copy_good(f);

	c.len = below(f, c.len);
	c.text[c.len] = '\0';
	return c;
}

static struct listgen_file
truncated_signature(struct forge *f)
{
	struct listgen_file c = copy_good(f);

	c.sig[below(f, strlen(c.sig) - 1)] = '\0';
	return c;
}

/* By the right key, but cut: whoever published it was stopped half-way. */
static struct listgen_file
truncated_and_signed(struct forge *f)
{
	return listgen_sign(
	    &f->g.signer, f->good.text, below(f, f->good.len - 3));
}

static struct listgen_file
wrong_signer(struct forge *f)
{
	struct minisign_key key = f->other;

	if (below(f, 2) == 0) /* that says it is ours */
		memcpy(key.pub.id, f->g.signer.pub.id, MINISIGN_ID);
	return listgen_publish(&key, &f->list);
}

static struct listgen_file
other_signature(struct forge *f)
{
	struct listgen_file c = copy_good(f);

	memcpy(c.sig, f->old.sig, sizeof(c.sig));
	return c;
}

/* Signed as it should be, with one member changed. */
static struct listgen_file
resigned(struct forge *f, const struct entry_list *l)
{
	return listgen_publish(&f->g.signer, l);
}

static struct listgen_file
stale(struct forge *f)
{
	struct entry_list l = f->list;
	int64_t s = ENTRY_LATE_S + 1 + (int64_t)below(f, 10000000);

	l.valid_until = LISTGEN_NOW - s;
	l.fresh_until = l.valid_until - 60;
	l.generated = l.fresh_until - 60;
	return resigned(f, &l);
}

static struct listgen_file
rolled_back(struct forge *f)
{
	struct entry_list l = f->list;

	l.serial = below(f, f->hold.serial);
	return resigned(f, &l);
}

static struct listgen_file
of_the_future(struct forge *f)
{
	struct entry_list l = f->list;

	l.generated = LISTGEN_NOW + RECORD_SKEW_S + 1 + (int64_t)below(f, 9999);
	l.fresh_until = l.generated + 60;
	l.valid_until = l.fresh_until + 60;
	return resigned(f, &l);
}

static struct listgen_file
wrong_network(struct forge *f)
{
	struct entry_list l = f->list;

	recgen_text(&f->g.rng, l.network, RECORD_NAME);
	if (strcmp(l.network, LISTGEN_NETWORK) == 0)
		strcpy(l.network, "lab2");
	return resigned(f, &l);
}

/* Any text at all, signed by the right key. */
static struct listgen_file
signed_text(struct forge *f, const char *text, size_t len)
{
	return listgen_sign(&f->g.signer, text, len);
}

static struct listgen_file
oversized(struct forge *f)
{
	size_t len = ENTRY_BYTES + 1 + below(f, 100);
	char *text = xmalloc(len);
	struct listgen_file c;

	memset(text, ' ', len); /* JSON does not mind */
	memcpy(text, f->good.text, f->good.len);
	c = signed_text(f, text, len);
	free(text);
	return c;
}

static struct listgen_file
too_many(struct forge *f)
{
	struct entry_list l = f->list;
	struct listgen_file c;
	unsigned i;

	l.n = ENTRY_SERVERS + 1 + (unsigned)below(f, 100);
	l.server = xcalloc(l.n, sizeof(*l.server));
	for (i = 0; i < l.n; i++) {
		rng_fill(&f->g.rng, l.server[i].key, RECORD_KEY);
		l.server[i].ep[0] = f->list.server[0].ep[0];
		l.server[i].n_ep = 1;
	}
	c = resigned(f, &l);
	free(l.server);
	return c;
}

static struct listgen_file
deep(struct forge *f)
{
	char text[4096];
	size_t n = 10 + below(f, sizeof(text) / 2 - 10);

	memset(text, '[', n);
	memset(text + n, ']', n);
	return signed_text(f, text, 2 * n);
}

static struct listgen_file
garbage(struct forge *f)
{
	uint8_t text[512];
	size_t n = below(f, sizeof(text));

	rng_fill(&f->g.rng, text, sizeof(text));
	return signed_text(f, (const char *)text, n);
}

/* One member of the right list gets a value that it may not have. */
static struct listgen_file
wrong_member(struct forge *f)
{
	static const char *const bad[][2] = {
		{ "vplama-entry/1", "vplama-entry/2" },
		{ "\"serial\":1000", "\"serial\":-100" },
		{ "\"serial\":1000", "\"serial\":\"10\"" },
		{ "\"generated\":", "\"generatec\":" },
		{ "\"valid_until\":", "\"valid_until\":-" },
		{ "\"network\":", "\"metwork\":" },
		{ "\"servers\":", "\"serverz\":" },
		{ "\"servers\":[", "\"servers\":[7," },
		{ "udp://", "tcp:/" },
		{ "\"id\":\"", "\"id\":\"A" },
		{ "]}\n", "]]\n" },
		{ "]}\n", "]}}" },
	};
	size_t i = below(f, sizeof(bad) / sizeof(bad[0]));
	const char *at = strstr(f->good.text, bad[i][0]);
	struct listgen_file c;
	char *text;

	if (at == NULL)
		fatalx("the list has no %s", bad[i][0]);
	text = xasprintf("%.*s%s%s", (int)(at - f->good.text), f->good.text,
	    bad[i][1], at + strlen(bad[i][0]));
	c = signed_text(f, text, strlen(text));
	free(text);
	return c;
}

static const struct {
	const char *name;
	struct listgen_file (*make)(struct forge *f);
	unsigned rare; /* costs much: one of so many turns */
} defects[] = {
	{ "flipped-text", flipped_text, 1 },
	{ "flipped-signature", flipped_signature, 1 },
	{ "truncated", truncated, 1 },
	{ "truncated-signature", truncated_signature, 1 },
	{ "truncated-and-signed", truncated_and_signed, 1 },
	{ "wrong-signer", wrong_signer, 1 },
	{ "other-signature", other_signature, 1 },
	{ "stale", stale, 1 },
	{ "rolled-back", rolled_back, 1 },
	{ "of-the-future", of_the_future, 1 },
	{ "wrong-network", wrong_network, 1 },
	{ "oversized", oversized, 8 },
	{ "too-many", too_many, 8 },
	{ "deep", deep, 1 },
	{ "garbage", garbage, 1 },
	{ "wrong-member", wrong_member, 1 },
};

#define DEFECTS (sizeof(defects) / sizeof(defects[0]))

static bool
taken(const struct forge *f, const struct listgen_file *c)
{
	char why[ENTRYCHECK_WHY];
	struct entry_checked said;
	bool ok = entrycheck_list(&f->hold, c->text, c->len, c->sig,
	    strlen(c->sig), LISTGEN_NOW, &said, why);

	entrycheck_fini(&said);
	return ok;
}

static void
forge_init(struct forge *f)
{
	listgen_init(&f->g, SEED);
	minisign_generate(&f->other);
	f->hold = listgen_hold(&f->g);
	f->list = listgen_list(&f->g, LISTGEN_VNODES);
	f->list.serial = 999;
	f->old = listgen_publish(&f->g.signer, &f->list);
	f->list.serial = 1000;
	f->good = listgen_publish(&f->g.signer, &f->list);
}

static void
forge(unsigned count)
{
	unsigned tried[DEFECTS] = { 0 }, got[DEFECTS] = { 0 }, n = 0, round;
	unsigned good = 0;
	struct forge *f = xcalloc(1, sizeof(*f));
	size_t i;

	forge_init(f);
	for (round = 0; n < count; round++) {
		good += taken(f, &f->good);
		for (i = 0; i < DEFECTS && n < count; i++) {
			struct listgen_file c;

			if (round % defects[i].rare != 0)
				continue;
			c = defects[i].make(f);
			tried[i]++;
			n++;
			got[i] += taken(f, &c);
			listgen_file_fini(&c);
		}
	}
	printf("good %u %u\n", round, good);
	for (i = 0; i < DEFECTS; i++)
		printf("%s %u %u\n", defects[i].name, tried[i], got[i]);
	entry_fini(&f->list);
	listgen_file_fini(&f->good);
	listgen_file_fini(&f->old);
	free(f);
}

static void
put(const char *dir, const char *name, const char *text, size_t len)
{
	char *path = xasprintf("%s/%s", dir, name);
	int rc = file_write(path, text, len, 0644);

	if (rc < 0)
		fatalx("%s: %s", path, strerror(-rc));
	free(path);
}

static void
take_vnode(struct entry_server *s, const char *text)
{
	const char *at = strchr(text, '@');
	char key[KEY_TEXT];

	if (at == NULL || at - text != KEY_TEXT - 1)
		fatalx("%s: no KEY@ADDRESS", text);
	snprintf(key, sizeof(key), "%s", text);
	if (!key_parse(key, s->key) || !addr_parse(at + 1, 7469, &s->ep[0]))
		fatalx("%s: no KEY@ADDRESS", text);
	s->n_ep = 1;
	s->up = true;
}

static struct minisign_key
key_of(const char *dir)
{
	char *path = xasprintf("%s/list.key", dir), text[MINISIGN_FILE_MAX];
	ssize_t len = file_read(path, text, sizeof(text));
	struct minisign_key key;
	const char *why;

	free(path);
	if (len < 0) {
		minisign_generate(&key);
		minisign_key_file(&key, text);
		put(dir, "list.key", text, strlen(text));
	} else if (!minisign_key_file_parse(text, (size_t)len, &key, &why)) {
		fatalx("list.key %s", why);
	}
	return key;
}

static void
make(const char *dir, uint64_t serial, char **vnode, unsigned n)
{
	const int64_t now = clock_wall();
	struct entry_list l = { .network = LISTGEN_NETWORK,
		.serial = serial != 0 ? serial : (uint64_t)now,
		.generated = now,
		.fresh_until = now + 3600,
		.valid_until = now + 86400,
		.n = n };
	struct minisign_key key = key_of(dir), other;
	struct listgen_file f, g;
	char pub[MINISIGN_KEY_TEXT];
	unsigned i;

	l.server = xcalloc(n + 1, sizeof(*l.server));
	for (i = 0; i < n; i++)
		take_vnode(&l.server[i], vnode[i]);
	minisign_generate(&other);
	f = listgen_publish(&key, &l);
	g = listgen_publish(&other, &l);
	put(dir, "list", f.text, f.len);
	put(dir, "list.minisig", f.sig, strlen(f.sig));
	put(dir, "other.minisig", g.sig, strlen(g.sig));
	minisign_pub_format(&key.pub, pub);
	printf("%s\n", pub);
	listgen_file_fini(&f);
	listgen_file_fini(&g);
	entry_fini(&l);
}

int
main(int argc, char **argv)
{
	log_init("bad_lists", LOG_LV_INFO);
	if (!crypto_start())
		fatalx("libsodium does not start");
	if (argc == 3 && strcmp(argv[1], "forge") == 0)
		forge((unsigned)strtoul(argv[2], NULL, 10));
	else if (argc >= 4 && strcmp(argv[1], "make") == 0)
		make(argv[2], strtoull(argv[3], NULL, 10), argv + 4,
		    (unsigned)(argc - 4));
	else
		fatalx("usage: bad_lists forge COUNT | make DIR SERIAL "
		       "KEY@ADDRESS..");
	return 0;
}
