/*
 * The publisher: a process that reads the store, holds the list key, and talks
 * to nobody.
 */
#ifndef VPLAM_ENTRYSERVER_PUBLISH_H
#define VPLAM_ENTRYSERVER_PUBLISH_H

#include "entryserver/options.h"
#include "entryserver/round.h"

/* Publishes every interval; ends with the process. */
_Noreturn void publish_run(const struct options *o);

/* Once, into a folder for any web server. False: the log says why not. */
bool publish_export(const struct options *o, const char *dir);

/* The key of option list-key, whose secret is the caller's to wipe. */
bool publish_key(const struct options *o, struct minisign_key *ret,
    char why[static ROUND_WHY]);

/* Makes FILE and FILE.pub, neither of which is there; prints what to pin. */
bool publish_genkey(const char *path);

#endif
