#include "wire/ip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/rng.h"

#define MAX 2048

/* A packet under construction. */
struct made {
	uint8_t p[MAX];
	size_t len;
};

static void
put16(uint8_t *p, size_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static unsigned
get16(const uint8_t *p)
{
	return p[0] * 256u + p[1];
}

/* Word by word, as the RFC says it. */
static unsigned
slow_sum(unsigned sum, const uint8_t *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		sum += i % 2 == 0 ? p[i] * 256u : p[i];
		while (sum > 0xffff)
			sum = sum - 0xffff;
	}
	return sum;
}

/* Checksum over pseudo-header and all behind head: 0xffff when right. */
static unsigned
l4_sum(const uint8_t *p, size_t len, size_t head, uint8_t proto)
{
	unsigned sum = slow_sum(
	    0, p[0] >> 4 == 4 ? p + 12 : p + 8, p[0] >> 4 == 4 ? 8 : 32);
	uint8_t end[4] = { 0, proto, 0, 0 };

	put16(end + 2, len - head);
	sum = slow_sum(sum, end, 4);
	return slow_sum(sum, p + head, len - head);
}

/* IPv4 with opt bytes of options, 192.0.2.1 to 198.51.100.2, body behind. */
static void
make4(struct made *m, uint8_t proto, size_t opt, const void *body, size_t n)
{
	static const uint8_t addrs[] = { 192, 0, 2, 1, 198, 51, 100, 2 };
	size_t head = 20 + opt;

	memset(m->p, 0, sizeof(m->p));
	m->len = head + n;
	m->p[0] = (uint8_t)(0x40 | head / 4);
	put16(m->p + 2, m->len);
	m->p[6] = 0x40;
	m->p[8] = 64;
	m->p[9] = proto;
	memcpy(m->p + 12, addrs, 8);
	memset(m->p + 20, 1, opt);
	put16(m->p + 10, 0xffff ^ slow_sum(0, m->p, head));
	memcpy(m->p + head, body, n);
}

/* IPv6 2001:db8::1 to ::2; ext are whole extension headers, first their type */
static void
make6(struct made *m, uint8_t first, const void *ext, size_t ext_len,
    const void *body, size_t n)
{
	memset(m->p, 0, sizeof(m->p));
	m->len = 40 + ext_len + n;
	m->p[0] = 0x60;
	put16(m->p + 4, ext_len + n);
	m->p[6] = first;
	m->p[7] = 64;
	memcpy(m->p + 8, "\x20\x01\x0d\xb8", 4);
	memcpy(m->p + 24, "\x20\x01\x0d\xb8", 4);
	m->p[23] = 1;
	m->p[39] = 2;
	memcpy(m->p + 40, ext, ext_len);
	memcpy(m->p + 40 + ext_len, body, n);
}

/* Parses a copy of exactly len bytes. */
static bool
parse(const uint8_t *p, size_t len, struct ip *ip)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);
	bool ok;

	assert_non_null(copy);
	memcpy(copy, p, len);
	ok = ip_parse(copy, len, ip);
	if (ok) {
		assert_true(ip->src == copy + (ip->version == 4 ? 12 : 8));
		assert_true(ip->dst == ip->src + ip->alen);
		assert_int_equal(ip->alen, ip->version == 4 ? 4 : 16);
		assert_true(ip->head <= ip->len && ip->len <= len);
	} else {
		assert_true(ip->version == 0 && ip->src == NULL);
	}
	free(copy);
	return ok;
}

/* What it says, and where its target begins; -1: it is no packet. */
static int
says(const uint8_t *p, size_t len, size_t *ret_target)
{
	const uint8_t *target = NULL;
	struct ip ip;
	enum ip_says what;

	if (!ip_parse(p, len, &ip))
		return -1;
	what = ip_says(p, &ip, &target);
	if (what == IP_SAYS_WHERE || what == IP_SAYS_HERE) {
		assert_true(target >= p && target + 16 <= p + ip.len);
		if (ret_target != NULL)
			*ret_target = (size_t)(target - p);
	}
	return (int)what;
}

