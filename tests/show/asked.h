/* What a running vplamad counts, asked by programs that shoot at it. */
#ifndef VPLAM_TESTS_SHOW_ASKED_H
#define VPLAM_TESTS_SHOW_ASKED_H

#include "base/counters.h"
#include "vplamctl/client.h"

/* What fails ends the program. */
void ctl_connect(struct client *ctl, const char *path);
void counters_get(struct client *ctl, struct counters *ret);

#endif
