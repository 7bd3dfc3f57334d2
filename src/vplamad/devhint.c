/* What to do about a device that cannot be opened. */
#include <errno.h>

#include "vplamad/device.h"

#define K(kind) (1u << (kind))
#define IFACES (K(PORT_TAP) | K(PORT_TUN) | K(PORT_TUN_PER_PEER))
#define UNIX (K(PORT_UNIX_STREAM) | K(PORT_UNIX_DGRAM) | K(PORT_UNIX_SEQPACKET))
#define INET (K(PORT_UDP) | K(PORT_TCP))

static const struct hint {
	int rc;
	uint32_t kinds;
	const char *text;
} hints[] = {
	{ -EPERM, IFACES,
	    "it needs CAP_NET_ADMIN: start vplamad by its unit, or as root" },
	{ -EACCES, IFACES,
	    "it needs CAP_NET_ADMIN: start vplamad by its unit, or as root" },
	{ -EBUSY, IFACES,
	    "another program has an interface of this name open" },
	{ -EEXIST, IFACES,
	    "there is an interface of this name and another kind" },
	{ -ENOENT, IFACES,
	    "/dev/net/tun is missing: load the module tun, or let the "
	    "container have it" },
	{ -ENODEV, IFACES, "this kernel has no TUN: load the module tun" },
	{ -ENAMETOOLONG, IFACES,
	    "an interface has at most 15 bytes: give the device a shorter "
	    "name" },
	{ -EADDRINUSE, INET | UNIX,
	    "another program has its local; set another" },
	{ -EADDRNOTAVAIL, INET, "its local is no address of this machine" },
	{ -EACCES, INET,
	    "ports below 1024 need a privilege: set a higher one in its "
	    "local" },
	{ -ENOTSOCK, UNIX,
	    "its local is a file that is no socket: remove it, or set another "
	    "path" },
	{ -ENOENT, UNIX,
	    "the folder of its local is not there: make it, or set another "
	    "path, such as one in /run/vplama" },
	{ -ENOTDIR, UNIX, "a part of its local is no folder: set another" },
	{ -EACCES, UNIX,
	    "the daemon may not write to the folder of its local: set a path "
	    "in /run/vplama" },
	{ -EROFS, UNIX,
	    "the folder of its local cannot be written: set a path in "
	    "/run/vplama" },
	{ -ENAMETOOLONG, UNIX, "a path has at most 107 bytes: set a shorter" },
	{ -EINVAL, K(PORT_STDIO),
	    "standard input and output must be pipes or sockets, no terminal, "
	    "file or /dev/null: start vplamad from a program that gives it "
	    "some (not by the unit)" },
	{ -EBADF, K(PORT_STDIO),
	    "the standard input must be open to read, the output to write" },
	{ -EINVAL, K(PORT_FD),
	    "VPLAM_FD_RX and VPLAM_FD_TX must both be numbers above 2 of pipes "
	    "or connected sockets" },
	{ -EBADF, K(PORT_FD),
	    "VPLAM_FD_RX must be open to read and VPLAM_FD_TX to write: let "
	    "whatever starts vplamad pass them on" },
	{ -EDESTADDRREQ, K(PORT_FD),
	    "nothing passes it a descriptor: VPLAM_FD_RX and VPLAM_FD_TX are "
	    "not set" },
};

const char *
device_hint(uint32_t kind, int rc)
{
	const struct hint *h;

	for (h = hints; h < hints + sizeof(hints) / sizeof(hints[0]); h++)
		if (h->rc == rc && (h->kinds & K(kind)) != 0)
			return h->text;
	return "see its kind in vplamad.conf(5)";
}
