/* What is known of other vnodes, as text for people. */
#ifndef VPLAM_VPLAMCTL_OUT_ENTRY_H
#define VPLAM_VPLAMCTL_OUT_ENTRY_H

#include "vplamctl/out.h"

/* The results of entry.list, entry.sources and entry.audit. */
void entry_text_list(struct out *o, struct json_object *res);
void entry_text_sources(struct out *o, struct json_object *res);
void entry_text_audit(struct out *o, struct json_object *res);

#endif
