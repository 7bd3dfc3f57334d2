/* Tells the service manager how we are: sd_notify's protocol, no library. */
#ifndef VPLAM_VPLAMAD_NOTIFY_H
#define VPLAM_VPLAMAD_NOTIFY_H

#include <stdint.h>

#include "base/mono.h"

/*
 * Sends text ("READY=1\nSTATUS=...") to the socket named by NOTIFY_SOCKET;
 * nothing when there is none. Returns 0 or -errno.
 */
int notify_send(const char *text);

int notify_ready(void);
int notify_reloading(void); /* with the time that systemd wants */
int notify_stopping(void);
int notify_live(unsigned n); /* STATUS="n peers live" */

/*
 * The manager's watchdog, if WATCHDOG_USEC says that it has one and no
 * WATCHDOG_PID that it is for another process: it hears of us in every third
 * of that time, or ends us. The descriptor is kept, as there may be none left.
 */
struct watchdog {
	int fd;
	uint64_t every_us;
	struct mono at; /* when it is due; MONO_NEVER: nobody watches */
};

void watchdog_begin(struct watchdog *w, struct mono now);
void watchdog_tick(struct watchdog *w, struct mono now); /* if due */
void watchdog_end(struct watchdog *w);

#endif
