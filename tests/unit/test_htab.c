#include "base/container.h"
#include "base/htab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include <cmocka.h>

#include "tests/rng.h"

#define N 700
#define KEY 5

/* The key lies before the node in one kind of object, behind it in another. */
struct front {
	uint8_t key[KEY];
	struct hnode node;
	bool in;
};

struct behind {
	struct hnode node;
	bool in;
	uint8_t key[KEY];
};

static const uint8_t secret[16] = "sixteen bytes..";

/* A table of pointers searched from end to end is the model. */
static void
random_against_a_list(void **state)
{
	static struct front obj[N];
	struct rng r = rng_seeded(15);
	struct htab t;
	size_t in = 0, i;
	int step;

	(void)state;
	for (i = 0; i < N; i++) {
		rng_fill(&r, obj[i].key, KEY);
		obj[i].key[0] = (uint8_t)i; /* all different */
		obj[i].key[1] = (uint8_t)(i >> 8);
	}
	htab_init(&t, HTAB_KEY_OFF(struct front, node, key), KEY, secret);
	for (step = 0; step < 60000; step++) {
		struct front *o = &obj[rng_below(&r, N)];
		struct hnode *found = htab_find(&t, o->key);

		if (o->in)
			assert_ptr_equal(
			    CONTAINER_OF(found, struct front, node), o);
		else
			assert_null(found);
		if (o->in && rng_below(&r, 3) > 0) {
			htab_del(&t, &o->node);
			o->in = false;
			in--;
		} else if (!o->in) {
			htab_add(&t, &o->node);
			o->in = true;
			in++;
		}
		assert_int_equal(t.n, in);
	}
	assert_true(in > 0);
	for (i = 0; i < N; i++)
		assert_int_equal(htab_find(&t, obj[i].key) != NULL, obj[i].in);
	htab_fini(&t);
}

static void
key_behind_the_node(void **state)
{
	static struct behind obj[N];
	struct htab t;
	uint8_t key[KEY] = { 0 };
	size_t i;

	(void)state;
	htab_init(&t, HTAB_KEY_OFF(struct behind, node, key), KEY, secret);
	for (i = 0; i < N; i++) {
		obj[i].key[0] = (uint8_t)i;
		obj[i].key[4] = (uint8_t)(i >> 8);
		htab_add(&t, &obj[i].node);
	}
	for (i = 0; i < N; i++) {
		key[0] = (uint8_t)i;
		key[4] = (uint8_t)(i >> 8);
		assert_ptr_equal(htab_find(&t, key), &obj[i].node);
	}
	key[2] = 1;
	assert_null(htab_find(&t, key));
	htab_fini(&t);
}

static void
delete_what_is_not_there(void **state)
{
	struct front a = { .key = "aaaa" }, b = { .key = "bbbb" };
	struct htab t;

	(void)state;
	htab_init(&t, HTAB_KEY_OFF(struct front, node, key), KEY, secret);
	htab_add(&t, &a.node);
	htab_del(&t, &b.node);
	assert_int_equal(t.n, 1);
	htab_del(&t, &a.node);
	htab_del(&t, &a.node);
	assert_int_equal(t.n, 0);
	assert_null(htab_find(&t, a.key));
	htab_add(&t, &a.node); /* and in again */
	assert_ptr_equal(htab_find(&t, a.key), &a.node);
	htab_fini(&t);
}

/* A stranger without the secret cannot know which keys share a slot. */
static void
secret_decides_the_slot(void **state)
{
	struct front a = { .key = "aaaa" };
	uint8_t other[16] = { 0 };
	struct htab t;
	uint64_t first;

	(void)state;
	htab_init(&t, HTAB_KEY_OFF(struct front, node, key), KEY, secret);
	htab_add(&t, &a.node);
	first = a.node.hash;
	htab_fini(&t);
	htab_init(&t, HTAB_KEY_OFF(struct front, node, key), KEY, other);
	htab_add(&t, &a.node);
	assert_true(a.node.hash != first);
	htab_fini(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_against_a_list),
		cmocka_unit_test(key_behind_the_node),
		cmocka_unit_test(delete_what_is_not_there),
		cmocka_unit_test(secret_decides_the_slot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
