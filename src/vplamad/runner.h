/* Programs of the operator's: run without a shell, watched, killed in time. */
#ifndef VPLAM_VPLAMAD_RUNNER_H
#define VPLAM_VPLAMAD_RUNNER_H

#include "base/log.h"

struct loop;
struct runner;
struct runner_job;
struct turn;

/* log_info() or log_debug(), for what a program prints. */
typedef void runner_say(const char *fmt, ...) LOG_FMT;

/*
 * what: its name in the log (static); most_lines of what one run prints go
 * there.
 */
struct runner *runner_new(
    struct loop *loop, const char *what, unsigned most_lines, runner_say *say);

/* Kills what runs; nobody is called back any more. Fine on NULL. */
void runner_free(struct runner *r);

/*
 * It has ended, and so has all it had started; code: that of spawn_bury(), or
 * RUNNER_LATE: its time was over. In the loop, never from within run; the job
 * is gone.
 */
#define RUNNER_LATE (-1000)
typedef void runner_done(void *arg, int code, struct turn *t);

/*
 * Runs the program (a path) with PATH and env, "NAME=value" and NULL behind the
 * last, in its environment. Killed after timeout_ms with what it has started. 0
 * or -errno: -ENOSYS before Linux 5.3; -ENOMEM; what posix_spawn() has against
 * the program.
 */
int runner_run(struct runner *r, const char *program, const char *const *env,
    unsigned timeout_ms, runner_done *done, void *arg, struct runner_job **ret);

/* Kills it; done is not called. */
void runner_stop(struct runner_job *j);

#endif
