#include "priv/monitor.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fdutil.h"
#include "base/ifname.h"
#include "priv/tun.h"

static int
set_int(int fd, int level, int name, int value)
{
	if (setsockopt(fd, level, name, &value, sizeof(value)) < 0)
		return -errno;
	return 0;
}

static int
set_device(int fd, const char *name)
{
	socklen_t len = (socklen_t)strlen(name) + 1;

	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, len) < 0)
		return -errno;
	return 0;
}

/* A smaller buffer than asked for is no failure. */
static void
set_rcvbuf(int fd, uint32_t bytes)
{
	if (bytes == 0)
		return;
	if (set_int(fd, SOL_SOCKET, SO_RCVBUFFORCE, (int)bytes) < 0)
		(void)set_int(fd, SOL_SOCKET, SO_RCVBUF, (int)bytes);
}

static int
udp_options(int fd, bool v4)
{
	int rc;

	if (v4)
		return set_int(fd, IPPROTO_IP, IP_PKTINFO, 1);
	rc = set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	return rc < 0 ? rc : set_int(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
}

/*
 * The handshake socket is bound before it may share its address: otherwise a
 * second daemon of the same user would quietly take half of the packets.
 */
static int
udp_bind_kind(int fd, uint32_t kind, const struct addr *a)
{
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(a, false, &ss);
	int rc;

	if (kind == PRIV_UDP_DATA) {
		rc = set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1);
		if (rc < 0)
			return rc;
	}
	if (bind(fd, (const struct sockaddr *)&ss, len) < 0)
		return -errno;
	if (kind == PRIV_UDP_HANDSHAKE)
		(void)set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	return 0;
}

/* Where the socket lies now: the kernel may have chosen its port. */
static bool
where_is(int fd, struct addr *ret)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(ss);

	return getsockname(fd, (struct sockaddr *)&ss, &len) == 0 &&
	    addr_from_sockaddr((struct sockaddr *)&ss, ret);
}