static void
ipv4(void **state)
{
	struct made m;
	struct ip ip;
	size_t n;

	(void)state;
	make4(&m, IP_UDP, 8, "abcdefgh", 8);
	assert_true(parse(m.p, m.len + 5, &ip)); /* padding behind is fine */
	assert_int_equal(ip.version, 4);
	assert_int_equal(ip.proto, IP_UDP);
	assert_int_equal(ip.alen, 4);
	assert_int_equal(ip.head, 28);
	assert_int_equal(ip.len, 36);
	assert_true(ip.df && !ip.frag);
	for (n = 0; n < m.len; n++)
		assert_false(parse(m.p, n, &ip));

	m.p[6] = 0x20; /* first fragment */
	assert_true(parse(m.p, m.len, &ip));
	assert_true(!ip.df && !ip.frag);
	m.p[7] = 1;
	assert_true(parse(m.p, m.len, &ip));
	assert_true(ip.frag);

	put16(m.p + 2, 27); /* shorter than its own header */
	assert_false(parse(m.p, m.len, &ip));
	put16(m.p + 2, 28);
	assert_true(parse(m.p, m.len, &ip));
	m.p[0] = 0x44;
	assert_false(parse(m.p, m.len, &ip));
	for (n = 0; n < 16; n++) {
		m.p[0] = (uint8_t)(n << 4 | 7);
		assert_int_equal(parse(m.p, m.len, &ip), n == 4);
	}
}

/* Hop-by-hop, routing (16 bytes), destination, first fragment, then UDP. */
static const uint8_t chain[] = { 43, 0, 1, 4, 0, 0, 0, 0, /* hop */
	60, 1, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  /* routing */
	44, 0, 1, 4, 0, 0, 0, 0,			  /* destination */
	17, 0, 0, 1, 0, 0, 0, 9 };			  /* fragment */

static void
ipv6(void **state)
{
	struct made m;
	struct ip ip;
	size_t n;

	(void)state;
	make6(&m, 0, chain, sizeof(chain), "abcdefgh", 8);
	assert_true(parse(m.p, m.len + 9, &ip));
	assert_int_equal(ip.version, 6);
	assert_int_equal(ip.proto, IP_UDP);
	assert_int_equal(ip.alen, 16);
	assert_int_equal(ip.head, 40 + sizeof(chain));
	assert_int_equal(ip.len, m.len);
	assert_true(ip.df && !ip.frag);
	for (n = 0; n < m.len; n++) {
		assert_false(parse(m.p, n, &ip));
		if (n < 40)
			continue;
		put16(m.p + 4, n - 40); /* says it is that short */
		assert_int_equal(parse(m.p, n, &ip), n >= 40 + sizeof(chain));
		put16(m.p + 4, m.len - 40);
	}
	m.p[40 + 32 + 2] = 1; /* a later fragment */
	assert_true(parse(m.p, m.len, &ip));
	assert_true(ip.frag);
	assert_int_equal(ip.proto, IP_UDP);
	m.p[40 + 9] = 200; /* routing header beyond the end */
	assert_false(parse(m.p, m.len, &ip));
}

static void
ipv6_many_headers(void **state)
{
	uint8_t ext[17 * 8] = { 0 };
	struct made m;
	struct ip ip;
	size_t n, i;

	(void)state;
	for (n = 0; n <= 17; n++) {
		for (i = 0; i < n; i++)
			ext[i * 8] = i + 1 < n ? 60 : IP_TCP;
		make6(&m, n == 0 ? IP_TCP : 60, ext, n * 8, "x", 1);
		assert_int_equal(parse(m.p, m.len, &ip), n < 16);
		if (n < 16)
			assert_int_equal(ip.proto, IP_TCP);
	}
}

static void
random_bytes(void **state)
{
	static const uint8_t kinds[] = { 0, 43, 60, 44, 6, 17, 58 };
	struct rng r = rng_seeded(31);
	uint8_t out[IP_TOO_BIG_MAX], p[120];
	struct ip ip;
	int i;

	(void)state;
	for (i = 0; i < 50000; i++) {
		size_t len = rng_below(&r, sizeof(p) + 1), k;
		uint8_t *copy = malloc(len + 1);

		rng_fill(&r, p, sizeof(p));
		p[0] = (uint8_t)(rng_below(&r, 2) == 0 ? 0x60 : 0x45);
		put16(p + (p[0] == 0x60 ? 4 : 2), rng_below(&r, 80));
		for (k = 40; k < sizeof(p); k += 8) {
			p[k] = kinds[rng_below(&r, sizeof(kinds))];
			p[k + 1] = (uint8_t)rng_below(&r, 3);
		}
		p[p[0] == 0x60 ? 6 : 9] = kinds[rng_below(&r, sizeof(kinds))];
		parse(p, len, &ip);
		assert_non_null(copy);
		memcpy(copy, p, len);
		says(copy, len, NULL);
		ip_clamp_mss(copy, len, rng_below(&r, 1500), true);
		assert_true(ip_too_big(out, copy, len, 1400) <= IP_TOO_BIG_MAX);
		free(copy);
	}
}

