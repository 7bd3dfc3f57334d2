/* What is our gnode's own, and where routes to other gnodes go. */
#include <string.h>

#include "neg/space.h"
#include "vplamad/cfgdevice.h"

#define TABLE_LOCAL 255 /* the kernel's own addresses */

/* Each can be routed, and all fit into a descriptor. */
static void
check_claim(const struct config *cfg, unsigned no, unsigned *left,
    struct config_errors *errs)
{
	const struct prefix *p = &cfg->claim[no];
	const struct topology topo = topology_plain();
	struct claim out[NETDESC_CLAIMS];
	char text[PREFIX_TEXT];
	const char *why = NULL;
	int n;

	n = claims_from_prefix(p, out, *left);
	if (!prefix_routable(p) || (n > 0 && !claim_allowed(&topo, &out[0])))
		why = "is no prefix that a gnode may have; expected unicast "
		      "addresses, at least /16 of IPv4 and /32 of IPv6";
	else if (n < 0)
		why = "makes more than 32 claims with those before it; "
		      "expected fewer, or lengths that are one claim";
	if (why != NULL)
		config_error(errs, "%s:%d: claim: %s %s", cfg->path,
		    cfg->given[OPT_claim].line, prefix_format(p, text), why);
	if (n > 0)
		*left -= (unsigned)n;
}

/* A gnode's claims lie side by side. */
void
claims_check(const struct config *cfg, struct config_errors *errs)
{
	const struct given *given = &cfg->given[OPT_claim];
	char one[PREFIX_TEXT], other[PREFIX_TEXT];
	unsigned left = NETDESC_CLAIMS, i, k;

	for (i = 0; i < given->n; i++) {
		check_claim(cfg, i, &left, errs);
		for (k = 0; k < i; k++)
			if (prefix_overlaps(&cfg->claim[k], &cfg->claim[i]))
				config_error(errs,
				    "%s:%d: claim: %s overlaps %s; expected "
				    "claims that do not",
				    cfg->path, given->line,
				    prefix_format(&cfg->claim[i], one),
				    prefix_format(&cfg->claim[k], other));
	}
}

/* Numbers in linux/rtnetlink.h: a start would sweep their routes away. */
static bool
is_taken(uint32_t protocol)
{
	static const uint8_t all[] = { 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18,
		42, 99, 186, 187, 188, 189, 192 };
	size_t i;

	for (i = 0; i < sizeof(all); i++)
		if (all[i] == protocol)
			return true;
	return false;
}

static bool
suits(const struct config_device *dev)
{
	return dev->kind == PORT_TUN_PER_PEER ||
	    (dev->kind == PORT_TUN && device_mode(dev) == FWD_ROUTER);
}

const struct config_device *
route_device(const struct config *cfg)
{
	bool any = cfg->route_device[0] == '\0';
	size_t i;

	for (i = 0; i < cfg->n_devices; i++) {
		const struct config_device *dev = &cfg->devices[i];

		if (suits(dev) &&
		    (any || strcmp(dev->name, cfg->route_device) == 0))
			return dev;
	}
	return NULL;
}

static void
check_device(const struct config *cfg, struct config_errors *errs)
{
	const struct given *yes = &cfg->given[OPT_install_routes];
	const struct given *named = &cfg->given[OPT_route_device];

	if (cfg->install_routes == 0 || named->bad || route_device(cfg) != NULL)
		return;
	if (named->line != 0)
		config_error(errs,
		    "%s:%d: route-device: \"%s\" is no device that can have "
		    "routes; expected one of kind tun in mode router, or "
		    "tun-per-peer",
		    cfg->path, named->line, cfg->route_device);
	else
		config_error(errs,
		    "%s:%d: install-routes: there is no device for them; "
		    "expected one of kind tun in mode router, or tun-per-peer",
		    cfg->path, yes->line);
}

void
routes_check(const struct config *cfg, struct config_errors *errs)
{
	check_device(cfg, errs);
	if (cfg->route_table == TABLE_LOCAL)
		config_error(errs,
		    "%s:%d: route-table: 255 is the kernel's own; expected "
		    "another",
		    cfg->path, cfg->given[OPT_route_table].line);
	if (is_taken(cfg->route_protocol))
		config_error(errs,
		    "%s:%d: route-protocol: %u is that of another program; "
		    "expected one that linux/rtnetlink.h does not name",
		    cfg->path, cfg->given[OPT_route_protocol].line,
		    cfg->route_protocol);
}
