/*
 * The list in the forms that need no JSON: lines to paste, a fragment for a
 * name server, figures for machines that watch machines.
 */
#ifndef VPLAM_ENTRYSERVER_LISTS_H
#define VPLAM_ENTRYSERVER_LISTS_H

#include <stdio.h>

#include "entryserver/census.h"
#include "entryserver/model.h"

#define ZONE_SERVERS 24 /* an answer with all of them fits 4096 bytes */

/* One "vpla://" a line, the best first, below a head of comments. */
void lines_write(const struct model *m, FILE *out);

/*
 * For $INCLUDE into the zone of that name ("" : names relative to any): SRV
 * and TXT of _vplama._udp, and the addresses they lead to.
 */
void zone_write(const struct model *m, const char *zone, FILE *out);

/* "valid-until SECONDS": the rest is for who serves it to say. */
void health_write(const struct model *m, FILE *out);

/* What the publisher knows, as Prometheus reads it; left: enum left_out. */
void metrics_write(
    const struct model *m, const unsigned left[LEFT_KINDS], FILE *out);

#endif