static void
groups(void **state)
{
	static const struct {
		uint8_t a[16];
		size_t alen;
		bool group;
	} cases[] = {
		{ { 223, 255, 255, 255 }, 4, false },
		{ { 224, 0, 0, 0 }, 4, true },
		{ { 239, 255, 255, 255 }, 4, true },
		{ { 240, 0, 0, 0 }, 4, false },
		{ { 255, 255, 255, 254 }, 4, false },
		{ { 255, 255, 255, 255 }, 4, true },
		{ { 0xff, 2 }, 16, true },
		{ { 0xfe, 0x80 }, 16, false },
		{ { 0xe0 }, 16, false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(
		    ip_is_group(cases[i].a, cases[i].alen), cases[i].group);
}

static void
icmp6_says(void **state)
{
	static const uint8_t hop[] = { 58, 0, 1, 4, 0, 0, 0, 0 };
	uint8_t later[] = { 58, 0, 0, 8, 0, 0, 0, 1 };
	struct made m;
	unsigned type;
	size_t n, at = 0;

	(void)state;
	for (type = 0; type < 256; type++) {
		uint8_t body[24] = { (uint8_t)type };
		int want = type == 134 || type == 137 ? IP_SAYS_ROUTER
		    : type == 135		      ? IP_SAYS_WHERE
		    : type == 136		      ? IP_SAYS_HERE
						      : IP_SAYS_NOTHING;
		bool of_target = type == 135 || type == 136;

		make6(&m, 58, "", 0, body, 24);
		assert_int_equal(says(m.p, m.len, &at), want);
		assert_true(!of_target || at == 48);
		/* It cannot hide behind an extension header, */
		make6(&m, 0, hop, 8, body, 24);
		assert_int_equal(says(m.p, m.len, &at), want);
		assert_true(!of_target || at == 56);
		/* is none within another's later fragment, */
		make6(&m, 44, later, 8, body, 24);
		assert_int_equal(says(m.p, m.len, NULL), IP_SAYS_NOTHING);
		/* in TCP, or in IPv4. */
		make6(&m, IP_TCP, "", 0, body, 24);
		assert_int_equal(says(m.p, m.len, NULL), IP_SAYS_NOTHING);
		make4(&m, 58, 0, body, 24);
		assert_int_equal(says(m.p, m.len, NULL), IP_SAYS_NOTHING);
		for (n = 0; n < 24; n++) {
			make6(&m, 58, "", 0, body, n);
			assert_int_equal(says(m.p, m.len, NULL),
			    n == 0 || of_target ? IP_SAYS_NOTHING : want);
		}
	}
}

static void
dhcp_says(void **state)
{
	struct made m;
	unsigned port, other;
	size_t n;

	(void)state;
	for (port = 0; port < 1000; port++)
		for (other = 0; other < 2; other++) {
			uint8_t udp[8] = { 9, 9, 9, 9 };
			bool v4 = port == (other == 0 ? 67 : 68);
			bool v6 = port == (other == 0 ? 547 : 546);

			put16(udp + 2 * (size_t)other, port);
			make4(&m, IP_UDP, 4, udp, 8);
			assert_int_equal(says(m.p, m.len, NULL),
			    v4 ? IP_SAYS_DHCP : IP_SAYS_NOTHING);
			m.p[7] = 9; /* these are not the ports */
			assert_int_equal(
			    says(m.p, m.len, NULL), IP_SAYS_NOTHING);
			make4(&m, IP_TCP, 0, udp, 8);
			assert_int_equal(
			    says(m.p, m.len, NULL), IP_SAYS_NOTHING);
			make6(&m, IP_UDP, "", 0, udp, 8);
			assert_int_equal(says(m.p, m.len, NULL),
			    v6 ? IP_SAYS_DHCP : IP_SAYS_NOTHING);
		}
	for (n = 0; n < 4; n++) {
		make4(&m, IP_UDP, 0, "\0\103\0\104", n);
		assert_int_equal(says(m.p, m.len, NULL), IP_SAYS_NOTHING);
	}
}

/* A SYN with options; the checksum is right, or the pseudo-header's alone. */
static size_t
make_syn(struct made *m, bool v6, uint8_t flags, const uint8_t *opt,
    size_t opt_len, bool partial)
{
	uint8_t tcp[60 + 5] = { 1, 2, 3, 4, 0, 0, 0, 1 };
	size_t head = 20 + opt_len, at;

	assert_true(opt_len % 4 == 0 && opt_len <= 40);
	tcp[12] = (uint8_t)(head / 4 << 4);
	tcp[13] = flags;
	memcpy(tcp + 20, opt, opt_len);
	memcpy(tcp + head, "data!", 5);
	if (v6)
		make6(m, IP_TCP, "", 0, tcp, head + 5);
	else
		make4(m, IP_TCP, 0, tcp, head + 5);
	at = v6 ? 40 : 20;
	if (partial)
		put16(m->p + at + 16, 0x1234);
	else
		put16(
		    m->p + at + 16, 0xffff ^ l4_sum(m->p, m->len, at, IP_TCP));
	return at;
}

static void
clamps(void **state)
{
	/* The option at an even place, at an odd one, and twice. */
	static const uint8_t opts[3][12] = {
		{ 2, 4, 0x05, 0xb4, 4, 2, 0 },
		{ 1, 2, 4, 0x05, 0xb4, 3, 3, 7, 0 },
		{ 2, 4, 0x05, 0xb4, 1, 2, 4, 0x23, 0x28, 0 },
	};
	static const size_t places[3][2] = { { 2, 2 }, { 3, 3 }, { 2, 7 } };
	size_t i, v6, partial, mtu;
	struct made m;

	(void)state;
	for (i = 0; i < 12; i++) {
		size_t k = i % 3, at, want;

		v6 = i / 3 % 2;
		partial = i / 6;
		for (mtu = 0; mtu < 2000; mtu += 7) {
			const uint8_t *mss;
			bool lower;

			at = make_syn(&m, v6, 2, opts[k], 12, partial);
			mss = m.p + at + 20;
			want = mtu > at + 20 ? mtu - at - 20 : 1460;
			lower = want < 1460 || (k == 2 && mtu > at + 20);
			assert_int_equal(
			    ip_clamp_mss(m.p, m.len, mtu, partial), lower);
			assert_int_equal(get16(mss + places[k][0]),
			    want < 1460 ? want : 1460);
			if (k == 2 && lower)
				assert_int_equal(
				    get16(mss + places[k][1]), want);
			if (partial)
				assert_int_equal(get16(m.p + at + 16), 0x1234);
			else
				assert_int_equal(
				    l4_sum(m.p, m.len, at, IP_TCP), 0xffff);
			assert_false(ip_clamp_mss(m.p, m.len, mtu, partial));
		}
	}
}

/* Each of these stays as it is, byte for byte. */
static void
clamps_not(void **state)
{
	static const uint8_t good[8] = { 2, 4, 0x05, 0xb4 };
	static const uint8_t bad[][8] = {
		{ 0, 2, 4, 0x05, 0xb4 },       /* behind the end */
		{ 2, 0, 0x05, 0xb4 },	       /* length 0 */
		{ 2, 1, 0x05, 0xb4 },	       /* length 1 */
		{ 2, 3, 0x05, 0xb4 },	       /* not an MSS's length */
		{ 8, 9, 2, 4, 0x05, 0xb4 },    /* runs past the header */
		{ 1, 1, 1, 1, 1, 2, 4, 0x05 }, /* is cut off */
		{ 1, 1, 1, 1, 1, 1, 1, 2 },    /* has no length */
		{ 1, 1, 1, 1, 1, 1, 2, 4 },    /* has no value */
	};
	struct made m, was;
	size_t i, at;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		make_syn(&m, i % 2, 2, bad[i], 8, false);
		was = m;
		assert_false(ip_clamp_mss(m.p, m.len, 600, false));
		assert_memory_equal(m.p, was.p, m.len);
	}
	make_syn(&m, false, 0x10, good, 8, false); /* no SYN */
	assert_false(ip_clamp_mss(m.p, m.len, 600, false));
	at = make_syn(&m, false, 0x12, good, 8, false); /* SYN and ACK */
	was = m;
	m.p[at + 12] = 0x40; /* header too short, */
	assert_false(ip_clamp_mss(m.p, m.len, 600, false));
	m.p[at + 12] = 0xf0; /* or beyond the end */
	assert_false(ip_clamp_mss(m.p, m.len, 600, false));
	m = was;
	m.p[7] = 1; /* a later fragment */
	assert_false(ip_clamp_mss(m.p, m.len, 600, false));
	m = was;
	m.p[9] = IP_UDP;
	assert_false(ip_clamp_mss(m.p, m.len, 600, false));
	m = was;
	put16(m.p + 2, 39); /* its TCP header is cut off */
	assert_false(ip_clamp_mss(m.p, m.len, 600, false));
	assert_true(ip_clamp_mss(was.p, was.len, 600, false));
}

static void
too_big4(void **state)
{
	uint8_t body[1400], out[IP_TOO_BIG_MAX];
	struct made m;
	size_t n, sizes[] = { 0, 8, 527, 528, 529, 1400 }, i;

	(void)state;
	memset(body, 7, sizeof(body));
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t quote;

		make4(&m, IP_UDP, 0, body, sizes[i]);
		quote = m.len < 548 ? m.len : 548;
		n = ip_too_big(out, m.p, m.len + 6, 1372); /* padded */
		assert_int_equal(n, 28 + quote);
		assert_int_equal(out[0], 0x45);
		assert_int_equal(get16(out + 2), n);
		assert_int_equal(out[9], IP_ICMP);
		assert_int_equal(slow_sum(0, out, 20), 0xffff);
		assert_memory_equal(out + 12, m.p + 16, 4);
		assert_memory_equal(out + 16, m.p + 12, 4);
		assert_int_equal(out[20], 3);
		assert_int_equal(out[21], 4);
		assert_int_equal(slow_sum(0, out + 20, n - 20), 0xffff);
		assert_int_equal(get16(out + 24), 0);
		assert_int_equal(get16(out + 26), 1372);
		assert_memory_equal(out + 28, m.p, quote);
	}
	assert_true(ip_too_big(out, m.p, m.len, 70000) > 0);
	assert_int_equal(get16(out + 26), 65535);
}

