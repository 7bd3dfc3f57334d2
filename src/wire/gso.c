#include "wire/gso.h"

#include <string.h>

#include "wire/be.h"
#include "wire/csum.h"
#include "wire/ip.h"

void
vnet_parse(const uint8_t p[VNET_HEAD], struct vnet *ret)
{
	ret->flags = p[0];
	ret->type = p[1];
	memcpy(&ret->hdr_len, p + 2, 2);
	memcpy(&ret->gso_size, p + 4, 2);
	memcpy(&ret->csum_start, p + 6, 2);
	memcpy(&ret->csum_offset, p + 8, 2);
}

void
vnet_write(uint8_t out[VNET_HEAD], const struct vnet *v)
{
	out[0] = v->flags;
	out[1] = v->type;
	memcpy(out + 2, &v->hdr_len, 2);
	memcpy(out + 4, &v->gso_size, 2);
	memcpy(out + 6, &v->csum_start, 2);
	memcpy(out + 8, &v->csum_offset, 2);
}

/*
 * The pseudo-header is summed anew: what the field holds need not be looked
 * at, and a peer that lies about it gets a right checksum all the same.
 */
void
gso_finish_csum(struct pkt *pk, bool ethernet)
{
	size_t n;
	uint16_t sum;
	struct l4 at;

	if ((pk->flags & PKT_CSUM) == 0)
		return;
	pk->flags &= ~(uint32_t)PKT_CSUM;
	if (!l4_find(pk->p, pk->len, ethernet, &at))
		return;
	n = pk->len - at.l4;
	be16_put(pk->p + at.l4 + at.csum, 0);
	sum = (uint16_t)~csum_fold(
	    csum_add(l4_pseudo(pk->p, &at) + (uint32_t)n, pk->p + at.l4, n));
	/* For UDP zero means that there is none (RFC 768). */
	if (sum == 0 && at.proto == IP_UDP)
		sum = UINT16_MAX;
	be16_put(pk->p + at.l4 + at.csum, sum);
}
