#include "priv/priv.h"

#include <errno.h>
#include <string.h>

static int
ask(const struct priv *pv, const struct priv_req *req)
{
	struct priv_reply rep = { .fd = -1 };

	pv->call(pv->arg, req, &rep);
	if (rep.rc != 0)
		return rep.rc;
	return rep.fd >= 0 ? rep.fd : 0;
}

int
priv_udp_bind(const struct priv *pv, unsigned listen, enum priv_udp_kind kind,
    uint32_t rcvbuf)
{
	const struct priv_req req = {
		.op = PRIV_UDP_BIND,
		.udp_kind = kind,
		.listen = listen,
		.rcvbuf = rcvbuf,
	};

	return ask(pv, &req);
}

int
priv_unix_listen(const struct priv *pv, enum priv_path path,
    enum priv_unix_type type, uint32_t mode)
{
	const struct priv_req req = {
		.op = PRIV_UNIX_LISTEN,
		.path = path,
		.unix_type = type,
		.mode = mode,
	};

	return ask(pv, &req);
}

int
priv_unix_unlink(const struct priv *pv, enum priv_path path)
{
	const struct priv_req req = { .op = PRIV_UNIX_UNLINK, .path = path };

	return ask(pv, &req);
}

int
priv_tun_open(const struct priv *pv, unsigned dev, const char *unit,
    uint32_t offload, uint32_t *ret_offload)
{
	struct priv_req req = {
		.op = PRIV_TUN_OPEN,
		.dev = dev,
		.offload = offload,
	};
	struct priv_reply rep = { .fd = -1 };

	if (strlen(unit) >= sizeof(req.unit))
		return -ENAMETOOLONG;
	strcpy(req.unit, unit);
	pv->call(pv->arg, &req, &rep);
	if (rep.rc != 0)
		return rep.rc;
	*ret_offload = rep.offload;
	return rep.fd;
}

static void
put_prefix(struct priv_req *req, const struct prefix *p)
{
	req->family = p->family;
	req->bits = p->bits;
	memcpy(req->dst, p->a, sizeof(req->dst));
}

int
priv_route_add(const struct priv *pv, const char *unit, const struct prefix *p)
{
	struct priv_req req = { .op = PRIV_ROUTE_ADD };

	if (strlen(unit) >= sizeof(req.unit))
		return -ENAMETOOLONG;
	strcpy(req.unit, unit);
	put_prefix(&req, p);
	return ask(pv, &req);
}

int
priv_route_del(const struct priv *pv, const struct prefix *p)
{
	struct priv_req req = { .op = PRIV_ROUTE_DEL };

	put_prefix(&req, p);
	return ask(pv, &req);
}

int
priv_route_flush(const struct priv *pv)
{
	const struct priv_req req = { .op = PRIV_ROUTE_FLUSH };

	return ask(pv, &req);
}

int
priv_mesh_bind(const struct priv *pv, unsigned iface)
{
	const struct priv_req req = { .op = PRIV_MESH_BIND, .iface = iface };

	return ask(pv, &req);
}
