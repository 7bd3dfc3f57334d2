/* What the web server answers: status, header fields, and which bytes. */
#ifndef VPLAM_ENTRYSERVER_REPLY_H
#define VPLAM_ENTRYSERVER_REPLY_H

#include <stdio.h>

#include "entryserver/conn.h"

/* Counted since the server began. */
struct reply_stats {
	uint64_t ok, not_modified, refused; /* 200, 304, all others */
	uint64_t crowded; /* connections refused: one address has too many */
	uint64_t evicted; /* closed for room */
	uint64_t slow;	  /* closed for being slow */
	unsigned clients; /* at this moment */
};

struct reply_env {
	struct site *site; /* NULL: no edition yet */
	struct reply_stats stats;
	uint32_t max_age; /* seconds that a copy may be kept unasked */
};

/* now: seconds since 1970. */
void reply_make(struct reply_env *env, enum http_status parsed,
    const struct http_request *req, int64_t now, struct answer *ret);

#endif
