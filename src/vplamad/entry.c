#include "vplamad/entry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xmem.h"
#include "core/exchange.h"
#include "io/worker.h"
#include "vplamad/entry_in.h"
#include "vplamad/keep.h"
#include "vplamad/vplamad.h"

#define FIRST_S 2    /* what we remember is dialled first */
#define LOOK_S 60    /* nobody is wanted: look again */
#define APART_S 3600 /* between two lists of one source */
#define MOST_S 86400 /* however fresh it says it stays */
#define RETRY_S 60   /* doubles up to APART_S */
#define JITTER 20    /* percent to either side */
#define DNS_FRESH_S APART_S

/* A list on its way through entrycheck_list(), on a thread. */
struct check {
	struct list *owner; /* the loop's alone */
	struct entry_hold hold;
	char *text, *sig, *etag;
	size_t len, sig_len;
	int64_t now;
	bool ok;
	struct entry_checked said;
	char why[ENTRYCHECK_WHY];
};

static struct mono
jittered(const struct turn *t, uint32_t s)
{
	uint64_t us = (uint64_t)s * MONO_SEC, span = us * JITTER / 100;
	uint32_t r;

	random_bytes(&r, sizeof(r));
	return mono_add(t->now, us - span + span * 2 * (r % 1024) / 1024);
}

/* --- what became of a list --------------------------------------------------
 */

void
entry_forget(struct list *l)
{
	entrycheck_fini(&l->said);
	free(l->hint);
	l->hint = NULL;
	l->n = l->told = l->counted = 0;
	l->has = false;
}

/* The log hears of a failure once, until it is another or over. */
static void
failed(struct list *l, const char *why, struct turn *t)
{
	uint32_t s = RETRY_S;
	unsigned i;

	for (i = 0; i < l->fails && s < APART_S; i++)
		s *= 2;
	l->fails++;
	l->next_at = jittered(t, s < APART_S ? s : APART_S);
	if (strcmp(l->why, why) != 0)
		log_warnx("entry %s: not taken: %s", l->name, why);
	else
		log_debug("entry %s: not taken: %s", l->name, why);
	snprintf(l->why, sizeof(l->why), "%s", why);
}

static void
good(struct list *l, int64_t fresh_until, struct turn *t)
{
	int64_t now = (int64_t)(t->wall_ms / 1000), s = fresh_until - now;
	struct mono least = mono_add(t->now, (uint64_t)APART_S * MONO_SEC);

	if (s < APART_S || now < RECORD_EPOCH)
		s = APART_S;
	l->next_at = jittered(t, (uint32_t)(s < MOST_S ? s : MOST_S));
	if (mono_before(l->next_at, least)) {
		uint8_t r;

		random_bytes(&r, sizeof(r)); /* not all at the same second */
		l->next_at = mono_add(least, (uint64_t)r * MONO_SEC);
	}
	if (l->fails > 0)
		log_info("entry %s: is taken again", l->name);
	l->fails = 0;
	l->why[0] = '\0';
	l->good_at = now;
}

static struct entry_pin *
pin_of(struct entries *es, const char *name)
{
	size_t i;

	for (i = 0; i < es->n_pins; i++)
		if (strcmp(es->pin[i].name, name) == 0)
			return &es->pin[i];
	es->pin = xreallocarray(es->pin, es->n_pins + 1, sizeof(*es->pin));
	es->pin[es->n_pins] = (struct entry_pin){ .serial = 0 };
	memcpy(es->pin[es->n_pins].name, name, strlen(name) + 1);
	return &es->pin[es->n_pins++];
}

/* One by another key than is configured counts for nothing. */
static void
hold_to_pin(struct list *l)
{
	const struct entry_pin *p = pin_of(l->es, l->name);

	if (p->signer[0] == '\0' ||
	    (l->src.key[0] != '\0' && strcmp(l->src.key, p->signer) != 0))
		return;
	memcpy(l->signer, p->signer, sizeof(l->signer));
	l->serial = p->serial;
	l->valid_until = p->valid_until;
}

static struct store_blob
text_blob(const char *text)
{
	return (struct store_blob){ (const uint8_t *)text, strlen(text) };
}

