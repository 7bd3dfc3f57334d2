/* The negotiation of addresses, as text for people. */
#ifndef VPLAM_VPLAMCTL_OUT_NEG_H
#define VPLAM_VPLAMCTL_OUT_NEG_H

#include "vplamctl/out.h"

/* "negotiation" of `show`: ours, a peer's; nothing for NULL. */
void neg_text_self(struct out *o, struct json_object *neg);
void neg_text_link(struct out *o, struct json_object *neg);

/* The results of rehook.list and rehook.plan. */
void neg_text_list(struct out *o, struct json_object *res);
void neg_text_plan(struct out *o, struct json_object *res);

#endif
