/*
 * The control socket: lines of JSON in, lines of JSON out, bounded in every
 * direction. What a line means is the dispatcher's business.
 */
#ifndef VPLAM_IO_CTLSOCK_H
#define VPLAM_IO_CTLSOCK_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/counters.h"
#include "base/run.h"

struct ctlsock;
struct loop;
struct priv;

#define CTLSOCK_CLIENTS 16
#define CTLSOCK_OUT_MAX (256u << 10) /* bytes that may wait for a client */
#define CTLSOCK_IDLE_MS 30000	     /* without a whole request; not monitors */
#define CTLSOCK_TURN_US 2000 /* of requests in one turn, or a single one */
#define CTLSOCK_REST_US 1000 /* then the next */

/* By credentials: root and our own user may change things. As ctl/ctl.h. */
enum ctlsock_role { CTLSOCK_READ, CTLSOCK_ADMIN };

struct ctlsock_handler {
	void *arg;

	/*
	 * The reply to one line (no newline, NUL-terminated), which is taken
	 * over. *ret_monitor, false before, asks for the events.
	 */
	struct json_object *(*dispatch)(void *arg, int role, const char *line,
	    size_t len, struct turn *t, bool *ret_monitor);
};

/*
 * Listens at PRIV_PATH_CONTROL with mode 0660. h and pv are borrowed; cnt gets
 * ctl_bad. idle_ms: CTLSOCK_IDLE_MS. 0 or -errno.
 */
int ctlsock_open(struct ctlsock **ret, struct loop *l, const struct priv *pv,
    const struct ctlsock_handler *h, struct counters *cnt, unsigned idle_ms);

/* Tries once to send what waits, and removes the socket file. */
void ctlsock_close(struct ctlsock *cs);

/* Whether an event would reach anybody: spares making it. */
bool ctlsock_has_monitors(const struct ctlsock *cs);

/* One line to everybody who monitors; ev stays the caller's. */
void ctlsock_broadcast(struct ctlsock *cs, struct json_object *ev);

#endif
