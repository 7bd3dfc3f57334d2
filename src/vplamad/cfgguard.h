/* Ways of tunnels that lead into the mesh, as far as the file shows them. */
#ifndef VPLAM_VPLAMAD_CFGGUARD_H
#define VPLAM_VPLAMAD_CFGGUARD_H

#include "vplamad/config.h"

/* bind-device is none of our own devices. */
void tunnels_check(const struct config *cfg, struct config_errors *errs);

/* Endpoints that are not dialled, as they lie in the mesh. */
void tunnels_warn(const struct config *cfg, struct config_errors *warns);

#endif
