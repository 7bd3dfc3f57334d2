#include "vplamad/rehooker.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/xmem.h"
#include "io/spawn.h"
#include "vplamad/runner.h"

#define VARS 4 /* in its environment, besides PATH */

struct rehooker {
	struct runner *runner;
	struct runner_job *job; /* NULL: none runs */
	uint32_t id;
	rehooker_done *done;
	void *arg;
};

struct rehooker *
rehooker_new(struct loop *loop)
{
	struct rehooker *h = xcalloc(1, sizeof(*h));

	h->runner = runner_new(loop, "rehook-hook", REHOOKER_LINES, log_info);
	return h;
}

void
rehooker_free(struct rehooker *h)
{
	if (h == NULL)
		return;
	runner_free(h->runner);
	free(h);
}

static void
on_end(void *arg, int code, struct turn *t)
{
	struct rehooker *h = arg;

	h->job = NULL;
	if (code == RUNNER_LATE)
		log_warnx("rehook-hook: has taken too long and was killed");
	else if (code == SPAWN_LOST)
		log_warnx("rehook-hook: ended, and nobody knows how");
	else if (code < 0)
		log_warnx("rehook-hook: killed by signal %d", -code);
	else if (code > 0)
		log_warnx("rehook-hook: exit code %d", code);
	h->done(h->arg, h->id, code == 0, t);
}

int
rehooker_run(struct rehooker *h, const char *program, unsigned timeout_ms,
    const struct rehooker_order *o, rehooker_done *done, void *arg)
{
	char *env[VARS + 1] = {
		try_asprintf("VPLAMA_REHOOK_ID=%u", o->id),
		try_asprintf("VPLAMA_FROM=%s", o->from),
		try_asprintf("VPLAMA_TO=%s", o->to),
		try_asprintf("VPLAMA_COUNT=%u", o->count),
		NULL,
	};
	int rc = h->job != NULL ? -EBUSY : 0;
	size_t i;

	for (i = 0; i < VARS; i++)
		if (env[i] == NULL)
			rc = -ENOMEM;
	if (rc == 0) {
		h->id = o->id;
		h->done = done;
		h->arg = arg;
		rc = runner_run(h->runner, program, (const char *const *)env,
		    timeout_ms, on_end, h, &h->job);
	}
	for (i = 0; i < VARS; i++)
		free(env[i]);
	return rc;
}

void
rehooker_stop(struct rehooker *h, uint32_t id)
{
	if (h->job == NULL || h->id != id)
		return;
	runner_stop(h->job);
	h->job = NULL;
}
