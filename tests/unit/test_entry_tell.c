/* What lists tell the address book, and for how long. */
#include "vplamad/entry_in.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xmem.h"
#include "core/exchange.h"
#include "tests/unit/io_env.h"
#include "vplamad/keep.h"
#include "vplamad/vplamad.h"

#define NOW 1800000000

/* The address book: how often it heard of the vnode with that first byte. */
static unsigned heard[256];

enum book_news __wrap_exchange_heard_of(struct core *c, struct book_source src,
    const uint8_t key[KEY_LEN], const struct addr *ep, unsigned n,
    struct turn *t);

enum book_news
__wrap_exchange_heard_of(struct core *c, struct book_source src,
    const uint8_t key[KEY_LEN], const struct addr *ep, unsigned n,
    struct turn *t)
{
	(void)c;
	(void)src;
	(void)ep;
	(void)n;
	(void)t;
	heard[key[0]]++;
	return BOOK_NEW;
}

struct fix {
	struct vplamad d;
	struct entries es;
	struct list list[4];
};

static struct mono
mono_at(int64_t s)
{
	return (struct mono){ (uint64_t)s * MONO_SEC };
}

static struct fix *
fix_new(unsigned sources)
{
	struct fix *f = xcalloc(1, sizeof(*f));
	unsigned i;

	memset(heard, 0, sizeof(heard));
	f->es.d = &f->d;
	f->es.n = sources;
	for (i = 0; i < sources; i++) {
		f->es.list[i] = &f->list[i];
		f->list[i].es = &f->es;
		f->list[i].name[0] = (char)('a' + i);
	}
	return f;
}

static void
fix_free(struct fix *f)
{
	unsigned i;

	for (i = 0; i < f->es.n; i++)
		entry_forget(&f->list[i]);
	free(f);
}

/* One vnode, of that first byte. */
static void
says(struct list *l, uint8_t vnode)
{
	l->said.signer[0] = l->name[0];
	l->said.list.server = xcalloc(1, sizeof(*l->said.list.server));
	l->said.list.server[0].key[0] = vnode;
	l->said.list.n = 1;
	l->said.list.valid_until = NOW;
	l->said.key = xcalloc(1, sizeof(*l->said.key));
	l->said.key[0][0] = vnode;
	l->n = 1;
	l->has = true;
}

static void
hints(struct list *l, uint8_t vnode)
{
	l->hint = xcalloc(1, sizeof(*l->hint));
	l->hint_until = mono_at(ENTRY_HINTS_S + 1);
	l->hint[0].key[0] = vnode;
	l->said.key = xcalloc(1, sizeof(*l->said.key));
	l->said.key[0][0] = vnode;
	l->n = 1;
	l->has = true;
}

static void
tell_at(struct fix *f, int64_t now)
{
	struct turn t = { .now = mono_at(now - NOW),
		.wall_ms = (uint64_t)now * 1000 };

	memset(heard, 0, sizeof(heard));
	entry_tell_all(&f->es);
	while (entry_telling(&f->es))
		entry_tell(&f->es, &t);
}

static void
expired(void **state)
{
	struct fix *f = fix_new(2);

	(void)state;
	says(&f->list[0], 1);
	hints(&f->list[1], 2);
	tell_at(f, NOW);
	assert_int_equal(heard[1], 1);
	assert_int_equal(heard[2], 1);
	tell_at(f, NOW + ENTRY_LATE_S); /* a day late is late, no more */
	assert_int_equal(heard[1], 1);
	assert_int_equal(heard[2], 1);
	tell_at(f, NOW + ENTRY_LATE_S + 1);
	assert_int_equal(heard[1], 0);
	assert_int_equal(heard[2], 0);
	assert_false(f->list[0].has || f->list[1].has);
	fix_free(f);
}

