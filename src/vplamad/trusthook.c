#include "vplamad/trusthook.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xmem.h"
#include "core/trust.h"
#include "crypto/keys.h"
#include "io/spawn.h"
#include "vplamad/runner.h"

#define QUIET_US (60u * MONO_SEC) /* between two complaints */

struct question {
	struct trusthook *h;
	bool used, runs;
	uint8_t x_pk[KEY_LEN];
	struct addr from;
};

struct trusthook {
	struct runner *runner;
	const char *program; /* borrowed */
	trusthook_done *done;
	void *arg;
	struct question q[TRUST_PENDING];
	unsigned waiting;	 /* of them do not run yet */
	struct mono complain_at; /* no complaint before */
};

struct trusthook *
trusthook_new(
    struct loop *loop, const char *program, trusthook_done *done, void *arg)
{
	struct trusthook *h = xcalloc(1, sizeof(*h));

	/* strangers bring it about: as many lines as they like */
	h->runner = runner_new(loop, "trust-hook", TRUSTHOOK_LINES, log_debug);
	h->program = program;
	h->done = done;
	h->arg = arg;
	return h;
}

void
trusthook_free(struct trusthook *h)
{
	if (h == NULL)
		return;
	runner_free(h->runner);
	free(h);
}

/* Strangers bring it about, so not each time. */
static void
complain(struct trusthook *h, const char *why, struct mono now)
{
	if (mono_before(now, h->complain_at))
		return;
	h->complain_at = mono_add(now, QUIET_US);
	log_warnx("trust-hook %s: %s", h->program, why);
}

static void
decide(struct question *q, int class, struct turn *t)
{
	struct trusthook *h = q->h;
	uint8_t x_pk[KEY_LEN];

	memcpy(x_pk, q->x_pk, KEY_LEN);
	q->used = false;
	h->done(h->arg, x_pk, class, t);
}

static void
on_end(void *arg, int code, struct turn *t)
{
	struct question *q = arg;
	int class = code == 0		 ? (int)CLASS_MEMBER
	    : code == TRUSTHOOK_STRANGER ? (int)CLASS_STRANGER
	    : code < 0			 ? TRUST_UNSAID
					 : TRUST_REFUSED;

	if (code < 0)
		complain(q->h,
		    code == RUNNER_LATE ? "has taken too long and was killed"
			: code == SPAWN_LOST ? "ended, and nobody knows how"
					     : "was killed",
		    t->now);
	decide(q, class, t);
}

static int
run(struct question *q, unsigned timeout_ms)
{
	struct runner_job *job;
	char key[KEY_TEXT], addr[ADDR_TEXT];
	char *env[3] = { NULL };
	int rc = -ENOMEM;

	key_format(q->x_pk, key);
	env[0] = try_asprintf("VPLAMA_KEY=%s", key);
	env[1] = try_asprintf("VPLAMA_ADDRESS=%s", addr_format(&q->from, addr));
	if (env[0] != NULL && env[1] != NULL)
		rc = runner_run(q->h->runner, q->h->program,
		    (const char *const *)env, timeout_ms, on_end, q, &job);
	free(env[0]);
	free(env[1]);
	return rc;
}

void
trusthook_ask(
    struct trusthook *h, const uint8_t x_pk[KEY_LEN], const struct addr *from)
{
	struct question *q;

	for (q = h->q; q < h->q + TRUST_PENDING; q++)
		if (!q->used)
			break;
	if (q == h->q + TRUST_PENDING)
		return;
	*q = (struct question){ .h = h, .used = true, .from = *from };
	memcpy(q->x_pk, x_pk, KEY_LEN);
	h->waiting++;
}

void
trusthook_act(struct trusthook *h, unsigned timeout_ms, struct turn *t)
{
	struct question *q;
	int rc;

	if (h == NULL || h->waiting == 0)
		return;
	h->waiting = 0;
	for (q = h->q; q < h->q + TRUST_PENDING; q++) {
		if (!q->used || q->runs)
			continue;
		q->runs = true;
		rc = run(q, timeout_ms);
		if (rc == 0)
			continue;
		complain(h, strerror(-rc), t->now);
		decide(q, TRUST_UNSAID, t);
	}
}
