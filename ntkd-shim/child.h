/* Runs ntkd beside the shim: starts it again when it ends, ends it with us. */
#ifndef VPLAM_NTKD_SHIM_CHILD_H
#define VPLAM_NTKD_SHIM_CHILD_H

#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "base/mono.h"
#include "ntkd-shim/netns.h"

#define CHILD_BACKOFF_MIN_US (1 * MONO_SEC) /* doubles up to the maximum */
#define CHILD_BACKOFF_MAX_US (60 * MONO_SEC)
#define CHILD_PROVEN_US (60 * MONO_SEC) /* who lived so long starts afresh */

struct child {
	const struct netns *ns;
	char **argv;	     /* borrowed; NULL: somebody else runs ntkd */
	struct rlimit files; /* as it was when we were started */
	pid_t pid;	     /* 0: not running */
	struct mono started;
	struct mono again; /* MONO_NEVER: it runs, or is not ours to run */
	uint64_t backoff_us;
	unsigned starts;
};

/* argv ends with NULL, as execvp() wants it. */
void child_init(
    struct child *c, const struct netns *ns, char **argv, struct mono now);

struct mono child_deadline(const struct child *c);

/* Starts it when it is time. */
void child_tick(struct child *c, struct mono now);

/* After SIGCHLD. True: it has ended. */
bool child_reap(struct child *c, struct mono now);

/* Ends it, so that it is started again at once. */
void child_restart(struct child *c);

/* Ends it, by force if it takes long, and waits for that. */
void child_stop(struct child *c);

#endif
