/*
 * Feeds vplamad with vnodes by its control socket and looks what is left of
 * them, those of storekey.h.
 *
 *	store_feed kill VPLAMAD CONF SOCKET DB KEYS N KILLS SEED all|few
 *	store_feed touch SOCKET KEYS N VERSION SECONDS
 *	store_feed count SOCKET KEYS N VERSION|any
 *
 * KEYS are those of store_fill. kill: starts it with the N that the store
 * holds, again and again, tells it of new addresses and of new vnodes, and
 * kills it at some moment about the one at which they are written. What an
 * event said to be stored must be there in the next life; at the end all are
 * looked at, or only those of the last life. touch: gives the first N that
 * address; prints how many were stored in time. count: how many of them have
 * it.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xmem.h"
#include "crypto/keys.h"
#include "tests/rng.h"
#include "tests/show/ctlconn.h"
#include "tests/show/storekey.h"
#include "tests/tool.h"
#include "wire/uri.h"

#define FRESH 200      /* a person may tell of 256 */
#define FRESH_A_LIFE 3 /* of them, in one life */
#define BURST 40       /* told at once; then one in 5 ms */
#define EACH_MS 5
#define LIFE_MAX 400 /* in one life; each at most once */
#define WRITTEN_MS 1000
#define START_MS 10000

struct vnode {
	uint8_t key[KEY_LEN];
	uint32_t sent,
	    stored; /* versions; a fresh one has 0 until it is told */
	bool there; /* it has been stored */
};

struct feed {
	struct vnode *v; /* sorted by key */
	size_t n, n_old; /* n_old: of them were there from the start */
	struct ctlconn cmd, events;
	uint32_t version; /* of this life */
	unsigned stored, lost, broken, refused, others;
	unsigned told[LIFE_MAX + FRESH_A_LIFE], n_told;
};

static int
by_key(const void *a, const void *b)
{
	const struct vnode *x = a, *y = b;

	return memcmp(x->key, y->key, KEY_LEN);
}

/* The first n_old are in the store, the rest is fresh. */
static void
feed_init(struct feed *f, const char *keys, size_t n_old, size_t n_fresh)
{
	uint8_t *key;
	size_t i, have;

	*f = (struct feed){ .n = n_old + n_fresh, .n_old = n_old };
	f->cmd.fd = f->events.fd = -1;
	f->v = xcalloc(f->n, sizeof(*f->v));
	key = storekey_read(keys, &have);
	if (have < f->n)
		fatalx("%s: too few keys", keys);
	for (i = 0; i < f->n; i++) {
		memcpy(f->v[i].key, key + i * KEY_LEN, KEY_LEN);
		f->v[i].there = i < n_old;
	}
	free(key);
	qsort(f->v, f->n, sizeof(*f->v), by_key);
}

static struct vnode *
find_text(struct feed *f, const char *text)
{
	struct vnode like;

	if (text == NULL || !key_parse(text, like.key))
		return NULL;
	return bsearch(&like, f->v, f->n, sizeof(like), by_key);
}

static bool
tell(struct feed *f, struct vnode *v, uint32_t version)
{
	struct json_object *args = json_object_new_object();
	struct addr a = storekey_addr(v->key, version);
	struct uri u = { .n_ep = 1 };
	char text[URI_TEXT], addr[ADDR_TEXT];

	memcpy(u.key, v->key, KEY_LEN);
	addr_format(&a, addr);
	*strrchr(addr, ':') = '\0';
	snprintf(u.ep[0].host, sizeof(u.ep[0].host), "%s", addr);
	u.ep[0].port = a.port;
	if (!uri_write(&u, text))
		fatalx("no URI");
	json_object_object_add(args, "uri", json_object_new_string(text));
	v->sent = version;
	return ctlconn_send(&f->cmd, "entry.add", args);
}

/* --- what it says ------------------------------------------------------------
 */

static void
note_stored(struct feed *f, struct json_object *event)
{
	struct json_object *keys;
	size_t i;

	if (!json_object_object_get_ex(event, "keys", &keys))
		return;
	for (i = 0; i < json_object_array_length(keys); i++) {
		struct vnode *v = find_text(f,
		    json_object_get_string(json_object_array_get_idx(keys, i)));

		if (v == NULL)
			continue;
		v->stored = v->sent;
		v->there = true;
		f->stored++;
	}
}

/* Reads what has come; false: it has ended. */
static bool
drain(struct feed *f, unsigned wait_ms)
{
	struct json_object *o;
	bool end = false, gone = false;

	while ((o = ctlconn_line(&f->cmd, 0, &gone)) != NULL) {
		if (json_object_object_get_ex(o, "error", NULL))
			f->refused++;
		json_object_put(o);
	}
	while ((o = ctlconn_line(&f->events, wait_ms, &end)) != NULL) {
		note_stored(f, o);
		json_object_put(o);
		wait_ms = 0;
	}
	return !end && !gone;
}

