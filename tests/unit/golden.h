/* Access to the golden packets of VPL1, a JSON file outside the project. */
#ifndef VPLAM_TESTS_GOLDEN_H
#define VPLAM_TESTS_GOLDEN_H

#include <json-c/json.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The file in the folder VPLAMA_VECTORS, or else ../shared/vectors beside the
 * sources. NULL where absent, and says so. The caller puts it.
 */
struct json_object *golden_load(void);

/* The member of o called name; the test fails if it is not there. */
struct json_object *golden_get(struct json_object *o, const char *name);

/* Decodes the hex text that member name holds; returns its length. */
size_t golden_hex(
    struct json_object *o, const char *name, uint8_t *out, size_t max);

#endif
