#include "vplamad/device.h"

#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmem.h"
#include "vplamad/cfgdevice.h"
#include "vplamad/option.h"
#include "vplamad/vplamad.h"

_Static_assert(MONITOR_LISTEN == CONFIG_LISTEN, "as many addresses");
_Static_assert(sizeof(((struct monitor *)0)->mesh) ==
	sizeof(((struct config *)0)->mesh_interface),
    "as many names of the same length");
_Static_assert(sizeof(((struct monitor *)0)->bind_dev) ==
	sizeof(((struct config *)0)->bind_device),
    "names of the same length");

#define MAC_LABEL "vplama mac v1"
#define REOPEN_MIN 1 /* seconds between attempts: doubled each time */
#define REOPEN_MAX 16

void
device_mac(
    const struct config_device *dev, const uint8_t *ed_pk, uint8_t ret[6])
{
	const struct config_mac *begin = &dev->mac;
	uint8_t hash[32], from[KEY_LEN + DEVICE_NAME_MAX];
	size_t len = strlen(dev->name);

	memcpy(from, ed_pk, KEY_LEN);
	memcpy(from + KEY_LEN, dev->name, len);
	blake2b(hash, sizeof(hash), NULL, MAC_LABEL, strlen(MAC_LABEL), from,
	    KEY_LEN + len);
	memcpy(ret, begin->a, begin->n);
	memcpy(ret + begin->n, hash, 6u - begin->n);
}

/* Where routes go, and the interfaces of the mesh probe. */
static void
monitor_neg(struct monitor *m, const struct config *cfg)
{
	const struct config_device *dev = route_device(cfg);

	if (cfg->install_routes != 0 && dev != NULL) {
		m->has_routes = true;
		m->route_dev = (unsigned)(dev - cfg->devices);
		m->route = (struct kroute_mark){ cfg->route_table,
			cfg->route_metric, (uint8_t)cfg->route_protocol };
	}
	m->n_mesh = cfg->given[OPT_mesh_interface].n;
	memcpy(m->mesh, cfg->mesh_interface, sizeof(m->mesh));
}

void
devices_monitor(struct monitor *m, struct config *cfg)
{
	size_t i;

	m->n_listen = cfg->given[OPT_listen].n;
	memcpy(m->listen, cfg->listen, sizeof(m->listen));
	m->mark = cfg->mark;
	strcpy(m->bind_dev, cfg->bind_device);
	monitor_neg(m, cfg);
	for (i = 0; i < cfg->n_devices; i++) {
		struct config_device *c = &cfg->devices[i];
		struct monitor_dev *dev = &m->dev[i];

		if (!device_is_iface(c->kind))
			continue;
		*dev = (struct monitor_dev){
			.used = true,
			.tap = c->kind == PORT_TAP,
			.per_peer = c->kind == PORT_TUN_PER_PEER,
			.persistent = c->persistent != 0,
			.mtu = (uint16_t)c->mtu,
			.speed_mbit = c->link_speed,
			.addr = c->address,
			.n_addr = c->given[DEV_OPT_address].n,
		};
		snprintf(dev->name, sizeof(dev->name), "%.15s", c->name);
		device_mac(c, cfg->id.ed_pk, dev->mac);
	}
}

static void
on_input(void *arg, unsigned no, struct run *run, struct turn *t)
{
	struct vplamad *d = arg;

	if (!vplamad_stopping(d))
		core_port_input(&d->core, no, run, t);
}

void
devices_deliver(void *arg, unsigned no, struct run *run)
{
	struct vplamad *d = arg;
	struct device *dev = no < FWD_PORTS ? d->devices.by_no[no] : NULL;

	if (dev != NULL && dev->port != NULL)
		dev->port->ops->send(dev->port, run);
	else
		count_n(&d->core.cnt, CNT_port_drop, run->n);
}

void
devices_peer_granted(const struct vplamad *d, uint32_t id, const char *name)
{
	const struct device *dev;
	unsigned no;

	for (no = 0; no < FWD_PORTS; no++) {
		dev = d->devices.by_no[no];
		if (dev == NULL || dev->peer != id ||
		    device_mode(dev->conf) == FWD_ROUTER)
			continue;
		log_warnx("%s:%d: device \"%s\": is in mode %s, which does "
			  "not hold peer %s to its prefixes; mode = router "
			  "would",
		    d->cfg.path, dev->conf->line, dev->name,
		    fwd_mode_name(device_mode(dev->conf)), name);
	}
}