static void
too_big6(void **state)
{
	uint8_t body[1400], out[IP_TOO_BIG_MAX];
	struct made m;
	size_t n, sizes[] = { 0, 8, 487, 488, 489, 1400 }, i;

	(void)state;
	memset(body, 7, sizeof(body));
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t quote;

		make6(&m, IP_UDP, "", 0, body, sizes[i]);
		quote = m.len < 528 ? m.len : 528;
		n = ip_too_big(out, m.p, m.len, 1372);
		assert_int_equal(n, 48 + quote);
		assert_int_equal(out[0], 0x60);
		assert_int_equal(get16(out + 4), n - 40);
		assert_int_equal(out[6], IP_ICMPV6);
		assert_true(out[7] > 0);
		assert_memory_equal(out + 8, m.p + 24, 16);
		assert_memory_equal(out + 24, m.p + 8, 16);
		assert_int_equal(out[40], 2);
		assert_int_equal(out[41], 0);
		assert_int_equal(l4_sum(out, n, 40, IP_ICMPV6), 0xffff);
		assert_int_equal(get16(out + 44), 0);
		assert_int_equal(get16(out + 46), 1372);
		assert_memory_equal(out + 48, m.p, quote);
	}
	assert_true(ip_too_big(out, m.p, m.len, 900) > 0);
	assert_int_equal(get16(out + 46), 1280);
}

