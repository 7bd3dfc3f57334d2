/*
 * Tells when our line to the Internet may be another: an address came or went,
 * an interface that has one is up or down, or a default route changed.
 */
#ifndef VPLAM_IO_UPLINK_H
#define VPLAM_IO_UPLINK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/run.h"

struct loop;
struct uplink;

#define UPLINK_WAIT_US (100 * MONO_MS) /* what comes together is told once */

struct uplink_ops {
	void *arg;

	/* An interface that no line goes by: our devices, our own mesh. */
	bool (*is_ours)(void *arg, unsigned index);
	void (*changed)(void *arg, struct turn *t);

	/*
	 * Between two times that it is told: twice as long after each, up to
	 * pause_max_us, until nothing has changed for rest_us, and then at
	 * once.
	 */
	uint64_t pause_us, pause_max_us, rest_us;

	/*
	 * Do rules lead the tunnels by tables that others do not use? Else only
	 * the default routes count that everybody goes by: a mesh may have
	 * others, in tables of its own.
	 */
	bool any_table;
};

/* What is there already is no news. NULL, and errno, where nobody tells. */
struct uplink *uplink_new(struct loop *l, const struct uplink_ops *ops);
void uplink_free(struct uplink *u); /* fine on NULL */

/* Has an interface of this machine that address? False on NULL. */
bool uplink_has(const struct uplink *u, const struct addr *a);

/* When to call uplink_tick(); MONO_NEVER on NULL. */
struct mono uplink_deadline(const struct uplink *u);
void uplink_tick(struct uplink *u, struct turn *t);

#endif