/* Two of three have to agree: one that is over has no voice. */
static void
quorum(void **state)
{
	struct fix *f = fix_new(3);

	(void)state;
	says(&f->list[0], 1);
	says(&f->list[1], 1);
	f->list[1].said.list.valid_until += 10;
	tell_at(f, NOW + ENTRY_LATE_S);
	assert_int_equal(heard[1], 2);
	tell_at(f, NOW + ENTRY_LATE_S + 1);
	assert_int_equal(heard[1], 0);
	assert_true(f->list[1].has);
	fix_free(f);
}

static const char *
state_of(struct fix *f, struct json_object **ret)
{
	struct json_object *state;

	*ret = entry_sources(&f->d);
	assert_true(json_object_object_get_ex(
	    json_object_array_get_idx(*ret, 0), "state", &state));
	return json_object_get_string(state);
}

static void
expect_state(struct fix *f, const char *want)
{
	struct json_object *o;

	assert_string_equal(state_of(f, &o), want);
	json_object_put(o);
}

/* As it is now, not as it was when it came. */
static void
states(void **state)
{
	struct fix *f = fix_new(1);
	struct list *l = &f->list[0];
	struct env e;
	int64_t now;

	(void)state;
	env_init(&e);
	f->d.loop = e.loop;
	f->d.entries = &f->es;
	now = (int64_t)(loop_turn(e.loop)->wall_ms / 1000);
	expect_state(f, "not-wanted-yet");
	says(l, 1);
	l->good_at = now;
	l->said.list.valid_until = now + 100;
	expect_state(f, "good");
	l->said.list.valid_until = now - 100;
	expect_state(f, "late");
	l->said.list.valid_until = now - ENTRY_LATE_S - 1;
	expect_state(f, "expired");
	entry_tell(&f->es, loop_turn(e.loop));
	assert_false(l->has);
	expect_state(f, "expired");
	hints(l, 1);
	l->hint_until = mono_add(loop_turn(e.loop)->now, MONO_SEC);
	expect_state(f, "good");
	l->hint_until = loop_turn(e.loop)->now;
	expect_state(f, "expired");
	strcpy(l->why, "no answer");
	expect_state(f, "failed");
	fix_free(f);
	env_fini(&e);
}

static bool
take_pin(void *arg, const struct store_rec *row, int64_t now)
{
	struct entry_pin *p = arg;

	(void)now;
	assert_string_equal(p->name, ""); /* there is one */
	memcpy(p->name, row->u.list.source.p, row->u.list.source.len);
	memcpy(p->signer, row->u.list.signer.p, row->u.list.signer.len);
	p->serial = row->u.list.serial;
	p->valid_until = row->u.list.valid_until;
	return true;
}

/* A file without our rows: they are in it again. */
static void
put_again(void **state)
{
	struct entry_pin pin[2] = { { "file:/a", "RWa", 9, NOW },
		{ "file:/b", "", 0, 0 } }; /* nobody has signed for b */
	struct entry_pin got = { .serial = 0 };
	struct fix *f = fix_new(0);
	struct env e;
	struct keep_config kc = { .state_dir = e.dir,
		.interval_s = 60,
		.take = { [STORE_LIST] = take_pin },
		.arg = &got };
	char path[128];

	(void)state;
	entry_put_again(&f->d); /* nothing is open yet */
	env_init(&e);
	f->d.keep = keep_open(e.loop, &kc);
	f->d.entries = &f->es;
	f->es.pin = pin;
	f->es.n_pins = 2;
	entry_put_again(&f->d);
	keep_close(f->d.keep);
	assert_string_equal(got.name, "");
	keep_close(keep_open(e.loop, &kc));
	assert_string_equal(got.name, "file:/a");
	assert_string_equal(got.signer, "RWa");
	assert_true(got.serial == 9 && got.valid_until == NOW);
	snprintf(path, sizeof(path), "%s/store.db", e.dir);
	unlink(path);
	env_fini(&e);
	fix_free(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(expired),
		cmocka_unit_test(quorum),
		cmocka_unit_test(states),
		cmocka_unit_test(put_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
