#include "ntkd-shim/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fib_rules.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"

#define NETNS_DIR "/run/netns/"
#define LOCK_NAME "ntkd-shim/" NETNS_NTKD_IF /* an abstract socket's */
#define GONE_TRIES 20 /* a namespace that ended takes a while to go */

/* Tables and rules of our namespace. */
enum { TABLE_CLAIMS = 269, TABLE_MESH = 270 };
enum { PREF_LOCAL = 0, PREF_FIRST = 10, PREF_LAST = 16 };

/*
 * All of ntkd's side is behind this next hop, whose MAC is vp0's: so nothing is
 * asked by ARP, whatever address ntkd has just now.
 */
static const uint8_t gateway[4] = { 169, 254, 0, 1 };

struct sysctl {
	const char *path, *value;
	bool may_lack;
};

/* Before there are interfaces, which inherit the defaults. */
static const struct sysctl sysctls[] = {
	{ "ipv6/conf/all/disable_ipv6", "1", true },
	{ "ipv6/conf/default/disable_ipv6", "1", true },
	{ "ipv4/conf/all/rp_filter", "0", false },
	{ "ipv4/conf/default/rp_filter", "0", false },
	{ "ipv4/conf/all/send_redirects", "0", false },
	{ "ipv4/conf/default/send_redirects", "0", false },
	{ "ipv4/conf/all/accept_source_route", "0", false },
	/* the far vnode's own packets have an identity's address */
	{ "ipv4/conf/all/accept_local", "1", false },
	{ "ipv4/ip_forward", "1", false },
};

/* ntkd's host asks by ARP for addresses that we only forward. */
static const struct sysctl vp1_sysctls[] = {
	{ "ipv4/conf/" NETNS_OWN_IF "/proxy_arp", "1", false },
	{ "ipv4/neigh/" NETNS_OWN_IF "/proxy_delay", "0", false },
};

static int
set_sysctls(const struct sysctl *s, size_t n)
{
	char path[128];
	size_t i;
	int fd;

	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "/proc/sys/net/%s", s[i].path);
		fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd < 0 && errno == ENOENT && s[i].may_lack)
			continue;
		if (fd < 0 || write(fd, s[i].value, 1) != 1) {
			int rc = -errno;

			log_warn("%s", path);
			if (fd >= 0)
				close(fd);
			return rc;
		}
		close(fd);
	}
	return 0;
}

/* --- interfaces -------------------------------------------------------------
 */

static int
link_delete(struct nl *n, unsigned index)
{
	union nl_req r;
	struct ifinfomsg *ifi = nl_begin(&r, RTM_DELLINK, 0, sizeof(*ifi));

	ifi->ifi_index = (int)index;
	return nl_ask(n, &r);
}

static int
link_up(struct nl *n, unsigned index, uint16_t mtu)
{
	union nl_req r;
	struct ifinfomsg *ifi = nl_begin(&r, RTM_NEWLINK, 0, sizeof(*ifi));

	ifi->ifi_index = (int)index;
	ifi->ifi_flags = IFF_UP;
	ifi->ifi_change = IFF_UP;
	mnl_attr_put_u32(&r.head, IFLA_MTU, mtu);
	return nl_ask(n, &r);
}

/* What ntkd's namespace has already. */
struct survey {
	bool used[NETNS_INDEX_MAX + 1];
	unsigned low; /* of those up that are no loopback; 0: none */
	char low_name[IFNAMSIZ];
	unsigned vp0; /* a vp0 that is there; 0: none */
	bool vp0_is_veth;
};

static int
on_kind(const struct nlattr *attr, void *arg)
{
	bool *veth = arg;

	if (mnl_attr_get_type(attr) == IFLA_INFO_KIND)
		*veth = strncmp(mnl_attr_get_str(attr), "veth",
			    mnl_attr_get_payload_len(attr)) == 0;
	return MNL_CB_OK;
}

