/* What vplamctl join writes into files that are not there yet. */
#ifndef VPLAM_VPLAMCTL_JOINTEXT_H
#define VPLAM_VPLAMCTL_JOINTEXT_H

#include "wire/uri.h"

#define JOIN_NAME 33

/*
 * A name for the peer and its file: what letters and digits there are in its
 * own name, else the beginning of its key.
 */
void join_peer_name(const struct uri *u, char ret[static JOIN_NAME]);

/* Its block; for free(). */
char *join_peer_text(const struct uri *u);

/*
 * A whole configuration; key_file NULL: the usual one, list NULL: none. For
 * free(); NULL: a value is too long.
 */
char *join_config_text(
    const char *network, const char *key_file, const char *list);

#endif
