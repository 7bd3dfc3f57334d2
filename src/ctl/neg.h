/* The negotiation of addresses in JSON, as in `show`. */
#ifndef VPLAM_CTL_NEG_H
#define VPLAM_CTL_NEG_H

#include <json-c/json.h>

#include "core/core.h"

/* Where this node is, and how settled; null when it negotiates nothing. */
struct json_object *neg_self_json(const struct core *c, struct mono now);

/* How far it is with a peer; null without a link. */
struct json_object *neg_link_json(const struct core *c, const struct peer *p);

#endif