static int
on_link(const struct nlmsghdr *msg, void *arg)
{
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(msg);
	const struct nlattr *at[IFLA_LINKINFO + 1];
	struct survey *s = arg;
	unsigned index = (unsigned)ifi->ifi_index;
	const char *name;

	nl_attrs(msg, sizeof(*ifi), at, IFLA_LINKINFO);
	if (at[IFLA_IFNAME] == NULL)
		return MNL_CB_OK;
	name = mnl_attr_get_str(at[IFLA_IFNAME]);
	if (strcmp(name, NETNS_NTKD_IF) == 0) {
		s->vp0 = index;
		if (at[IFLA_LINKINFO] != NULL)
			(void)mnl_attr_parse_nested(
			    at[IFLA_LINKINFO], on_kind, &s->vp0_is_veth);
		return MNL_CB_OK;
	}
	if (index <= NETNS_INDEX_MAX)
		s->used[index] = true;
	if ((ifi->ifi_flags & IFF_LOOPBACK) == 0 &&
	    (ifi->ifi_flags & IFF_UP) != 0 && (s->low == 0 || index < s->low)) {
		s->low = index;
		snprintf(s->low_name, sizeof(s->low_name), "%s", name);
	}
	return MNL_CB_OK;
}

static int
survey_take(struct nl *n, struct survey *s)
{
	union nl_req r;
	int rc;

	*s = (struct survey){ 0 };
	(void)nl_begin(&r, RTM_GETLINK, 0, sizeof(struct ifinfomsg));
	rc = nl_list(n, &r, on_link, s);
	if (rc < 0)
		log_warnx("list of interfaces: %s", strerror(-rc));
	return rc;
}

/* One that was killed leaves vp0 behind until the kernel has cleaned up. */
static int
remove_leftover(struct nl *n, struct survey *s)
{
	int rc = survey_take(n, s), i;

	for (i = 0; rc == 0 && s->vp0 != 0 && i < GONE_TRIES; i++) {
		if (!s->vp0_is_veth) {
			log_warnx("there is another interface " NETNS_NTKD_IF);
			return -EEXIST;
		}
		if (i == 0)
			log_info("removing a " NETNS_NTKD_IF " left behind");
		else
			usleep(50000);
		(void)link_delete(n, s->vp0);
		rc = survey_take(n, s);
	}
	return rc == 0 && s->vp0 != 0 ? -EBUSY : rc;
}

static unsigned
lowest_free(const struct survey *s)
{
	unsigned i;

	for (i = 1; i <= NETNS_INDEX_MAX; i++)
		if (!s->used[i])
			return i;
	return 0;
}

static void
make_mac(uint8_t mac[6])
{
	if (getrandom(mac, 6, 0) != 6)
		fatal("getrandom");
	mac[0] = (uint8_t)((mac[0] & 0xfc) | 2); /* local, of one station */
}

