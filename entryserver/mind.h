/* The parent of publisher and web server: it starts them, and again. */
#ifndef VPLAM_ENTRYSERVER_MIND_H
#define VPLAM_ENTRYSERVER_MIND_H

#include "entryserver/options.h"

/*
 * Until SIGTERM or SIGINT, which end both; returns the exit code. One that ends
 * by itself while it starts ends all: its trouble is the configuration.
 */
int mind_run(const struct options *o);

#endif
