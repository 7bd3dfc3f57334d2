/* Short names for building JSON, and the texts that several commands need. */
#ifndef VPLAM_CTL_JSON_H
#define VPLAM_CTL_JSON_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/mono.h"
#include "core/peer.h"

struct core;

void put_str(struct json_object *o, const char *name, const char *s);
void put_u64(struct json_object *o, const char *name, uint64_t v);
void put_bool(struct json_object *o, const char *name, bool v);
void put_key(struct json_object *o, const char *name, const uint8_t *key);

/* null when it is empty. */
void put_text(struct json_object *o, const char *name, const char *s);

/* null when it is none. */
void put_percent(
    struct json_object *o, const char *name, unsigned percent, unsigned none);

/* null when a has no port: not known. */
void put_addr(struct json_object *o, const char *name, const struct addr *a);

/* Its public key; null as long as only the handshake's is known. */
void put_peer_key(struct json_object *o, const struct peer *p);

/* "learned" */
const char *peer_origin_name(enum peer_origin origin);

/* "aes-256-gcm"; the numbers are those of enum suite. */
const char *suite_text(unsigned suite);

/* Where packets of p go; null when we know of nothing. */
void put_endpoint(struct json_object *o, const struct peer *p);

/* Everything about p, as in "peers" of `show`. */
struct json_object *peer_json(
    const struct core *c, const struct peer *p, struct mono now);

#endif
