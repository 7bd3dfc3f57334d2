/*
 * The ambassador: to an unmodified ntkd each gnode at the other end of a
 * tunnel is one more neighbour on a link, and this is what those neighbours
 * say. Bytes, events and time in, callbacks out; no I/O, no clock.
 *
 * An identity stands for one peer: the address that its vnode has in its own
 * gnode, on our end of the veth. It answers ntkd's radar, takes its floods and
 * hands them over once, and speaks the floods that come out of the tunnel.
 * A temporary one serves the hook when ntkd is to move.
 *
 * After every call the deadline may be another one.
 *
 * IPv4 addresses are numbers: 10.1.2.3 is 0x0a010203. Every port is 269.
 */
#ifndef VPLAM_NTKD_SHIM_AMBASSADOR_H
#define VPLAM_NTKD_SHIM_AMBASSADOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mono.h"
#include "base/prefix.h"
#include "ntkd-shim/ntk.h"
#include "wire/netdesc.h"

#define AMB_PORT 269
#define AMB_PEERS 1024		 /* more are not represented */
#define AMB_CONNS 4096		 /* at a time, accepted and made */
#define AMB_BODY_MAX (64 * 1024) /* of what is handed over, and taken */

struct amb_config {
	enum ntk_wire wire;	  /* 0: as the radar of ntkd shows */
	enum netdesc_class class; /* ANY, 10 or 172: as ntkd is configured */
};

enum amb_why {
	AMB_WHY_TIMEOUT, /* ntkd did not move in time */
	AMB_WHY_ABSENT,	 /* no ntkd that could move */
	AMB_WHY_PATH,	 /* not a claim of ours, or not one to move to */
	AMB_WHY_ASTRAY,	 /* it moved, but elsewhere */
};

/* Callbacks out. They must not call in. */
struct amb_io {
	void *arg;

	/*
	 * The address /32 on our end of the veth, with a TCP listener and a UDP
	 * socket on its port; gone again, with every connection from or to it
	 * (no amb_closed() for these).
	 */
	void (*identity_add)(void *arg, uint32_t ip);
	void (*identity_del)(void *arg, uint32_t ip);

	/* Where data goes by the tunnel of this peer; n 0: nowhere. */
	void (*route_set)(
	    void *arg, uint32_t peer, const struct prefix *p, size_t n);

	/* A datagram between the ports; both are identities and ntkd. */
	void (*udp_send)(void *arg, uint32_t from, uint32_t to,
	    const uint8_t *p, size_t len);

	/*
	 * Connection number conn from an identity (0: from an address of the
	 * shim's own, which is no identity) to ntkd. amb_connected() or
	 * amb_closed() follows. What is sent before is kept or lost: nothing
	 * is.
	 */
	void (*tcp_connect)(
	    void *arg, uint32_t conn, uint32_t from, uint32_t to);

	/* All of it, in order. Who cannot keep it closes: amb_closed(). */
	void (*tcp_send)(
	    void *arg, uint32_t conn, const uint8_t *p, size_t len);

	/* After what was sent; no amb_closed() follows. */
	void (*tcp_close)(void *arg, uint32_t conn);

	/* A flood of our gnode, for every peer (doc/mesh-socket.md). */
	void (*mesh_pkt)(void *arg, const uint8_t *key, size_t key_len,
	    const uint8_t *body, size_t len);

	/* Where we are, whenever that changes; NULL: not known any more. */
	void (*mesh_netdesc)(void *arg, const struct netdesc *d);

	void (*rehook_done)(void *arg, uint32_t id);
	void (*rehook_failed)(void *arg, uint32_t id, enum amb_why why);

	void (*random)(void *arg, void *p, size_t len);
};

struct amb;

/* Both are copied. Aborts without memory. No callback. */
struct amb *amb_new(const struct amb_config *cfg, const struct amb_io *io);
void amb_free(struct amb *a); /* no callbacks: drop all that there is */

/* --- from ntkd's side --- */

/*
 * The address on ntkd's end of the veth, by rtnetlink; 0: none there, ntkd is
 * not running or starts. Also when it is the same as before.
 */
void amb_ntkd_addr(struct amb *a, uint32_t ip, struct mono now);

/* ntkd's process has ended: its address, if still there, means nothing. */
void amb_ntkd_gone(struct amb *a, struct mono now);

/* A datagram from ntkd; to: the identity, or 0 for a broadcast. */
void amb_udp(struct amb *a, uint32_t from, uint32_t to, const uint8_t *p,
    size_t len, struct mono now);

/* from has connected to an identity. Its number; 0: close it at once. */
uint32_t amb_accepted(
    struct amb *a, uint32_t identity, uint32_t from, struct mono now);

/* A connection that tcp_connect() asked for is there. */
void amb_connected(struct amb *a, uint32_t conn, struct mono now);
void amb_tcp(struct amb *a, uint32_t conn, const uint8_t *p, size_t len,
    struct mono now);

/* Failed, or closed by ntkd; the number is not used again soon. */
void amb_closed(struct amb *a, uint32_t conn, struct mono now);

/* --- from vplamad --- */

/* The mesh socket is up: NETDESC is due. Down: forget all peers. */
void amb_mesh_up(struct amb *a, struct mono now);
void amb_mesh_down(struct amb *a, struct mono now);

/* Round trip of its tunnel, 0 if not measured; the peer may be new. */
void amb_peer_rtt(
    struct amb *a, uint32_t peer, uint32_t rtt_us, struct mono now);
void amb_peer_down(struct amb *a, uint32_t peer, struct mono now);

/*
 * All that may be routed to this peer now, in place of before (n 0: nothing,
 * the identity goes). gid: the address of its vnode.
 */
void amb_route(struct amb *a, uint32_t peer, const struct topology *topo,
    const uint16_t *gid, const struct claim *c, unsigned n, struct mono now);

/* The body of a PKT from this peer. */
void amb_pkt(struct amb *a, uint32_t peer, const uint8_t *body, size_t len,
    struct mono now);

/*
 * Move ntkd out of one of our claims into another path; count: of the gnode
 * that it is to believe in. rehook_done() or rehook_failed() follows, once,
 * perhaps before this returns; neither for one that a newer one takes the
 * place of.
 */
void amb_rehook(struct amb *a, uint32_t id, const struct topology *topo,
    const struct claim *from, const struct claim *to, uint32_t count,
    struct mono now);

/*
 * While a rehook is under way and ntkd ignores it, a restart of ntkd also
 * moves it: its first hook is then served in the same way.
 */
bool amb_rehooking(const struct amb *a);

/* --- time --- */

void amb_tick(struct amb *a, struct mono now);
struct mono amb_deadline(const struct amb *a); /* MONO_NEVER: nothing due */

const char *amb_why_name(enum amb_why why); /* "timeout" */

#endif
