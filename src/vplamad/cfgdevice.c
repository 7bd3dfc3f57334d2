#include "vplamad/cfgdevice.h"

#include <string.h>

#include "base/addr.h"
#include "base/ifname.h"
#include "vplamad/option.h"

#define VLAN_HEAD 18 /* Ethernet header with one VLAN tag */
#define MTU_MAX 9216

#define K(kind) (1u << (kind))
#define IFACES (K(PORT_TAP) | K(PORT_TUN) | K(PORT_TUN_PER_PEER))
#define INET (K(PORT_UDP) | K(PORT_TCP))
#define UNIX (K(PORT_UNIX_STREAM) | K(PORT_UNIX_DGRAM) | K(PORT_UNIX_SEQPACKET))
#define ALL ((1u << PORT_KINDS) - 1)

/* Which kinds an option is for; those that are not here: all. */
static const uint32_t only[DEV_OPT_MAX] = {
	[DEV_OPT_carries] = ALL & ~IFACES,
	[DEV_OPT_address] = IFACES,
	[DEV_OPT_mac] = IFACES,
	[DEV_OPT_link_speed] = IFACES,
	[DEV_OPT_persistent] = IFACES,
	[DEV_OPT_local] = INET | UNIX,
	[DEV_OPT_remote] = INET | UNIX,
};

/* Options of what a device learns: for mode switch only. */
static const bool of_switch[DEV_OPT_MAX] = {
	[DEV_OPT_mac_age] = true,
	[DEV_OPT_mac_limit] = true,
	[DEV_OPT_flood_rate] = true,
};

/* How many of local and remote a kind wants. */
static const struct {
	unsigned least, most;
	const char *expected;
} places[PORT_KINDS] = {
	[PORT_UDP] = { 1, 2, "one of them or both" },
	[PORT_TCP] = { 1, 1, "local to listen, or remote to connect" },
	[PORT_UNIX_STREAM] = { 1, 1, "local to listen, or remote to connect" },
	[PORT_UNIX_SEQPACKET] = { 1, 1,
	    "local to listen, or remote to connect" },
	[PORT_UNIX_DGRAM] = { 2, 2, "both" },
};

bool
device_is_iface(uint32_t kind)
{
	return (IFACES & K(kind)) != 0;
}

bool
device_is_ethernet(const struct config_device *dev)
{
	if (device_is_iface(dev->kind))
		return dev->kind == PORT_TAP;
	return dev->carries == CARRIES_ETHERNET;
}

enum fwd_mode
device_mode(const struct config_device *dev)
{
	switch (dev->mode) {
	case MODE_HUB:
		return FWD_HUB;
	case MODE_SWITCH:
		return FWD_SWITCH;
	case MODE_ROUTER:
		return FWD_ROUTER;
	default:
		break;
	}
	if (dev->kind == PORT_TUN_PER_PEER)
		return FWD_HUB; /* of two: what it is given is the peer's */
	return device_is_ethernet(dev) ? FWD_SWITCH : FWD_ROUTER;
}

static bool
suits_kind(const struct config_device *dev, enum device_option_id id)
{
	return only[id] == 0 || (only[id] & K(dev->kind)) != 0;
}

static bool
suits_mode(const struct config_device *dev, enum device_option_id id)
{
	return !of_switch[id] || device_mode(dev) == FWD_SWITCH;
}

bool
device_has(const struct config_device *dev, enum device_option_id id)
{
	return suits_kind(dev, id) && suits_mode(dev, id);
}

uint32_t
device_need(const struct config_device *dev)
{
	uint32_t need = dev->mtu + (device_is_ethernet(dev) ? VLAN_HEAD : 0);

	return need < MTU_MAX ? need : MTU_MAX;
}

uint32_t
devices_mtu(const struct config *cfg)
{
	uint32_t mtu = cfg->mtu;
	size_t i;

	for (i = 0; i < cfg->n_devices; i++) {
		uint32_t need = device_need(&cfg->devices[i]);

		if (need > mtu)
			mtu = need;
	}
	return mtu;
}

static void
check_name(const struct config *cfg, const struct config_device *dev,
    struct config_errors *errs)
{
	int max = dev->kind == PORT_TUN_PER_PEER ? IFACE_STEM_MAX : IFNAME_MAX;
	const struct config_device *other;