static void
put_pin(struct vplamad *d, const struct entry_pin *p)
{
	struct store_rec row = { .kind = STORE_LIST, .at = clock_wall() };

	if (d->keep == NULL)
		return;
	row.u.list.source = text_blob(p->name);
	row.u.list.signer = text_blob(p->signer);
	row.u.list.serial = p->serial;
	row.u.list.valid_until = p->valid_until;
	keep_put(d->keep, &row, KEEP_NOW);
}

static void
save(struct list *l)
{
	struct entry_pin *p = pin_of(l->es, l->name);

	memcpy(p->signer, l->signer, sizeof(p->signer));
	p->serial = l->serial;
	p->valid_until = l->valid_until;
	put_pin(l->es->d, p);
}

void
entry_put_again(struct vplamad *d)
{
	const struct entries *es = d->entries;
	size_t i;

	for (i = 0; es != NULL && i < es->n_pins; i++)
		if (es->pin[i].signer[0] != '\0')
			put_pin(d, &es->pin[i]);
}

static void
log_taken(const struct list *l, bool first)
{
	const struct entry_checked *c = &l->said;

	if (first && l->src.key[0] == '\0')
		log_info("entry %s: signed by %s, which is held to from now on",
		    l->name, c->signer);
	if (c->late)
		log_warnx("entry %s: the list has expired; it is used for a "
			  "day",
		    l->name);
	if (c->bad_records > 0)
		log_warnx("entry %s: vnodes left out, not signed by themselves:"
			  " %u",
		    l->name, c->bad_records);
	log_info("entry %s: vnodes: %u, serial %llu", l->name, l->n,
	    (unsigned long long)c->list.serial);
}

static void
take_checked(struct list *l, struct check *k, struct turn *t)
{
	bool first = strcmp(l->signer, k->said.signer) != 0;
	bool news = first || l->serial != k->said.list.serial;

	entry_forget(l);
	l->said = k->said;
	memset(&k->said, 0, sizeof(k->said));
	l->n = l->said.list.n;
	l->has = true;
	memcpy(l->signer, l->said.signer, sizeof(l->signer));
	l->serial = l->said.list.serial;
	l->valid_until = l->said.list.valid_until;
	snprintf(l->etag, sizeof(l->etag), "%s", k->etag);
	if (news) {
		log_taken(l, first);
		save(l);
	}
	good(l, l->said.list.fresh_until, t);
	entry_tell_all(l->es);
}

static void
take_hints(struct list *l, const struct fetch_result *res, struct turn *t)
{
	struct fetch_hint *hint = try_calloc(res->n_hint + 1, sizeof(*hint));
	uint8_t(*key)[RECORD_KEY] = try_calloc(res->n_hint + 1, sizeof(*key));
	unsigned i;

	if (hint == NULL || key == NULL) {
		free(hint);
		free(key);
		failed(l, "cannot be taken: there is no memory", t);
		return;
	}
	entry_forget(l);
	l->hint = hint;
	l->said.key = key;
	for (i = 0; i < res->n_hint; i++) {
		l->hint[i] = res->hint[i];
		memcpy(l->said.key[i], res->hint[i].key, RECORD_KEY);
	}
	entrycheck_sort(l->said.key, res->n_hint);
	l->n = res->n_hint;
	l->hint_until = mono_add(t->now, ENTRY_HINTS_S * (uint64_t)MONO_SEC);
	l->has = true;
	log_debug("entry %s: vnodes: %u", l->name, l->n);
	good(l, (int64_t)(t->wall_ms / 1000) + DNS_FRESH_S, t);
	entry_tell_all(l->es);
}

/* --- checking, on a thread --------------------------------------------------
 */

static void
on_check(void *task)
{
	struct check *k = task;

	k->ok = entrycheck_list(&k->hold, k->text, k->len, k->sig, k->sig_len,
	    k->now, &k->said, k->why);
}

static void
on_checked(void *task)
{
	struct check *k = task;
	struct list *l = k->owner;
	struct turn *t = loop_turn(l->es->d->loop);

	l->check = NULL;
	if (k->ok)
		take_checked(l, k, t);
	else
		failed(l, k->why, t);
}

static void
check_free(void *task)
{
	struct check *k = task;

	entrycheck_fini(&k->said);
	free(k->text);
	free(k->sig);
	free(k->etag);
	free(k);
}

static const struct worker_ops check_ops = { on_check, on_checked, check_free };

