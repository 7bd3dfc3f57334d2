#include "priv/link.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Debian 11 has older headers; the mark of what we have added to an interface.
 */
#ifndef IFA_PROTO
#define IFA_PROTO 11
#endif
#define OURS 118 /* marks what we have added to an interface */

int
link_init(struct link *l, const char *name)
{
	*l = (struct link){ .name = name, .index = if_nametoindex(name) };
	return l->index == 0 ? -ENODEV : nl_open(&l->nl);
}

void
link_fini(struct link *l)
{
	nl_close(&l->nl);
}

static struct nlmsghdr *
set_begin(
    const struct link *l, union nl_msg *m, unsigned flags, unsigned change)
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
	union nl_msg m;
	struct nlmsghdr *req = set_begin(l, &m, 0, 0);

	mnl_attr_put_u32(req, attr, value);
	return nl_talk(&l->nl, req);
}

int
link_set_up(struct link *l, bool up)
{
	union nl_msg m;

	return nl_talk(&l->nl, set_begin(l, &m, up ? IFF_UP : 0, IFF_UP));
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
	union nl_msg m;
	int rc = ask(l, SIOCGIFHWADDR, &ifr);

	if (rc == 0 && memcmp(ifr.ifr_hwaddr.sa_data, mac, 6) == 0)
		return 0;
	/* the link-local address is made of the MAC when it comes up */
	rc = link_set_up(l, false);
	if (rc < 0)
		return rc;
	req = set_begin(l, &m, 0, 0);
	mnl_attr_put(req, IFLA_ADDRESS, 6, mac);
	return nl_talk(&l->nl, req);
}

int
link_set_own_ll(struct link *l, bool from_mac)
{
	union nl_msg m;
	struct nlmsghdr *req = set_begin(l, &m, 0, 0);
	struct nlattr *spec = mnl_attr_nest_start(req, IFLA_AF_SPEC);
	struct nlattr *inet6 = mnl_attr_nest_start(req, AF_INET6);

	mnl_attr_put_u8(req, IFLA_INET6_ADDR_GEN_MODE,
	    from_mac ? IN6_ADDR_GEN_MODE_EUI64 : IN6_ADDR_GEN_MODE_NONE);
	mnl_attr_nest_end(req, inet6);
	mnl_attr_nest_end(req, spec);
	return nl_talk(&l->nl, req);
}

static int
addr_msg(
    struct link *l, const struct prefix *addr, uint16_t type, uint16_t flags)
{
	bool v4 = addr->family == PREFIX_IPV4;
	size_t len = v4 ? 4 : 16;
	union nl_msg m;
	struct nlmsghdr *req = mnl_nlmsg_put_header(m.buf);
	struct ifaddrmsg *ifa;

	if (!v4 && addr->family != PREFIX_IPV6)
		return -EINVAL;
	req->nlmsg_type = type;
	req->nlmsg_flags = flags;
	ifa = mnl_nlmsg_put_extra_header(req, sizeof(*ifa));
	ifa->ifa_family = v4 ? AF_INET : AF_INET6;
	ifa->ifa_prefixlen = addr->bits;
	ifa->ifa_flags = v4 ? 0 : IFA_F_NODAD;
	ifa->ifa_index = l->index;
	mnl_attr_put(req, IFA_LOCAL, len, addr->a);
	mnl_attr_put(req, IFA_ADDRESS, len, addr->a);
	mnl_attr_put_u8(req, IFA_PROTO, OURS);
	return nl_talk(&l->nl, req);
}

int
link_add_addr(struct link *l, const struct prefix *addr)
{
	return addr_msg(l, addr, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE);
}

/* What is to go from an interface; the rest waits for the next look. */
#define DROP_MAX 32

struct drop {
	unsigned index;
	const struct prefix *own, *stay;
	size_t n_stay;
	struct prefix all[DROP_MAX];
	size_t n;
};

static int
on_attr(const struct nlattr *attr, void *arg)
{
	const struct nlattr **at = arg;
	uint16_t type = mnl_attr_get_type(attr);

	if (type <= IFA_PROTO)
		at[type] = attr;
	return MNL_CB_OK;
}

