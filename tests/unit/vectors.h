/* Test vectors in JSON files that lie outside the tree. */
#ifndef VPLAM_UNIT_VECTORS_H
#define VPLAM_UNIT_VECTORS_H

#include <json-c/json.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The file of that name in $VPLAMA_VECTORS, else in shared/vectors beside the
 * source tree. NULL, the reason printed, when it is not there or no JSON: the
 * caller then exits 77. The caller owns it (json_object_put).
 */
struct json_object *vectors_load(const char *name);

/*
 * Members of an object: what is missing or malformed fails the running test.
 * Objects and text are borrowed.
 */
struct json_object *vec_get(struct json_object *o, const char *key);
const char *vec_text(struct json_object *o, const char *key);
uint64_t vec_int(struct json_object *o, const char *key);

/* Hex to bytes; vec_hex() gives the length, vec_fixed() insists on it. */
size_t vec_hex(
    struct json_object *o, const char *key, uint8_t *ret, size_t max);
void vec_fixed(
    struct json_object *o, const char *key, uint8_t *ret, size_t len);

/* The same for a hex literal in a test. */
size_t hex_bytes(const char *hex, uint8_t *ret, size_t max);

#endif
