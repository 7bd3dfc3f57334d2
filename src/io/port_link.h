/*
 * Frames over descriptors that somebody has opened, one for both ways or one
 * for each. On a stream or pipe each frame follows its length, 32 bits
 * big-endian: that of QEMU's "stream" and "socket" back ends and of passt. A
 * socket that keeps records carries one frame in each.
 */
#ifndef VPLAM_IO_PORT_LINK_H
#define VPLAM_IO_PORT_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/pool.h"
#include "io/loop.h"
#include "io/port.h"

/* A turn takes at most RUN_MAX frames, and no further one after so much. */
#define LINK_TURN_BYTES (256u << 10)

/* What waits for a reader that does not keep up; what comes then is lost. */
#define LINK_QUEUE_MAX 256
#define LINK_QUEUE_BYTES (1u << 20)

enum link_form {
	LINK_STREAM,
	LINK_SEQPACKET, /* an empty record is its end */
	LINK_DGRAM,	/* has no end, and no error is for ever */
};

/* What is over; the owner looks at it at the end of the turn. */
enum { LINK_IN_END = 1 << 0, LINK_OUT_END = 1 << 1 };

struct port_link {
	const struct port *port;
	bool ethernet;
	unsigned end; /* LINK_*_END */
	struct {
		enum link_form form;
		int fd;
		struct watch watch;
		struct event *again; /* there are frames left in buf */
		uint8_t *buf;
		size_t at, have;
	} in;
	struct {
		enum link_form form;
		int fd;
		struct watch watch;
		struct pbuf *head, **tail;
		size_t off; /* bytes of head that are out */
		unsigned n;
		struct pool pool;
	} out;
};

/*
 * What fd is, as far as a link can use it: a socket that is connected or keeps
 * records, or a pipe. False for anything else.
 */
bool port_link_form(int fd, enum link_form *ret);

/*
 * Both descriptors are nonblocking, stay the caller's and may be the same. l
 * must stay where it is. Frames go to port->env->input() from now on. Without
 * memory both ends are over.
 */
void port_link_open(struct port_link *l, const struct port *port, bool ethernet,
    int in, enum link_form in_form, int out, enum link_form out_form);

/* Before the descriptors are closed. Not from within input(). */
void port_link_close(struct port_link *l);

/* Each packet is out, in the queue, or counted as port_drop. */
void port_link_send(struct port_link *l, struct run *run);

#endif
