#include "evil.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/peer_send.h"
#include "wire/ip.h"

static void
on_deliver(struct duo_end *e, unsigned no, struct run *run)
{
	struct evil_seen *s = e->d->deliver_arg;
	unsigned i;

	assert_int_equal(e->nr, VICTIM);
	assert_true(no < EVIL_PORTS && run->n > 0);
	s->runs[no]++;
	for (i = 0; i < run->n; i++) {
		s->n[no]++;
		assert_in_range(run->pkt[i].len, 1, EVIL_ROOM);
		memcpy(s->last[no], run->pkt[i].p, run->pkt[i].len);
		/* A device may do with the bytes what it likes. */
		memset(run->pkt[i].p, 0xee, run->pkt[i].len);
	}
}

unsigned
evil_port(struct duo *d, const struct fwd_config *cfg)
{
	struct turn t = duo_turn(d, VICTIM);
	int no = core_port_add(&d->end[VICTIM].core, cfg, &t);

	duo_done(d);
	assert_in_range(no, 0, EVIL_PORTS - 1);
	return (unsigned)no;
}

/* Both peers connected to the victim, which has the device cfg if any. */
void
evil_lab(struct duo *d, struct evil_seen *s, const struct fwd_config *cfg)
{
	unsigned a;

	duo_init(d, 21);
	d->batch = RUN_MAX;
	memset(s, 0, sizeof(*s));
	d->deliver = on_deliver;
	d->deliver_arg = s;
	for (a = 0; a < DUO_MAX; a++)
		duo_start(d, a, NULL);
	if (cfg != NULL)
		evil_port(d, cfg);
	for (a = EVIL; a <= OTHER; a += 2) {
		duo_peer(d, VICTIM, a, false);
		duo_peer(d, a, VICTIM, true);
		assert_true(duo_wait_up(d, a, VICTIM, 10 * SEC));
		assert_true(duo_wait_up(d, VICTIM, a, 10 * SEC));
	}
	duo_run(d, SEC);
}

/* n packets as one run, past all that an honest sender checks. */
void
evil_send(
    struct duo *d, unsigned from, bool ethernet, const struct wr *w, unsigned n)
{
	struct turn t = duo_turn(d, from);
	struct run run = { .n = 0 };

	assert_true(wr_ok(w));
	while (run.n < n) {
		struct pkt *pk = run_add(&run, w->len, &d->mem);

		assert_non_null(pk);
		memcpy(pk->p, w->start, w->len);
	}
	peer_send(&d->end[from].core, d->end[from].peer[VICTIM], FRAME_DATA,
	    ethernet ? FRAME_ETHERNET : 0, &run, &t);
	duo_done(d);
	duo_run(d, SEC / 10);
}

/* The one counter that says what became of a packet. */
enum counter
evil_fate(struct duo *d, unsigned from, bool ethernet, const struct wr *w)
{
	static const enum counter all[] = { CNT_fwd_in, CNT_fwd_bad,
		CNT_fwd_spoof, CNT_fwd_own, CNT_fwd_room, CNT_fwd_flood,
		CNT_fwd_filter_ra, CNT_fwd_filter_dhcp, CNT_fwd_no_port };
	const struct evil_seen *s = d->deliver_arg;
	uint64_t before[sizeof(all) / sizeof(all[0])];
	unsigned seen = s->n[0], found = 0;
	enum counter what = CNT_fwd_in;
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		before[i] = duo_cnt(d, VICTIM, all[i]);
	evil_send(d, from, ethernet, w, 1);
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (duo_cnt(d, VICTIM, all[i]) == before[i])
			continue;
		what = all[i];
		found++;
	}
	assert_int_equal(found, 1);
	assert_int_equal(s->n[0], seen + (what == CNT_fwd_in));
	return what;
}

const struct fwd_config evil_tap = { .ethernet = true,
	.mode = FWD_SWITCH,
	.age_ms = 300000,
	.per_peer = 32,
	.flood_rate = 100000 };
const struct fwd_config evil_tun = { .mode = FWD_HUB, .flood_rate = 1000 };

static void
put_mac(struct wr *w, uint8_t station)
{
	const uint8_t mac[6] = { 2, 0, 0, 0, 0, station };
	const uint8_t all[6] = { 255, 255, 255, 255, 255, 255 };

	wr_bytes(w, station == ALL ? all : mac, 6);
}

void
evil_macs(struct wr *w, uint8_t dst, uint8_t src)
{
	w->len = 0;
	put_mac(w, dst);
	put_mac(w, src);
}

static void
put_ip4(struct wr *w, uint8_t net)
{
	const uint8_t a[4] = { 10, net, 0, 1 };

	if (net == NONE)
		wr_zeros(w, 4);
	else
		wr_bytes(w, a, 4);
}

