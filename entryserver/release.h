/*
 * An edition: all files of one moment, made whole in memory and then laid out,
 * so that who reads meets the old ones or the new ones.
 */
#ifndef VPLAM_ENTRYSERVER_RELEASE_H
#define VPLAM_ENTRYSERVER_RELEASE_H

#include <stddef.h>

#include "crypto/minisign.h"
#include "entryserver/census.h"
#include "entryserver/files.h"
#include "entryserver/model.h"

struct release {
	char *text[FILES]; /* owned */
	size_t len[FILES];
};

/*
 * Writes and signs them. Servers at the end of the list go where it would be
 * longer than ENTRY_BYTES; their number is m->list.n. left: see
 * metrics_write().
 */
void release_make(struct release *ret, struct model *m,
    const struct minisign_key *key, const char *zone,
    const unsigned left[LEFT_KINDS]);
void release_fini(struct release *r);

/* Each file into that folder by a rename, list and signature side by side. */
int release_export(const struct release *r, const char *dir); /* 0, -errno */

/*
 * Into a folder of its own below out, OUT/v.SERIAL, which OUT/current then
 * leads to; the one before stays for who still reads it. 0 or -errno, and then
 * what was current still is.
 */
int release_publish(const struct release *r, const char *out, uint64_t serial);

/* The highest serial that a folder of either kind has seen; 0: none. */
uint64_t release_serial(const char *out);

#endif
