#include "vplamad/cfgguard.h"

#include <string.h>

#include "core/guard.h"
#include "vplamad/cfgdevice.h"

/* A prefix of the mesh where it stands. */
struct mesh {
	const struct prefix *p;
	const struct config_peer *peer; /* whose; NULL: ours */
	const char *file, *option;
	int line;
};

/* One of n prefixes; false: none has it. */
static bool
in_any(const struct prefix *p, unsigned n, const struct addr *a,
    const struct given *given, struct mesh *ret)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		if (!guard_is_mesh(&p[i]) || !prefix_has_addr(&p[i], a))
			continue;
		ret->p = &p[i];
		ret->line = given->line;
		return true;
	}
	return false;
}

static bool
in_own(const struct config *cfg, const struct addr *a, struct mesh *ret)
{
	const struct given *prefix = &cfg->given[OPT_prefix];
	const struct given *claim = &cfg->given[OPT_claim];
	size_t i;

	*ret = (struct mesh){ .file = cfg->path, .option = "prefix" };
	if (in_any(cfg->prefix, prefix->n, a, prefix, ret))
		return true;
	ret->option = "claim";
	if (in_any(cfg->claim, claim->n, a, claim, ret))
		return true;
	ret->option = "address";
	for (i = 0; i < cfg->n_devices; i++) {
		const struct config_device *dev = &cfg->devices[i];
		const struct given *given = &dev->given[DEV_OPT_address];

		if (in_any(dev->address, given->n, a, given, ret))
			return true;
	}
	return false;
}

static bool
in_mesh(const struct config *cfg, const struct addr *a, struct mesh *ret)
{
	size_t i;

	if (in_own(cfg, a, ret))
		return true;
	for (i = 0; i < cfg->n_peers; i++) {
		const struct config_peer *p = &cfg->peers[i];
		const struct given *given = &p->given[PEER_OPT_prefix];

		*ret = (struct mesh){ .peer = p, .option = "prefix" };
		ret->file = p->file;
		if (in_any(p->prefix, given->n, a, given, ret))
			return true;
	}
	return false;
}

static void
warn(const struct config_peer *p, const char *endpoint, const struct mesh *m,
    struct config_errors *warns)
{
	char text[PREFIX_TEXT], whose[PEER_NAME_MAX + 16] = "ours";

	if (m->peer != NULL)
		snprintf(whose, sizeof(whose), "of peer \"%s\"", m->peer->name);
	config_error(warns,
	    "%s:%d: endpoint: %s of peer \"%s\" lies in %s %s %s (%s:%d) and "
	    "is not dialled; expected an address outside the mesh, or option "
	    "bind-device or mark",
	    p->file, p->given[PEER_OPT_endpoint].line, endpoint, p->name,
	    m->option, prefix_format(m->p, text), whose, m->file, m->line);
}

void
tunnels_warn(const struct config *cfg, struct config_errors *warns)
{
	struct mesh m;
	struct addr a;
	unsigned k;
	size_t i;

	if (cfg->mark != 0 || cfg->bind_device[0] != '\0')
		return;
	for (i = 0; i < cfg->n_peers; i++) {
		const struct config_peer *p = &cfg->peers[i];

		for (k = 0; k < p->given[PEER_OPT_endpoint].n; k++)
			if (addr_parse(p->endpoint[k], 0, &a) &&
			    in_mesh(cfg, &a, &m))
				warn(p, p->endpoint[k], &m, warns);
	}
}

/* Our own device leads into the tunnels, and they would into it. */
void
tunnels_check(const struct config *cfg, struct config_errors *errs)
{
	size_t i;

	for (i = 0; i < cfg->n_devices; i++)
		if (device_is_iface(cfg->devices[i].kind) &&
		    cfg->bind_device[0] != '\0' &&
		    strcmp(cfg->devices[i].name, cfg->bind_device) == 0)
			config_error(errs,
			    "%s:%d: bind-device: %s is a device of this node "
			    "(line %d); expected the interface to the Internet",
			    cfg->path, cfg->given[OPT_bind_device].line,
			    cfg->bind_device, cfg->devices[i].line);
}
