/* A round of the publisher over a real store: when it makes an edition. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <unistd.h>

#include "base/xmem.h"
#include "crypto/prim.h"
#include "entry_rows.h"
#include "entryserver/round.h"
#include "store/store.h"

#define NOW 1795300000u
#define MINUTES 5000u

struct place {
	char dir[32];
	struct options o;
	struct minisign_key key;
};

static int
enter(void **state)
{
	struct place *p = xcalloc(1, sizeof(*p));

	strcpy(p->dir, "/tmp/vplama-round-XXXXXX");
	if (mkdtemp(p->dir) == NULL)
		return -1;
	snprintf(p->o.store, sizeof(p->o.store), "%s/store.db", p->dir);
	strcpy(p->o.base_url, "http://x/");
	p->o.fresh = 3600;
	p->o.valid = 86400;
	p->o.max_entries = 1024;
	minisign_generate(&p->key);
	*state = p;
	return 0;
}

static int
leave(void **state)
{
	struct place *p = *state;
	char cmd[64];
	int rc;

	snprintf(cmd, sizeof(cmd), "rm -rf %s", p->dir);
	rc = system(cmd);
	free(p);
	return rc;
}

static void
ignore(void *arg, const struct store_rec *rec)
{
	(void)arg;
	(void)rec;
}

/* n vnodes whose records are of that time; saved then. */
static void
store(struct place *p, unsigned n, uint64_t issued, uint64_t saved)
{
	const struct store_config cfg = { p->o.store, 10, 10, 1024 };
	struct store_rec watch = rows_watch(MINUTES, (int64_t)saved);
	struct store *s = store_open(&cfg, ignore, NULL);
	struct row_vnode v;

	for (unsigned i = 0; i < n; i++) {
		row_vnode(&v, i, MINUTES, issued);
		assert_int_not_equal(store_put(s, &v.rec), 0);
	}
	assert_int_not_equal(store_put(s, &watch), 0);
	assert_true(store_close(s));
}

/* How many are listed at that time; -1: the last list stays, and why. */
static int
listed(struct place *p, uint64_t now, uint64_t last, const char *why_not)
{
	char why[ROUND_WHY] = "";
	struct entry_list l;
	struct round r;
	const char *what;
	int n = -1;

	if (round_make(&r, &p->o, &p->key, now, last, why)) {
		assert_true(entry_parse(r.release.text[FILE_JSON],
		    r.release.len[FILE_JSON], &l, &what));
		assert_int_equal(l.n, r.listed);
		assert_int_equal(l.generated, now);
		assert_int_equal(l.fresh_until, now + 3600);
		assert_int_equal(l.valid_until, now + 86400);
		assert_string_equal(l.network, ROWS_NETWORK);
		assert_int_equal(l.serial, now > last ? now : last + 1);
		n = (int)l.n;
		entry_fini(&l);
		round_fini(&r);
	}
	if (why_not == NULL)
		assert_string_equal(why, "");
	else if (strstr(why, why_not) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", why_not, why);
	return n;
}

static void
publishes(void **state)
{
	struct place *p = *state;

	store(p, 9, NOW, NOW);
	assert_int_equal(listed(p, NOW, 0, NULL), 9);
	assert_int_equal(listed(p, NOW, NOW - 1, NULL), 9);
	/* The serial grows where the clock does not. */
	assert_int_equal(listed(p, NOW, NOW, NULL), 9);
	assert_int_equal(listed(p, NOW, NOW + 1000000, NULL), 9);
	p->o.max_entries = 4;
	assert_int_equal(listed(p, NOW, 0, NULL), 4);
	p->o.max_entries = 1024;
	store(p, 9, NOW - 3 * 86400, NOW);
	assert_int_equal(listed(p, NOW, 0, "the clock is wrong"), -1);
}

static void
nobody(void **state)
{
	struct place *p = *state;

	/* A list of nobody is one, too. */
	store(p, 0, NOW, NOW);
	assert_int_equal(listed(p, NOW, 0, NULL), 0);
}

static void
stays(void **state)
{
	struct place *p = *state;

	assert_int_equal(listed(p, NOW, 0, "store.db: "), -1); /* none there */
	store(p, 9, NOW, NOW);
	assert_int_equal(listed(p, NOW + ROUND_STALE_S, 0, NULL), 9);
	assert_int_equal(
	    listed(p, NOW + ROUND_STALE_S + 1, 0, "vplamad has ended"), -1);
	assert_int_equal(
	    listed(p, NOW - ROUND_STALE_S - 1, 0, "clock has jumped"), -1);
	assert_int_equal(listed(p, 0, 0, "clock has jumped"), -1);
	assert_int_equal(listed(p, UINT32_MAX, 0, "clock has jumped"), -1);
	/* The clock of vplamad has jumped as well. */
	store(p, 9, NOW, 1000);
	assert_int_equal(listed(p, 1000, 0, "the clock is wrong"), -1);
	store(p, 9, NOW, 4300000000);
	assert_int_equal(listed(p, 4300000000, 0, "the clock is wrong"), -1);
	store(p, 9, NOW, NOW);
	assert_int_equal(listed(p, NOW, 0, NULL), 9);
	/* What is no database is not taken for one. */
	assert_int_equal(truncate(p->o.store, 1000), 0);
	assert_int_equal(listed(p, NOW, 0, "store.db: "), -1);
}

#define T(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(publishes),
		T(nobody),
		T(stays),
	};

	if (!crypto_start())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