static void
start_check(struct list *l, const struct fetch_result *res, struct turn *t)
{
	const struct config *cfg = &l->es->d->cfg;
	struct check *k = try_calloc(1, sizeof(*k));

	if (k == NULL) {
		failed(l, "cannot be checked: there is no memory", t);
		return;
	}
	k->owner = l;
	memcpy(k->hold.key, l->signer, sizeof(k->hold.key));
	k->hold.serial = l->serial;
	memcpy(k->hold.network, cfg->network, sizeof(k->hold.network));
	memcpy(k->hold.netid, cfg->net.netid, sizeof(k->hold.netid));
	k->text = try_malloc(res->len + 1);
	k->sig = try_malloc(res->sig_len + 1);
	k->etag = try_strdup(res->etag);
	if (k->text == NULL || k->sig == NULL || k->etag == NULL) {
		check_free(k);
		failed(l, "cannot be checked: there is no memory", t);
		return;
	}
	memcpy(k->text, res->text, res->len + 1);
	memcpy(k->sig, res->sig, res->sig_len + 1);
	k->len = res->len;
	k->sig_len = res->sig_len;
	k->now = (int64_t)(t->wall_ms / 1000);
	l->check = worker_start(l->es->worker, &check_ops, k);
	if (l->check != NULL)
		return;
	check_free(k);
	failed(l, "cannot be checked: too many threads", t);
}

/* --- fetching ---------------------------------------------------------------
 */

static void
take_unchanged(struct list *l, struct turn *t)
{
	if (entry_over(l, t)) {
		entry_forget(l);
		l->etag[0] = '\0';
		failed(l, "the list has expired, and there is no newer one", t);
	} else {
		good(l, l->said.list.fresh_until, t);
	}
}

static void
on_fetched(void *arg, const struct fetch_result *res)
{
	struct list *l = arg;
	struct turn *t = loop_turn(l->es->d->loop);

	l->job = NULL;
	if (!res->ok)
		failed(l, res->why, t);
	else if (res->unchanged)
		take_unchanged(l, t);
	else if (l->src.kind == SOURCE_DNS)
		take_hints(l, res, t);
	else
		start_check(l, res, t);
}

static void
fetch(struct list *l, struct turn *t)
{
	if (l->job != NULL || l->check != NULL)
		return;
	l->tried_at = (int64_t)(t->wall_ms / 1000);
	l->next_at = MONO_NEVER; /* until it is known what came of it */
	l->job = fetch_begin(l->es->fetch, &l->src,
	    l->has && l->hint == NULL ? l->etag : "", on_fetched, l);
}

/* The address book would open more tunnels, or has never had one. */
static bool
wanted(const struct vplamad *d)
{
	const struct book *b = exchange_book(&d->core);
	unsigned live = 0, want = (d->cfg.max_peers + 1) / 2;
	const struct book_entry *e;
	const struct peer *p;
	size_t pos = 0;

	if (d->cfg.trust == TRUST_KNOWN || want == 0)
		return false;
	TAILQ_FOREACH (p, &d->core.peers, link)
		live += p->state == PEER_VRNODE;
	if (live < want)
		return true;
	while ((e = book_each(b, &pos)) != NULL)
		if (e->reached)
			return false;
	return true;
}

/* --- the sources ------------------------------------------------------------
 */

/* False: the configuration has checked it, so it does not happen. */
static bool
list_init(struct list *l, struct entries *es, const char *text)
{
	uint8_t hash[HASH_LEN];
	const char *why;

	l->es = es;
	snprintf(l->text, sizeof(l->text), "%s", text);
	snprintf(
	    l->name, sizeof(l->name), "%.*s", (int)strcspn(text, "#"), text);
	if (!source_parse(text, &l->src, &why))
		return false;
	memcpy(l->signer, l->src.key, sizeof(l->signer));
	blake2b(hash, sizeof(hash), NULL, l->name, strlen(l->name), NULL, 0);
	l->book.from = BOOK_FROM_LIST;
	memcpy(&l->book.which, hash, sizeof(l->book.which));
	l->next_at = MONO_NEVER;
	hold_to_pin(l);
	return true;
}

static void
list_free(struct list *l)
{
	if (l->job != NULL)
		fetch_cancel(l->job);
	if (l->check != NULL)
		worker_cancel(l->check);
	entry_forget(l);
	free(l);
}

static bool
add(struct entries *es, const char *text)
{
	struct list *l = xcalloc(1, sizeof(*l));

	if (!list_init(l, es, text)) {
		free(l);
		return false;
	}
	es->list[es->n++] = l;
	return true;
}

