/* Types of options that say who we are and where others find us and we them. */
#ifndef VPLAM_VPLAMAD_OPTSELF_H
#define VPLAM_VPLAMAD_OPTSELF_H

#include "vplamad/option.h"

extern const struct option_type T_ADVERTISE; /* struct addr, unicast */
extern const struct option_type T_COUNTRY;   /* text of two letters */
extern const struct option_type T_DEGREES;   /* struct config_degrees */
extern const struct option_type T_SOURCE; /* text that source_parse() reads */

#endif