static void
no_answer(void **state)
{
	static const uint8_t nobodies[][4] = { { 0, 0, 0, 0 }, { 127, 0, 0, 1 },
		{ 224, 0, 0, 5 }, { 240, 1, 2, 3 }, { 255, 255, 255, 255 } };
	uint8_t out[IP_TOO_BIG_MAX], later[] = { 17, 0, 0, 8, 0, 0, 0, 1 };
	struct made m, was;
	unsigned type;
	size_t i;

	(void)state;
	make4(&was, IP_UDP, 0, "abcdefgh", 8);
	for (i = 0; i < 5; i++) {
		m = was;
		memcpy(m.p + 12, nobodies[i], 4);
		assert_int_equal(ip_too_big(out, m.p, m.len, 1400), 0);
		m = was;
		memcpy(m.p + 16, nobodies[i], 4);
		assert_int_equal(ip_too_big(out, m.p, m.len, 1400), 0);
	}
	m = was;
	m.p[7] = 1;
	assert_int_equal(ip_too_big(out, m.p, m.len, 1400), 0);
	make6(&m, 44, later, 8, "abcdefgh", 8);
	assert_int_equal(ip_too_big(out, m.p, m.len, 1400), 0);
	make6(&m, IP_UDP, "", 0, "abcdefgh", 8);
	m.p[24] = 0xff;
	assert_int_equal(ip_too_big(out, m.p, m.len, 1400), 0);
	m.p[24] = 0x20;
	assert_true(ip_too_big(out, m.p, m.len, 1400) > 0);
	memset(m.p + 8, 0, 16);
	assert_int_equal(ip_too_big(out, m.p, m.len, 1400), 0);
	for (type = 0; type < 256; type++) {
		uint8_t icmp[8] = { (uint8_t)type };
		bool error = type == 3 || type == 4 || type == 5 ||
		    type == 11 || type == 12;

		make4(&m, IP_ICMP, 0, icmp, 8);
		assert_int_equal(ip_too_big(out, m.p, m.len, 1400) == 0, error);
		make6(&m, IP_ICMPV6, "", 0, icmp, 8);
		assert_int_equal(ip_too_big(out, m.p, m.len, 1400) == 0,
		    type < 128 || type == 137);
	}
	make4(&m, IP_ICMP, 0, "", 0); /* which it is cannot be seen */
	assert_int_equal(ip_too_big(out, m.p, m.len, 1400), 0);
	assert_int_equal(ip_too_big(out, m.p, 19, 1400), 0);
}

