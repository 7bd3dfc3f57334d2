/* Vnodes by the DNS: SRV, TXT and addresses. Blocks: not for the loop. */
#ifndef VPLAM_IO_FETCH_DNS_H
#define VPLAM_IO_FETCH_DNS_H

#include <stdatomic.h>

#include "io/fetch.h"

#define DNS_LIMIT_S 8 /* no further question after that */

/*
 * Asks for SRV of "_vplama._udp.NAME", then of each target that it names TXT
 * "v=vpla1 k=BASE64" and addresses; those without a key or an address are left
 * out. ns: the name server, NULL as resolv.conf has it. Returns how many, or
 * -1 and why.
 */
int dns_vnodes(const char *name, const struct addr *ns, atomic_bool *stop,
    struct fetch_hint ret[FETCH_HINTS], char why[FETCH_WHY]);

#endif
