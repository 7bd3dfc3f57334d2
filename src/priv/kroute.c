#include "priv/kroute.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/xmem.h"
#include "priv/nl.h"

static struct nlmsghdr *
kroute_msg(union nl_msg *msg, uint16_t type, const struct kroute_mark *m,
    const struct prefix *p)
{
	bool v4 = p->family == PREFIX_IPV4;
	struct nlmsghdr *req = mnl_nlmsg_put_header(msg->buf);
	struct rtmsg *rtm;

	req->nlmsg_type = type;
	rtm = mnl_nlmsg_put_extra_header(req, sizeof(*rtm));
	rtm->rtm_family = v4 ? AF_INET : AF_INET6;
	rtm->rtm_dst_len = p->bits;
	rtm->rtm_protocol = m->protocol;
	rtm->rtm_scope = RT_SCOPE_NOWHERE; /* to delete: of whatever one */
	mnl_attr_put(req, RTA_DST, v4 ? 4 : 16, p->a);
	mnl_attr_put_u32(req, RTA_TABLE, m->table);
	mnl_attr_put_u32(req, RTA_PRIORITY, m->metric);
	return req;
}

static int
add(struct nl *n, const struct kroute_mark *m, const struct prefix *p,
    unsigned index)
{
	union nl_msg msg;
	struct nlmsghdr *req = kroute_msg(&msg, RTM_NEWROUTE, m, p);
	struct rtmsg *rtm = mnl_nlmsg_get_payload(req);

	req->nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL;
	rtm->rtm_type = RTN_UNICAST;
	rtm->rtm_scope =
	    p->family == PREFIX_IPV4 ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
	mnl_attr_put_u32(req, RTA_OIF, index);
	return nl_talk(n, req);
}

/* -ESRCH: there is none. */
static int
del(struct nl *n, const struct kroute_mark *m, const struct prefix *p)
{
	union nl_msg msg;

	return nl_talk(n, kroute_msg(&msg, RTM_DELROUTE, m, p));
}

/* NLM_F_REPLACE would do it at once, but with a route of anybody's. */
int
kroute_add(const struct kroute_mark *m, const struct prefix *p, unsigned index)
{
	struct nl n;
	int rc = nl_open(&n);

	if (rc < 0)
		return rc;
	rc = add(&n, m, p, index);
	if (rc == -EEXIST && del(&n, m, p) == 0)
		rc = add(&n, m, p, index);
	nl_close(&n);
	return rc;
}

int
kroute_del(const struct kroute_mark *m, const struct prefix *p)
{
	struct nl n;
	int rc = nl_open(&n);

	if (rc < 0)
		return rc;
	rc = del(&n, m, p);
	nl_close(&n);
	return rc == -ESRCH ? 0 : rc;
}

/* What a list holds of ours. */
struct found {
	const struct kroute_mark *mark;
	struct {
		struct prefix p;
		uint32_t metric;
	} * all;
	size_t n, room;
};

static int
on_attr(const struct nlattr *attr, void *arg)
{
	const struct nlattr **at = arg;
	uint16_t type = mnl_attr_get_type(attr);

	if (type <= RTA_TABLE)
		at[type] = attr;
	return MNL_CB_OK;
}

static uint32_t
number(const struct nlattr *attr, uint32_t none)
{
	return attr != NULL && mnl_attr_validate(attr, MNL_TYPE_U32) >= 0
	    ? mnl_attr_get_u32(attr)
	    : none;
}

static void
note(struct found *f, const struct prefix *p, uint32_t metric)
{
	if (f->n == f->room) {
		f->room = f->room * 2 + 16;
		f->all = xreallocarray(f->all, f->room, sizeof(f->all[0]));
	}
	f->all[f->n].p = *p;
	f->all[f->n++].metric = metric;
}

/* Older kernels list other tables and protocols as well. */
static int
on_route(const struct nlmsghdr *msg, void *arg)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(msg);
	const struct nlattr *at[RTA_TABLE + 1] = { NULL };
	bool v4 = rtm->rtm_family == AF_INET;
	struct found *f = arg;
	struct prefix p = { .family = v4 ? PREFIX_IPV4 : PREFIX_IPV6,
		.bits = rtm->rtm_dst_len };

	if (rtm->rtm_protocol != f->mark->protocol ||
	    (!v4 && rtm->rtm_family != AF_INET6))
		return MNL_CB_OK;
	(void)mnl_attr_parse(msg, sizeof(*rtm), on_attr, at);
	if (number(at[RTA_TABLE], rtm->rtm_table) != f->mark->table)
		return MNL_CB_OK;
	if (at[RTA_DST] != NULL) { /* else it is the default route */
		if (mnl_attr_get_payload_len(at[RTA_DST]) != (v4 ? 4 : 16))
			return MNL_CB_OK;
		memcpy(p.a, mnl_attr_get_payload(at[RTA_DST]), v4 ? 4 : 16);
	}
	note(f, &p, number(at[RTA_PRIORITY], 0));
	return MNL_CB_OK;
}

static void
on_list(void *arg)
{
	struct found *f = arg;

	f->n = 0;
}

static int
list(struct nl *n, struct found *f, int family)
{
	union nl_msg msg;
	struct nlmsghdr *req = mnl_nlmsg_put_header(msg.buf);
	struct rtmsg *rtm;
	int rc;

	req->nlmsg_type = RTM_GETROUTE;
	rtm = mnl_nlmsg_put_extra_header(req, sizeof(*rtm));
	rtm->rtm_family = (uint8_t)family;
	rtm->rtm_protocol = f->mark->protocol;
	mnl_attr_put_u32(req, RTA_TABLE, f->mark->table);
	rc = nl_dump(n, req, on_list, on_route, f);
	/* the kernel says so of a table that nobody has used, or without IPv6
	 */
	return rc == -ENOENT || rc == -EOPNOTSUPP ? 0 : rc;
}

static int
flush_family(struct nl *n, struct found *f, int family)
{
	struct kroute_mark m = *f->mark;
	int rc, err;
	size_t i;

	f->n = 0;
	rc = list(n, f, family);
	for (i = 0; rc == 0 && i < f->n; i++) {
		m.metric = f->all[i].metric;
		err = del(n, &m, &f->all[i].p);
		if (err < 0 && err != -ESRCH)
			rc = err;
	}
	return rc;
}

int
kroute_flush(const struct kroute_mark *m)
{
	struct found f = { .mark = m };
	struct nl n;
	int rc = nl_open(&n), rc6;

	if (rc < 0)
		return rc;
	rc = flush_family(&n, &f, AF_INET);
	rc6 = flush_family(&n, &f, AF_INET6);
	free(f.all);
	nl_close(&n);
	return rc < 0 ? rc : rc6;
}
