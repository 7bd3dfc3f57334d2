/* What a configuration says of devices and of who owns which addresses. */
#ifndef VPLAM_VPLAMAD_CFGDEVICE_H
#define VPLAM_VPLAMAD_CFGDEVICE_H

#include <stdbool.h>

#include "base/ifname.h"
#include "core/fwd.h"
#include "vplamad/config.h"

#define IFACE_STEM_MAX 9 /* bytes of the name of a tun-per-peer device */

/* Is it an interface of the kernel's? */
bool device_is_iface(uint32_t kind);

/* Frames; else IP packets. */
bool device_is_ethernet(const struct config_device *dev);

/* Its mode, or what suits a device that is asked for none of its own. */
enum fwd_mode device_mode(const struct config_device *dev);

/* Has the option a meaning for that device, by its kind and mode? */
bool device_has(const struct config_device *dev, enum device_option_id id);

/* Each device for itself, and their names. */
void devices_check(const struct config *cfg, struct config_errors *errs);

/* Bytes of a body that a full packet of the device takes. */
uint32_t device_need(const struct config_device *dev);

/* The mtu of a configuration that sets none: what the devices want. */
uint32_t devices_mtu(const struct config *cfg);

/* Is this one of the offloads to use? */
bool offload_has(const struct config *cfg, enum config_offload what);
void offload_check(const struct config *cfg, struct config_errors *errs);

/*
 * cfgiface.c: what the interface of a tun-per-peer device is called for one
 * peer: the same after each start, whoever else is there. The name of the
 * device, a hyphen, and the peer's name where that makes a name of an
 * interface; else five letters and digits that come from the peer's key.
 */
void iface_of_peer(const char *stem, const char *peer, const uint8_t *ed_pk,
    char ret[static IFNAME_MAX + 1]);

/* No two have one name, and there are not more than fit into the core. */
void ifaces_check(const struct config *cfg, struct config_errors *errs);

/* cfgprefix.c: nobody has the very prefix that another has. */
void prefixes_check(const struct config *cfg, struct config_errors *errs);

/* cfgneg.c: what the negotiation takes from the configuration. */
void claims_check(const struct config *cfg, struct config_errors *errs);
void routes_check(const struct config *cfg, struct config_errors *errs);

/*
 * The device that routes lead to, or NULL: not named, and none suits. Suits: a
 * tun in mode router, and tun-per-peer.
 */
const struct config_device *route_device(const struct config *cfg);

#endif
