#include "io/port.h"

#include <string.h>

#include "io/port_dgram.h"
#include "io/port_dummy.h"
#include "io/port_fd.h"
#include "io/port_stream.h"
#include "io/port_tun.h"
#include "wire/gso.h"

static const struct port_ops *const table[PORT_KINDS] = {
	[PORT_TAP] = &port_tap,
	[PORT_TUN] = &port_tun,
	[PORT_TUN_PER_PEER] = &port_tun_per_peer,
	[PORT_DUMMY] = &port_dummy,
	[PORT_STDIO] = &port_stdio,
	[PORT_UDP] = &port_udp,
	[PORT_TCP] = &port_tcp,
	[PORT_UNIX_STREAM] = &port_unix_stream,
	[PORT_UNIX_DGRAM] = &port_unix_dgram,
	[PORT_UNIX_SEQPACKET] = &port_unix_seqpacket,
	[PORT_FD] = &port_fd,
};

const struct port_ops *
port_ops(enum port_kind kind)
{
	return table[kind];
}

bool
port_kind_parse(const char *name, enum port_kind *ret)
{
	unsigned i;

	for (i = 0; i < PORT_KINDS; i++) {
		if (strcmp(name, table[i]->name) == 0) {
			*ret = (enum port_kind)i;
			return true;
		}
	}
	return false;
}

void
port_finish(struct run *run, bool ethernet)
{
	unsigned i;

	for (i = 0; i < run->n; i++)
		if (run->pkt[i].flags & PKT_CSUM)
			gso_finish_csum(&run->pkt[i], ethernet);
}