static void
put_ip6(struct wr *w, uint8_t net)
{
	const uint8_t a[16] = { 0xfd, 0, 0, net, [15] = 1 };
	const uint8_t all[16] = { 0xff, 2, [15] = 1 };

	if (net == NONE)
		wr_zeros(w, 16);
	else
		wr_bytes(w, net == ALL ? all : a, 16);
}

void
evil_head4(struct wr *w, uint8_t src, uint8_t proto, size_t n)
{
	wr_be16(w, 0x4500);
	wr_be16(w, (uint16_t)(20 + n));
	wr_be32(w, 0);
	wr_be16(w, (uint16_t)(64 << 8 | proto));
	wr_be16(w, 0);
	put_ip4(w, src);
	put_ip4(w, STATION);
}

void
evil_head6(struct wr *w, uint8_t src, uint8_t dst, uint8_t proto, size_t n)
{
	wr_be32(w, 0x60000000);
	wr_be16(w, (uint16_t)n);
	wr_be16(w, (uint16_t)(proto << 8 | 255));
	put_ip6(w, src);
	put_ip6(w, dst);
}

/* An ICMPv6 message about target, by src, behind so many headers of padding. */
void
evil_icmp6(
    struct wr *w, uint8_t src, uint8_t type, uint8_t target, unsigned pads)
{
	unsigned i;

	evil_head6(w, src, ALL, pads > 0 ? 60 : IP_ICMPV6, 8 * pads + 24);
	for (i = 1; i <= pads; i++) {
		wr_u8(w, i < pads ? 60 : IP_ICMPV6);
		wr_u8(w, 0);
		wr_be16(w, 0x0104);
		wr_zeros(w, 4);
	}
	wr_be32(w, (uint32_t)type << 24);
	wr_zeros(w, 4);
	put_ip6(w, target);
}

void
evil_udp(struct wr *w, bool v6, uint16_t sport, uint16_t dport)
{
	if (v6)
		evil_head6(w, MINE, ALL, IP_UDP, 8);
	else
		evil_head4(w, MINE, IP_UDP, 8);
	wr_be16(w, sport);
	wr_be16(w, dport);
	wr_be32(w, 8u << 16);
}

void
evil_arp(struct wr *w, uint16_t hw, uint8_t sender, uint8_t target)
{
	wr_be16(w, 0x0806);
	wr_be16(w, hw);
	wr_be16(w, 0x0800);
	wr_be16(w, 0x0604);
	wr_be16(w, 1);
	put_mac(w, MINE);
	put_ip4(w, sender);
	wr_zeros(w, 6);
	put_ip4(w, target);
}

void
evil_begin(struct wr *w, bool ethernet, uint16_t type)
{
	w->len = 0;
	if (!ethernet)
		return;
	evil_macs(w, STATION, MINE);
	wr_be16(w, type);
}

void
evil_grant(struct duo *d, struct peer *to, const char *mac, const char *ip4,
    const char *ip6)
{
	struct core *c = &d->end[VICTIM].core;
	struct prefix p[3];
	size_t bad;
	uint32_t who;

	assert_null(prefix_parse(mac, &p[0]));
	assert_null(prefix_parse(ip4, &p[1]));
	assert_null(prefix_parse(ip6, &p[2]));
	assert_true(to == NULL ? core_own_prefixes(c, p, 3, &bad, &who)
			       : core_peer_prefixes(c, to, p, 3, &bad, &who));
}

void
evil_grant_all(struct duo *d)
{
	struct peer **peer = d->end[VICTIM].peer;

	evil_grant(
	    d, peer[EVIL], "02:00:00:00:00:01", "10.1.0.0/16", "fd00:1::/32");
	evil_grant(d, NULL, "02:00:00:00:00:02", "10.2.0.0/16", "fd00:2::/32");
	evil_grant(
	    d, peer[OTHER], "02:00:00:00:00:03", "10.3.0.0/16", "fd00:3::/32");
}

/* All that a frame can say of who sent it, and by which word. */
void
evil_said(struct wr *w, enum said said, uint8_t mac, uint8_t net)
{
	evil_macs(w, STATION, mac);
	if (said == IP6 || said >= ASK)
		wr_be16(w, 0x86dd);
	switch (said) {
	case IP4:
		wr_be16(w, 0x0800);
		evil_head4(w, net, IP_ICMP, 0);
		break;
	case IP6:
		evil_head6(w, net, STATION, 59, 0);
		break;
	case ARP:
	case ARP_802:
		evil_arp(w, said == ARP ? 1 : 6, net, STATION);
		break;
	case ARP_PROBE:
		evil_arp(w, 1, NONE, net);
		break;
	case ASK:
		evil_icmp6(w, net, 135, STATION, 0);
		break;
	case ASK_DUP:
		evil_icmp6(w, NONE, 135, net, 1);
		break;
	case HERE:
	case SAIDS:
		evil_icmp6(w, NOBODYS, 136, net, 1);
		break;
	}
}

/* Ours: nobody's else. Another's: not his. One at least must be his. */
