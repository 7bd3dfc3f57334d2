#include "io/uplink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/xmem.h"
#include "io/loop.h"

#define READS 16       /* a turn */
#define ITEMS_MAX 1024 /* more than that is no host, and not followed */
#define BUFFER 16384   /* what the kernel packs together is shorter */

enum kind { LINK, ADDRESS, ROUTE };

/* Something that is there. Without hidden bytes: compared as a whole. */
struct item {
	uint8_t kind, family;
	bool ours;	/* of is_ours(); not compared */
	bool replaced;	/* a route by another; not compared */
	uint32_t index; /* of the interface */
	uint32_t table, metric;
	uint8_t addr[16];
};

struct uplink {
	struct loop *loop;
	struct uplink_ops ops;
	int fd;
	struct watch watch;
	struct item *item;
	size_t n, max;
	struct mono at;	   /* to be told; NEVER: nothing is */
	struct mono last;  /* told */
	struct mono seen;  /* the last change */
	uint64_t pause_us; /* from last on; 0: none */
	uint16_t asked;	   /* what the kernel was, at last */
};

/* --- what is there ---------------------------------------------------------
 */

static bool
item_equal(const struct item *a, const struct item *b)
{
	return a->kind == b->kind && a->family == b->family &&
	    memcmp(&a->index, &b->index,
		sizeof(*a) - offsetof(struct item, index)) == 0;
}

static struct item *
item_find(const struct uplink *u, const struct item *it)
{
	size_t i;

	for (i = 0; i < u->n; i++)
		if (item_equal(&u->item[i], it))
			return &u->item[i];
	return NULL;
}

static bool
has_address(const struct uplink *u, uint32_t index)
{
	size_t i;

	for (i = 0; i < u->n; i++)
		if (u->item[i].kind == ADDRESS && u->item[i].index == index)
			return true;
	return false;
}

static void
note(struct uplink *u, const struct item *it)
{
	struct mono now = loop_turn(u->loop)->now;

	if (it->ours || (it->kind == LINK && !has_address(u, it->index)))
		return;
	if (mono_since(u->seen, now) >= u->ops.rest_us)
		u->pause_us = 0;
	u->seen = now;
	if (!mono_is_never(u->at))
		return;
	u->at = mono_add(now, UPLINK_WAIT_US);
	if (mono_before(u->at, mono_add(u->last, u->pause_us)))
		u->at = mono_add(u->last, u->pause_us);
}

static bool
is_ours(const struct uplink *u, const struct item *it)
{
	return it->index != 0 && u->ops.is_ours(u->ops.arg, it->index);
}

/* False without memory. */
static bool
grow(struct uplink *u)
{
	size_t max = u->max == 0 ? 16 : 2 * u->max;
	struct item *more = try_reallocarray(u->item, max, sizeof(*more));

	if (more == NULL)
		return false;
	u->item = more;
	u->max = max;
	return true;
}

static void
item_add(struct uplink *u, struct item *it, bool is_news)
{
	struct item *was = item_find(u, it);

	if (was != NULL)
		was->replaced = false;
	if (was != NULL || u->n == ITEMS_MAX)
		return;
	it->ours = is_ours(u, it);
	if (is_news)
		note(u, it);
	if (u->n == u->max && !grow(u))
		return; /* it is news again when it is said again */
	u->item[u->n++] = *it;
}

static void
item_del(struct uplink *u, struct item *it)
{
	struct item *was = item_find(u, it);

	if (was == NULL) {
		if (it->kind == ROUTE) { /* it was there before us */
			it->ours = is_ours(u, it);
			note(u, it);
		}
		return;
	}
	note(u, was);
	*was = u->item[--u->n];
}

/* --- what the kernel says --------------------------------------------------
 */

/* One message: its fixed part is copied, its attributes are looked up. */
struct said {
	struct nlmsghdr head;
	const char *p; /* all of it */
};

static bool
fixed(const struct said *m, void *ret, size_t len)
{
	if (m->head.nlmsg_len < NLMSG_HDRLEN + len)
		return false;
	memcpy(ret, m->p + NLMSG_HDRLEN, len);
	return true;
}

