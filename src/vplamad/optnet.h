/* Types of options that hold addresses of a network. */
#ifndef VPLAM_VPLAMAD_OPTNET_H
#define VPLAM_VPLAMAD_OPTNET_H

#include "vplamad/option.h"

extern const struct option_type T_LISTEN;  /* struct addr */
extern const struct option_type T_PREFIX;  /* struct prefix */
extern const struct option_type T_CLAIM;   /* struct prefix, no MAC */
extern const struct option_type T_ADDRESS; /* struct prefix with host bits */
extern const struct option_type T_MAC;	   /* struct config_mac */
extern const struct option_type T_PLACE;   /* text: address:port or a path */
extern const struct option_type T_IFACE;   /* name of an interface */
extern const struct option_type T_NETID;   /* uint64_t; 0: none */

#endif
