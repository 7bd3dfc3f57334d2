/* What a configuration says of devices and of who owns which addresses. */
#ifndef VPLAM_VPLAMAD_CFGDEVICE_H
#define VPLAM_VPLAMAD_CFGDEVICE_H

#include <stdbool.h>

#include "vplamad/config.h"

/* Is it an interface of the kernel's? */
bool device_is_iface(uint32_t kind);

/* Frames; else IP packets. */
bool device_is_ethernet(const struct config_device *dev);

/* Has the option a meaning for a device of that kind? */
bool device_has(uint32_t kind, enum device_option_id id);

/* Each device for itself, and their names. */
void devices_check(const struct config *cfg, struct config_errors *errs);

/* The mtu of a configuration that sets none: what the devices want. */
uint32_t devices_mtu(const struct config *cfg);

/* Is this one of the offloads to use? */
bool offload_has(const struct config *cfg, enum config_offload what);
void offload_check(const struct config *cfg, struct config_errors *errs);

/* cfgprefix.c: nobody has the very prefix that another has. */
void prefixes_check(const struct config *cfg, struct config_errors *errs);

#endif
