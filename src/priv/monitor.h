/* The side that does privileged operations; it trusts no request. */
#ifndef VPLAM_PRIV_MONITOR_H
#define VPLAM_PRIV_MONITOR_H

#include "priv/priv_proto.h"

/* Its own settings; a path that is NULL is refused with -ENOENT. */
struct monitor {
	const char *path[PRIV_PATH_MAX];
};

/*
 * Carries out one request; arg is a struct monitor. An unknown operation or a
 * field out of range gives -EINVAL and changes nothing.
 */
void monitor_call(
    void *arg, const struct priv_req *req, struct priv_reply *ret);

#endif