static struct fwd_config
fwd_of(const struct device *dev, const uint8_t *ed_pk)
{
	const struct config_device *c = dev->conf;

	struct fwd_config fc = {
		.ethernet = device_is_ethernet(c),
		.sink = c->kind == PORT_DUMMY,
		.mode = device_mode(c),
		.peer = dev->peer,
		.age_ms = c->mac_age * 1000,
		.per_peer = c->mac_limit,
		.flood_rate = c->flood_rate,
		.allow_ra = c->allow_ra != 0,
		.allow_dhcp = c->allow_dhcp != 0,
		.clamp_mss = c->mss_clamp != 0,
	};

	/* A port of another kind is not the only station behind it. */
	if (c->kind == PORT_TAP) {
		fc.has_mac = true;
		device_mac(c, ed_pk, fc.mac);
	}
	return fc;
}

static unsigned
offload_of(const struct config *cfg)
{
	return (offload_has(cfg, OFFLOAD_VNET) ? PORT_VNET : 0u) |
	    (offload_has(cfg, OFFLOAD_TSO) ? PORT_TSO : 0u) |
	    (offload_has(cfg, OFFLOAD_USO) ? PORT_USO : 0u);
}

static void
place_of(const char *text, struct addr *a, char path[static PORT_PATH])
{
	if (text[0] == '/')
		snprintf(path, PORT_PATH, "%s", text);
	else if (text[0] != '\0')
		(void)addr_parse(text, 0, a);
}

/* Of a device per peer. */
static const char *
unit_of(const struct device *dev)
{
	return dev->name + strlen(dev->conf->name) + 1;
}

static struct port_conf
port_of(const struct vplamad *d, const struct device *dev)
{
	const struct config_device *c = dev->conf;
	struct port_conf pc = {
		.kind = (enum port_kind)c->kind,
		.dev = (unsigned)(c - d->cfg.devices),
		.ethernet = device_is_ethernet(c),
		.offload = offload_of(&d->cfg),
	};

	if (dev->peer != 0)
		snprintf(pc.unit, sizeof(pc.unit), "%s", unit_of(dev));
	place_of(c->local, &pc.local, pc.local_path);
	place_of(c->remote, &pc.remote, pc.remote_path);
	return pc;
}

static void
say_failed(const struct vplamad *d, const struct device *dev, int rc)
{
	const struct option *kind = &device_options[DEV_OPT_kind];

	log_warnx("%s:%d: device \"%s\": kind %s cannot be opened: %s; %s",
	    d->cfg.path, dev->conf->line, dev->name,
	    option_word(kind, dev->conf->kind), strerror(-rc),
	    device_hint(dev->conf->kind, rc));
}

/* Routes go with their device, and have to be made again behind it. */
static void
tell_routes(struct vplamad *d, const struct device *dev)
{
	if (dev->conf == route_device(&d->cfg))
		routes_again(d->routes, dev->peer);
}

static int
open_port(struct vplamad *d, struct device *dev, unsigned no)
{
	const struct port_conf pc = port_of(d, dev);

	return port_ops(pc.kind)->open(&dev->port, &pc, no, &d->devices.env);
}

/*
 * The configuration has been checked; a peer that a control command adds may
 * still want a name that is in use.
 */
static bool
is_taken(const struct vplamad *d, const struct device *dev)
{
	unsigned no;

	for (no = 0; no < FWD_PORTS; no++) {
		const struct device *other = d->devices.by_no[no];

		if (other == NULL || strcmp(other->name, dev->name) != 0)
			continue;
		log_warnx("%s:%d: device \"%s\": the name %s is taken; give "
			  "the peer another",
		    d->cfg.path, dev->conf->line, dev->conf->name, dev->name);
		return true;
	}
	return false;
}

/* The number comes first: a driver tells of packets by it. */
static bool
open_one(struct vplamad *d, const struct config_device *c, const struct node *n,
    struct turn *t)
{
	struct device *dev = xcalloc(1, sizeof(*dev));
	struct fwd_config fc;
	int no, rc;