/* The attribute of that type among those at p, or NULL. */
static const char *
find(const char *p, size_t left, uint16_t type, size_t *ret_len)
{
	struct rtattr a;

	while (left >= sizeof(a)) {
		memcpy(&a, p, sizeof(a));
		if (a.rta_len < sizeof(a) || a.rta_len > left)
			return NULL;
		*ret_len = a.rta_len - RTA_LENGTH(0);
		if ((a.rta_type & NLA_TYPE_MASK) == type)
			return p + RTA_LENGTH(0);
		if (RTA_ALIGN(a.rta_len) >= left)
			return NULL;
		left -= RTA_ALIGN(a.rta_len);
		p += RTA_ALIGN(a.rta_len);
	}
	return NULL;
}

/* The same of a message, behind its fixed part. */
static const char *
find_in(const struct said *m, size_t after, uint16_t type, size_t *ret_len)
{
	size_t at = NLMSG_HDRLEN + NLMSG_ALIGN(after);

	if (at > m->head.nlmsg_len)
		return NULL;
	return find(m->p + at, m->head.nlmsg_len - at, type, ret_len);
}

/* Copies that attribute, if it has room bytes at most. */
static bool
attr(const struct said *m, size_t after, uint16_t type, void *ret, size_t room)
{
	size_t len;
	const char *p = find_in(m, after, type, &len);

	if (p == NULL || len > room)
		return false;
	memcpy(ret, p, len);
	return true;
}

static bool
is_multi(const struct said *m)
{
	return (m->head.nlmsg_flags & NLM_F_MULTI) != 0;
}

static void
on_link(struct uplink *u, const struct said *m)
{
	struct item it = { .kind = LINK };
	struct ifinfomsg ifi;

	if (!fixed(m, &ifi, sizeof(ifi)) || (ifi.ifi_flags & IFF_LOOPBACK) != 0)
		return;
	it.index = (uint32_t)ifi.ifi_index;
	if (m->head.nlmsg_type == RTM_NEWLINK &&
	    (ifi.ifi_flags & IFF_UP) != 0 && (ifi.ifi_flags & IFF_RUNNING) != 0)
		item_add(u, &it, !is_multi(m));
	else
		item_del(u, &it);
}

/* An address that is not ours alone yet is of no use yet. */
static void
on_address(struct uplink *u, const struct said *m)
{
	struct item it = { .kind = ADDRESS };
	struct ifaddrmsg ifa;

	if (!fixed(m, &ifa, sizeof(ifa)) || ifa.ifa_scope >= RT_SCOPE_LINK ||
	    (ifa.ifa_flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) != 0)
		return;
	it.family = ifa.ifa_family;
	it.index = ifa.ifa_index;
	if (!attr(m, sizeof(ifa), IFA_LOCAL, it.addr, sizeof(it.addr)) &&
	    !attr(m, sizeof(ifa), IFA_ADDRESS, it.addr, sizeof(it.addr)))
		return;
	if (m->head.nlmsg_type == RTM_NEWADDR)
		item_add(u, &it, !is_multi(m));
	else
		item_del(u, &it);
}

/* One way of a route, which may have more. */
static void
on_way(struct uplink *u, const struct said *m, struct item *it)
{
	if (m->head.nlmsg_type == RTM_NEWROUTE)
		item_add(u, it, true);
	else
		item_del(u, it);
}

/* Several ways, each a next hop with attributes of its own. */
static void
on_ways(struct uplink *u, const struct said *m, const struct item *route,
    const char *p, size_t left)
{
	struct rtnexthop hop;
	struct item it;
	const char *via;
	size_t len, step;

	while (left >= sizeof(hop)) {
		memcpy(&hop, p, sizeof(hop));
		if (hop.rtnh_len < sizeof(hop) || hop.rtnh_len > left)
			return;
		it = *route;
		it.index = (uint32_t)hop.rtnh_ifindex;
		via = find(p + sizeof(hop), hop.rtnh_len - sizeof(hop),
		    RTA_GATEWAY, &len);
		if (via != NULL && len <= sizeof(it.addr))
			memcpy(it.addr, via, len);
		on_way(u, m, &it);
		step = (size_t)RTNH_ALIGN(hop.rtnh_len);
		if (step >= left)
			return;
		left -= step;
		p += step;
	}
}

