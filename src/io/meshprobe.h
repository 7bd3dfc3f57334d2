/*
 * The mesh probe: nonces sent to an address through the interfaces of our own
 * mesh and nothing else, and those that come in by them. Who hears one of ours
 * there, from an address of our gnode, is in our mesh.
 */
#ifndef VPLAM_IO_MESHPROBE_H
#define VPLAM_IO_MESHPROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/ifname.h"
#include "base/mono.h"

struct loop;
struct meshprobe;
struct priv;
struct turn;

#define MESHPROBE_NONCE 16 /* bytes: all that a datagram holds */
#define MESHPROBE_TIMES 3  /* that one is sent through each interface ... */
#define MESHPROBE_EVERY_US (1u * MONO_SEC)
#define MESHPROBE_MAX 32   /* under way at once */
#define MESHPROBE_HEARD 32 /* a second that are told; the rest is dropped */
#define MESHPROBE_LOOK_US (5u * MONO_SEC) /* for interfaces anew */

struct meshprobe_handler {
	void *arg;

	/*
	 * A nonce came in, of whomever in the mesh, or who can send into it:
	 * from says whose address it came from. Any may come often.
	 */
	void (*heard)(void *arg, const struct addr *from,
	    const uint8_t nonce[MESHPROBE_NONCE], struct turn *t);
};

/*
 * name: n interfaces, as many as the monitor has, in its order; borrowed. One
 * that is not there yet is tried again.
 */
struct meshprobe *meshprobe_new(struct loop *l, const struct priv *pv,
    const char (*name)[IFNAME_MAX + 1], unsigned n,
    const struct meshprobe_handler *h, struct mono now);
void meshprobe_free(struct meshprobe *mp); /* fine on NULL */

/*
 * Sends the nonce at once and again until it went MESHPROBE_TIMES times. The
 * port of to does not count. False: nothing is sent, as no interface is there
 * or too many are under way.
 */
bool meshprobe_send(struct meshprobe *mp, const struct addr *to,
    const uint8_t nonce[MESHPROBE_NONCE], struct mono now);

/* On NULL: MONO_NEVER, and nothing. */
struct mono meshprobe_deadline(const struct meshprobe *mp);
void meshprobe_tick(struct meshprobe *mp, struct mono now);

#endif
