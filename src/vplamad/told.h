/* Vnodes that a person or a list tells of by URI: looked up, then noted. */
#ifndef VPLAM_VPLAMAD_TOLD_H
#define VPLAM_VPLAMAD_TOLD_H

#include <sys/queue.h>

struct told;
struct vplamad;

TAILQ_HEAD(told_list, told);

#define TOLD_WAITING 64 /* look-ups for URIs under way at most */

/* As ctl_host.entry_add; arg is the daemon. */
const char *told_uri(
    void *arg, const char *uri, const char *from, const char **why);

/* Ends what is under way. Fine without told_uri(). */
void told_close(struct vplamad *d);

#endif