/* vp0 in ntkd's namespace as number index, and vp1 in ours. */
static int
make_pair(struct netns *ns, unsigned index, const uint8_t mac[6])
{
	union nl_req r;
	struct ifinfomsg *ifi =
	    nl_begin(&r, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof(*ifi));
	struct nlattr *info, *data, *peer;

	ifi->ifi_index = (int)index;
	mnl_attr_put_strz(&r.head, IFLA_IFNAME, NETNS_NTKD_IF);
	mnl_attr_put(&r.head, IFLA_ADDRESS, 6, mac);
	info = mnl_attr_nest_start(&r.head, IFLA_LINKINFO);
	mnl_attr_put_strz(&r.head, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(&r.head, IFLA_INFO_DATA);
	peer = mnl_attr_nest_start(&r.head, VETH_INFO_PEER);
	(void)mnl_nlmsg_put_extra_header(&r.head, sizeof(*ifi));
	mnl_attr_put_strz(&r.head, IFLA_IFNAME, NETNS_OWN_IF);
	mnl_attr_put_u32(&r.head, IFLA_NET_NS_FD, (uint32_t)ns->own_fd);
	mnl_attr_nest_end(&r.head, peer);
	mnl_attr_nest_end(&r.head, data);
	mnl_attr_nest_end(&r.head, info);
	return nl_ask(&ns->ntkd, &r);
}

/* --- routes and rules -------------------------------------------------------
 */

static int
set_neighbour(struct netns *ns, const uint8_t mac[6])
{
	union nl_req r;
	struct ndmsg *ndm = nl_begin(
	    &r, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, sizeof(*ndm));

	ndm->ndm_family = AF_INET;
	ndm->ndm_ifindex = (int)ns->vp1;
	ndm->ndm_state = NUD_PERMANENT;
	mnl_attr_put(&r.head, NDA_DST, 4, gateway);
	mnl_attr_put(&r.head, NDA_LLADDR, 6, mac);
	return nl_ask(&ns->own, &r);
}

static int
set_route(struct netns *ns, const struct prefix *to, uint32_t table,
    const uint8_t *via, unsigned dev, bool add)
{
	union nl_req r;
	struct rtmsg *rtm;

	rtm = nl_begin(&r, add ? RTM_NEWROUTE : RTM_DELROUTE,
	    add ? NLM_F_CREATE | NLM_F_REPLACE : 0, sizeof(*rtm));
	rtm->rtm_family = AF_INET;
	rtm->rtm_dst_len = to->bits;
	rtm->rtm_protocol = RTPROT_STATIC;
	rtm->rtm_scope = via != NULL ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
	rtm->rtm_type = RTN_UNICAST;
	rtm->rtm_flags = via != NULL ? RTNH_F_ONLINK : 0;
	if (to->bits > 0)
		mnl_attr_put(&r.head, RTA_DST, 4, to->a);
	if (via != NULL)
		mnl_attr_put(&r.head, RTA_GATEWAY, 4, via);
	mnl_attr_put_u32(&r.head, RTA_OIF, dev);
	mnl_attr_put_u32(&r.head, RTA_TABLE, table);
	return nl_ask(&ns->own, &r);
}

struct rule {
	uint32_t pref;
	const char *iif; /* NULL: any */
	uint8_t action;
	uint32_t table;
	uint8_t proto; /* 0: any */
	bool from_port, to_port;
};

#define PORT_NTK 269

static const struct rule rules[] = {
	{ PREF_FIRST, NETNS_TUN_IF, FR_ACT_TO_TBL, TABLE_MESH, 0, 0, 0 },
	{ 11, NETNS_TUN_IF, FR_ACT_BLACKHOLE, 0, 0, 0, 0 },
	{ 12, NETNS_OWN_IF, FR_ACT_TO_TBL, RT_TABLE_LOCAL, IPPROTO_UDP, 0, 1 },
	{ 13, NETNS_OWN_IF, FR_ACT_TO_TBL, RT_TABLE_LOCAL, IPPROTO_TCP, 0, 1 },
	{ 14, NETNS_OWN_IF, FR_ACT_TO_TBL, RT_TABLE_LOCAL, IPPROTO_TCP, 1, 0 },
	{ 15, NETNS_OWN_IF, FR_ACT_TO_TBL, TABLE_CLAIMS, 0, 0, 0 },
	{ PREF_LAST, NULL, FR_ACT_TO_TBL, RT_TABLE_LOCAL, 0, 0, 0 },
};

#define RULES (sizeof(rules) / sizeof(rules[0]))

/* The kernel's own first rule, which ours stand before. */
static const struct rule kernel_rule = { PREF_LOCAL, NULL, FR_ACT_TO_TBL,
	RT_TABLE_LOCAL, 0, 0, 0 };

static int
set_rule(struct nl *n, const struct rule *rule, bool add)
{
	const struct fib_rule_port_range port = { PORT_NTK, PORT_NTK };
	union nl_req r;
	struct fib_rule_hdr *h;

	h = nl_begin(&r, add ? RTM_NEWRULE : RTM_DELRULE,
	    add ? NLM_F_CREATE | NLM_F_EXCL : 0, sizeof(*h));
	h->family = AF_INET;
	h->action = rule->action;
	mnl_attr_put_u32(&r.head, FRA_PRIORITY, rule->pref);
	if (rule->table != 0)
		mnl_attr_put_u32(&r.head, FRA_TABLE, rule->table);
	if (rule->iif != NULL)
		mnl_attr_put_strz(&r.head, FRA_IIFNAME, rule->iif);
	if (rule->proto != 0)
		mnl_attr_put_u8(&r.head, FRA_IP_PROTO, rule->proto);
	if (rule->from_port)
		mnl_attr_put(&r.head, FRA_SPORT_RANGE, sizeof(port), &port);
	if (rule->to_port)
		mnl_attr_put(&r.head, FRA_DPORT_RANGE, sizeof(port), &port);
	return nl_ask(n, &r);
}

/* There already (left behind by one that was killed) is fine. */
static int
add_rules(struct netns *ns)
{
	size_t i;
	int rc;

	for (i = 0; i < RULES; i++) {
		rc = set_rule(&ns->own, &rules[i], true);
		if (rc < 0 && rc != -EEXIST)
			return rc;
	}
	rc = set_rule(&ns->own, &kernel_rule, false);
	return rc == -ENOENT ? 0 : rc;
}

static void
drop_rules(struct netns *ns)
{
	size_t i;

	(void)set_rule(&ns->own, &kernel_rule, true);
	for (i = 0; i < RULES; i++)
		(void)set_rule(&ns->own, &rules[i], false);
}

/* --- all of it --------------------------------------------------------------
 */

static int
lock_ntkd(struct netns *ns)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	socklen_t len =
	    offsetof(struct sockaddr_un, sun_path) + 1 + sizeof(LOCK_NAME) - 1;
	int rc;

	memcpy(sun.sun_path + 1, LOCK_NAME, sizeof(LOCK_NAME) - 1);
	ns->lock_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (ns->lock_fd < 0 ||
	    bind(ns->lock_fd, (struct sockaddr *)&sun, len) < 0) {
		rc = -errno;
		if (rc == -EADDRINUSE)
			log_warnx("another ntkd-shim runs for this ntkd");
		else
			log_warn("lock of " NETNS_NTKD_IF);
		return rc;
	}
	return 0;
}