	dev->conf = c;
	dev->reopen_at = MONO_NEVER;
	snprintf(dev->name, sizeof(dev->name), "%s", c->name);
	if (n != NULL) {
		dev->peer = n->id;
		iface_of_peer(
		    c->name, n->conf.name, n->conf.public_key, dev->name);
	}
	if (is_taken(d, dev)) {
		free(dev);
		return false;
	}
	fc = fwd_of(dev, d->cfg.id.ed_pk);
	no = core_port_add(&d->core, &fc, t);
	if (no < 0) {
		log_warnx("%s:%d: device \"%s\": is one too many; there can be "
			  "%d at once",
		    d->cfg.path, c->line, dev->name, FWD_PORTS);
		free(dev);
		return false;
	}
	d->devices.by_no[no] = dev;
	rc = open_port(d, dev, (unsigned)no);
	if (rc == 0)
		return true;
	say_failed(d, dev, rc);
	d->devices.by_no[no] = NULL;
	core_port_del(&d->core, (unsigned)no);
	free(dev);
	return false;
}

static void
close_one(struct vplamad *d, unsigned no)
{
	struct device *dev = d->devices.by_no[no];

	core_port_del(&d->core, no);
	if (dev->port != NULL)
		dev->port->ops->close(dev->port);
	d->devices.by_no[no] = NULL;
	tell_routes(d, dev);
	free(dev);
}

/* In the middle of the port: what is to be done waits for the turn's end. */
static void
on_gone(void *arg, unsigned no)
{
	struct vplamad *d = arg;

	d->devices.by_no[no]->gone = true;
}

bool
devices_open(struct vplamad *d, struct turn *t)
{
	size_t i;

	d->devices.env = (struct port_env){ d, d->loop, &d->priv, &d->core.cnt,
		on_input, on_gone };
	for (i = 0; i < d->cfg.n_devices; i++)
		if (d->cfg.devices[i].kind != PORT_TUN_PER_PEER &&
		    !open_one(d, &d->cfg.devices[i], NULL, t))
			return false;
	return true;
}

bool
devices_peer_added(struct vplamad *d, const struct node *n, struct turn *t)
{
	bool ok = true;
	size_t i;

	for (i = 0; i < d->cfg.n_devices; i++)
		if (d->cfg.devices[i].kind == PORT_TUN_PER_PEER)
			ok &= open_one(d, &d->cfg.devices[i], n, t);
	return ok;
}

/* A persistent interface stays for the next start, not for a peer that went. */
static void
forget(struct device *dev)
{
	if (dev->port != NULL && dev->port->ops->forget != NULL)
		dev->port->ops->forget(dev->port);
}

void
devices_peer_removed(struct vplamad *d, uint32_t id)
{
	unsigned no;

	for (no = 0; no < FWD_PORTS; no++)
		if (d->devices.by_no[no] != NULL &&
		    d->devices.by_no[no]->peer == id) {
			forget(d->devices.by_no[no]);
			close_one(d, no);
		}
}

void
devices_close(struct vplamad *d)
{
	unsigned no;

	for (no = 0; no < FWD_PORTS; no++)
		if (d->devices.by_no[no] != NULL)
			close_one(d, no);
}

void
devices_carrier(struct vplamad *d)
{
	unsigned no;

	for (no = 0; no < FWD_PORTS; no++) {
		struct device *dev = d->devices.by_no[no];
		bool up = dev != NULL && dev->port != NULL &&
		    fwd_reaches(&d->core, no);

		if (dev == NULL || dev->up == up)
			continue;
		dev->up = up;
		if (dev->port != NULL && dev->port->ops->carrier != NULL)
			dev->port->ops->carrier(dev->port, up);
		log_info(
		    "device %s: carrier=%s", dev->name, up ? "up" : "down");
	}
}

static void
let_go(struct device *dev, struct mono now)
{
	log_warnx("device %s: was taken away; it is opened again", dev->name);
	dev->port->ops->close(dev->port);
	dev->port = NULL;
	dev->wait = REOPEN_MIN;
	dev->reopen_at = mono_add(now, REOPEN_MIN * MONO_SEC);
}

