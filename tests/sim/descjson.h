/* A descriptor as JSON (doc/negotiation.md "Judging by hand"). */
#ifndef VPLAM_SIM_DESCJSON_H
#define VPLAM_SIM_DESCJSON_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "wire/netdesc.h"

/* "initiator.known[3].claim: expected ...": the first thing at fault. */
struct fault {
	char text[256]; /* "": nothing */
};

/* Notes it, but for a later one; false. */
bool fault_set(struct fault *f, const char *where, const char *field,
    const char *expected);

/*
 * Members of an object; one that is not there leaves *ret as it is. where is
 * "" or what to put before the name: "initiator.".
 */
bool json_get_bool(struct json_object *o, const char *where, const char *name,
    struct fault *f, bool *ret);

/*
 * Form alone: whether a gnode may have such claims is netdesc_check()'s to say.
 * False and *f; the caller finishes *ret either way.
 */
bool descjson_read(struct json_object *o, const char *where, struct fault *f,
    struct netdesc *ret);

/* What netdesc_check() wants of that field, for people. */
const char *descjson_expected(const char *field);

#endif
