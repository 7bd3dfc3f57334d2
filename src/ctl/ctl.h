/*
 * Control commands: a table of {name, role, function, usage}. Knows the core;
 * what lies outside it (files, names, stopping) it asks of struct ctl_host.
 */
#ifndef VPLAM_CTL_CTL_H
#define VPLAM_CTL_CTL_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/core.h"

enum ctl_role { CTL_READ, CTL_ADMIN };

/* Where in the configuration a setting stands, for `explain`. */
struct ctl_origin {
	const char *file; /* NULL: the peer was added by a control command */
	int line;	  /* 0: the file does not set it */
};

/* What the daemon knows of a device port. */
struct ctl_device {
	const char *name; /* of the interface, or a label */
	const char *kind; /* as in the configuration */
	uint32_t mtu;
	bool carrier;
	bool gone; /* taken away; it will be opened again */
};

/* What the daemon does for the commands. Texts in *why are static. */
struct ctl_host {
	void *arg;

	/* Reads the configuration again; false: kept the old one. errors is an
	 * array of strings "file:line: what" that the caller owns; with true,
	 * for each peer that is not taken over (error "partly"):
	 * "file:line: peer "NAME": is refused: why". */
	bool (*reload)(void *arg, struct json_object *errors);
	void (*stop)(void *arg);

	/* Peer by control command: name, key text, endpoint texts (host:port).
	 * Not written to a file; lost at restart. */
	bool (*peer_add)(void *arg, const char *name, const char *key,
	    const char *const *endpoints, size_t n, const char **why);
	bool (*peer_del)(void *arg, struct peer *p, const char **why);

	/* Where the option is set: one of the peer, else one of the daemon. An
	 * option of the peer that is not set, and NULL: where its block is. */
	bool (*peer_origin)(void *arg, const struct peer *p, const char *option,
	    struct ctl_origin *ret);

	/* Endpoints as configured, with the outcome of the last look-up:
	 * array of {"text","addresses":[],"error"}. */
	struct json_object *(*peer_names)(void *arg, const struct peer *p);

	/* The device with that number in the core; false: not known. */
	bool (*device)(void *arg, unsigned no, struct ctl_device *ret);

	/* Why the kernel has no route to it though it should; else NULL. */
	const char *(*route_why)(void *arg, const struct prefix *p);

	/* A vnode by its URI; from names who told of it (NULL: a person). What
	 * became of it: "new", "newer", "known", "clash", or "looking-up" when
	 * it has names; NULL and *why ("is of another network"): nothing. */
	const char *(*entry_add)(
	    void *arg, const char *uri, const char *from, const char **why);

	/* Begins to ask who is at host:port (core/ident.h): the id of the
	 * query, 0 and *why: not now. */
	uint32_t (*identity_ask)(
	    void *arg, const char *endpoint, const char **why);

	/* Entry lists (vplamad/entry.h): get them all now; the state of each,
	 * and what each says beside what we measured, as arrays. */
	bool (*entry_fetch)(void *arg, const char **why);
	struct json_object *(*entry_sources)(void *arg);
	struct json_object *(*entry_audit)(void *arg);

	/* {"version","pid","uptime","config","listen":[..],"mesh_socket",...}
	 */
	struct json_object *(*about)(void *arg);
};

struct ctl {
	struct core *core;
	const struct ctl_host *host;
};

/*
 * Carries out one line (no newline) for a client of this role and returns the
 * reply, which the caller puts. *ret_monitor is set when the client asked for
 * the stream of events.
 */
struct json_object *ctl_dispatch(const struct ctl *ctl, enum ctl_role role,
    const char *line, size_t len, struct turn *t, bool *ret_monitor);

/* An event as one JSON line for those who monitor; the caller puts it. */
struct json_object *ctl_event(const struct ctl *ctl, enum core_event ev,
    const struct peer *p, const struct turn *t);

/* The same: rows of these vnodes are on the disk. */
struct json_object *ctl_event_stored(const struct ctl *ctl,
    const uint8_t (*key)[KEY_LEN], size_t n, const struct turn *t);

#endif