/* One address of the machine; false: it is none that we have added to l. */
static bool
read_addr(const struct nlmsghdr *msg, unsigned index, struct prefix *ret)
{
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(msg);
	const struct nlattr *at[IFA_PROTO + 1] = { NULL }, *addr;
	bool v4 = ifa->ifa_family == AF_INET;
	size_t len = v4 ? 4 : 16;

	if (ifa->ifa_index != index || (!v4 && ifa->ifa_family != AF_INET6))
		return false;
	(void)mnl_attr_parse(msg, sizeof(*ifa), on_attr, at);
	addr = at[IFA_LOCAL] != NULL ? at[IFA_LOCAL] : at[IFA_ADDRESS];
	if (at[IFA_PROTO] == NULL || mnl_attr_get_u8(at[IFA_PROTO]) != OURS ||
	    addr == NULL || mnl_attr_get_payload_len(addr) != len)
		return false;
	*ret = (struct prefix){ .family = v4 ? PREFIX_IPV4 : PREFIX_IPV6,
		.bits = ifa->ifa_prefixlen };
	memcpy(ret->a, mnl_attr_get_payload(addr), len);
	return true;
}

static bool
is_same(const struct prefix *a, const struct prefix *b)
{
	return a->family == b->family && a->bits == b->bits &&
	    memcmp(a->a, b->a, sizeof(a->a)) == 0;
}

static int
on_addr(const struct nlmsghdr *msg, void *arg)
{
	struct drop *d = arg;
	struct prefix p;
	size_t i;

	if (d->n == DROP_MAX || !read_addr(msg, d->index, &p) ||
	    is_same(&p, d->own))
		return MNL_CB_OK;
	for (i = 0; i < d->n_stay; i++)
		if (is_same(&p, &d->stay[i]))
			return MNL_CB_OK;
	d->all[d->n++] = p;
	return MNL_CB_OK;
}

static void
on_list(void *arg)
{
	struct drop *d = arg;

	d->n = 0;
}

static int
list_addrs(struct link *l, struct drop *d)
{
	union nl_msg m;
	struct nlmsghdr *req = mnl_nlmsg_put_header(m.buf);
	struct ifaddrmsg *ifa;

	req->nlmsg_type = RTM_GETADDR;
	ifa = mnl_nlmsg_put_extra_header(req, sizeof(*ifa));
	ifa->ifa_index = l->index;
	return nl_dump(&l->nl, req, on_list, on_addr, d);
}

/*
 * The kernel would take all IPv4 addresses of a network away with the first of
 * them, others' too, unless the next is to follow it.
 */
static int
promote_next(struct link *l)
{
	union nl_msg m;
	struct nlmsghdr *req = set_begin(l, &m, 0, 0);
	struct nlattr *spec = mnl_attr_nest_start(req, IFLA_AF_SPEC);
	struct nlattr *inet = mnl_attr_nest_start(req, AF_INET);
	struct nlattr *conf = mnl_attr_nest_start(req, IFLA_INET_CONF);

	mnl_attr_put_u32(req, IPV4_DEVCONF_PROMOTE_SECONDARIES, 1);
	mnl_attr_nest_end(req, conf);
	mnl_attr_nest_end(req, inet);
	mnl_attr_nest_end(req, spec);
	return nl_talk(&l->nl, req);
}

int
link_drop_addrs(struct link *l, const struct prefix *own,
    const struct prefix *stay, size_t n)
{
	struct drop d = {
		.index = l->index,
		.own = own,
		.stay = stay,
		.n_stay = n,
	};
	int rc = list_addrs(l, &d);
	size_t i;

	if (rc == 0 && d.n > 0)
		(void)promote_next(l); /* there may be no IPv4 on it */
	for (i = 0; rc == 0 && i < d.n; i++) {
		rc = addr_msg(l, &d.all[i], RTM_DELADDR, 0);
		if (rc == -EADDRNOTAVAIL)
			rc = 0; /* somebody was faster */
	}
	return rc;
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
