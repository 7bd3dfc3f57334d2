/*
 * Privileged operations as the daemon sees them: one function each, one
 * transport behind them all.
 */
#ifndef VPLAM_PRIV_PRIV_H
#define VPLAM_PRIV_PRIV_H

#include <stdint.h>

#include "base/prefix.h"
#include "priv/priv_proto.h"

/*
 * Carries a request over and brings the reply back. monitor_call() is the one
 * inside the same process.
 */
struct priv {
	void (*call)(
	    void *arg, const struct priv_req *req, struct priv_reply *ret);
	void *arg;
};

/*
 * A UDP socket (nonblocking, close-on-exec) bound to address number listen of
 * the monitor's settings, or -errno. The handshake socket comes first; it gives
 * leave for one data socket, which is bound to the same port.
 */
int priv_udp_bind(const struct priv *pv, unsigned listen,
    enum priv_udp_kind kind, uint32_t rcvbuf);

/* A listening Unix socket, as unix_listen() in base/fdutil.h gives it. */
int priv_unix_listen(const struct priv *pv, enum priv_path path,
    enum priv_unix_type type, uint32_t mode);

/* Removes that socket's file; 0 also when it is not there. */
int priv_unix_unlink(const struct priv *pv, enum priv_path path);

/*
 * Opens TUN or TAP device number dev of the monitor's settings, for the peer
 * that unit stands for if it is one per peer (else ""), sets it up
 * (MAC, MTU, addresses, speed), without carrier and
 * administratively up. offload (PRIV_TUN_*) is what to try; *ret_offload
 * what the kernel has. The descriptor (nonblocking, close-on-exec), or -errno.
 */
int priv_tun_open(const struct priv *pv, unsigned dev, const char *unit,
    uint32_t offload, uint32_t *ret_offload);

/*
 * A route of ours to p, by the device of the monitor's settings; unit as with
 * priv_tun_open(). One of ours that is there is replaced. 0 or -errno: -EEXIST
 * somebody else has a route to it of our metric; -EINVAL no prefix that may be
 * routed; -ENOENT no routes are configured; -ENODEV the interface is not there.
 */
int priv_route_add(
    const struct priv *pv, const char *unit, const struct prefix *p);

/* Takes it away; 0 also when there is none. */
int priv_route_del(const struct priv *pv, const struct prefix *p);

/* Takes away all that have our mark, of whatever life. */
int priv_route_flush(const struct priv *pv);

/*
 * A UDP socket (nonblocking, close-on-exec) on PRIV_MESH_PORT that sends and
 * hears through nothing but mesh interface number iface of the monitor's
 * settings: of both families where the kernel has IPv6, else IPv4. Or -errno:
 * -ENODEV the interface is not there.
 */
int priv_mesh_bind(const struct priv *pv, unsigned iface);

#endif
