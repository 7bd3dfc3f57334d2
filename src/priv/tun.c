#include "priv/tun.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/ifname.h"
#include "priv/link.h"
#include "priv/monitor.h"

/* Debian 12's headers are older than these (Linux 6.2 and 6.0). */
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif
#ifndef IFF_NO_CARRIER
#define IFF_NO_CARRIER 0x0040
#endif

#define VNET_LEN 10

int
tun_name(
    const struct monitor_dev *d, const char *unit, char ret[static IFNAMSIZ])
{
	int len;

	if (memchr(d->name, '\0', sizeof(d->name)) == NULL ||
	    !ifname_ok(d->name, IFNAME_MAX))
		return -EINVAL;
	len = snprintf(ret, IFNAMSIZ, d->per_peer ? "%s-%s" : "%s%s", d->name,
	    d->per_peer ? unit : "");
	return len >= IFNAMSIZ ? -ENAMETOOLONG : 0;
}

/* *vnet: whether it is wanted, then whether it is there. */
static int
attach(int fd, const struct monitor_dev *d, const char *name, bool *vnet)
{
	struct ifreq ifr = { 0 };
	unsigned have = 0, flags = IFF_NO_PI;
	int rc;

	if (ioctl(fd, TUNGETFEATURES, &have) < 0)
		return -errno;
	flags |= d->tap ? IFF_TAP : IFF_TUN;
	flags |= have & IFF_NO_CARRIER;
	*vnet = *vnet && (have & IFF_VNET_HDR) != 0;
	if (*vnet)
		flags |= IFF_VNET_HDR;
	ifr.ifr_flags = (short)flags;
	memcpy(ifr.ifr_name, name, IFNAMSIZ);
	if (ioctl(fd, TUNSETIFF, &ifr) == 0)
		return 0;
	rc = -errno;
	return rc == -EINVAL && if_nametoindex(name) != 0 ? -EEXIST : rc;
}

/*
 * Asks for all of want and goes on with less, down to nothing: USO needs Linux
 * 6.2. A persistent device has what was asked for the last time, so nothing is
 * asked for, too.
 */
static uint32_t
offload_set(int fd, uint32_t want)
{
	static const uint32_t drop[] = { PRIV_TUN_USO, PRIV_TUN_TSO };
	unsigned flags;
	size_t i;

	for (i = 0; (want & PRIV_TUN_VNET) != 0; i++) {
		flags = TUN_F_CSUM;
		if (want & PRIV_TUN_TSO)
			flags |= TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;
		if (want & PRIV_TUN_USO)
			flags |= TUN_F_USO4 | TUN_F_USO6;
		if (ioctl(fd, TUNSETOFFLOAD, (unsigned long)flags) == 0)
			return want;
		if (i == sizeof(drop) / sizeof(drop[0]))
			break;
		want &= ~drop[i];
	}
	(void)ioctl(fd, TUNSETOFFLOAD, 0ul);
	return want & PRIV_TUN_VNET;
}

static int
tune(int fd, uint32_t want, bool vnet, uint32_t *ret_offload)
{
	int len = VNET_LEN, off = 0;

	if (vnet && ioctl(fd, TUNSETVNETHDRSZ, &len) < 0)
		return -errno;
	*ret_offload = offload_set(fd, vnet ? want : 0);
	return ioctl(fd, TUNSETCARRIER, &off) < 0 ? -errno : 0;
}

/* RFC 4291, appendix A. */
static struct prefix
eui64(const uint8_t mac[6])
{
	return (struct prefix){ PREFIX_IPV6, 64,
		{ 0xfe, 0x80, 0, 0, 0, 0, 0, 0, mac[0] ^ 2, mac[1], mac[2],
		    0xff, 0xfe, mac[3], mac[4], mac[5] } };
}

/*
 * A TAP's link-local address is the kernel's work when it knows the MAC; a TUN
 * would get a random one. Where IPv6 is switched off, neither is missed.
 */
static int
identify(struct link *l, const struct monitor_dev *d, const struct prefix *own)
{
	(void)link_set_own_ll(l, d->tap);
	if (d->tap)
		return link_set_mac(l, d->mac);
	(void)link_add_addr(l, own);
	return 0;
}

/* old: it was there before, so it may have what we gave it then. */
static int
set_up(const char *name, const struct monitor_dev *d, bool old)
{
	const struct prefix own = eui64(d->mac);
	struct link l;
	int rc = link_init(&l, name);
	size_t i;

	if (rc < 0)
		return rc;
	if (d->mtu != 0)
		rc = link_set_mtu(&l, d->mtu);
	if (rc == 0)
		rc = identify(&l, d, &own);
	if (rc == 0 && old)
		rc = link_drop_addrs(&l, &own, d->addr, d->n_addr);
	for (i = 0; rc == 0 && i < d->n_addr; i++)
		rc = link_add_addr(&l, &d->addr[i]);
	/* only a hint to others: without it less is known of it */
	if (d->speed_mbit != 0)
		(void)link_set_speed(&l, d->speed_mbit);
	if (rc == 0)
		rc = link_set_up(&l, true);
	link_fini(&l);
	return rc;
}

int
tun_open(const struct monitor_dev *d, const char *unit, uint32_t want,
    uint32_t *ret_offload)
{
	bool vnet = (want & PRIV_TUN_VNET) != 0, old;
	char name[IFNAMSIZ] = "";
	int fd, rc = tun_name(d, unit, name);

	if (rc < 0)
		return rc;
	fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	old = if_nametoindex(name) != 0;
	rc = attach(fd, d, name, &vnet);
	if (rc == 0)
		rc = tune(fd, want, vnet, ret_offload);
	if (rc == 0)
		rc = set_up(name, d, old);
	/* last: a device that could not be set up goes with its descriptor */
	if (rc == 0 && ioctl(fd, TUNSETPERSIST, d->persistent ? 1ul : 0ul) < 0)
		rc = -errno;
	if (rc == 0)
		return fd;
	close(fd);
	return rc;
}