static int
enter_named(const char *name)
{
	char path[256];
	int fd, rc = 0;

	if (snprintf(path, sizeof(path), NETNS_DIR "%s", name) >=
	    (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET) < 0) {
		rc = -errno;
		log_warn("namespace %s", path);
	}
	if (fd >= 0)
		close(fd);
	return rc;
}

/* From here on, we are in our own. */
static int
enter_own(struct netns *ns, const char *name)
{
	int rc = 0;

	ns->ntkd_fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (ns->ntkd_fd < 0) {
		rc = -errno;
		log_warn("/proc/self/ns/net");
	} else if (name != NULL) {
		rc = enter_named(name);
	} else if (unshare(CLONE_NEWNET) < 0) {
		rc = -errno;
		log_warn("a network namespace of our own");
	}
	if (rc < 0)
		return rc;
	ns->named = name != NULL;
	ns->own_fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	return ns->own_fd < 0 ? -errno : nl_open(&ns->own);
}

static int
add_pair(struct netns *ns, const struct survey *s)
{
	uint8_t mac[6];
	int rc;

	ns->vp0 = lowest_free(s);
	if (ns->vp0 == 0) {
		log_warnx(
		    "no interface number up to %d is free for " NETNS_NTKD_IF,
		    NETNS_INDEX_MAX);
		return -EBUSY;
	}
	make_mac(mac);
	rc = make_pair(ns, ns->vp0, mac);
	if (rc < 0) {
		log_warnx(
		    NETNS_NTKD_IF " and " NETNS_OWN_IF ": %s", strerror(-rc));
		ns->vp0 = 0; /* not ours */
		return rc;
	}
	if (s->low != 0 && s->low < ns->vp0)
		log_warnx("%s has a lower interface number than " NETNS_NTKD_IF
			  ": when ntkd hooks, a neighbour there may be first",
		    s->low_name);
	ns->vp1 = if_nametoindex(NETNS_OWN_IF);
	rc = set_sysctls(
	    vp1_sysctls, sizeof(vp1_sysctls) / sizeof(vp1_sysctls[0]));
	if (rc == 0)
		rc = link_up(&ns->own, ns->vp1, ns->conf->mtu);
	if (rc == 0)
		rc = link_up(&ns->ntkd, ns->vp0, ns->conf->mtu);
	return rc == 0 ? set_neighbour(ns, mac) : rc;
}

