/* Joining a network by one line of text, for the verbs that do. */
#ifndef VPLAM_VPLAMCTL_JOIN_H
#define VPLAM_VPLAMCTL_JOIN_H

#include "vplamctl/cli.h"

/*
 * Does what `vplamctl join STRING` does. pinned: nobody vouches for the key in
 * the URI, so no peer that is configured for this endpoint (host:port) may have
 * another; NULL: anybody's. did: lines to print before those that say what was
 * done; borrowed.
 */
int join_by(struct cli *cli, const char *string, const char *pinned,
    struct json_object *did);

#endif
