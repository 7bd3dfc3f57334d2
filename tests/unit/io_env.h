/* A loop, a folder for sockets and a monitor, for tests with real sockets. */
#ifndef VPLAM_TESTS_IO_ENV_H
#define VPLAM_TESTS_IO_ENV_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/counters.h"
#include "io/loop.h"
#include "priv/monitor.h"
#include "priv/priv.h"

#define ENV_LIMIT_MS 10000 /* nothing that works takes so long */

struct env {
	struct loop *loop;
	struct monitor monitor;
	struct priv priv;
	struct counters cnt;
	char dir[64], mesh[96], control[96];
	unsigned turns;
	struct hook hook;
	struct mono limit;
	bool (*until)(void *arg);
	void *arg;
	bool met;
};

void env_init(struct env *e);
void env_fini(struct env *e); /* fails if a socket file was left behind */

/* The addresses that the monitor lets its users listen at. */
void env_listen(struct env *e, const struct addr *a, unsigned n);

/* Runs the loop until the condition holds; fails after ENV_LIMIT_MS. */
void env_until(struct env *e, bool (*until)(void *arg), void *arg);

/* Runs the loop for so long. */
void env_run(struct env *e, unsigned ms);

#endif
