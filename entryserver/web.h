/*
 * The web server: a process with neither key nor store, which hands out the
 * files of the current edition from memory, whatever its clients are up to.
 */
#ifndef VPLAM_ENTRYSERVER_WEB_H
#define VPLAM_ENTRYSERVER_WEB_H

#include "entryserver/options.h"

/* Ends with the process. */
_Noreturn void web_run(const struct options *o);

#endif
