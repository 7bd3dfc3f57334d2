/*
 * Device ports: where packets of the local network come in and go out, one
 * driver for each kind behind one table of functions. The mesh socket is a port
 * of another kind: its records are not packets of a network (io/port_unix.h).
 */
#ifndef VPLAM_IO_PORT_H
#define VPLAM_IO_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/counters.h"
#include "base/ifname.h"
#include "base/run.h"

struct loop;
struct port;
struct priv;

enum port_kind {
	PORT_TAP,
	PORT_TUN,
	PORT_TUN_PER_PEER,
	PORT_DUMMY,
	PORT_STDIO,
	PORT_UDP,
	PORT_TCP,
	PORT_UNIX_STREAM,
	PORT_UNIX_DGRAM,
	PORT_UNIX_SEQPACKET,
	PORT_FD,
	PORT_KINDS
};

/* The offloads that may be used; each may be missing in this kernel. */
enum {
	PORT_VNET = 1 << 0, /* vnet_hdr: super-packets and partial checksums */
	PORT_TSO = 1 << 1,
	PORT_USO = 1 << 2,
};

/* The longest frame: the longest IP packet behind an Ethernet header. */
#define PORT_FRAME_MAX 65549

#define PORT_PATH 108 /* bytes of a path, NUL included */

/* What the configuration says of one; a driver looks at what it needs. */
struct port_conf {
	enum port_kind kind;
	unsigned dev; /* number of the device in the monitor's settings */
	char unit[IFNAME_MAX + 1]; /* as for priv_tun_open() */
	bool ethernet;		   /* frames, else IP packets */
	unsigned offload;	   /* PORT_VNET ... */
	struct addr local, remote; /* udp, tcp; port 0: none */
	char local_path[PORT_PATH], remote_path[PORT_PATH]; /* unix-*; "" */
};

/* What a port tells its owner. The run may be overwritten. */
struct port_env {
	void *arg;
	struct loop *loop;
	const struct priv *pv;
	struct counters *cnt; /* port_rx, port_tx, port_drop, port_bad */
	void (*input)(void *arg, unsigned no, struct run *run, struct turn *t);

	/*
	 * Its device was taken away: nothing comes any more, and what is sent
	 * is dropped. Told once, in the middle of the port: close it later.
	 */
	void (*gone)(void *arg, unsigned no);
};

struct port_ops {
	const char *name; /* as in the configuration: "tun-per-peer" */

	/* 0 or -errno. conf is copied, env is borrowed; no goes to input(). */
	int (*open)(struct port **ret, const struct port_conf *conf,
	    unsigned no, const struct port_env *env);

	/* Hands packets over at once; never blocks: drops and counts. */
	void (*send)(struct port *p, struct run *run);

	/* Is there anybody to talk to? NULL where nothing can show it. */
	void (*carrier)(struct port *p, bool up);

	/* Its interface is not to outlive close(). NULL where none would. */
	void (*forget)(struct port *p);

	/* Not from within input(). NULL is fine. */
	void (*close)(struct port *p);
};

/* Embedded first in each driver's own struct. */
struct port {
	const struct port_ops *ops;
	const struct port_env *env;
	unsigned no;
};

/* By kind; never NULL. */
const struct port_ops *port_ops(enum port_kind kind);

/* False for a name that is no kind. */
bool port_kind_parse(const char *name, enum port_kind *ret);

/*
 * Completes the checksums that are partial, for a port whose other side would
 * not know of it.
 */
void port_finish(struct run *run, bool ethernet);

#endif
