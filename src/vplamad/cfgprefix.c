/* Who owns which addresses: no prefix twice, and none that cannot work. */
#include <stdlib.h>
#include <string.h>

#include "base/xmem.h"
#include "vplamad/cfgdevice.h"
#include "vplamad/cfgguard.h"

/* A prefix where it stands; peer NULL: our own. */
struct claim {
	const struct prefix *p;
	const struct config_peer *peer;
	size_t order; /* in the files */
};

static const char *
file_of(const struct config *cfg, const struct claim *c)
{
	return c->peer != NULL ? c->peer->file : cfg->path;
}

static int
line_of(const struct config *cfg, const struct claim *c)
{
	return c->peer != NULL ? c->peer->given[PEER_OPT_prefix].line
			       : cfg->given[OPT_prefix].line;
}

/* By value, then by order. */
static int
by_prefix(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;

	if (x->p->family != y->p->family)
		return x->p->family < y->p->family ? -1 : 1;
	if (x->p->bits != y->p->bits)
		return x->p->bits < y->p->bits ? -1 : 1;
	if (memcmp(x->p->a, y->p->a, sizeof(x->p->a)) != 0)
		return memcmp(x->p->a, y->p->a, sizeof(x->p->a));
	return x->order < y->order ? -1 : x->order > y->order;
}

/* All of them, ours first; the caller frees. */
static struct claim *
collect(const struct config *cfg, size_t *ret_n)
{
	size_t most = CONFIG_PREFIXES * (cfg->n_peers + 1), n = 0, i;
	struct claim *all = xreallocarray(NULL, most, sizeof(*all));
	unsigned k;

	for (k = 0; k < cfg->given[OPT_prefix].n; k++, n++)
		all[n] = (struct claim){ &cfg->prefix[k], NULL, n };
	for (i = 0; i < cfg->n_peers; i++) {
		const struct config_peer *peer = &cfg->peers[i];

		for (k = 0; k < peer->given[PEER_OPT_prefix].n; k++, n++)
			all[n] = (struct claim){ &peer->prefix[k], peer, n };
	}
	*ret_n = n;
	return all;
}

static void
complain(const struct config *cfg, const struct claim *first,
    const struct claim *c, struct config_errors *errs)
{
	char text[PREFIX_TEXT], whose[PEER_NAME_MAX + 32];

	if (first->peer == NULL)
		strcpy(whose, "ours");
	else
		snprintf(
		    whose, sizeof(whose), "of peer \"%s\"", first->peer->name);
	config_error(errs,
	    "%s:%d: prefix: %s is %s already (%s:%d); expected one owner",
	    file_of(cfg, c), line_of(cfg, c), prefix_format(c->p, text), whose,
	    file_of(cfg, first), line_of(cfg, first));
}

void
prefixes_check(const struct config *cfg, struct config_errors *errs)
{
	size_t n, i, first = 0;
	struct claim *all = collect(cfg, &n);

	qsort(all, n, sizeof(*all), by_prefix);
	for (i = 1; i < n; i++) {
		if (prefix_equal(all[first].p, all[i].p))
			complain(cfg, &all[first], &all[i], errs);
		else
			first = i;
	}
	free(all);
}

/*
 * The kernel routes what an interface's own network covers into the interface,
 * and nothing else: a network no wider than what one peer has leaves no other
 * peer in reach.
 */
static void
warn_narrow(const struct config *cfg, const struct config_device *dev,
    const struct prefix *addr, struct config_errors *warns)
{
	char net[PREFIX_TEXT], own[PREFIX_TEXT];
	size_t i;
	unsigned k;

	for (i = 0; i < cfg->n_peers; i++) {
		const struct config_peer *peer = &cfg->peers[i];

		for (k = 0; k < peer->given[PEER_OPT_prefix].n; k++) {
			const struct prefix *p = &peer->prefix[k];

			if (p->family != addr->family ||
			    p->bits != addr->bits || !prefix_has(p, addr->a))
				continue;
			config_error(warns,
			    "%s:%d: address: %s lies in %s of peer \"%s\" "
			    "(%s:%d); expected a wider network than what one "
			    "peer has",
			    cfg->path, dev->given[DEV_OPT_address].line,
			    prefix_format(addr, own), prefix_format(p, net),
			    peer->name, peer->file,
			    peer->given[PEER_OPT_prefix].line);
		}
	}
}