static void
udp_destinations(void **state)
{
	static const uint8_t body[] = { 1, 2, 3, 4, 0, 11, 0, 0, 9, 8, 7 };
	uint8_t p[40 + sizeof(body)] = { 0x45 };
	struct ip_udp udp;
	size_t len;

	(void)state;
	p[9] = 17;
	p[16] = 198;
	memcpy(p + 20, body, sizeof(body));
	for (len = 0; len < 28; len++)
		assert_false(ip_udp_parse(p, len, &udp));
	assert_true(ip_udp_parse(p, 31, &udp));
	assert_int_equal(udp.alen, 4);
	assert_int_equal(udp.dst[0], 198);
	assert_int_equal(udp.port, 0x0304);
	assert_int_equal(udp.len, 3);
	assert_int_equal(udp.data[0], 9);
	p[7] = 1; /* a later fragment */
	assert_false(ip_udp_parse(p, 31, &udp));
	p[7] = 0;
	p[0] = 0x46; /* options */
	assert_false(ip_udp_parse(p, 31, &udp));
	memset(p, 0, sizeof(p));
	p[0] = 0x6f;
	p[24] = 0x20;
	memcpy(p + 40, body, sizeof(body));
	assert_false(ip_udp_parse(p, sizeof(p), &udp));
	p[6] = 17;
	for (len = 0; len < 48; len++)
		assert_false(ip_udp_parse(p, len, &udp));
	assert_true(ip_udp_parse(p, sizeof(p), &udp));
	assert_int_equal(udp.alen, 16);
	assert_int_equal(udp.dst[0], 0x20);
	assert_int_equal(udp.port, 0x0304);
	assert_int_equal(udp.len, 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(udp_destinations),
		cmocka_unit_test(ipv4),
		cmocka_unit_test(ipv6),
		cmocka_unit_test(ipv6_many_headers),
		cmocka_unit_test(random_bytes),
		cmocka_unit_test(groups),
		cmocka_unit_test(icmp6_says),
		cmocka_unit_test(dhcp_says),
		cmocka_unit_test(clamps),
		cmocka_unit_test(clamps_not),
		cmocka_unit_test(too_big4),
		cmocka_unit_test(too_big6),
		cmocka_unit_test(no_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
