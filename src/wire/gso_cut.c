#include <string.h>

#include "wire/be.h"
#include "wire/csum.h"
#include "wire/gso.h"
#include "wire/ip.h"

/* Which packet a type of super-packet holds; version 0: either. */
static const struct kind {
	uint8_t type, version, proto;
} kinds[] = {
	{ VNET_TCP4, 4, IP_TCP },
	{ VNET_TCP4 | VNET_ECN, 4, IP_TCP },
	{ VNET_TCP6, 6, IP_TCP },
	{ VNET_TCP6 | VNET_ECN, 6, IP_TCP },
	{ VNET_UDP_L4, 0, IP_UDP },
};

static bool
type_fits(uint8_t type, const struct l4 *at)
{
	const struct kind *k;
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		k = &kinds[i];
		if (k->type == type)
			return k->proto == at->proto &&
			    (k->version == 0 || k->version == at->version);
	}
	return false;
}

static bool
csum_agrees(const struct vnet *v, const struct l4 *at)
{
	return v->csum_start == at->l4 && v->csum_offset == at->csum;
}

/* Alone: the checksum that is left to us lies in the packet. */
static bool
begin_lone(struct gso_cut *c, bool ethernet)
{
	const struct vnet *v = &c->v;
	size_t field = (size_t)v->csum_start + v->csum_offset;
	struct l4 at;

	if ((v->flags & VNET_NEEDS_CSUM) == 0)
		return true;
	if (field + 2 > c->len)
		return false;
	/*
	 * Where an option names the final destination, the field is not the sum
	 * of the addresses in the header: the far side could not complete it.
	 */
	c->partial = l4_find(c->p, c->len, ethernet, &at) &&
	    csum_agrees(v, &at) &&
	    be16_get(c->p + field) ==
		csum_fold(l4_pseudo(c->p, &at) + (uint32_t)(c->len - at.l4));
	return true;
}

/*
 * The length of the headers is reckoned from the packet: hdr_len is only a
 * hint, which Linux fills with more or less than them (virtio 1.2, 5.1.6.2).
 */
static bool
begin_super(struct gso_cut *c, bool ethernet)
{
	const struct vnet *v = &c->v;

	if (v->gso_size == 0 || !l4_find(c->p, c->len, ethernet, &c->at) ||
	    !type_fits(v->type, &c->at))
		return false;
	if ((v->flags & VNET_NEEDS_CSUM) != 0 && !csum_agrees(v, &c->at))
		return false;
	c->ip_sum = l4_ip_sum(c->p, &c->at);
	c->pseudo = l4_pseudo(c->p, &c->at);
	if (c->at.version == 4) {
		c->id = be16_get(c->p + c->at.l3 + IP4_ID);
		c->ip_sum += (uint16_t)~c->id;
	}
	if (c->at.proto == IP_TCP)
		c->seq = be32_get(c->p + c->at.l4 + TCP_SEQ);
	return true;
}

bool
gso_cut_begin(struct gso_cut *c, const struct vnet *v, const uint8_t *p,
    size_t len, bool ethernet)
{
	*c = (struct gso_cut){ .p = p, .len = len, .v = *v };
	if (len == 0)
		return false;
	return v->type == VNET_NONE ? begin_lone(c, ethernet)
				    : begin_super(c, ethernet);
}

/* Completes a checksum as the vnet header says, whatever its protocol. */
static void
complete(uint8_t *p, size_t len, const struct vnet *v)
{
	uint16_t sum = (uint16_t)~csum_fold(
	    csum_add(0, p + v->csum_start, len - v->csum_start));

	/* Zero is UDP's word for none; for all others it is the same number. */
	be16_put(
	    p + v->csum_start + v->csum_offset, sum != 0 ? sum : UINT16_MAX);
}

static void
cut_lone(struct gso_cut *c, struct pkt *pk)
{
	memcpy(pk->p, c->p, c->len);
	c->over = true;
	if (c->partial)
		pk->flags = PKT_CSUM;
	else if ((c->v.flags & VNET_NEEDS_CSUM) != 0)
		complete(pk->p, c->len, &c->v);
}

/* Segment number c->nr with n bytes of payload. */
static void
cut_segment(struct gso_cut *c, struct pkt *pk, size_t n)
{
	const struct l4 *at = &c->at;
	uint8_t *p = pk->p, *tcp = p + at->l4;
	uint32_t ip_sum = c->ip_sum;
	uint16_t id;

	memcpy(p, c->p, at->head);
	memcpy(p + at->head, c->p + at->head + c->done, n);
	if (at->version == 4) {
		id = (uint16_t)(c->id + c->nr);
		be16_put(p + at->l3 + IP4_ID, id);
		ip_sum += id;
	}
	l4_set_len(p, at, pk->len, ip_sum, c->pseudo);
	if (at->proto == IP_TCP) {
		be32_put(tcp + TCP_SEQ, c->seq + (uint32_t)c->done);
		if (at->head + c->done + n < c->len)
			tcp[TCP_FLAGS] &= (uint8_t) ~(TCP_PSH | TCP_FIN);
		if (c->nr > 0)
			tcp[TCP_FLAGS] &= (uint8_t)~TCP_CWR;
	}
	pk->flags = PKT_CSUM;
	c->done += n;
	c->nr++;
	c->over = at->head + c->done == c->len;
}

/* Bytes of payload of the next segment. */
static size_t
next_payload(const struct gso_cut *c)
{
	size_t left = c->len - c->at.head - c->done;

	return left < c->v.gso_size ? left : c->v.gso_size;
}

static unsigned
segments_left(const struct gso_cut *c)
{
	size_t left = c->len - c->at.head - c->done;

	if (c->v.type == VNET_NONE || left == 0)
		return 1;
	return (unsigned)((left + c->v.gso_size - 1) / c->v.gso_size);
}

bool
gso_cut_next(
    struct gso_cut *c, struct run *run, struct arena *mem, unsigned *ret_lost)
{
	struct pkt *pk;
	size_t n;

	*ret_lost = 0;
	while (!c->over && run->n < RUN_MAX) {
		bool lone = c->v.type == VNET_NONE;

		n = lone ? 0 : next_payload(c);
		pk = run_add(run, lone ? c->len : c->at.head + n, mem);
		if (pk == NULL) {
			*ret_lost = segments_left(c);
			c->over = true;
		} else if (lone) {
			cut_lone(c, pk);
		} else {
			cut_segment(c, pk, n);
		}
	}
	return !c->over;
}