static int
udp_bound(const struct monitor *m, uint32_t kind, const struct addr *a)
{
	bool v4 = addr_is_v4(a);
	int rc,
	    fd = socket(v4 ? AF_INET : AF_INET6,
		SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	rc = udp_options(fd, v4);
	if (rc == 0 && m->mark != 0)
		rc = set_int(fd, SOL_SOCKET, SO_MARK, (int)m->mark);
	if (rc == 0 && m->bind_dev[0] != '\0')
		rc = set_device(fd, m->bind_dev);
	if (rc == 0)
		rc = udp_bind_kind(fd, kind, a);
	if (rc == 0)
		return fd;
	close(fd);
	return rc;
}

/*
 * A data socket takes part of what comes to its address, so it is for where we
 * have just bound a handshake socket, and only once.
 */
static int
op_udp_bind(
    struct monitor *m, const struct priv_req *req, struct priv_reply *ret)
{
	uint32_t no = req->listen;
	struct addr a;
	int fd;

	(void)ret;
	if (req->udp_kind > PRIV_UDP_DATA || req->rcvbuf > PRIV_RCVBUF_MAX)
		return -EINVAL;
	if (no >= MONITOR_LISTEN || no >= m->n_listen)
		return -ENOENT;
	a = req->udp_kind == PRIV_UDP_DATA ? m->leave[no] : m->listen[no];
	if (req->udp_kind == PRIV_UDP_DATA && a.port == 0)
		return -EINVAL;
	fd = udp_bound(m, req->udp_kind, &a);
	if (fd < 0)
		return fd;
	if (req->udp_kind == PRIV_UDP_DATA || !where_is(fd, &m->leave[no]))
		m->leave[no].port = 0;
	set_rcvbuf(fd, req->rcvbuf);
	return fd;
}

static int
path_of(struct monitor *m, const struct priv_req *req, const char **ret)
{
	if (req->path >= PRIV_PATH_MAX)
		return -EINVAL;
	*ret = m->path[req->path];
	return *ret == NULL ? -ENOENT : 0;
}

static int
op_unix_listen(
    struct monitor *m, const struct priv_req *req, struct priv_reply *ret)
{
	const char *path;
	int type, rc = path_of(m, req, &path);

	(void)ret;
	if (rc < 0)
		return rc;
	if (req->unix_type > PRIV_UNIX_SEQPACKET || (req->mode & ~0770u) != 0)
		return -EINVAL;
	type =
	    req->unix_type == PRIV_UNIX_STREAM ? SOCK_STREAM : SOCK_SEQPACKET;
	return unix_listen(path, type, (mode_t)req->mode);
}

static int
op_unix_unlink(
    struct monitor *m, const struct priv_req *req, struct priv_reply *ret)
{
	const char *path;
	int rc = path_of(m, req, &path);

	(void)ret;
	if (rc < 0)
		return rc;
	return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
}

/* Is the unit one that a request about this device may name? */
static bool
unit_ok(const struct monitor_dev *d, const struct priv_req *req)
{
	if (memchr(req->unit, '\0', sizeof(req->unit)) == NULL)
		return false;
	return d->per_peer ? ifname_ok(req->unit, PRIV_UNIT - 1)
			   : req->unit[0] == '\0';
}

static int
op_tun_open(
    struct monitor *m, const struct priv_req *req, struct priv_reply *ret)
{
	const uint32_t known = PRIV_TUN_VNET | PRIV_TUN_TSO | PRIV_TUN_USO;
	const struct monitor_dev *d;

	if (req->dev >= MONITOR_DEVS || (req->offload & ~known) != 0)
		return -EINVAL;
	d = &m->dev[req->dev];
	if (!d->used)
		return -ENOENT;
	if (!unit_ok(d, req))
		return -EINVAL;
	return tun_open(d, req->unit, req->offload, &ret->offload);
}

static bool
take_prefix(const struct priv_req *req, struct prefix *ret)
{
	if (req->family >= PREFIX_FAMILIES || req->bits > UINT8_MAX)
		return false;
	*ret =
	    (struct prefix){ (uint8_t)req->family, (uint8_t)req->bits, { 0 } };
	memcpy(ret->a, req->dst, sizeof(ret->a));
	return prefix_routable(ret);
}

static int
op_route_add(
    struct monitor *m, const struct priv_req *req, struct priv_reply *ret)
{
	const struct monitor_dev *d = &m->dev[m->route_dev];
	char name[IFNAMSIZ] = "";
	struct prefix p;
	unsigned index;
	int rc;

	(void)ret;
	if (!m->has_routes)
		return -ENOENT;
	if (!take_prefix(req, &p) || !unit_ok(d, req))
		return -EINVAL;
	rc = tun_name(d, req->unit, name);
	if (rc < 0)
		return rc;
	index = if_nametoindex(name);
	return index == 0 ? -ENODEV : kroute_add(&m->route, &p, index);
}

static int
op_route_del(
    struct monitor *m, const struct priv_req *req, struct priv_reply *ret)
{
	struct prefix p;

	(void)ret;
	if (!m->has_routes)
		return -ENOENT;
	return take_prefix(req, &p) ? kroute_del(&m->route, &p) : -EINVAL;
}

static int
op_route_flush(
    struct monitor *m, const struct priv_req *req, struct priv_reply *ret)
{
	(void)req;
	(void)ret;
	return m->has_routes ? kroute_flush(&m->route) : -ENOENT;
}

/* Both families in one socket, or IPv4 where there is no other. */
static int
mesh_bound(const char *name)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
		.sin6_port = htons(PRIV_MESH_PORT) };
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_port = htons(PRIV_MESH_PORT) };
	const int type = SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
	int fd = socket(AF_INET6, type, 0), rc;
	bool v6 = fd >= 0;

	if (!v6)
		fd = socket(AF_INET, type, 0);
	if (fd < 0)
		return -errno;
	if (v6)
		(void)set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
	rc = set_device(fd, name);
	if (rc == 0 &&
	    bind(fd, v6 ? (struct sockaddr *)&in6 : (struct sockaddr *)&in,
		v6 ? sizeof(in6) : sizeof(in)) < 0)
		rc = -errno;
	if (rc == 0)
		return fd;
	close(fd);
	return rc;
}

static int
op_mesh_bind(
    struct monitor *m, const struct priv_req *req, struct priv_reply *ret)
{
	(void)ret;
	if (req->iface >= MONITOR_MESHES || req->iface >= m->n_mesh)
		return -ENOENT;
	return mesh_bound(m->mesh[req->iface]);
}

struct op {
	int (*fn)(struct monitor *m, const struct priv_req *req,
	    struct priv_reply *ret);
	bool gives_fd;
};

static const struct op ops[] = {
	[PRIV_UDP_BIND] = { op_udp_bind, true },
	[PRIV_UNIX_LISTEN] = { op_unix_listen, true },
	[PRIV_UNIX_UNLINK] = { op_unix_unlink, false },
	[PRIV_TUN_OPEN] = { op_tun_open, true },
	[PRIV_ROUTE_ADD] = { op_route_add, false },
	[PRIV_ROUTE_DEL] = { op_route_del, false },
	[PRIV_ROUTE_FLUSH] = { op_route_flush, false },
	[PRIV_MESH_BIND] = { op_mesh_bind, true },
};

void
monitor_call(void *arg, const struct priv_req *req, struct priv_reply *ret)
{
	struct monitor *m = arg;
	const struct op *op;
	int rc;

	*ret = (struct priv_reply){ .rc = -EINVAL, .fd = -1 };
	if (req->op >= sizeof(ops) / sizeof(ops[0]))
		return;
	op = &ops[req->op];
	if (op->fn == NULL)
		return;
	rc = op->fn(m, req, ret);
	ret->rc = rc < 0 ? rc : 0;
	if (rc >= 0 && op->gives_fd)
		ret->fd = rc;
}