/* --- what is left ------------------------------------------------------------
 */

static uint32_t
version_of(struct json_object *entry)
{
	struct json_object *list;
	struct addr a;

	if (!json_object_object_get_ex(entry, "endpoints", &list) ||
	    json_object_array_length(list) != 1 ||
	    !addr_parse(
		json_object_get_string(json_object_array_get_idx(list, 0)), 0,
		&a))
		return UINT32_MAX;
	return storekey_version(&a);
}

/* Has it not fallen back behind what was stored, nor come from nowhere? */
static void
look_at(struct feed *f, struct vnode *v, uint32_t version)
{
	if (version < v->stored)
		f->lost++;
	else if (version > v->sent)
		f->broken++;
	v->stored = version;
	v->there = true;
}

/* One page of entries from v[at] on; the place behind it. */
static size_t
look_page(struct feed *f, size_t at)
{
	struct json_object *args = NULL, *page, *list, *key;
	char text[KEY_TEXT];
	size_t i, n, found = 0;

	if (at > 0) {
		key_format(f->v[at - 1].key, text);
		args = json_object_new_object();
		json_object_object_add(
		    args, "after", json_object_new_string(text));
	}
	page = ctlconn_ask(&f->cmd, "entry.list", args);
	if (page == NULL || !json_object_object_get_ex(page, "entries", &list))
		fatalx("entry.list is not answered");
	n = json_object_array_length(list);
	for (i = 0; i < n && at < f->n; i++) {
		struct json_object *e = json_object_array_get_idx(list, i);
		struct vnode *v = NULL;

		if (json_object_object_get_ex(e, "public_key", &key))
			v = find_text(f, json_object_get_string(key));
		if (v == NULL) { /* our peer, where there is one */
			f->others++;
			continue;
		}
		for (; &f->v[at] < v; at++)
			f->lost += f->v[at].there;
		look_at(f, v, version_of(e));
		at++;
		found++;
	}
	if (found == 0)
		for (; at < f->n; at++)
			f->lost += f->v[at].there;
	json_object_put(page);
	return at;
}

/* Those of the last life, or all. */
static void
look(struct feed *f, bool all)
{
	size_t at = 0, behind = 0;
	unsigned i;

	while (all && at < f->n)
		at = look_page(f, at);
	for (i = 0; i < f->n_told && !all; i++)
		if (f->told[i] >= behind)
			behind = look_page(f, f->told[i]);
}

/* --- lives and deaths --------------------------------------------------------
 */

static pid_t
start(struct feed *f, char **argv, unsigned *ret_ms)
{
	struct mono t0 = tool_now();
	struct json_object *o;
	pid_t pid = fork();

	if (pid == 0) {
		execl(argv[0], argv[0], "-f", "-c", argv[1], (char *)NULL);
		_exit(127);
	}
	if (!ctlconn_open(&f->cmd, argv[2], START_MS) ||
	    (o = ctlconn_ask(&f->cmd, "hello", NULL)) == NULL)
		fatalx("vplamad does not start");
	*ret_ms = (unsigned)(mono_since(t0, tool_now()) / MONO_MS);
	json_object_put(o);
	return pid;
}

/* Which to tell of in this life, in the order of their keys. */
static void
choose(struct feed *f, struct rng *r, unsigned *n_fresh)
{
	size_t at = rng_below(r, f->n), left = LIFE_MAX;
	unsigned fresh = 0;

	f->n_told = 0;
	for (; left > 0; left--, at = (at + 1) % f->n) {
		if (f->v[at].there)
			f->told[f->n_told++] = (unsigned)at;
		else if (fresh < FRESH_A_LIFE && *n_fresh < FRESH) {
			f->told[f->n_told++] = (unsigned)at;
			fresh++;
			(*n_fresh)++;
		}
		if (at + 1 == f->n)
			break;
	}
}

static void
live(struct feed *f, uint64_t ms)
{
	struct mono end = mono_add(tool_now(), ms * MONO_MS);
	struct json_object *o;
	unsigned i = 0, burst;
	bool gone;

	if (!ctlconn_send(&f->events, "monitor", NULL) ||
	    (o = ctlconn_line(&f->events, START_MS, &gone)) == NULL)
		fatalx("no monitor");
	json_object_put(o);
	for (burst = BURST; !mono_due(end, tool_now()); burst = 1) {
		for (; burst > 0 && i < f->n_told; burst--)
			if (!tell(f, &f->v[f->told[i++]], f->version))
				fatalx("vplamad has ended");
		if (!drain(f, EACH_MS))
			fatalx("vplamad has ended");
	}
	f->n_told = i;
}

