/*
 * Names to addresses without blocking, by evdns: /etc/hosts and the name
 * servers of resolv.conf, both read anew when a look-up begins and none is
 * under way.
 */
#ifndef VPLAM_IO_RESOLVE_H
#define VPLAM_IO_RESOLVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/run.h"

struct loop;
struct lookup;
struct resolve;

#define RESOLVE_MAX 16	    /* addresses that one answer has at most */
#define RESOLVE_SKEW_MS 500 /* a family waits for the other, at most */
#define RESOLVE_CONF "/etc/resolv.conf"
#define RESOLVE_HOSTS "/etc/hosts"

/*
 * What a name stands for: IPv6 and IPv4 in turn, each in the order of the name
 * server. On failure n is 0 and why a text that lives for the call, else NULL.
 */
struct resolved {
	const struct addr *ep;
	unsigned n;
	uint32_t ttl; /* seconds that it holds, if anybody said; may be 0 */
	bool said;
	const char *why;
};

typedef void resolve_fn(void *arg, const struct resolved *got, struct turn *t);

/* The two file names are borrowed. */
struct resolve *resolve_new(
    struct loop *l, const char *resolv_conf, const char *hosts);
void resolve_free(struct resolve *r); /* cancels; before loop_free() */

/*
 * An address, and port, of our own? What a name server says is dropped where
 * that holds, or addr_routable() does not; what the hosts file says, or a text
 * that is an address, is the word of a person.
 */
typedef bool resolve_own_fn(void *arg, const struct addr *a);
void resolve_refuse(struct resolve *r, resolve_own_fn *is_own, void *arg);

/*
 * Looks up "host", "host:port" or a numeric address as addr_parse() takes it.
 * done is called exactly once unless cancelled. Returns the look-up for
 * resolve_cancel(), or NULL when done has been called already: for numeric
 * addresses, and for texts that name nothing.
 */
struct lookup *resolve_start(struct resolve *r, const char *text,
    uint16_t default_port, resolve_fn *done, void *arg);

/* Not after done was called. */
void resolve_cancel(struct lookup *q);

#endif
