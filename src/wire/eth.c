#include "wire/eth.h"

#include "wire/be.h"

#define VLAN_MASK 0x0fff

bool
eth_parse(const uint8_t *p, size_t len, struct eth *ret)
{
	uint16_t type;

	*ret = (struct eth){ 0 };
	if (len < ETH_HEAD || eth_is_group(p + ETH_ALEN))
		return false;
	type = be16_get(p + 2 * ETH_ALEN);
	if (type == ETH_TAGGED) {
		if (len < ETH_HEAD + ETH_VLAN)
			return false;
		ret->vlan = be16_get(p + ETH_HEAD) & VLAN_MASK;
		type = be16_get(p + ETH_HEAD + 2);
		ret->head = ETH_HEAD + ETH_VLAN;
	} else {
		ret->head = ETH_HEAD;
	}
	ret->type = type;
	ret->dst = p;
	ret->src = p + ETH_ALEN;
	return true;
}
