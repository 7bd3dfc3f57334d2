/*
 * The descriptor of a gnode (doc/protocol.md "Descriptor"): which address
 * space it lives in, what of it is its own, and which others it knows. Travels
 * between vplamads, and on the mesh socket from the mesh daemon.
 *
 * An address is a row of levels, level 0 the least significant, level k having
 * bits[k] bits; the number at a level is a gid. ntkd has 4 levels of 8 bits.
 * A site with plain prefixes uses one row for both families, NETDESC_PLAIN.
 */
#ifndef VPLAM_WIRE_NETDESC_H
#define VPLAM_WIRE_NETDESC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/prefix.h"
#include "base/rd.h"
#include "base/wr.h"

#define NETDESC_VERSION 1
#define NETDESC_LEVELS 16
#define NETDESC_CLAIMS 32
#define NETDESC_KNOWN 512
#define NETDESC_MAX 16384 /* bytes of a descriptor: what 16 parts hold */

enum netdesc_class {
	NETDESC_ANY = 0,   /* unrestricted IPv4 */
	NETDESC_10 = 1,	   /* 10.0.0.0/8 */
	NETDESC_172 = 2,   /* 172.16.0.0/12 */
	NETDESC_SITE6 = 3, /* fec0::/16 */
	NETDESC_PLAIN = 4, /* prefixes; IPv4 ones as ::ffff:a.b.c.d */
	NETDESC_CLASSES
};

/* The row of levels; two gnodes can only talk if theirs are equal. */
struct topology {
	uint8_t family; /* 4 or 6 */
	uint8_t class;	/* enum netdesc_class */
	uint8_t levels; /* 1 to NETDESC_LEVELS */
	uint8_t bits[NETDESC_LEVELS];
};

/*
 * "Every address under this path is ours": the gids from level up count, those
 * below it are zero. Levels are absolute: gid[level] is the lowest of the path.
 */
struct claim {
	uint8_t level;
	uint8_t flags; /* CLAIM_LEAVING; in a list of known ones KNOWN_* */
	uint16_t gid[NETDESC_LEVELS];
};
#define CLAIM_LEAVING 1

/* Another network that the sender has routes to, or has reserved a place for */
struct known {
	uint64_t netid;
	struct claim claim;
};
#define KNOWN_STABLE 1
#define KNOWN_RESERVED 2

enum {
	NETDESC_STABLE = 1 << 0,
	NETDESC_REHOOKING = 1 << 1,
	NETDESC_BUSY = 1 << 2,
	NETDESC_PASSIVE = 1 << 3,
	NETDESC_TRANSIT = 1 << 4,
	/* Only on the mesh socket: the mesh daemon can carry out a REHOOK. */
	NETDESC_MOVABLE = 1 << 15,
};
#define NETDESC_TUNNEL_FLAGS                                                   \
	(NETDESC_STABLE | NETDESC_REHOOKING | NETDESC_BUSY | NETDESC_PASSIVE | \
	    NETDESC_TRANSIT)
#define NETDESC_MESH_FLAGS (NETDESC_TUNNEL_FLAGS | NETDESC_MOVABLE)

struct netdesc {
	struct topology topo;
	uint16_t gid[NETDESC_LEVELS]; /* address of the vnode itself */
	uint64_t netid;		      /* 0 only on the mesh socket */
	uint64_t vnodeid;
	uint32_t epoch; /* +1 at each change of address or claims */
	uint32_t nodes;
	uint32_t age; /* seconds since netid was made */
	uint16_t flags;
	uint8_t n_claims;
	uint16_t n_known;
	struct known *known; /* owned; NULL when there are none */
	struct claim claim[NETDESC_CLAIMS]; /* last: see netdesc_keep() */
};

void netdesc_fini(struct netdesc *d); /* fine on zeroes */

/*
 * What to held before is not freed. Without memory it has fewer known ones:
 * none.
 */
void netdesc_copy(struct netdesc *to, const struct netdesc *from);

