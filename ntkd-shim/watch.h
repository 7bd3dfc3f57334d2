/* What rtnetlink tells of ntkd: its address on vp0, and the end of that. */
#ifndef VPLAM_NTKD_SHIM_WATCH_H
#define VPLAM_NTKD_SHIM_WATCH_H

#include <stdint.h>

#include "ntkd-shim/loop.h"
#include "ntkd-shim/netns.h"

struct watch_io {
	void *arg;

	/* ntkd's address, 0: none; each time it may have changed. */
	void (*addr)(void *arg, uint32_t ip, struct mono now);

	/* vp0 is gone, which ntkd does not survive. */
	void (*lost)(void *arg);
};

struct watch {
	struct netns *ns;
	struct loop *loop;
	struct watch_io io;
	struct nl events;
	struct source source;
};

/* 0 or -errno, and the log says why. Tells the address at once. */
int watch_open(struct watch *w, struct netns *ns, struct loop *loop,
    const struct watch_io *io);
void watch_close(struct watch *w);

#endif