void
entry_open(struct vplamad *d, struct turn *t)
{
	struct entries *es = xcalloc(1, sizeof(*es));
	unsigned i;

	(void)t;
	es->d = d;
	es->fetch = fetch_open(d->loop);
	es->worker = worker_open(d->loop);
	for (i = 0; i < d->cfg.given[OPT_entry].n; i++)
		(void)add(es, d->cfg.entry[i]);
	d->entries = es;
}

bool
entry_row(void *arg, const struct store_rec *row, int64_t now)
{
	struct entries *es = ((struct vplamad *)arg)->entries;
	const struct store_blob *name = &row->u.list.source;
	const struct store_blob *key = &row->u.list.signer;
	char text[SOURCE_TEXT];
	struct entry_pin *p;
	unsigned i;

	(void)now;
	if (name->len >= SOURCE_TEXT || key->len >= MINISIGN_KEY_TEXT)
		return false;
	memcpy(text, name->p, name->len);
	text[name->len] = '\0';
	p = pin_of(es, text);
	memcpy(p->signer, key->p, key->len);
	p->signer[key->len] = '\0';
	p->serial = row->u.list.serial;
	p->valid_until = row->u.list.valid_until;
	for (i = 0; i < es->n; i++)
		hold_to_pin(es->list[i]);
	return true;
}

void
entry_begin(struct vplamad *d, struct turn *t)
{
	unsigned i;

	for (i = 0; i < d->entries->n; i++)
		d->entries->list[i]->next_at =
		    mono_add(t->now, FIRST_S * (uint64_t)MONO_SEC);
}

void
entry_close(struct vplamad *d)
{
	struct entries *es = d->entries;
	unsigned i;

	if (es == NULL)
		return;
	for (i = 0; i < es->n; i++)
		list_free(es->list[i]);
	worker_close(es->worker);
	fetch_close(es->fetch);
	free(es->pin);
	free(es);
	d->entries = NULL;
}

/* The one that was there, out of the n that were; or NULL. */
static struct list *
take_out(struct list **was, unsigned n, const char *text)
{
	struct list *l;
	unsigned i;

	for (i = 0; i < n; i++) {
		l = was[i];
		if (l == NULL || strcmp(l->text, text) != 0)
			continue;
		was[i] = NULL;
		return l;
	}
	return NULL;
}

void
entry_reload(struct vplamad *d, struct turn *t)
{
	struct entries *es = d->entries;
	struct list *was[CONFIG_ENTRIES], *l;
	unsigned n = es->n, i;

	memcpy(was, es->list, sizeof(was));
	es->n = 0;
	for (i = 0; i < d->cfg.given[OPT_entry].n; i++) {
		l = take_out(was, n, d->cfg.entry[i]);
		if (l != NULL)
			es->list[es->n++] = l;
		else if (add(es, d->cfg.entry[i]))
			es->list[es->n - 1]->next_at = t->now;
	}
	for (i = 0; i < n; i++)
		if (was[i] != NULL)
			list_free(was[i]);
	entry_tell_all(es); /* how many have to agree may be another now */
}

/* --- the schedule -----------------------------------------------------------
 */

struct mono
entry_deadline(const struct vplamad *d)
{
	struct mono at = MONO_NEVER;
	unsigned i;

	if (d->entries == NULL)
		return at;
	if (entry_telling(d->entries))
		return (struct mono){ 0 };
	for (i = 0; i < d->entries->n; i++)
		at = mono_min(at, d->entries->list[i]->next_at);
	return at;
}

void
entry_tick(struct vplamad *d, struct turn *t)
{
	struct entries *es = d->entries;
	unsigned i;

	entry_tell(es, t);
	for (i = 0; i < es->n; i++) {
		struct list *l = es->list[i];

		if (!mono_due(l->next_at, t->now))
			continue;
		if (wanted(d))
			fetch(l, t);
		else
			l->next_at = jittered(t, LOOK_S);
	}
}

bool
entry_fetch_all(void *arg, const char **why)
{
	struct vplamad *d = arg;
	unsigned i;

	if (d->entries == NULL || d->entries->n == 0) {
		*why = "no entry lists are configured";
		return false;
	}
	for (i = 0; i < d->entries->n; i++)
		fetch(d->entries->list[i], loop_turn(d->loop));
	return true;
}
