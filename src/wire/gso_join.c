#include <string.h>

#include "wire/be.h"
#include "wire/csum.h"
#include "wire/gso.h"
#include "wire/ip.h"

#define HEAD_MAX 128 /* bytes of headers that can join; more are rare */
#define IP_MAX 65535
#define IP4_DF 0x40

#define ENDS (TCP_PSH | TCP_FIN) /* may stand on the last segment alone */
#define NEVER (TCP_SYN | TCP_RST | TCP_URG)

/* A super-packet as it grows. */
struct join {
	uint8_t *p; /* of the first packet */
	struct l4 at;
	size_t seg; /* payload of each but the last */
	size_t len; /* of all together */
	uint32_t seq;
	uint16_t id;	/* of the last packet */
	bool follow_id; /* IPv4 that may be fragmented: ids go up by one */
	uint8_t flags;	/* TCP: of every segment */
	uint8_t ends;	/* TCP: ENDS of the last */
	bool over;	/* the last was shorter, or has one of ENDS */
	uint8_t mask[HEAD_MAX]; /* 0: this byte of a header may differ */
};

static bool
ip_sum_ok(const uint8_t *p, const struct l4 *at)
{
	return at->version != 4 ||
	    csum_fold(csum_add(0, p + at->l3, (size_t)(at->l4 - at->l3))) ==
	    0xffff;
}

/* May this packet be the first of several? */
static bool
may_begin(const struct join *j, unsigned can)
{
	const struct l4 *at = &j->at;
	unsigned need = at->proto == IP_UDP ? GSO_UDP
	    : at->version == 4		    ? GSO_TCP4
					    : GSO_TCP6;

	if ((can & need) == 0 || j->seg == 0 || at->head > HEAD_MAX)
		return false;
	if (at->proto == IP_TCP &&
	    (j->p[at->l4 + TCP_FLAGS] & (NEVER | ENDS)) != 0)
		return false;
	return ip_sum_ok(j->p, at);
}

static void
begin(struct join *j)
{
	const struct l4 *at = &j->at;
	uint8_t *ip = j->mask + at->l3, *l4 = j->mask + at->l4;

	memset(j->mask, 0xff, sizeof(j->mask));
	memset(ip + (at->version == 4 ? IP4_LEN : IP6_LEN), 0, 2);
	if (at->version == 4) {
		memset(ip + IP4_ID, 0, 2);
		memset(ip + IP4_CSUM, 0, 2);
		j->follow_id = (j->p[at->l3 + IP4_FLAGS] & IP4_DF) == 0;
		j->id = be16_get(j->p + at->l3 + IP4_ID);
	}
	memset(l4 + at->csum, 0, 2);
	if (at->proto == IP_TCP) {
		memset(l4 + TCP_SEQ, 0, 4);
		l4[TCP_FLAGS] = 0;
		j->seq = be32_get(j->p + at->l4 + TCP_SEQ);
		j->flags = j->p[at->l4 + TCP_FLAGS] & (uint8_t)~TCP_CWR;
	} else {
		memset(l4 + UDP_LEN, 0, 2);
	}
}

static uint64_t
differ8(const struct join *j, const uint8_t *p, size_t at)
{
	uint64_t a, b, mask;

	memcpy(&a, j->p + at, sizeof(a));
	memcpy(&b, p + at, sizeof(b));
	memcpy(&mask, j->mask + at, sizeof(mask));
	return (a ^ b) & mask;
}

/* Headers are longer than 8 bytes; the last step may overlap. */
static bool
same_head(const struct join *j, const uint8_t *p)
{
	uint64_t diff = differ8(j, p, j->at.head - sizeof(diff));
	size_t i;

	for (i = 0; i + sizeof(diff) < j->at.head; i += sizeof(diff))
		diff |= differ8(j, p, i);
	return diff == 0;
}