	if (dev->name[0] == '\0')
		return; /* has been told */
	if (device_is_iface(dev->kind) && !ifname_ok(dev->name, (size_t)max))
		config_error(errs,
		    "%s:%d: device \"%s\": is no name of an interface; "
		    "expected 1 to %d of A-Z a-z 0-9 _ . -",
		    cfg->path, dev->line, dev->name, max);
	for (other = cfg->devices; other < dev; other++)
		if (strcmp(other->name, dev->name) == 0)
			config_error(errs,
			    "%s:%d: device \"%s\": the name is taken (line "
			    "%d); expected another",
			    cfg->path, dev->line, dev->name, other->line);
}

/* There is one standard input, and one pair in the environment. */
static void
check_kind(const struct config *cfg, const struct config_device *dev,
    struct config_errors *errs)
{
	const struct config_device *other;

	if (dev->kind != PORT_STDIO && dev->kind != PORT_FD)
		return;
	for (other = cfg->devices; other < dev; other++)
		if (other->kind == dev->kind)
			config_error(errs,
			    "%s:%d: device \"%s\": is a second one of kind %s "
			    "(line %d); expected one",
			    cfg->path, dev->line, dev->name,
			    option_word(
				&device_options[DEV_OPT_kind], dev->kind),
			    other->line);
}

_Static_assert((int)MODE_SWITCH - (int)MODE_HUB == (int)FWD_SWITCH &&
	(int)MODE_ROUTER - (int)MODE_HUB == (int)FWD_ROUTER,
    "the same modes by two names");

static uint32_t
word_of(enum fwd_mode mode)
{
	return (uint32_t)mode + MODE_HUB;
}

/* Options that say nothing to this kind or mode. */
static void
check_meaning(const struct config *cfg, const struct config_device *dev,
    struct config_errors *errs)
{
	const struct option *kind = &device_options[DEV_OPT_kind];
	const struct option *mode = &device_options[DEV_OPT_mode];
	unsigned i;

	for (i = 0; i < DEV_OPT_MAX; i++) {
		bool bad_kind = !suits_kind(dev, (enum device_option_id)i);

		if (dev->given[i].line == 0 ||
		    device_has(dev, (enum device_option_id)i))
			continue;
		config_error(errs,
		    "%s:%d: %s: has no meaning %s %s; expected none in device "
		    "\"%s\"",
		    cfg->path, dev->given[i].line, device_options[i].name,
		    bad_kind ? "for kind" : "in mode",
		    bad_kind ? option_word(kind, dev->kind)
			     : option_word(mode, word_of(device_mode(dev))),
		    dev->name);
	}
}

static void
check_place(const struct config *cfg, const struct config_device *dev,
    enum device_option_id id, const char *text, struct config_errors *errs)
{
	bool path = text[0] == '/';

	if (dev->given[id].n == 0 || path == ((UNIX & K(dev->kind)) != 0))
		return;
	config_error(errs, "%s:%d: %s: \"%s\" is %s; expected %s for kind %s",
	    cfg->path, dev->given[id].line, device_options[id].name, text,
	    path ? "a path" : "an address",
	    path ? "address:port" : "a path that begins with /",
	    option_word(&device_options[DEV_OPT_kind], dev->kind));
}

static void
check_places(const struct config *cfg, const struct config_device *dev,
    struct config_errors *errs)
{
	static const char *const has[] = { "neither local nor remote", "only",
		"both local and remote" };
	const struct given *local = &dev->given[DEV_OPT_local];
	const struct given *remote = &dev->given[DEV_OPT_remote];
	unsigned n = local->n + remote->n;

	if (!device_has(dev, DEV_OPT_local) || local->bad || remote->bad)
		return; /* has been told */
	check_place(cfg, dev, DEV_OPT_local, dev->local, errs);
	check_place(cfg, dev, DEV_OPT_remote, dev->remote, errs);
	if (n < places[dev->kind].least || n > places[dev->kind].most)
		config_error(errs,
		    "%s:%d: device \"%s\": has %s%s; expected %s for kind %s",
		    cfg->path, dev->line, dev->name, has[n],
		    n != 1		? ""
			: local->n == 1 ? " local"
					: " remote",
		    places[dev->kind].expected,
		    option_word(&device_options[DEV_OPT_kind], dev->kind));
}