/* One of that table and metric takes the place of all others. */
static void
replace_begin(struct uplink *u, const struct item *route)
{
	struct item *was;

	for (was = u->item; was < u->item + u->n; was++)
		was->replaced = was->kind == ROUTE &&
		    was->family == route->family &&
		    was->table == route->table && was->metric == route->metric;
}

static void
replace_end(struct uplink *u)
{
	size_t i = u->n;

	while (i-- > 0)
		if (u->item[i].replaced) {
			note(u, &u->item[i]);
			u->item[i] = u->item[--u->n];
		}
}

/* Do our packets go by it? */
static bool
is_watched(const struct uplink *u, uint32_t table)
{
	return u->ops.any_table || table == RT_TABLE_MAIN ||
	    table == RT_TABLE_DEFAULT || table == RT_TABLE_LOCAL;
}

static void
on_route(struct uplink *u, const struct said *m)
{
	bool replaces = m->head.nlmsg_type == RTM_NEWROUTE &&
	    (m->head.nlmsg_flags & NLM_F_REPLACE) != 0;
	struct item it = { .kind = ROUTE };
	struct rtmsg rt;
	const char *ways;
	size_t len;

	if (!fixed(m, &rt, sizeof(rt)) || rt.rtm_dst_len != 0 ||
	    rt.rtm_type != RTN_UNICAST || (rt.rtm_flags & RTM_F_CLONED) != 0)
		return;
	it.family = rt.rtm_family;
	it.table = rt.rtm_table;
	(void)attr(m, sizeof(rt), RTA_TABLE, &it.table, sizeof(it.table));
	(void)attr(m, sizeof(rt), RTA_PRIORITY, &it.metric, sizeof(it.metric));
	if (!is_watched(u, it.table))
		return;
	if (replaces)
		replace_begin(u, &it);
	ways = find_in(m, sizeof(rt), RTA_MULTIPATH, &len);
	if (ways != NULL) {
		on_ways(u, m, &it, ways, len);
	} else {
		(void)attr(m, sizeof(rt), RTA_OIF, &it.index, sizeof(it.index));
		(void)attr(
		    m, sizeof(rt), RTA_GATEWAY, it.addr, sizeof(it.addr));
		on_way(u, m, &it);
	}
	if (replaces)
		replace_end(u);
}

static void
ask(struct uplink *u, uint16_t type)
{
	struct {
		struct nlmsghdr head;
		struct rtgenmsg body;
	} req;
	const struct sockaddr_nl to = { .nl_family = AF_NETLINK };

	u->asked = type;
	memset(&req, 0, sizeof(req));
	req.head.nlmsg_len = NLMSG_LENGTH(sizeof(req.body));
	req.head.nlmsg_type = type;
	req.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	req.body.rtgen_family = AF_UNSPEC;
	/* unanswered, what is there is news when it is told the next time */
	(void)sendto(u->fd, &req, req.head.nlmsg_len, 0,
	    (const struct sockaddr *)&to, sizeof(to));
}

static void
take(struct uplink *u, const struct said *m)
{
	switch (m->head.nlmsg_type) {
	case NLMSG_DONE: /* of the addresses: now those */
		if (u->asked == RTM_GETADDR)
			ask(u, RTM_GETLINK);
		break;
	case RTM_NEWLINK:
	case RTM_DELLINK:
		on_link(u, m);
		break;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		on_address(u, m);
		break;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		on_route(u, m);
		break;
	}
}

static void
take_all(struct uplink *u, const char *p, size_t left)
{
	struct said m;

	while (left >= sizeof(m.head)) {
		memcpy(&m.head, p, sizeof(m.head));
		if (m.head.nlmsg_len < sizeof(m.head) ||
		    m.head.nlmsg_len > left)
			return;
		m.p = p;
		take(u, &m);
		if (NLMSG_ALIGN(m.head.nlmsg_len) >= left)
			return;
		left -= NLMSG_ALIGN(m.head.nlmsg_len);
		p += NLMSG_ALIGN(m.head.nlmsg_len);
	}
}

