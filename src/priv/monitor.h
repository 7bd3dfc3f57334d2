/* The side that does privileged operations; it trusts no request. */
#ifndef VPLAM_PRIV_MONITOR_H
#define VPLAM_PRIV_MONITOR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"
#include "base/prefix.h"
#include "priv/priv_proto.h"
#include "priv/kroute.h"

#define MONITOR_DEVS 8
#define MONITOR_NAME 16 /* IFNAMSIZ */
#define MONITOR_LISTEN 8
#define MONITOR_MESHES 8

/* A TUN or TAP device that the daemon may ask for. */
struct monitor_dev {
	bool used;		 /* false: asking for it gives -ENOENT */
	char name[MONITOR_NAME]; /* per_peer: "-" and the unit follow */
	bool tap, per_peer;
	bool persistent; /* stays when the daemon has gone */
	uint8_t mac[6];	 /* of a TAP; the end of a TUN's link-local address */
	uint16_t mtu;
	uint32_t speed_mbit; /* what ethtool says of it; 0: as the kernel has */
	struct prefix *addr; /* host bits set: addresses on the device */
	size_t n_addr;
};

/*
 * Its own settings; a path that is NULL is refused with -ENOENT, so is the
 * number of an address that is not there.
 */
struct monitor {
	const char *path[PRIV_PATH_MAX];
	struct addr listen[MONITOR_LISTEN];
	unsigned n_listen;
	uint32_t mark;		     /* SO_MARK of UDP sockets; 0: none */
	char bind_dev[MONITOR_NAME]; /* SO_BINDTODEVICE of them; "": none */
	struct monitor_dev dev[MONITOR_DEVS];

	bool has_routes;    /* false: asking for one gives -ENOENT */
	unsigned route_dev; /* the number of the device that they go by */
	struct kroute_mark route;

	char mesh[MONITOR_MESHES][MONITOR_NAME]; /* interfaces */
	unsigned n_mesh;

	/* Where a data socket may be bound, by number; port 0: none may be. */
	struct addr leave[MONITOR_LISTEN];
};

/*
 * Carries out one request; arg is a struct monitor. An unknown operation or a
 * field out of range gives -EINVAL and changes nothing.
 */
void monitor_call(
    void *arg, const struct priv_req *req, struct priv_reply *ret);

#endif