/*
 * What d says, which is left without known ones, in no more memory than that
 * takes: there is nothing behind its claims, so only netdesc_copy() copies it.
 * NULL without memory: d has all it had. netdesc_free() ends it.
 */
const struct netdesc *netdesc_keep(struct netdesc *d);
void netdesc_free(const struct netdesc *kept); /* fine on NULL */

/*
 * Same address space, address and claims with flags, in any order: no new
 * epoch is due.
 */
bool netdesc_same_place(const struct netdesc *a, const struct netdesc *b);

/* To be used in a tunnel, or on the mesh socket (no netid, no known ones). */
enum netdesc_use { NETDESC_TUNNEL, NETDESC_MESH };

/*
 * NULL, or the field at fault ("claim 2: below the forbidden gid 0 of level 2"
 * as field only: "claims"): static. Checks all that doc/protocol.md
 * "Validity" says.
 */
const char *netdesc_check(const struct netdesc *d, enum netdesc_use use);

#define NETDESC_NO_MEMORY "memory"

/*
 * Reads all of r, checks it. NULL and *ret, which the caller finishes; or the
 * field at fault (static), or NETDESC_NO_MEMORY, and *ret is zero. Unknown
 * flags are cleared.
 */
const char *netdesc_parse(
    struct rd *r, enum netdesc_use use, struct netdesc *ret);

/*
 * Writes it (netdesc_check() holds); of the known ones as many as fit max bytes
 * in all, from the first. False: not even the rest does.
 */
bool netdesc_write(struct wr *w, const struct netdesc *d, size_t max);

/*
 * A claim alone, as in a descriptor: level, flags, path. Each gid is within its
 * bits; whether a gnode may have it is claim_allowed(). On false *ret is zero.
 */
bool claim_parse(struct rd *r, const struct topology *topo, struct claim *ret);
void claim_write(
    struct wr *w, const struct topology *topo, const struct claim *c);

/* Is there such a level, and each gid of the path within its bits? */
bool claim_in_range(const struct topology *topo, const struct claim *c);

/* The gids of a whole address, level 0 first. On false they are zero. */
bool gids_parse(
    struct rd *r, const struct topology *topo, uint16_t ret[NETDESC_LEVELS]);
void gids_write(struct wr *w, const struct topology *topo,
    const uint16_t gid[NETDESC_LEVELS]);
bool gids_in_range(
    const struct topology *topo, const uint16_t gid[NETDESC_LEVELS]);

/* A known one alone: netid, flags, level, path. */
bool known_parse(struct rd *r, const struct topology *topo, struct known *ret);
void known_write(
    struct wr *w, const struct topology *topo, const struct known *k);

/*
 * Do they lie one within the other? *ret_level, if not NULL: the conflict's,
 * the higher of the two (set only then).
 */
bool claims_overlap(const struct topology *topo, const struct claim *a,
    const struct claim *b, unsigned *ret_level);

/* Equal level and path; flags do not count. */
bool claims_equal(
    const struct topology *topo, const struct claim *a, const struct claim *b);

/* The highest level whose gid may change for whoever holds this claim. */
unsigned claim_top(const struct topology *topo, const struct claim *c);

/* Is its level and path one that a gnode may have (forbidden ones are not)? */
bool claim_allowed(const struct topology *topo, const struct claim *c);

/*
 * The row of levels of a topology alone: family, class, levels, bits. On false
 * *ret is zero.
 */
bool topology_parse(struct rd *r, struct topology *ret);
void topology_write(struct wr *w, const struct topology *topo);
/* NULL, or what of it is out of range: "family", "class", "levels", "bits". */
const char *topology_check(const struct topology *topo);
bool topology_equal(const struct topology *a, const struct topology *b);

/* ntkd's 4 levels of 8 bits in a class; the row for plain prefixes. */
struct topology topology_ntk(enum netdesc_class class);
struct topology topology_plain(void);

#endif
