/* Taking a new configuration over while the tunnels stand. */
#ifndef VPLAM_VPLAMAD_RELOAD_H
#define VPLAM_VPLAMAD_RELOAD_H

#include <json-c/json.h>
#include <stdbool.h>

#include "base/run.h"

struct vplamad;

/*
 * Reads the configuration again. When it is bad, logs each error, appends it
 * to errors (unless NULL), and all stays as it is: false. When it is good,
 * touches only what changed and says what a restart would change; errors then
 * gets the peers that were refused.
 */
bool reload(struct vplamad *d, struct json_object *errors, struct turn *t);

#endif
