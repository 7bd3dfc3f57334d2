/*
 * The device ports of the daemon: opened as configured, joined to the core,
 * their carrier led by the peers.
 */
#ifndef VPLAM_VPLAMAD_DEVICE_H
#define VPLAM_VPLAMAD_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/fwd.h"
#include "ctl/ctl.h"
#include "io/port.h"
#include "vplamad/config.h"

struct monitor;
struct node;
struct vplamad;

/* One open port. Without its port it is about to be opened again. */
struct device {
	const struct config_device *conf;
	struct port *port;
	uint32_t peer;			/* only for this one's id; 0: for all */
	char name[DEVICE_NAME_MAX + 1]; /* of the interface, or a label */
	bool up;			/* carrier */
	bool gone;			/* was taken away under us */
	bool down;	       /* somebody has set the interface down */
	unsigned wait;	       /* seconds before the next attempt */
	struct mono reopen_at; /* when it is tried; MONO_NEVER: it is open */
};

struct devices {
	struct port_env env;
	struct device *by_no[FWD_PORTS]; /* by its number in the core */
};

/* Fills in what the privileged side has to know. conf stays borrowed. */
void devices_monitor(struct monitor *m, struct config *cfg);

/*
 * The configured octets, then those of a hash of our public key and the name of
 * the device: two on one node differ, and each is the same after every start.
 */
void device_mac(
    const struct config_device *dev, const uint8_t *ed_pk, uint8_t ret[6]);

/*
 * Opens those that are for all peers, or those of one peer that was added.
 * False after a line in the log.
 */
bool devices_open(struct vplamad *d, struct turn *t);
bool devices_peer_added(
    struct vplamad *d, const struct node *n, struct turn *t);

void devices_peer_removed(struct vplamad *d, uint32_t id);

/* Warns of devices of its own that do not look at the prefixes it has. */
void devices_peer_granted(
    const struct vplamad *d, uint32_t id, const char *name);
void devices_close(struct vplamad *d);

/* A peer came or went: who of them has somebody to talk to now? */
void devices_carrier(struct vplamad *d);

/*
 * Those that were taken away are let go at the end of a turn, and tried again
 * when the deadline has come.
 */
void devices_let_go(struct vplamad *d, struct turn *t);
struct mono devices_deadline(const struct devices *ds);
void devices_reopen(struct vplamad *d, struct turn *t);

/* core_io->port_deliver; arg is the daemon. */
void devices_deliver(void *arg, unsigned no, struct run *run);

/* As linkwatch_new() tells; arg is the daemon. */
void devices_link(void *arg, unsigned index, bool up);

/* Is that interface one of ours, or of our own mesh? arg is the daemon. */
bool devices_is_ours(void *arg, unsigned index);

/*
 * What priv_route_add() calls the device by which routes to the peer go: "", or
 * what follows its name when it is the peer's own; NULL: it is not there now.
 */
const char *devices_unit(const struct vplamad *d, uint32_t peer);

/* devhint.c: what helps against this -errno of opening one; static. */
const char *device_hint(uint32_t kind, int rc);

/* For ctl_host. */
bool device_about(
    const struct devices *ds, unsigned no, struct ctl_device *ret);

#endif
