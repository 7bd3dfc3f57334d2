/*
 * Privileged operations as the daemon sees them: one function each, one
 * transport behind them all.
 */
#ifndef VPLAM_PRIV_PRIV_H
#define VPLAM_PRIV_PRIV_H

#include <stdint.h>

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

#endif
