#include "tests/unit/io_env.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

static struct mono
limit(void *arg)
{
	const struct env *e = arg;

	return e->limit;
}

static void
at_limit(void *arg, struct turn *t)
{
	struct env *e = arg;

	(void)t;
	e->limit = MONO_NEVER;
	loop_stop(e->loop);
}

static void
after_turn(void *arg, struct turn *t)
{
	struct env *e = arg;

	(void)t;
	e->turns++;
	if (e->until != NULL && e->until(e->arg)) {
		e->met = true;
		loop_stop(e->loop);
	}
}

void
env_init(struct env *e)
{
	struct loop_ops ops = { .arg = e, .deadline = limit, .tick = at_limit };

	memset(e, 0, sizeof(*e));
	strcpy(e->dir, "/tmp/vplama-test-XXXXXX");
	assert_non_null(mkdtemp(e->dir));
	snprintf(e->mesh, sizeof(e->mesh), "%s/mesh.sock", e->dir);
	snprintf(e->control, sizeof(e->control), "%s/control.sock", e->dir);
	e->monitor.path[PRIV_PATH_MESH] = e->mesh;
	e->monitor.path[PRIV_PATH_CONTROL] = e->control;
	e->priv = (struct priv){ monitor_call, &e->monitor };
	e->limit = MONO_NEVER;
	e->loop = loop_new(&ops);
	hook_add(&e->hook, e->loop, LOOP_FLUSH, after_turn, e);
}

void
env_fini(struct env *e)
{
	loop_free(e->loop);
	assert_int_equal(rmdir(e->dir), 0);
}

void
env_listen(struct env *e, const struct addr *a, unsigned n)
{
	assert_true(n <= MONITOR_LISTEN);
	memcpy(e->monitor.listen, a, n * sizeof(*a));
	e->monitor.n_listen = n;
}

void
env_until(struct env *e, bool (*until)(void *arg), void *arg)
{
	e->until = until;
	e->arg = arg;
	e->met = until(arg);
	e->limit = mono_add(clock_boot(), (uint64_t)ENV_LIMIT_MS * MONO_MS);
	if (!e->met)
		assert_int_equal(loop_run(e->loop), 0);
	assert_true(e->met);
	e->until = NULL;
	e->limit = MONO_NEVER;
}

void
env_run(struct env *e, unsigned ms)
{
	e->limit = mono_add(clock_boot(), (uint64_t)ms * MONO_MS);
	assert_int_equal(loop_run(e->loop), 0);
}
