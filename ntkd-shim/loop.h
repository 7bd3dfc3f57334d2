/* Waits for descriptors and deadlines; a source is told one event at a time. */
#ifndef VPLAM_NTKD_SHIM_LOOP_H
#define VPLAM_NTKD_SHIM_LOOP_H

#include <stdint.h>

#include "base/mono.h"

struct loop {
	int ep;
};

/* Embedded in what waits. It may delete and free itself when it is told. */
struct source {
	int fd;
	void (*ready)(void *arg, uint32_t events, struct mono now);
	void *arg;
};

/* All return 0 or -errno. */
int loop_init(struct loop *l);
void loop_fini(struct loop *l);

/* events: EPOLLIN, EPOLLOUT. */
int loop_add(struct loop *l, struct source *s, uint32_t events);
void loop_change(struct loop *l, struct source *s, uint32_t events);
void loop_del(struct loop *l, struct source *s); /* before fd is closed */

/* Waits for one event, at most until the deadline, and tells its source. */
void loop_once(struct loop *l, struct mono deadline);

#endif
