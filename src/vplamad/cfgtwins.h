/* Peers of the configuration that have one name or one key. */
#ifndef VPLAM_VPLAMAD_CFGTWINS_H
#define VPLAM_VPLAMAD_CFGTWINS_H

#include "vplamad/config.h"

struct twins;

struct twins *twins_new(size_t n); /* for so many peers */
void twins_free(struct twins *tw);

/* Complains when one that was given before is like p; p stays borrowed. */
void twins_check(
    struct twins *tw, const struct config_peer *p, struct config_errors *errs);

#endif
