#include "wire/eth.h"

#include <string.h>

#include "wire/be.h"

#define VLAN_MASK 0x0fff
#define LENGTH_MAX 1500 /* what is more is a type */
#define SNAP_LEN 8	/* LLC and SNAP, the last two bytes are a type */

/* A priority tag names no VLAN; more than two that do are nobody's network. */
static bool
note_vlan(struct eth *e, uint16_t vlan)
{
	if (vlan == 0)
		return true;
	if (e->inner != 0)
		return false;
	*(e->vlan == 0 ? &e->vlan : &e->inner) = vlan;
	return true;
}

/* An IEEE 802.3 frame whose LLC header stands for a type (RFC 1042). */
static void
skip_snap(const uint8_t *p, size_t len, struct eth *e)
{
	static const uint8_t snap[SNAP_LEN - 2] = { 0xaa, 0xaa, 3, 0, 0, 0 };

	if (len - e->head < SNAP_LEN ||
	    memcmp(p + e->head, snap, sizeof(snap)) != 0)
		return;
	e->head += SNAP_LEN;
	e->type = be16_get(p + e->head - 2);
}

/* Written where it goes: a copy would wait for its parts on each packet. */
bool
eth_parse(const uint8_t *p, size_t len, struct eth *ret)
{
	struct eth *e = ret;

	*e = (struct eth){ 0 };
	if (len < ETH_HEAD || eth_is_group(p + ETH_ALEN))
		return false;
	e->type = be16_get(p + 2 * ETH_ALEN);
	e->head = ETH_HEAD;
	while (e->type == ETH_TAGGED || e->type == ETH_SERVICE) {
		if (len - e->head < ETH_VLAN ||
		    !note_vlan(e, be16_get(p + e->head) & VLAN_MASK)) {
			*e = (struct eth){ 0 };
			return false;
		}
		e->type = be16_get(p + e->head + 2);
		e->head += ETH_VLAN;
	}
	if (e->type <= LENGTH_MAX)
		skip_snap(p, len, e);
	e->dst = p;
	e->src = p + ETH_ALEN;
	return true;
}
