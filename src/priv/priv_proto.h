/*
 * What the daemon may ask of the privileged side. Fixed-size, enums and
 * integers only: no path and no name ever travels, the privileged side takes
 * those from its own settings.
 */
#ifndef VPLAM_PRIV_PRIV_PROTO_H
#define VPLAM_PRIV_PRIV_PROTO_H

#include <stdint.h>

#include "base/addr.h"

enum priv_op {
	PRIV_UDP_BIND = 1,
	PRIV_UNIX_LISTEN = 2,
	PRIV_UNIX_UNLINK = 3,
};

/* Two sockets share one address; the second joins the first one's group. */
enum priv_udp_kind {
	PRIV_UDP_HANDSHAKE, /* first; refuses an address that is in use */
	PRIV_UDP_DATA,
};

enum priv_path { PRIV_PATH_MESH, PRIV_PATH_CONTROL, PRIV_PATH_MAX };

enum priv_unix_type { PRIV_UNIX_STREAM, PRIV_UNIX_SEQPACKET };

#define PRIV_RCVBUF_MAX (16u << 20)

struct priv_req {
	uint32_t op; /* enum priv_op: says which fields below count */
	uint32_t udp_kind;
	uint32_t rcvbuf; /* bytes; 0 keeps the kernel's default */
	uint32_t path;	 /* enum priv_path */
	uint32_t unix_type;
	uint32_t mode; /* permission bits; nothing for others */
	struct addr addr;
};

struct priv_reply {
	int32_t rc; /* 0 or -errno */
	int32_t fd; /* -1 when there is none; the asker owns it */
};

#endif
