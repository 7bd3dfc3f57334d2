#include "wire/mesh_body.h"

#include <string.h>

static bool
hello_ok(const struct mesh_rec *rec)
{
	return rec->u.hello.max >= rec->u.hello.min;
}

static const char *
hello_get(struct rd *r, struct mesh_rec *rec)
{
	(void)r;
	return hello_ok(rec) ? NULL : "HELLO.max";
}

static void
hello_put(struct wr *w, const struct mesh_rec *rec)
{
	(void)w;
	(void)rec;
}

const struct mesh_body mesh_hello_body = { hello_get, hello_ok, hello_put,
	false };

static const char *
pkt_get(struct rd *r, struct mesh_rec *rec)
{
	struct mesh_pkt *pkt = &rec->u.pkt;

	if (!rd_ref(r, &pkt->key, pkt->key_len))
		return "PKT.key";
	if (pkt->key_len == 0)
		pkt->key = NULL;
	pkt->len = r->left;
	if (pkt->len == 0 || pkt->len > MESH_BODY_MAX ||
	    !rd_ref(r, &pkt->body, pkt->len))
		return "PKT.body";
	return NULL;
}

static bool
pkt_ok(const struct mesh_rec *rec)
{
	return rec->u.pkt.len > 0 && rec->u.pkt.len <= MESH_BODY_MAX;
}

static void
pkt_put(struct wr *w, const struct mesh_rec *rec)
{
	wr_bytes(w, rec->u.pkt.key, rec->u.pkt.key_len);
	wr_bytes(w, rec->u.pkt.body, rec->u.pkt.len);
}

const struct mesh_body mesh_pkt_body = { pkt_get, pkt_ok, pkt_put, true };

#define NETDESC_DOT "NETDESC."

/* The name of a field of the descriptor as one of the record. */
static const char *
netdesc_field(const char *field)
{
	static const char *const names[] = { NETDESC_DOT "version",
		NETDESC_DOT "family", NETDESC_DOT "class", NETDESC_DOT "levels",
		NETDESC_DOT "bits", NETDESC_DOT "gids", NETDESC_DOT "netid",
		NETDESC_DOT "vnodeid", NETDESC_DOT "epoch", NETDESC_DOT "nodes",
		NETDESC_DOT "age", NETDESC_DOT "flags", NETDESC_DOT "nclaims",
		NETDESC_DOT "claims", NETDESC_DOT "nknown",
		NETDESC_DOT "known" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i] + strlen(NETDESC_DOT), field) == 0)
			return names[i];
	return NETDESC_DOT "length";
}

static const char *
netdesc_get(struct rd *r, struct mesh_rec *rec)
{
	const char *field = netdesc_parse(r, NETDESC_MESH, &rec->u.netdesc);

	return field != NULL ? netdesc_field(field) : NULL;
}

static bool
netdesc_ok(const struct mesh_rec *rec)
{
	return netdesc_check(&rec->u.netdesc, NETDESC_MESH) == NULL;
}

static void
netdesc_put(struct wr *w, const struct mesh_rec *rec)
{
	netdesc_write(w, &rec->u.netdesc, NETDESC_MAX);
}

const struct mesh_body mesh_netdesc_body = { netdesc_get, netdesc_ok,
	netdesc_put, true };

static const char *
rehook_get(struct rd *r, struct mesh_rec *rec)
{
	struct mesh_rehook *re = &rec->u.rehook;

	if (!topology_parse(r, &re->topo))
		return "REHOOK.topology";
	if (!claim_parse(r, &re->topo, &re->from) ||
	    !claim_allowed(&re->topo, &re->from))
		return "REHOOK.from";
	if (!claim_parse(r, &re->topo, &re->to) ||
	    !claim_allowed(&re->topo, &re->to))
		return "REHOOK.to";
	return NULL;
}

static bool
rehook_ok(const struct mesh_rec *rec)
{
	const struct mesh_rehook *re = &rec->u.rehook;

	return topology_check(&re->topo) == NULL &&
	    claim_allowed(&re->topo, &re->from) &&
	    claim_allowed(&re->topo, &re->to);
}

static void
rehook_put(struct wr *w, const struct mesh_rec *rec)
{
	const struct mesh_rehook *re = &rec->u.rehook;

	topology_write(w, &re->topo);
	claim_write(w, &re->topo, &re->from);
	claim_write(w, &re->topo, &re->to);
}

const struct mesh_body mesh_rehook_body = { rehook_get, rehook_ok, rehook_put,
	false };

static const char *
route_get(struct rd *r, struct mesh_rec *rec)
{
	struct mesh_route *ro = &rec->u.route;
	unsigned i;

	if (ro->n_claims == 0)
		return NULL;
	if (!topology_parse(r, &ro->topo))
		return "ROUTE.topology";
	if (!gids_parse(r, &ro->topo, ro->gid))
		return "ROUTE.gids";
	for (i = 0; i < ro->n_claims; i++)
		if (!claim_parse(r, &ro->topo, &ro->claim[i]) ||
		    !claim_allowed(&ro->topo, &ro->claim[i]))
			return "ROUTE.claims";
	return NULL;
}

static bool
route_ok(const struct mesh_rec *rec)
{
	const struct mesh_route *ro = &rec->u.route;
	unsigned i;

	if (ro->n_claims == 0)
		return true;
	if (topology_check(&ro->topo) != NULL ||
	    !gids_in_range(&ro->topo, ro->gid))
		return false;
	for (i = 0; i < ro->n_claims; i++)
		if (!claim_allowed(&ro->topo, &ro->claim[i]))
			return false;
	return true;
}

static void
route_put(struct wr *w, const struct mesh_rec *rec)
{
	const struct mesh_route *ro = &rec->u.route;
	unsigned i;

	if (ro->n_claims == 0)
		return;
	topology_write(w, &ro->topo);
	gids_write(w, &ro->topo, ro->gid);
	for (i = 0; i < ro->n_claims; i++)
		claim_write(w, &ro->topo, &ro->claim[i]);
}

const struct mesh_body mesh_route_body = { route_get, route_ok, route_put,
	false };
