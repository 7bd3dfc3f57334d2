/*
 * Super-packets of a device: one header for many segments of one TCP or UDP
 * flow. Cut into a run of packets, and consecutive packets joined again. Pure:
 * bytes in, runs out. The header before them is that of virtio-net (virtio 1.2,
 * 5.1.6), 10 bytes in the machine's byte order as Linux's TUN hands it over.
 */
#ifndef VPLAM_WIRE_GSO_H
#define VPLAM_WIRE_GSO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/run.h"
#include "wire/l4.h"

#define VNET_HEAD 10
#define GSO_MAX 65536 /* bytes of a super-packet without its vnet header */

/* What the kernel on the other side of the device can take. */
enum {
	GSO_TCP4 = 1 << 0,
	GSO_TCP6 = 1 << 1,
	GSO_UDP = 1 << 2, /* both families: USO needs Linux 6.2 */
};

/* Fields of the virtio-net header. */
enum { VNET_NEEDS_CSUM = 1 };
enum { VNET_NONE = 0, VNET_TCP4 = 1, VNET_TCP6 = 4, VNET_UDP_L4 = 5 };
enum { VNET_ECN = 0x80 }; /* beside VNET_TCP4 or VNET_TCP6 */

struct vnet {
	uint8_t flags, type;
	uint16_t hdr_len, gso_size;
	uint16_t csum_start, csum_offset;
};

void vnet_parse(const uint8_t p[VNET_HEAD], struct vnet *ret);
void vnet_write(uint8_t out[VNET_HEAD], const struct vnet *v);

/*
 * Cuts what a device handed over, by runs of at most RUN_MAX: a super-packet
 * may give more. Each segment is a copy in the arena with its own headers and
 * PKT_CSUM; a packet that is none comes out alone, as it is (PKT_CSUM
 * if the kernel left its checksum to us and we know the protocol by our rules,
 * else the checksum is completed here).
 */
struct gso_cut {
	const uint8_t *p;
	size_t len;
	struct vnet v;
	struct l4 at;	 /* of a super-packet */
	uint32_t ip_sum; /* l4_ip_sum() without the id */
	uint32_t pseudo; /* l4_pseudo() */
	uint16_t id;	 /* of the first segment, IPv4 */
	uint32_t seq;	 /* of the first segment, TCP */
	size_t done;	 /* bytes of payload that are cut */
	unsigned nr;	 /* of the next segment */
	bool partial;	 /* a lone packet's checksum stays so */
	bool over;
};

/*
 * p stays the caller's and lives until the last gso_cut_next(). False: the
 * header contradicts the packet (counted by the caller).
 */
bool gso_cut_begin(struct gso_cut *c, const struct vnet *v, const uint8_t *p,
    size_t len, bool ethernet);

/*
 * The next packets, added to run (which may hold some already); false when all
 * are out. True with run full: call again with an empty run. When the arena is
 * full the rest is given up: *ret_lost packets.
 */
bool gso_cut_next(
    struct gso_cut *c, struct run *run, struct arena *mem, unsigned *ret_lost);

/* One thing to write to the device: a packet or a super-packet. */
struct gso_super {
	uint8_t vnet[VNET_HEAD];
	unsigned n; /* of iov; the first is vnet */
	struct iovec iov[RUN_MAX + 1];
};

/*
 * Joins the packet at place i of run with those behind it that continue it:
 * same flow, next sequence number, same size (the last may be shorter), same
 * flags of IP and TCP but PSH and FIN on the last, all PKT_CSUM, of a kind
 * that can (GSO_*) has, GSO_MAX together. The first one's headers are changed
 * in place, the others' payloads are borrowed. Returns the place of the first
 * packet that is not in *ret; what joins with nothing is alone in it.
 */
unsigned gso_join(const struct run *run, unsigned i, bool ethernet,
    unsigned can, struct gso_super *ret);

/*
 * Completes a checksum that PKT_CSUM says is partial, and clears the flag.
 * Packets whose protocol has none (wire/l4.h) stay as they are.
 */
void gso_finish_csum(struct pkt *pk, bool ethernet);

#endif
