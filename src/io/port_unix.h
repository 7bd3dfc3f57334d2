/*
 * The mesh socket: one mesh daemon at a time, one record per SOCK_SEQPACKET
 * message. Knows records by their type byte only (wire/mesh.h).
 */
#ifndef VPLAM_IO_PORT_UNIX_H
#define VPLAM_IO_PORT_UNIX_H

#include "base/counters.h"
#include "base/run.h"

struct loop;
struct port_unix;
struct priv;

/* Bounds of one wake-up, so that a flood leaves room for the tunnels. */
#define PORT_RECORDS 64
#define PORT_BYTES 65536 /* no further record is read after so many */

/*
 * What waits for a mesh daemon that does not read: so many PKTs, and all else
 * that the bytes hold, since one that comes is told of each peer in one turn.
 */
#define PORT_QUEUE_MAX 256
#define PORT_QUEUE_BYTES (1u << 20)

struct port_handler {
	void *arg;
	void (*open)(void *arg, struct turn *t);
	/* One record per packet; one may be empty. May be overwritten. */
	void (*input)(void *arg, struct run *run, struct turn *t);
	/* Never called from within port_unix_send() or _hangup(). */
	void (*close)(void *arg, struct turn *t);
};

/*
 * Listens at PRIV_PATH_MESH with mode 0660. h and pv are borrowed; cnt gets
 * mesh_refused, mesh_out_drop, and mesh_bad for records that are too long.
 * 0 or -errno.
 */
int port_unix_open(struct port_unix **ret, struct loop *l,
    const struct priv *pv, const struct port_handler *h, struct counters *cnt);

/* Closes without calling the handler and removes the socket file. */
void port_unix_close(struct port_unix *p);

/*
 * Sends each packet as a record; arg is a struct port_unix. When the queue is
 * full the oldest PKT gives way; when there is none the mesh daemon is cut
 * off, since it would not know which peers are up any more.
 */
void port_unix_send(void *arg, struct run *run);

/* Reads no more, and closes once what was sent is out. */
void port_unix_hangup(void *arg);

#endif
