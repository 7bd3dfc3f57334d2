/* What the interfaces of tun-per-peer devices are called, and how many. */
#include <string.h>

#include "base/ifname.h"
#include "core/fwd.h"
#include "crypto/prim.h"
#include "vplamad/cfgdevice.h"

#define HASH_LABEL "vplama interface v1"
#define HASH_SIGNS 5 /* 25 bits */

_Static_assert(IFACE_STEM_MAX + 1 + HASH_SIGNS <= IFNAME_MAX,
    "the longest stem leaves room for a hash");

static void
hash_signs(const uint8_t *ed_pk, char ret[static HASH_SIGNS + 1])
{
	static const char signs[] = "abcdefghijklmnopqrstuvwxyz234567";
	uint8_t hash[32];
	unsigned i;

	blake2b(hash, sizeof(hash), NULL, HASH_LABEL, strlen(HASH_LABEL), ed_pk,
	    KEY_LEN);
	for (i = 0; i < HASH_SIGNS; i++)
		ret[i] = signs[hash[i] % 32];
	ret[i] = '\0';
}

void
iface_of_peer(const char *stem, const char *peer, const uint8_t *ed_pk,
    char ret[static IFNAME_MAX + 1])
{
	size_t room = IFNAME_MAX - strlen(stem) - 1;
	char hash[HASH_SIGNS + 1];

	if (!ifname_ok(peer, room)) {
		hash_signs(ed_pk, hash);
		peer = hash;
	}
	snprintf(ret, IFNAME_MAX + 1, "%s-%s", stem, peer);
}

/*
 * An interface or another device, by which people name them, and the block that
 * it comes from; peer NULL: the device's.
 */
struct iface {
	char name[IFNAME_MAX + 1];
	const struct config_device *dev;
	const struct config_peer *peer;
};

struct ifaces {
	struct iface all[FWD_PORTS];
	size_t n;
};

/* What has been told already: two peers of one name, or of one key. */
static bool
are_twins(const struct iface *a, const struct iface *b)
{
	return a->dev == b->dev && a->peer != NULL && b->peer != NULL &&
	    (strcmp(a->peer->name, b->peer->name) == 0 ||
		equal_ct(a->peer->public_key, b->peer->public_key, KEY_LEN));
}

static void
add(struct ifaces *list, const struct config *cfg, const struct iface *new,
    struct config_errors *errs)
{
	const struct iface *i;
	bool of_peer = new->peer != NULL;

	for (i = list->all; i < list->all + list->n; i++) {
		if (strcmp(i->name, new->name) != 0 || are_twins(i, new))
			continue;
		config_error(errs,
		    "%s:%d: %s \"%s\": the name %s of its interface is that of "
		    "%s \"%s\" (%s:%d) too; expected another name",
		    of_peer ? new->peer->file : cfg->path,
		    of_peer ? new->peer->line : new->dev->line,
		    of_peer ? "peer" : "device",
		    of_peer ? new->peer->name : new->dev->name, new->name,
		    i->peer != NULL ? "peer" : "device",
		    i->peer != NULL ? i->peer->name : i->dev->name,
		    i->peer != NULL ? i->peer->file : cfg->path,
		    i->peer != NULL ? i->peer->line : i->dev->line);
		return;
	}
	list->all[list->n++] = *new;
}

static void
add_peers(struct ifaces *list, const struct config *cfg,
    const struct config_device *dev, struct config_errors *errs)
{
	size_t i;

	for (i = 0; i < cfg->n_peers; i++) {
		const struct config_peer *p = &cfg->peers[i];
		struct iface new = { .dev = dev, .peer = p };

		if (p->name[0] == '\0' || p->given[PEER_OPT_public_key].n == 0)
			continue; /* has been told */
		iface_of_peer(dev->name, p->name, p->public_key, new.name);
		add(list, cfg, &new, errs);
	}
}

/* False when there are too many, which is told at the device that exceeds. */
static bool
check_count(const struct config *cfg, struct config_errors *errs)
{
	size_t total = 0, i;

	for (i = 0; i < cfg->n_devices; i++) {
		const struct config_device *dev = &cfg->devices[i];

		total += dev->kind == PORT_TUN_PER_PEER ? cfg->n_peers : 1;
		if (total <= FWD_PORTS)
			continue;
		if (dev->kind == PORT_TUN_PER_PEER)
			config_error(errs,
			    "%s:%d: device \"%s\": with one for each of %zu "
			    "peers there are %zu; expected at most %d in all",
			    cfg->path, dev->line, dev->name, cfg->n_peers,
			    total, FWD_PORTS);
		else
			config_error(errs,
			    "%s:%d: device \"%s\": is number %zu, since others "
			    "have one for each peer; expected at most %d",
			    cfg->path, dev->line, dev->name, total, FWD_PORTS);
		return false;
	}
	return true;
}

void
ifaces_check(const struct config *cfg, struct config_errors *errs)
{
	struct ifaces list = { .n = 0 };
	size_t i;

	if (!check_count(cfg, errs))
		return;
	for (i = 0; i < cfg->n_devices; i++) {
		const struct config_device *dev = &cfg->devices[i];
		struct iface new = { .dev = dev };

		if (dev->kind == PORT_TUN_PER_PEER ||
		    strlen(dev->name) > IFNAME_MAX)
			continue;
		snprintf(new.name, sizeof(new.name), "%.15s", dev->name);
		list.all[list.n++] = new; /* one name twice has been told */
	}
	for (i = 0; i < cfg->n_devices; i++)
		if (cfg->devices[i].kind == PORT_TUN_PER_PEER &&
		    ifname_ok(cfg->devices[i].name, IFACE_STEM_MAX))
			add_peers(&list, cfg, &cfg->devices[i], errs);
}
