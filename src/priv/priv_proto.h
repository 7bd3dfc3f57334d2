/*
 * What the daemon may ask of the privileged side. Fixed-size: enums, integers
 * and the end of an interface's name. No path ever travels, and no name that
 * the privileged side does not check; it takes them from its own settings.
 */
#ifndef VPLAM_PRIV_PRIV_PROTO_H
#define VPLAM_PRIV_PRIV_PROTO_H

#include <stdint.h>

enum priv_op {
	PRIV_UDP_BIND = 1,
	PRIV_UNIX_LISTEN = 2,
	PRIV_UNIX_UNLINK = 3,
	PRIV_TUN_OPEN = 4,
	PRIV_ROUTE_ADD = 5,
	PRIV_ROUTE_DEL = 6,
	PRIV_ROUTE_FLUSH = 7,
	PRIV_MESH_BIND = 8,
};

/* Two sockets share one address; the second joins the first one's group. */
enum priv_udp_kind {
	PRIV_UDP_HANDSHAKE, /* first; refuses an address that is in use */
	PRIV_UDP_DATA,
};

enum priv_path { PRIV_PATH_MESH, PRIV_PATH_CONTROL, PRIV_PATH_MAX };

enum priv_unix_type { PRIV_UNIX_STREAM, PRIV_UNIX_SEQPACKET };

/* Offloads of a TUN or TAP device. */
enum {
	PRIV_TUN_VNET = 1 << 0, /* vnet_hdr with partial checksums */
	PRIV_TUN_TSO = 1 << 1,
	PRIV_TUN_USO = 1 << 2,
};

#define PRIV_RCVBUF_MAX (16u << 20)
#define PRIV_UNIT 16	    /* bytes, NUL included */
#define PRIV_MESH_PORT 7470 /* UDP, of the mesh probe */

struct priv_req {
	uint32_t op; /* enum priv_op: says which fields below count */
	uint32_t udp_kind;
	uint32_t listen; /* number of the address in the monitor's settings */
	uint32_t rcvbuf; /* bytes; 0 keeps the kernel's default */
	uint32_t path;	 /* enum priv_path */
	uint32_t unix_type;
	uint32_t mode;	  /* permission bits; nothing for others */
	uint32_t dev;	  /* number of the device in the monitor's settings */
	uint32_t offload; /* PRIV_TUN_*: what to try for */
	/* Of a device per peer: what follows the name and a hyphen; else "". */
	char unit[PRIV_UNIT];
	/* Of a route: struct prefix. */
	uint32_t family, bits;
	uint8_t dst[16];
	uint32_t iface; /* number of the mesh interface in its settings */
};

struct priv_reply {
	int32_t rc;	  /* 0 or -errno */
	int32_t fd;	  /* -1 when there is none; the asker owns it */
	uint32_t offload; /* of a device: what it has got */
};

#endif