static int
add_routes(struct netns *ns)
{
	const struct prefix *mesh = &ns->conf->mesh;
	int rc = link_up(&ns->own, if_nametoindex("lo"), 65535);

	if (rc == 0)
		rc = set_route(ns, mesh, RT_TABLE_MAIN, gateway, ns->vp1, true);
	if (rc == 0)
		rc = set_route(ns, mesh, TABLE_MESH, gateway, ns->vp1, true);
	return rc == 0 ? add_rules(ns) : rc;
}

static int
set_up(struct netns *ns)
{
	struct survey s;
	int rc = nl_open(&ns->ntkd);

	if (rc == 0)
		rc = lock_ntkd(ns);
	if (rc == 0)
		rc = remove_leftover(&ns->ntkd, &s);
	if (rc == 0)
		rc = enter_own(ns, ns->conf->name);
	if (rc == 0)
		rc = set_sysctls(sysctls, sizeof(sysctls) / sizeof(sysctls[0]));
	if (rc == 0)
		rc = add_pair(ns, &s);
	return rc == 0 ? add_routes(ns) : rc;
}

int
netns_open(struct netns *ns, const struct netns_conf *conf)
{
	int rc;

	*ns = (struct netns){
		.conf = conf, .ntkd_fd = -1, .own_fd = -1, .lock_fd = -1
	};
	rc = set_up(ns);
	if (rc < 0) {
		log_warnx("cannot set up the namespace: %s", strerror(-rc));
		netns_close(ns);
	}
	return rc;
}

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void
netns_close(struct netns *ns)
{
	if (ns->conf == NULL)
		return;
	if (ns->vp0 != 0)
		(void)link_delete(&ns->ntkd, ns->vp0); /* vp1 goes with it */
	if (ns->named && ns->own.sock != NULL)
		drop_rules(ns);
	nl_close(&ns->own);
	nl_close(&ns->ntkd);
	close_fd(&ns->own_fd);
	close_fd(&ns->ntkd_fd);
	close_fd(&ns->lock_fd);
	ns->conf = NULL;
}

int
netns_tun(struct netns *ns)
{
	struct ifreq ifr = { .ifr_flags = IFF_TUN | IFF_NO_PI,
		.ifr_name = NETNS_TUN_IF };
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	int rc;

	if (fd < 0)
		return -errno;
	rc = ioctl(fd, TUNSETIFF, &ifr) < 0 ? -errno : 0;
	if (rc == 0)
		rc = link_up(
		    &ns->own, if_nametoindex(NETNS_TUN_IF), ns->conf->mtu);
	if (rc == 0)
		return fd;
	close(fd);
	return rc;
}

int
netns_addr(struct netns *ns, const uint8_t addr[4], bool add)
{
	union nl_req r;
	struct ifaddrmsg *ifa;

	ifa = nl_begin(&r, add ? RTM_NEWADDR : RTM_DELADDR,
	    add ? NLM_F_CREATE | NLM_F_REPLACE : 0, sizeof(*ifa));
	ifa->ifa_family = AF_INET;
	ifa->ifa_prefixlen = 32;
	ifa->ifa_index = ns->vp1;
	mnl_attr_put(&r.head, IFA_LOCAL, 4, addr);
	mnl_attr_put(&r.head, IFA_ADDRESS, 4, addr);
	return nl_ask(&ns->own, &r);
}

int
netns_route(struct netns *ns, const struct prefix *to, bool add)
{
	return set_route(
	    ns, to, TABLE_CLAIMS, NULL, if_nametoindex(NETNS_TUN_IF), add);
}

int
netns_to_ntkd(const struct netns *ns)
{
	return setns(ns->ntkd_fd, CLONE_NEWNET) < 0 ? -errno : 0;
}

int
netns_listen(struct netns *ns, struct nl *ret, unsigned groups)
{
	int rc = netns_to_ntkd(ns);

	if (rc == 0)
		rc = nl_listen(ret, groups);
	if (setns(ns->own_fd, CLONE_NEWNET) < 0)
		fatal("back into our own namespace");
	return rc;
}
