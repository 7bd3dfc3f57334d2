/*
 * Two peers that send what they like, past all that an honest sender checks,
 * and the one who is to see through it, on cores joined in memory (duo.h).
 */
#ifndef VPLAM_TESTS_EVIL_H
#define VPLAM_TESTS_EVIL_H

#include "base/wr.h"
#include "duo.h"

#define SEC ((uint64_t)MONO_SEC)
#define EVIL_PORTS 3
#define EVIL_ROOM 1400

/* The ends. */
enum { EVIL, VICTIM, OTHER };

/*
 * Addresses by whose they are: the last octet of a MAC address, the second of
 * 10.N.0.1 and of fd00:N::1. NONE: all zeros, ALL: a group.
 */
enum { NONE, MINE, OURS, OTHERS, NOBODYS = 7, STATION = 9, ALL = 255 };

/* What the victim's devices were handed. */
struct evil_seen {
	unsigned n[EVIL_PORTS], runs[EVIL_PORTS];
	uint8_t last[EVIL_PORTS][EVIL_ROOM];
};

/* A switch of frames, and a hub of packets. */
extern const struct fwd_config evil_tap, evil_tun;

/* Both peers connected to the victim, which has the device cfg if any. */
void evil_lab(struct duo *d, struct evil_seen *s, const struct fwd_config *cfg);

/* One more device of the victim: its number. */
unsigned evil_port(struct duo *d, const struct fwd_config *cfg);

/* What the victim grants to a peer, or NULL: has itself. */
void evil_grant(struct duo *d, struct peer *to, const char *mac,
    const char *ip4, const char *ip6);
void evil_grant_all(struct duo *d); /* MINE to EVIL, OTHERS to OTHER, OURS */

/* n packets as one run. */
void evil_send(struct duo *d, unsigned from, bool ethernet, const struct wr *w,
    unsigned n);

/* Sends one: the only counter that says what became of it. */
enum counter evil_fate(
    struct duo *d, unsigned from, bool ethernet, const struct wr *w);

/* Begins a packet; on Ethernet with the header in front. */
void evil_begin(struct wr *w, bool ethernet, uint16_t type);
void evil_macs(struct wr *w, uint8_t dst, uint8_t src);

/* What is in it. n: bytes behind the header. */
void evil_head4(struct wr *w, uint8_t src, uint8_t proto, size_t n);
void evil_head6(
    struct wr *w, uint8_t src, uint8_t dst, uint8_t proto, size_t n);
void evil_udp(struct wr *w, bool v6, uint16_t sport, uint16_t dport);

/* An ICMPv6 message about target, by src, behind so many headers of padding. */
void evil_icmp6(
    struct wr *w, uint8_t src, uint8_t type, uint8_t target, unsigned pads);
void evil_arp(struct wr *w, uint16_t hw, uint8_t sender, uint8_t target);

/* All that a frame can say of who sent it, and by which word. */
enum said { IP4, IP6, ARP, ARP_802, ARP_PROBE, ASK, ASK_DUP, HERE, SAIDS };
void evil_said(struct wr *w, enum said said, uint8_t mac, uint8_t net);

#endif
