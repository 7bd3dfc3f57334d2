/* Interfaces that go up and down, as the kernel tells of them. */
#include "io/linkwatch.h"

#include <net/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/netns/tunlab.h"
#include "tests/unit/io_env.h"

#define MANY 4000

struct fix {
	struct env env;
	unsigned index; /* of the one that is looked at */
	unsigned ups, downs, all;
	bool up;
};

static void
on_changed(void *arg, unsigned index, bool up)
{
	struct fix *f = arg;

	if (index == 0)
		f->all++;
	if (index != f->index)
		return;
	f->ups += up;
	f->downs += !up;
	f->up = up;
}

static bool
is_down(void *arg)
{
	const struct fix *f = arg;

	return f->downs > 0 && !f->up;
}

static bool
is_up(void *arg)
{
	const struct fix *f = arg;

	return f->ups > 0 && f->up;
}

static bool
overrun(void *arg)
{
	const struct fix *f = arg;

	return f->all > 0;
}

static void
up_and_down(void **state)
{
	struct fix f = { .up = false };
	int ns = lab_ns();
	struct linkwatch *lw;
	unsigned i;
	char cmd[96];

	(void)state;
	env_init(&f.env);
	lab_do("ip link add one type veth peer name other");
	f.index = if_nametoindex("one");
	lw = linkwatch_new(f.env.loop, on_changed, &f);
	assert_non_null(lw);
	env_run(&f.env, 20);
	assert_int_equal(f.ups + f.downs, 0);
	lab_do("ip link set one up");
	env_until(&f.env, is_up, &f);
	/* down and up again before anybody looks */
	f.ups = f.downs = 0;
	lab_do("ip link set one down; ip link set one up");
	env_until(&f.env, is_up, &f);
	env_run(&f.env, 20);
	assert_true(f.downs > 0 && f.up);
	f.ups = f.downs = 0;
	lab_do("ip link set other up; ip link set other down");
	lab_do("ip link set one mtu 1300");
	env_until(&f.env, is_up, &f);
	assert_int_equal(f.downs, 0);
	lab_do("ip link set one down");
	env_until(&f.env, is_down, &f);
	assert_int_equal(f.all, 0);
	/* more than the kernel keeps for us */
	snprintf(cmd, sizeof(cmd), "%s/batch", f.env.dir);
	lab_do("for i in $(seq %d); do echo link set one mtu $((1300 + i %% 2))"
	       "; done >%s",
	    MANY, cmd);
	for (i = 0; i < 3; i++)
		lab_do("ip -batch %s", cmd);
	env_until(&f.env, overrun, &f);
	unlink(cmd);
	linkwatch_free(lw);
	linkwatch_free(NULL);
	env_fini(&f.env);
	close(ns);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(up_and_down),
	};
	const char *lacks = lab_lacks();

	if (lacks != NULL) {
		printf("skipped: %s\n", lacks);
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