/* Each full packet of the device would go in two datagrams. */
static void
warn_mtu(const struct config *cfg, const struct config_device *dev,
    struct config_errors *warns)
{
	if (cfg->given[OPT_mtu].line == 0 || cfg->mtu >= device_need(dev))
		return;
	config_error(warns,
	    "%s:%d: mtu: %u is less than device \"%s\" (line %d) needs for its "
	    "mtu of %u%s; expected at least %u, or no such line",
	    cfg->path, cfg->given[OPT_mtu].line, cfg->mtu, dev->name, dev->line,
	    dev->mtu, device_is_ethernet(dev) ? " and 18 of Ethernet" : "",
	    device_need(dev));
}

/* Is the prefix inside the network of one of the addresses of its family? */
static bool
is_covered(const struct config_device *dev, const struct prefix *p)
{
	unsigned k, same = 0;

	for (k = 0; k < dev->given[DEV_OPT_address].n; k++) {
		const struct prefix *addr = &dev->address[k];

		if (addr->family != p->family)
			continue;
		same++;
		if (prefix_common(addr, p) >= addr->bits &&
		    addr->bits <= p->bits)
			return true;
	}
	return same == 0; /* a mesh daemon or a route brings it there */
}

/* What a peer has, and the kernel sends elsewhere unless a route is made. */
static void
warn_outside(const struct config *cfg, const struct config_device *dev,
    struct config_errors *warns)
{
	char text[PREFIX_TEXT];
	size_t i;
	unsigned k;

	for (i = 0; i < cfg->n_peers; i++) {
		const struct config_peer *peer = &cfg->peers[i];

		for (k = 0; k < peer->given[PEER_OPT_prefix].n; k++) {
			if (is_covered(dev, &peer->prefix[k]))
				continue;
			prefix_format(&peer->prefix[k], text);
			config_error(warns,
			    "%s:%d: prefix: %s of peer \"%s\" is in no network "
			    "of device \"%s\" (%s:%d); expected an address "
			    "with "
			    "a wider network, or a route to it",
			    peer->file, peer->given[PEER_OPT_prefix].line, text,
			    peer->name, dev->name, cfg->path,
			    dev->given[DEV_OPT_address].line);
		}
	}
}

/* Other vnodes are looked for at an address, which prefixes do not tell. */
static void
warn_strangers(const struct config *cfg, struct config_errors *warns)
{
	if (cfg->given[OPT_claim].n == 0 ||
	    cfg->given[OPT_mesh_interface].n == 0 || cfg->netid != 0)
		return;
	config_error(warns,
	    "%s:%d: mesh-interface: with claim (line %d) it finds nobody; "
	    "expected option netid, the same at all vnodes of the gnode",
	    cfg->path, cfg->given[OPT_mesh_interface].line,
	    cfg->given[OPT_claim].line);
}

void
config_warnings(const struct config *cfg, struct config_errors *warns)
{
	size_t i;
	unsigned k;

	warn_strangers(cfg, warns);
	tunnels_warn(cfg, warns);
	for (i = 0; i < cfg->n_devices; i++) {
		const struct config_device *dev = &cfg->devices[i];

		warn_mtu(cfg, dev, warns);
		if (device_is_iface(dev->kind) &&
		    device_mode(dev) == FWD_ROUTER)
			warn_outside(cfg, dev, warns);
		if (dev->kind != PORT_TUN && dev->kind != PORT_TUN_PER_PEER)
			continue;
		for (k = 0; k < dev->given[DEV_OPT_address].n; k++)
			warn_narrow(cfg, dev, &dev->address[k], warns);
	}
}
