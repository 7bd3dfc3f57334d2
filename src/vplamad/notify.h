/* Tells the service manager how we are: sd_notify's protocol, no library. */
#ifndef VPLAM_VPLAMAD_NOTIFY_H
#define VPLAM_VPLAMAD_NOTIFY_H

#include <stdint.h>

#include "base/mono.h"

/*
 * To the socket that NOTIFY_SOCKET names; nothing where there is none. The
 * descriptor is kept, as at some time there may be none left.
 */
struct notify {
	int fd; /* -1: nobody is told */
	uint64_t every_us;
	struct mono at; /* the next sign of life; MONO_NEVER: nobody waits */
};

void notify_open(struct notify *n);
void notify_close(struct notify *n);

/* 0 or -errno. */
int notify_ready(const struct notify *n);
int notify_reloading(const struct notify *n); /* with the time it is */
int notify_stopping(const struct notify *n);
int notify_live(const struct notify *n, unsigned peers); /* "STATUS=..." */

/*
 * The manager's watchdog, if WATCHDOG_USEC says that it has one and no
 * WATCHDOG_PID that it is for another process: from now on it hears of us in
 * every third of that time, or ends us.
 */
void notify_watchdog(struct notify *n, struct mono now);
void notify_tick(struct notify *n, struct mono now); /* if it is due */

#endif
