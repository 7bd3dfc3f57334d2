/* The program that moves our gnode where no mesh daemon can: run, watched. */
#ifndef VPLAM_VPLAMAD_REHOOKER_H
#define VPLAM_VPLAMAD_REHOOKER_H

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct rehooker;
struct turn;

#define REHOOKER_MS 600000 /* then it is killed */
#define REHOOKER_LINES 64  /* of its output that one run has in the log */

struct rehooker *rehooker_new(struct loop *loop);

/* Kills what runs; nobody is called back any more. Fine on NULL. */
void rehooker_free(struct rehooker *h);

/* In its environment, with PATH and nothing else. */
struct rehooker_order {
	uint32_t id;	       /* VPLAMA_REHOOK_ID */
	const char *from, *to; /* VPLAMA_FROM, VPLAMA_TO: prefixes */
	uint32_t count;	       /* VPLAMA_COUNT */
};

/* It has ended; ok: with exit code 0. In the loop, never from within run. */
typedef void rehooker_done(void *arg, uint32_t id, bool ok, struct turn *t);

/*
 * Runs the program (a path; no shell), one at a time. 0 or -errno: -EBUSY one
 * runs; -ENOSYS before Linux 5.3; what posix_spawn() has against the program.
 */
int rehooker_run(struct rehooker *h, const char *program, unsigned timeout_ms,
    const struct rehooker_order *o, rehooker_done *done, void *arg);

/* Kills the run with that id, if there is one; done is not called. */
void rehooker_stop(struct rehooker *h, uint32_t id);

#endif
