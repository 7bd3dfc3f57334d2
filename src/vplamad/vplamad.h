/* The daemon: everything that the other folders offer, put together. */
#ifndef VPLAM_VPLAMAD_VPLAMAD_H
#define VPLAM_VPLAMAD_VPLAMAD_H

#include <stdbool.h>

#include "core/core.h"
#include "ctl/ctl.h"
#include "io/ctlsock.h"
#include "io/linkwatch.h"
#include "io/loop.h"
#include "io/port_unix.h"
#include "io/udp.h"
#include "io/uplink.h"
#include "priv/monitor.h"
#include "priv/priv.h"
#include "vplamad/config.h"
#include "vplamad/device.h"
#include "vplamad/node.h"
#include "vplamad/notify.h"
#include "vplamad/entry.h"
#include "vplamad/keep.h"
#include "vplamad/peers.h"
#include "vplamad/place.h"
#include "vplamad/routes.h"
#include "vplamad/told.h"
#include "vplamad/whois.h"

struct resolve;

/* In the order in which it is built; torn down the other way round. */
struct vplamad {
	struct config cfg; /* in force; the peers have moved to nodes */
	struct loop *loop;
	struct monitor monitor;
	struct priv priv;
	bool has_core;
	struct core core;
	struct udp_handler udp_handler;
	struct udp *udp;
	struct port_handler port_handler;
	struct port_unix *port;
	struct devices devices;
	struct routes *routes;	     /* NULL: none are installed */
	struct linkwatch *linkwatch; /* of their devices */
	struct uplink *uplink;	     /* NULL: it cannot be watched */
	struct mono mend_at;	     /* sockets that could not be made anew */
	struct place place;
	struct peers peers;
	struct entries *entries; /* NULL: no entry lists */
	struct keep *keep;	 /* NULL: not yet, or not any more */
	struct ctl_host host;
	struct ctl ctl;
	struct ctlsock_handler ctl_handler;
	struct ctlsock *ctlsock;
	struct resolve *resolve;
	struct hook act;
	struct node_list nodes;
	struct htab node_ids; /* them by id */
	struct heap names; /* of theirs: when to look up which; room for all: */
	size_t n_names;
	struct told_list told;
	unsigned n_told;
	struct whois whois[IDENT_QUERIES];

	struct notify notify;
	struct mono started;
	struct mono no_memory_at; /* when the log last heard of it; 0: never */
	uint64_t no_memory_told;  /* so many times */
	struct mono stamp_at;	  /* next write of the stamp reserve */
	bool stamp_failed;	  /* said so already */
	bool live_changed;	  /* the status line is out of date */
	unsigned goodbyes;	  /* sent since we were told to stop */
	struct mono goodbye_at;	  /* the next one; MONO_NEVER: not stopping */
};

/*
 * Runs until told to stop. Takes over what cfg holds. Returns the exit code:
 * 0, or 1 after a line in the log.
 */
int vplamad_run(struct config *cfg);

/* Says goodbye to the peers and ends the loop; the second call at once. */
void vplamad_stop(struct vplamad *d, struct turn *t);

/* Is it on its way out? */
bool vplamad_stopping(const struct vplamad *d);

/* event.c: core_io->event; arg is the daemon. */
void event_from_core(void *arg, enum core_event ev, const struct peer *p);

/* To monitors: rows of these vnodes are safe. */
void event_stored(struct vplamad *d, const uint8_t (*key)[KEY_LEN], size_t n);

/* host.c: what the control commands ask of the daemon. */
void host_init(struct vplamad *d);

/* Logs what is good in it but will hardly do what is wanted. */
void vplamad_warn(const struct config *cfg);

/* Tells the core our own addresses, as they are in d->cfg. */
void vplamad_own_prefixes(struct vplamad *d);

/* The limits that a configuration stands for. */
struct core_limits config_limits(const struct config *cfg);

#endif
