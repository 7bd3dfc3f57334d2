#include "priv/link.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/ethtool.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define MSG_ROOM 1024 /* bytes; every request here is far shorter */

union msg {
	struct nlmsghdr head; /* aligns the bytes */
	char buf[MSG_ROOM];
};

int
link_init(struct link *l, const char *name)
{
	*l = (struct link){ .name = name, .index = if_nametoindex(name) };
	if (l->index == 0)
		return -ENODEV;
	l->nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (l->nl == NULL)
		return -errno;
	if (mnl_socket_bind(l->nl, 0, MNL_SOCKET_AUTOPID) < 0) {
		int rc = -errno;

		link_fini(l);
		return rc;
	}
	return 0;
}

void
link_fini(struct link *l)
{
	if (l->nl != NULL)
		mnl_socket_close(l->nl);
	l->nl = NULL;
}

/* Sends a request and waits for the kernel's verdict, which comes at once. */
static int
talk(struct link *l, struct nlmsghdr *req)
{
	unsigned port = mnl_socket_get_portid(l->nl);
	char buf[4096];
	ssize_t n;

	req->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	req->nlmsg_seq = ++l->seq;
	if (mnl_socket_sendto(l->nl, req, req->nlmsg_len) < 0)
		return -errno;
	n = mnl_socket_recvfrom(l->nl, buf, sizeof(buf));
	if (n < 0 || mnl_cb_run(buf, (size_t)n, l->seq, port, NULL, NULL) < 0)
		return -errno;
	return 0;
}

static struct nlmsghdr *
set_begin(const struct link *l, union msg *m, unsigned flags, unsigned change)
{
	struct nlmsghdr *req = mnl_nlmsg_put_header(m->buf);
	struct ifinfomsg *ifi;

	req->nlmsg_type = RTM_SETLINK;
	ifi = mnl_nlmsg_put_extra_header(req, sizeof(*ifi));
	ifi->ifi_family = AF_UNSPEC;
	ifi->ifi_index = (int)l->index;
	ifi->ifi_flags = flags;
	ifi->ifi_change = change;
	return req;
}

static int
set_u32(struct link *l, uint16_t attr, uint32_t value)
{
	union msg m;
	struct nlmsghdr *req = set_begin(l, &m, 0, 0);

	mnl_attr_put_u32(req, attr, value);
	return talk(l, req);
}

int
link_set_up(struct link *l, bool up)
{
	union msg m;

	return talk(l, set_begin(l, &m, up ? IFF_UP : 0, IFF_UP));
}

int
link_set_mtu(struct link *l, uint16_t mtu)
{
	return set_u32(l, IFLA_MTU, mtu);
}

/* An ioctl about the interface; it needs a socket, of whatever kind. */
static int
ask(const struct link *l, unsigned long what, struct ifreq *ifr)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int rc;

	if (fd < 0)
		return -errno;
	memcpy(ifr->ifr_name, l->name, strnlen(l->name, IFNAMSIZ - 1) + 1);
	rc = ioctl(fd, what, ifr) < 0 ? -errno : 0;
	close(fd);
	return rc;
}

int
link_set_mac(struct link *l, const uint8_t mac[6])
{
	struct ifreq ifr = { 0 };
	struct nlmsghdr *req;
	union msg m;
	int rc = ask(l, SIOCGIFHWADDR, &ifr);

	if (rc == 0 && memcmp(ifr.ifr_hwaddr.sa_data, mac, 6) == 0)
		return 0;
	/* the link-local address is made of the MAC when it comes up */
	rc = link_set_up(l, false);
	if (rc < 0)
		return rc;
	req = set_begin(l, &m, 0, 0);
	mnl_attr_put(req, IFLA_ADDRESS, 6, mac);
	return talk(l, req);
}

int
link_set_own_ll(struct link *l, bool from_mac)
{
	union msg m;
	struct nlmsghdr *req = set_begin(l, &m, 0, 0);
	struct nlattr *spec = mnl_attr_nest_start(req, IFLA_AF_SPEC);
	struct nlattr *inet6 = mnl_attr_nest_start(req, AF_INET6);

	mnl_attr_put_u8(req, IFLA_INET6_ADDR_GEN_MODE,
	    from_mac ? IN6_ADDR_GEN_MODE_EUI64 : IN6_ADDR_GEN_MODE_NONE);
	mnl_attr_nest_end(req, inet6);
	mnl_attr_nest_end(req, spec);
	return talk(l, req);
}

int
link_add_addr(struct link *l, const struct prefix *addr)
{
	bool v4 = addr->family == PREFIX_IPV4;
	size_t len = v4 ? 4 : 16;
	union msg m;
	struct nlmsghdr *req = mnl_nlmsg_put_header(m.buf);
	struct ifaddrmsg *ifa;

	if (!v4 && addr->family != PREFIX_IPV6)
		return -EINVAL;
	req->nlmsg_type = RTM_NEWADDR;
	req->nlmsg_flags = NLM_F_CREATE | NLM_F_REPLACE;
	ifa = mnl_nlmsg_put_extra_header(req, sizeof(*ifa));
	ifa->ifa_family = v4 ? AF_INET : AF_INET6;
	ifa->ifa_prefixlen = addr->bits;
	ifa->ifa_flags = v4 ? 0 : IFA_F_NODAD;
	ifa->ifa_index = l->index;
	mnl_attr_put(req, IFA_LOCAL, len, addr->a);
	mnl_attr_put(req, IFA_ADDRESS, len, addr->a);
	return talk(l, req);
}

/* Each mask of link modes is as long as this kernel says, three of them. */
#define MODE_WORDS (3 * 127)

union speed {
	struct ethtool_link_settings ls;
	uint32_t room[sizeof(struct ethtool_link_settings) / 4 + MODE_WORDS];
};

int
link_set_speed(struct link *l, uint32_t mbit)
{
	union speed s = { .ls = { .cmd = ETHTOOL_GLINKSETTINGS } };
	struct ifreq ifr = { .ifr_data = (void *)&s };
	int rc = ask(l, SIOCETHTOOL, &ifr);

	if (rc < 0)
		return rc;
	/* a negative length means: ask again with that one */
	if (s.ls.link_mode_masks_nwords >= 0)
		return -EOPNOTSUPP;
	s.ls.cmd = ETHTOOL_GLINKSETTINGS;
	s.ls.link_mode_masks_nwords = (int8_t)-s.ls.link_mode_masks_nwords;
	rc = ask(l, SIOCETHTOOL, &ifr);
	if (rc < 0)
		return rc;
	s.ls.cmd = ETHTOOL_SLINKSETTINGS;
	s.ls.speed = mbit;
	s.ls.duplex = DUPLEX_FULL;
	s.ls.autoneg = AUTONEG_DISABLE;
	return ask(l, SIOCETHTOOL, &ifr);
}
