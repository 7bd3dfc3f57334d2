#include "tests/unit/gso_made.h"

#include <string.h>

unsigned
made_get16(const uint8_t *p)
{
	return p[0] * 256u + p[1];
}

void
made_put16(uint8_t *p, size_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

unsigned
slow_sum(unsigned sum, const uint8_t *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		sum += i % 2 == 0 ? p[i] * 256u : p[i];
		while (sum > 0xffff)
			sum -= 0xffff;
	}
	return sum;
}

void
made_ip_csum(uint8_t *ip)
{
	made_put16(ip + 10, 0);
	made_put16(ip + 10, 0xffff ^ slow_sum(0, ip, (ip[0] & 15u) * 4));
}

/* The protocol behind the one extension header that shapes may have. */
static uint8_t
proto_of(const uint8_t *ip)
{
	if (ip[0] >> 4 == 4)
		return ip[9];
	return ip[6] == 60 ? ip[40] : ip[6];
}

unsigned
slow_pseudo(const uint8_t *p, size_t len, size_t l3, size_t l4)
{
	const uint8_t *ip = p + l3;
	bool v4 = ip[0] >> 4 == 4;
	uint8_t end[4] = { 0, proto_of(ip), 0, 0 };

	made_put16(end + 2, len - l4);
	return slow_sum(slow_sum(0, ip + (v4 ? 12 : 8), v4 ? 8 : 32), end, 4);
}

bool
made_valid(const uint8_t *p, size_t len, size_t l3, size_t l4)
{
	const uint8_t *ip = p + l3;

	if (ip[0] >> 4 == 4) {
		if (made_get16(ip + 2) != len - l3 ||
		    slow_sum(0, ip, l4 - l3) != 0xffff)
			return false;
	} else if (made_get16(ip + 4) != len - l3 - 40) {
		return false;
	}
	if (proto_of(ip) == 17 &&
	    (made_get16(p + l4 + 4) != len - l4 || made_get16(p + l4 + 6) == 0))
		return false;
	return slow_sum(slow_pseudo(p, len, l3, l4), p + l4, len - l4) ==
	    0xffff;
}

static void
make_ethernet(struct made *m, const struct shape *s)
{
	static const uint8_t macs[] = { 2, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2 };

	memcpy(m->p, macs, sizeof(macs));
	m->l3 = 14;
	if (s->vlan) {
		memcpy(m->p + 12, "\x81\x00\x20\x07", 4);
		m->l3 = 18;
	}
	made_put16(m->p + m->l3 - 2, s->v6 ? 0x86dd : 0x0800);
}

static void
make_ip(struct made *m, const struct shape *s, struct rng *r)
{
	uint8_t *ip = m->p + m->l3, proto = s->udp ? 17 : 6;

	if (!s->v6) {
		m->l4 = m->l3 + 20 + s->ip_opt;
		rng_fill(r, ip, 20);
		ip[0] = (uint8_t)(0x40 | (m->l4 - m->l3) / 4);
		made_put16(ip + 6, s->df ? 0x4000 : 0);
		ip[9] = proto;
		memset(ip + 20, 1, s->ip_opt);
		return;
	}
	m->l4 = m->l3 + 40 + s->ip_opt;
	rng_fill(r, ip, 40);
	ip[0] = 0x60;
	ip[6] = s->ip_opt > 0 ? 60 : proto;
	if (s->ip_opt > 0)
		memcpy(ip + 40, "?\0\1\4\0\0\0\0", 8);
	ip[s->ip_opt > 0 ? 40 : 6] = proto;
}

static void
make_l4(struct made *m, const struct shape *s, struct rng *r)
{
	uint8_t *l4 = m->p + m->l4;

	m->head = m->l4 + (s->udp ? 8 : 20 + s->tcp_opt);
	rng_fill(r, l4, m->head - m->l4 + s->payload);
	m->len = m->head + s->payload;
	if (s->udp) {
		made_put16(l4 + 4, m->len - m->l4);
		return;
	}
	l4[12] = (uint8_t)((20 + s->tcp_opt) / 4 << 4);
	l4[13] = s->flags;
}

void
make(struct made *m, const struct shape *s, struct rng *r)
{
	uint16_t csum = s->udp ? 6 : 16;

	m->l3 = 0;
	if (s->ethernet)
		make_ethernet(m, s);
	make_ip(m, s, r);
	make_l4(m, s, r);
	if (s->v6) {
		made_put16(m->p + m->l3 + 4, m->len - m->l3 - 40);
	} else {
		made_put16(m->p + m->l3 + 2, m->len - m->l3);
		made_ip_csum(m->p + m->l3);
	}
	made_put16(
	    m->p + m->l4 + csum, slow_pseudo(m->p, m->len, m->l3, m->l4));
	m->v = (struct vnet){
		.flags = VNET_NEEDS_CSUM,
		.hdr_len = (uint16_t)m->head,
		.gso_size = s->gso,
		.csum_start = (uint16_t)m->l4,
		.csum_offset = csum,
	};
	if (s->gso == 0)
		return;
	m->v.type = s->udp ? VNET_UDP_L4 : s->v6 ? VNET_TCP6 : VNET_TCP4;
	if (!s->udp && (s->flags & 0x80) != 0)
		m->v.type |= VNET_ECN;
}

struct shape
shape_random(struct rng *r)
{
	struct shape s = {
		.ethernet = rng_below(r, 2),
		.vlan = rng_below(r, 2),
		.v6 = rng_below(r, 2),
		.udp = rng_below(r, 3) == 0,
		.df = rng_below(r, 2),
		.tcp_opt = 4 * rng_below(r, 11),
		.gso = (uint16_t)(400 + rng_below(r, 1100)),
		.flags = (uint8_t)(0x10 | (rng_next(r) & 0xc9)),
	};

	if (rng_below(r, 3) == 0)
		s.ip_opt = s.v6 ? 8 : 4 * rng_below(r, 11);
	s.payload = s.gso + 1u + rng_below(r, 65535 - 120 - s.gso - 1u);
	return s;
}