/* The kernel was faster than we: anything may be otherwise. */
static void
overrun(struct uplink *u)
{
	const struct item any = { .kind = ROUTE };

	u->n = 0;
	note(u, &any);
	ask(u, RTM_GETADDR);
}

static void
on_readable(void *arg, struct turn *t)
{
	struct uplink *u = arg;
	struct sockaddr_nl from = { 0 };
	socklen_t len;
	char buf[BUFFER];
	unsigned i;
	ssize_t n;

	(void)t;
	for (i = 0; i < READS; i++) {
		len = sizeof(from);
		n = recvfrom(u->fd, buf, sizeof(buf), MSG_DONTWAIT,
		    (struct sockaddr *)&from, &len);
		if (n < 0 && errno == ENOBUFS)
			overrun(u);
		else if (n < 0)
			return;
		else if (from.nl_pid == 0) /* the kernel */
			take_all(u, buf, (size_t)n);
	}
}

/* --- opening ---------------------------------------------------------------
 */

/* A router has many routes, and default ones alone are of interest here. */
static int
only_defaults(int fd)
{
	const uint32_t type = offsetof(struct nlmsghdr, nlmsg_type);
	const uint32_t dst_len =
	    NLMSG_HDRLEN + offsetof(struct rtmsg, rtm_dst_len);
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, type),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_NEWROUTE), 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELROUTE), 0, 2),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, dst_len),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog prog;

	memset(&prog, 0, sizeof(prog)); /* the kernel sees the padding */
	prog.len = sizeof(code) / sizeof(code[0]);
	prog.filter = code;
	return setsockopt(
	    fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog));
}

static int
open_socket(void)
{
	const struct sockaddr_nl at = { .nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR |
		    RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE |
		    RTMGRP_IPV6_ROUTE };
	int err,
	    fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
		NETLINK_ROUTE);

	if (fd < 0)
		return -1;
	if (only_defaults(fd) == 0 &&
	    bind(fd, (const struct sockaddr *)&at, sizeof(at)) == 0)
		return fd;
	err = errno;
	close(fd);
	errno = err;
	return -1;
}

struct uplink *
uplink_new(struct loop *l, const struct uplink_ops *ops)
{
	int fd = open_socket();
	struct uplink *u;

	if (fd < 0)
		return NULL;
	u = xcalloc(1, sizeof(*u));
	u->loop = l;
	u->ops = *ops;
	u->fd = fd;
	u->at = MONO_NEVER;
	watch_read(&u->watch, l, fd, on_readable, u);
	ask(u, RTM_GETADDR);
	return u;
}

void
uplink_free(struct uplink *u)
{
	if (u == NULL)
		return;
	watch_close(&u->watch, &u->fd);
	free(u->item);
	free(u);
}

bool
uplink_has(const struct uplink *u, const struct addr *a)
{
	const struct item *it;
	struct addr has;
	size_t i;

	for (i = 0; u != NULL && i < u->n; i++) {
		it = &u->item[i];
		if (it->kind != ADDRESS)
			continue;
		has = addr_from_ip(it->addr, it->family == AF_INET ? 4 : 16, 0);
		if (addr_same_ip(&has, a))
			return true;
	}
	return false;
}

struct mono
uplink_deadline(const struct uplink *u)
{
	if (u == NULL || mono_is_never(u->at))
		return MONO_NEVER;
	return mono_min(u->at, mono_add(u->seen, u->ops.rest_us));
}

/* Whoever goes on and on changing is listened to less often. */
static uint64_t
longer(const struct uplink *u)
{
	if (u->pause_us == 0)
		return u->ops.pause_us;
	return 2 * u->pause_us < u->ops.pause_max_us ? 2 * u->pause_us
						     : u->ops.pause_max_us;
}

void
uplink_tick(struct uplink *u, struct turn *t)
{
	if (!mono_due(uplink_deadline(u), t->now))
		return;
	u->at = MONO_NEVER;
	u->last = t->now;
	u->pause_us = longer(u);
	u->ops.changed(u->ops.arg, t);
}
