/*
 * Ports over descriptors that whoever starts the daemon has opened: its
 * standard input and output, or a pair that the environment names.
 */
#ifndef VPLAM_IO_PORT_FD_H
#define VPLAM_IO_PORT_FD_H

#include "io/port.h"

/*
 * Sockets, pipes and FIFOs; anything else is -EINVAL. What they are says how
 * frames lie on them (io/port_link.h). The end of the input is logged once; the
 * output goes on. The port works on duplicates, so it can be opened again, and
 * puts back at close() the mode (blocking or not) that it found.
 */

/*
 * VPLAM_FD_RX and VPLAM_FD_TX, else EG_FD_RX and EG_FD_TX, else the descriptor
 * that systemd passes by the name "vplama-port" (LISTEN_FDS). The same may be
 * given twice. -EDESTADDRREQ when there is none, -EINVAL for half a pair and
 * for what is no number or one below 3, -EBADF for one that is closed or open
 * for the other way only.
 */
extern const struct port_ops port_fd;

extern const struct port_ops port_stdio;

#endif
