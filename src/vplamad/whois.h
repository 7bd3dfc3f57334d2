/* Asks whoever is at host:port for its key; names are looked up first. */
#ifndef VPLAM_VPLAMAD_WHOIS_H
#define VPLAM_VPLAMAD_WHOIS_H

#include <stdint.h>

#include "core/ident.h"

struct lookup;
struct vplamad;

/* A query whose names are being looked up. */
struct whois {
	struct vplamad *d;
	uint32_t id;	      /* of the query; 0: free */
	struct lookup *query; /* NULL once it has ended */
};

/* As ctl_host.identity_ask; arg is the daemon. */
uint32_t whois_ask(void *arg, const char *endpoint, const char **why);

/* Ends the look-ups that are under way. Fine without whois_ask(). */
void whois_close(struct vplamad *d);

#endif
