/* The port that is none: a vnode that only keeps tunnels. */
#ifndef VPLAM_IO_PORT_DUMMY_H
#define VPLAM_IO_PORT_DUMMY_H

#include "io/port.h"

/* Gives nothing, and counts what it is given as port_drop. */
extern const struct port_ops port_dummy;

#endif