void
devices_let_go(struct vplamad *d, struct turn *t)
{
	unsigned no, n = 0;

	for (no = 0; no < FWD_PORTS; no++) {
		struct device *dev = d->devices.by_no[no];

		if (dev == NULL || !dev->gone || dev->port == NULL)
			continue;
		let_go(dev, t->now);
		tell_routes(d, dev);
		n++;
	}
	if (n > 0)
		devices_carrier(d);
}

struct mono
devices_deadline(const struct devices *ds)
{
	struct mono at = MONO_NEVER;
	unsigned no;

	for (no = 0; no < FWD_PORTS; no++)
		if (ds->by_no[no] != NULL)
			at = mono_min(at, ds->by_no[no]->reopen_at);
	return at;
}

/* Why it cannot be is told once. */
static void
reopen(struct vplamad *d, unsigned no, struct mono now)
{
	struct device *dev = d->devices.by_no[no];
	int rc = open_port(d, dev, no);

	if (rc == 0) {
		log_info("device %s: is back", dev->name);
		dev->gone = false;
		dev->reopen_at = MONO_NEVER;
		tell_routes(d, dev);
		return;
	}
	if (dev->wait == REOPEN_MIN)
		say_failed(d, dev, rc);
	dev->wait = dev->wait * 2 < REOPEN_MAX ? dev->wait * 2 : REOPEN_MAX;
	dev->reopen_at = mono_add(now, dev->wait * MONO_SEC);
}

void
devices_reopen(struct vplamad *d, struct turn *t)
{
	unsigned no;

	for (no = 0; no < FWD_PORTS; no++)
		if (d->devices.by_no[no] != NULL &&
		    mono_due(d->devices.by_no[no]->reopen_at, t->now))
			reopen(d, no, t->now);
	devices_carrier(d);
}

/*
 * The kernel takes the routes away when an interface is set down, and does not
 * bring them back with it.
 */
void
devices_link(void *arg, unsigned index, bool up)
{
	struct vplamad *d = arg;
	struct device *dev;
	unsigned no;

	for (no = 0; no < FWD_PORTS; no++) {
		dev = d->devices.by_no[no];
		if (dev == NULL || dev->port == NULL ||
		    dev->conf != route_device(&d->cfg) ||
		    (index != 0 && if_nametoindex(dev->name) != index))
			continue;
		if (!up || dev->down)
			routes_again(d->routes, dev->peer);
		dev->down = !up;
	}
}

bool
devices_is_ours(void *arg, unsigned index)
{
	const struct vplamad *d = arg;
	const struct device *dev;
	char name[IF_NAMESIZE];
	unsigned i;

	if (if_indextoname(index, name) == NULL)
		return false;
	for (i = 0; i < d->cfg.given[OPT_mesh_interface].n; i++)
		if (strcmp(d->cfg.mesh_interface[i], name) == 0)
			return true;
	for (i = 0; i < FWD_PORTS; i++) {
		dev = d->devices.by_no[i];
		if (dev != NULL && device_is_iface(dev->conf->kind) &&
		    strcmp(dev->name, name) == 0)
			return true;
	}
	return false;
}

const char *
devices_unit(const struct vplamad *d, uint32_t peer)
{
	const struct config_device *conf = route_device(&d->cfg);
	const struct device *dev;
	unsigned no;

	for (no = 0; no < FWD_PORTS; no++) {
		dev = d->devices.by_no[no];
		if (dev == NULL || dev->conf != conf || dev->port == NULL ||
		    (dev->peer != 0 && dev->peer != peer))
			continue;
		return dev->peer == 0 ? "" : unit_of(dev);
	}
	return NULL;
}

bool
device_about(const struct devices *ds, unsigned no, struct ctl_device *ret)
{
	const struct option *kind = &device_options[DEV_OPT_kind];
	const struct device *dev = no < FWD_PORTS ? ds->by_no[no] : NULL;

	if (dev == NULL)
		return false;
	*ret = (struct ctl_device){
		.name = dev->name,
		.kind = option_word(kind, dev->conf->kind),
		.mtu = dev->conf->mtu,
		.carrier = dev->up,
		.gone = dev->gone,
	};
	return true;
}
