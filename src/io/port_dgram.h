/* Ports over datagram sockets: one datagram is one frame, both ways. */
#ifndef VPLAM_IO_PORT_DGRAM_H
#define VPLAM_IO_PORT_DGRAM_H

#include "io/port.h"

/*
 * Frames go to remote, and only those from remote are taken; others count as
 * port_bad. Without remote, who sends to local first is the remote until the
 * port is closed; so local had better be an address that only it can reach.
 * Without local the kernel chooses. Neither is -EDESTADDRREQ, two families are
 * -EAFNOSUPPORT. Frames over 65507 bytes (IPv6: 65527) do not fit and count as
 * port_drop. QEMU's "-netdev dgram" is such a remote.
 */
extern const struct port_ops port_udp;

/*
 * Bound to local_path (mode 0660, a stale file is replaced, removed at close),
 * sends to remote_path, which need not be there yet. Both must be given: else
 * -EDESTADDRREQ. Who may write to the file may send.
 */
extern const struct port_ops port_unix_dgram;

#endif
