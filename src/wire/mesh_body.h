/* What stands between the fixed part of a record and its attributes. */
#ifndef VPLAM_WIRE_MESH_BODY_H
#define VPLAM_WIRE_MESH_BODY_H

#include "wire/mesh.h"

struct mesh_body {
	/* NULL, or the field at fault, static. */
	const char *(*get)(struct rd *r, struct mesh_rec *rec);
	bool (*ok)(const struct mesh_rec *rec); /* may it be written? */
	void (*put)(struct wr *w, const struct mesh_rec *rec);
	bool to_end; /* it takes the rest: there are no attributes */
};

extern const struct mesh_body mesh_hello_body; /* no bytes: a check */
extern const struct mesh_body mesh_pkt_body;
extern const struct mesh_body mesh_netdesc_body;
extern const struct mesh_body mesh_rehook_body;
extern const struct mesh_body mesh_route_body;

#endif
