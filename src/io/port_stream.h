/*
 * Ports over one connection at a time that is made, lost and made again. A tcp
 * or unix-stream connection carries each frame behind its length, a
 * unix-seqpacket one a frame in each record (io/port_link.h).
 */
#ifndef VPLAM_IO_PORT_STREAM_H
#define VPLAM_IO_PORT_STREAM_H

#include "io/port.h"

/*
 * With local (local_path) the port listens; a second connection waits until the
 * first has gone. With remote (remote_path) it connects, and again after 1, 2,
 * 4 ... 16 s when that fails or breaks; open() does not wait for it. Both are
 * -EINVAL, neither is -EDESTADDRREQ. A socket file has mode 0660, replaces a
 * stale one and is removed at close. Frames that come while nobody is connected
 * count as port_drop.
 *
 * A stream with a length of 0 or over PORT_FRAME_MAX is closed and counted as
 * port_bad; so is a frame of which only a part came. A record over
 * PORT_FRAME_MAX counts as port_bad, an empty one closes.
 */
extern const struct port_ops port_tcp, port_unix_stream, port_unix_seqpacket;

#define PORT_RETRY_MIN 1 /* seconds */
#define PORT_RETRY_MAX 16

#endif
