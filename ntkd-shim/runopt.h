/* The options of "ntkd-shim run". */
#ifndef VPLAM_NTKD_SHIM_RUNOPT_H
#define VPLAM_NTKD_SHIM_RUNOPT_H

#include <stdbool.h>
#include <stdint.h>

#include "ntkd-shim/ambassador.h"
#include "ntkd-shim/netns.h"

#define RUN_DEVICE RUNDIR "/vplama/ntkd.sock"

struct runopt {
	const char *sock;   /* the mesh socket */
	const char *device; /* of vplamad, for data */
	struct amb_config amb;
	struct netns_conf net;
	unsigned restart_s; /* of a rehook that ntkd ignores; 0: never */
	char **ntkd;	    /* its command; NULL: somebody else runs it */
};

/* False: usage, and the log says what is wrong. argv[0] is the verb. */
bool runopt_parse(struct runopt *ret, int argc, char **argv);

#endif