static void
die(struct feed *f, pid_t pid)
{
	int status;

	if (kill(pid, SIGKILL) < 0 || waitpid(pid, &status, 0) != pid ||
	    !WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
		fatalx("vplamad was dead before");
	while (drain(f, 0))
		;
	ctlconn_close(&f->cmd);
	ctlconn_close(&f->events);
}

/* About the moment of the write; then a copy is made, now and then. */
static uint64_t
moment(struct rng *r)
{
	if (rng_below(r, 5) == 0)
		return rng_below(r, WRITTEN_MS);
	return WRITTEN_MS - 100 + rng_below(r, 400);
}

static void
forget_copies(const char *db)
{
	unsigned i;

	for (i = 1; i <= 2; i++) {
		char *path = xasprintf("%s.%u", db, i);

		(void)unlink(path);
		free(path);
	}
}

/* argv: VPLAMAD CONF SOCKET DB KEYS N KILLS SEED all|few */
static int
kills(char **argv)
{
	unsigned n = (unsigned)atoi(argv[6]), i, ms, worst = 0, fresh = 0;
	struct rng r = { strtoull(argv[7], NULL, 10) };
	uint64_t sum = 0;
	struct feed f;
	pid_t pid;
	bool all;

	all = strcmp(argv[8], "all") == 0;
	feed_init(&f, argv[4], (size_t)atoi(argv[5]), FRESH);
	for (i = 0; i <= n; i++) {
		if (rng_below(&r, 4) == 0)
			forget_copies(argv[3]);
		pid = start(&f, argv, &ms);
		worst = ms > worst ? ms : worst;
		sum += ms;
		look(&f, all && i > 0 && (i % 50 == 0 || i == n));
		f.version = i + 1;
		choose(&f, &r, &fresh);
		if (!ctlconn_open(&f.events, argv[2], START_MS))
			fatalx("no second connection");
		live(&f, i < n ? moment(&r) : 0);
		die(&f, pid);
	}
	printf("kills=%u stored=%u lost=%u broken=%u refused=%u others=%u "
	       "fresh=%u "
	       "start_max=%u "
	       "start_mean=%" PRIu64 "\n",
	    n, f.stored, f.lost, f.broken, f.refused, f.others, fresh, worst,
	    sum / (n + 1));
	free(f.v);
	return 0;
}

/* argv: SOCKET KEYS N VERSION SECONDS */
static int
touch(char **argv)
{
	struct mono end;
	struct json_object *o;
	struct feed f;
	size_t i;

	feed_init(&f, argv[1], (size_t)atoi(argv[2]), 0);
	if (!ctlconn_open(&f.cmd, argv[0], START_MS) ||
	    !ctlconn_open(&f.events, argv[0], START_MS) ||
	    (o = ctlconn_ask(&f.events, "monitor", NULL)) == NULL)
		fatalx("vplamad does not answer");
	json_object_put(o);
	end = mono_add(tool_now(), (uint64_t)atoi(argv[4]) * MONO_SEC);
	for (i = 0; i < f.n; i++) {
		if (!tell(&f, &f.v[i], (uint32_t)atoi(argv[3])) ||
		    (i % BURST == 0 && !drain(&f, 0)))
			fatalx("vplamad has ended");
	}
	while (f.stored < f.n && !mono_due(end, tool_now()))
		if (!drain(&f, EACH_MS))
			fatalx("vplamad has ended");
	printf("%u\n", f.stored);
	ctlconn_close(&f.cmd);
	ctlconn_close(&f.events);
	free(f.v);
	return 0;
}

/* argv: SOCKET KEYS N VERSION|any */
static int
count(char **argv)
{
	bool any = strcmp(argv[3], "any") == 0;
	uint32_t version = (uint32_t)atoi(argv[3]);
	struct feed f;
	size_t i, n = 0;

	feed_init(&f, argv[1], (size_t)atoi(argv[2]), 0);
	if (!ctlconn_open(&f.cmd, argv[0], START_MS))
		fatalx("vplamad does not answer");
	for (i = 0; i < f.n; i++) {
		f.v[i].there = false;
		f.v[i].sent = UINT32_MAX;
	}
	look(&f, true);
	for (i = 0; i < f.n; i++)
		n += f.v[i].there && (any || f.v[i].stored == version);
	printf("%zu\n", n);
	ctlconn_close(&f.cmd);
	free(f.v);
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc == 11 && strcmp(argv[1], "kill") == 0)
		return kills(argv + 2);
	if (argc == 7 && strcmp(argv[1], "touch") == 0)
		return touch(argv + 2);
	if (argc == 6 && strcmp(argv[1], "count") == 0)
		return count(argv + 2);
	fprintf(stderr,
	    "usage: store_feed kill VPLAMAD CONF SOCKET DB KEYS N KILLS SEED "
	    "all|few |"
	    " touch SOCKET KEYS N VERSION SECONDS |"
	    " count SOCKET KEYS N VERSION|any\n");
	return 2;
}
