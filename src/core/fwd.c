#include "core/fwd.h"

#include "base/xmem.h"
#include "core/core.h"

const char *
fwd_mode_name(enum fwd_mode m)
{
	static const char *const names[FWD_MODES] = {
		[FWD_HUB] = "hub",
		[FWD_SWITCH] = "switch",
		[FWD_ROUTER] = "router",
	};

	return names[m];
}

/* As often as the device itself. */
static void
flood_init(struct bucket *b, const struct fwd_port *port, struct mono now)
{
	uint32_t rate = port->cfg.flood_rate;

	bucket_init(b, rate, FWD_FLOOD_BURST * rate, now);
}

bool
fwd_peer_init(struct core *c, struct peer *p, struct mono now)
{
	unsigned i;

	if (c->n_port == 0)
		return true;
	p->flood = try_calloc(c->n_port, sizeof(*p->flood));
	if (p->flood == NULL)
		return false;
	for (i = 0; i < c->n_port; i++)
		if (c->port[i] != NULL)
			flood_init(&p->flood[i], c->port[i], now);
	return true;
}

/* What peers are told that we take: in each handshake. */
static void
announce(struct core *c)
{
	unsigned i;

	c->caps &= ~(uint32_t)CAP_TAP;
	for (i = 0; i < c->n_port; i++)
		if (c->port[i] != NULL && c->port[i]->cfg.ethernet &&
		    !c->port[i]->cfg.sink)
			c->caps |= CAP_TAP;
}

int
core_port_add(struct core *c, const struct fwd_config *cfg, struct turn *t)
{
	struct fwd_port *port;
	struct peer *p;
	uint8_t secret[16];
	int no = 0;

	while (no < FWD_PORTS && c->port[no] != NULL)
		no++;
	if (no == FWD_PORTS)
		return -1;
	port = xcalloc(1, sizeof(*port));
	port->cfg = *cfg;
	if (cfg->mode == FWD_SWITCH) {
		c->io.random(c->io.arg, secret, sizeof(secret));
		port->fdb = fdb_new(cfg->age_ms, cfg->per_peer, secret);
	}
	flood_init(&port->flood, port, t->now);
	c->port[no] = port;
	if (c->n_port <= (unsigned)no)
		c->n_port = (unsigned)no + 1;
	announce(c);
	TAILQ_FOREACH (p, &c->peers, link) {
		p->flood =
		    xreallocarray(p->flood, c->n_port, sizeof(*p->flood));
		flood_init(&p->flood[no], port, t->now);
	}
	return no;
}

static void
port_free(struct core *c, unsigned no)
{
	fdb_free(c->port[no]->fdb);
	free(c->port[no]);
	c->port[no] = NULL;
	while (c->n_port > 0 && c->port[c->n_port - 1] == NULL)
		c->n_port--;
}

void
core_port_del(struct core *c, unsigned no)
{
	port_free(c, no);
	announce(c);
}

void
fwd_fini(struct core *c)
{
	unsigned i;

	for (i = c->n_port; i-- > 0;)
		if (c->port[i] != NULL)
			port_free(c, i);
	route_free(c->routes);
	route_free(c->device_nets);
}

void
fwd_forget(struct core *c, const struct peer *p)
{
	unsigned i;

	for (i = 0; i < c->n_port; i++)
		if (c->port[i] != NULL && c->port[i]->fdb != NULL)
			fdb_forget(c->port[i]->fdb, p->id);
}

static bool
replace(struct core *c, uint32_t whose, const struct prefix *p, size_t n,
    size_t *ret_bad, uint32_t *ret_who)
{
	size_t i;

	c->places_changed = true; /* some endpoints may be the mesh's now */
	route_drop(c->routes, ROUTE_CONFIGURED, whose);
	for (i = 0; i < n; i++) {
		if (route_add(
			c->routes, ROUTE_CONFIGURED, &p[i], whose, ret_who))
			continue;
		*ret_bad = i;
		route_drop(c->routes, ROUTE_CONFIGURED, whose);
		return false;
	}
	return true;
}

bool
core_own_prefixes(struct core *c, const struct prefix *p, size_t n,
    size_t *ret_bad, uint32_t *ret_who)
{
	bool ok = replace(c, ROUTE_LOCAL, p, n, ret_bad, ret_who);

	c->has_own = ok && n > 0;
	return ok;
}

bool
core_peer_prefixes(struct core *c, struct peer *peer, const struct prefix *p,
    size_t n, size_t *ret_bad, uint32_t *ret_who)
{
	return replace(c, peer->id, p, n, ret_bad, ret_who);
}