/* What the first packet's headers leave open: is it as it must be? */
static bool
continues(const struct join *j, const struct pkt *pk)
{
	const struct l4 *at = &j->at;
	const uint8_t *ip = pk->p + at->l3, *l4 = pk->p + at->l4;
	size_t ip_len = pk->len - at->l3;

	if (at->version == 4) {
		if (be16_get(ip + IP4_LEN) != ip_len || !ip_sum_ok(pk->p, at))
			return false;
		if (j->follow_id &&
		    be16_get(ip + IP4_ID) != (uint16_t)(j->id + 1))
			return false;
	} else if ((size_t)be16_get(ip + IP6_LEN) + 40 != ip_len) {
		return false;
	}
	if (at->proto == IP_UDP)
		return be16_get(l4 + UDP_LEN) == pk->len - at->l4;
	return be32_get(l4 + TCP_SEQ) ==
	    (uint32_t)(j->seq + (j->len - at->head)) &&
	    (l4[TCP_FLAGS] & ~ENDS) == j->flags;
}

static bool
take(struct join *j, const struct pkt *pk)
{
	size_t n;

	if ((pk->flags & PKT_CSUM) == 0 || pk->len <= j->at.head)
		return false;
	n = pk->len - j->at.head;
	if (n > j->seg || j->len + n > GSO_MAX ||
	    j->len + n - j->at.l3 > IP_MAX || !same_head(j, pk->p) ||
	    !continues(j, pk))
		return false;
	if (j->at.version == 4)
		j->id = be16_get(pk->p + j->at.l3 + IP4_ID);
	if (j->at.proto == IP_TCP)
		j->ends = pk->p[j->at.l4 + TCP_FLAGS] & ENDS;
	j->len += n;
	j->over = n < j->seg || j->ends != 0;
	return true;
}

static uint8_t
type_of(const struct join *j)
{
	uint8_t type;

	if (j->at.proto == IP_UDP)
		return VNET_UDP_L4;
	type = j->at.version == 4 ? VNET_TCP4 : VNET_TCP6;
	if ((j->p[j->at.l4 + TCP_FLAGS] & TCP_CWR) != 0)
		type |= VNET_ECN;
	return type;
}

static void
finish(const struct join *j, bool several, struct gso_super *ret)
{
	const struct l4 *at = &j->at;
	struct vnet v = {
		.flags = VNET_NEEDS_CSUM,
		.hdr_len = at->head,
		.csum_start = at->l4,
		.csum_offset = at->csum,
	};
	uint32_t pseudo = l4_pseudo(j->p, at);

	if (several) {
		l4_set_len(j->p, at, j->len, l4_ip_sum(j->p, at), pseudo);
		if (at->proto == IP_TCP)
			j->p[at->l4 + TCP_FLAGS] |= j->ends;
		v.type = type_of(j);
		v.gso_size = (uint16_t)j->seg;
	} else { /* a peer may have written another sum there */
		be16_put(j->p + at->l4 + at->csum,
		    csum_fold(pseudo + (uint32_t)(j->len - at->l4)));
	}
	vnet_write(ret->vnet, &v);
}

unsigned
gso_join(const struct run *run, unsigned i, bool ethernet, unsigned can,
    struct gso_super *ret)
{
	const struct pkt *pk = &run->pkt[i];
	struct join j;

	ret->iov[0] = (struct iovec){ ret->vnet, VNET_HEAD };
	ret->iov[1] = (struct iovec){ pk->p, pk->len };
	ret->n = 2;
	if ((pk->flags & PKT_CSUM) == 0 ||
	    !l4_find(pk->p, pk->len, ethernet, &j.at)) {
		memset(ret->vnet, 0, VNET_HEAD);
		return i + 1;
	}
	j.p = pk->p;
	j.len = pk->len;
	j.seg = j.len - j.at.head;
	j.ends = 0;
	j.over = ++i == run->n || !may_begin(&j, can);
	if (!j.over)
		begin(&j);
	for (; !j.over && i < run->n && take(&j, &run->pkt[i]); i++)
		ret->iov[ret->n++] = (struct iovec){
			run->pkt[i].p + j.at.head,
			run->pkt[i].len - j.at.head,
		};
	finish(&j, ret->n > 2, ret);
	return i;
}