static void
taken(const struct config *cfg, const struct config_device *dev,
    const char *what, const char *whose, int line, struct config_errors *errs)
{
	char at[24] = "by default";

	if (line != 0)
		snprintf(at, sizeof(at), "line %d", line);
	config_error(errs, "%s:%d: local: %s is %s%s (%s); expected another",
	    cfg->path, dev->given[DEV_OPT_local].line, dev->local, what, whose,
	    at);
}

/* A path that somebody else listens at. */
static void
check_local_path(const struct config *cfg, const struct config_device *dev,
    struct config_errors *errs)
{
	const struct config_device *other;

	if (strcmp(dev->local, cfg->mesh_socket) == 0)
		taken(cfg, dev, "the mesh-socket", "",
		    cfg->given[OPT_mesh_socket].line, errs);
	if (strcmp(dev->local, cfg->control_socket) == 0)
		taken(cfg, dev, "the control-socket", "",
		    cfg->given[OPT_control_socket].line, errs);
	for (other = cfg->devices; other < dev; other++)
		if (strcmp(dev->local, other->local) == 0)
			taken(cfg, dev, "that of device ", other->name,
			    other->given[DEV_OPT_local].line, errs);
}

/* An address and a port that are in use; the wildcard has all of its family. */
static bool
clash(const struct addr *a, const struct addr *b)
{
	if (a->port != b->port || addr_is_v4(a) != addr_is_v4(b))
		return false;
	return addr_same_ip(a, b) || addr_is_any(a) || addr_is_any(b);
}

static void
check_local_addr(const struct config *cfg, const struct config_device *dev,
    struct config_errors *errs)
{
	const struct config_device *other;
	struct addr a, b;
	unsigned i;

	if (!addr_parse(dev->local, 0, &a))
		return; /* has been told */
	for (i = 0; dev->kind == PORT_UDP && i < cfg->given[OPT_listen].n; i++)
		if (clash(&a, &cfg->listen[i]))
			taken(cfg, dev, "where the tunnels listen", "",
			    cfg->given[OPT_listen].line, errs);
	for (other = cfg->devices; other < dev; other++)
		if (other->kind == dev->kind &&
		    addr_parse(other->local, 0, &b) && clash(&a, &b))
			taken(cfg, dev, "that of device ", other->name,
			    other->given[DEV_OPT_local].line, errs);
}

static void
check_local(const struct config *cfg, const struct config_device *dev,
    struct config_errors *errs)
{
	if (dev->given[DEV_OPT_local].n == 0 || !device_has(dev, DEV_OPT_local))
		return;
	if (dev->local[0] == '/')
		check_local_path(cfg, dev, errs);
	else
		check_local_addr(cfg, dev, errs);
}

/* What interfaces of one kind there are is for the kernel to count. */
void
devices_check(const struct config *cfg, struct config_errors *errs)
{
	size_t i;

	for (i = 0; i < cfg->n_devices; i++) {
		const struct config_device *dev = &cfg->devices[i];

		if (i == CONFIG_DEVICES)
			config_error(errs,
			    "%s:%d: device \"%s\": is one too many; expected "
			    "at most %d",
			    cfg->path, dev->line, dev->name, CONFIG_DEVICES);
		if (dev->given[DEV_OPT_kind].bad)
			continue; /* the rest depends on it */
		check_name(cfg, dev, errs);
		check_kind(cfg, dev, errs);
		check_meaning(cfg, dev, errs);
		check_places(cfg, dev, errs);
		check_local(cfg, dev, errs);
	}
}

bool
offload_has(const struct config *cfg, enum config_offload what)
{
	unsigned i;

	for (i = 0; i < cfg->given[OPT_offload].n; i++)
		if (cfg->offload[i] == (uint32_t)what)
			return true;
	return false;
}

void
offload_check(const struct config *cfg, struct config_errors *errs)
{
	const struct given *given = &cfg->given[OPT_offload];
	bool cut =
	    offload_has(cfg, OFFLOAD_TSO) || offload_has(cfg, OFFLOAD_USO);

	if (given->bad)
		return; /* has been told */
	if (offload_has(cfg, OFFLOAD_NONE) && given->n > 1)
		config_error(errs,
		    "%s:%d: offload: has none beside others; expected it "
		    "alone",
		    cfg->path, given->line);
	if (cut && !offload_has(cfg, OFFLOAD_VNET))
		config_error(errs,
		    "%s:%d: offload: has tso or uso without vnet; expected "
		    "vnet as well",
		    cfg->path, given->line);
}
