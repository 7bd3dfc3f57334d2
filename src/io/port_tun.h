/*
 * Ports that are network devices of this machine: a TAP with frames, a TUN
 * with IP packets, a TUN for each peer.
 *
 * Super-packets are cut when read and joined again when written, whatever the
 * kernel can; what it cannot only takes longer. A device that somebody deletes
 * is said once and then takes nothing any more.
 */
#ifndef VPLAM_IO_PORT_TUN_H
#define VPLAM_IO_PORT_TUN_H

#include "io/port.h"

/* Bounds of one wake-up: what is left waits for the next turn. */
#define PORT_TUN_READS 64
#define PORT_TUN_BYTES (256u << 10)

extern const struct port_ops port_tap, port_tun, port_tun_per_peer;

#endif
