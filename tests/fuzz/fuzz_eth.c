/* Ethernet headers: what is parsed lies within the frame. */
#include "tests/fuzz/fuzz.h"

#include "wire/eth.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct eth e;

	if (!eth_parse(p, len, &e)) {
		MUST(e.dst == NULL && e.src == NULL);
		return 0;
	}
	MUST(e.head >= ETH_HEAD && e.head % 2 == 0);
	MUST(e.head <= len);
	MUST(e.dst == p && e.src == p + ETH_ALEN);
	MUST(!eth_is_group(e.src));
	MUST(e.vlan < 4096 && e.inner < 4096);
	MUST(e.vlan == 0 || e.head >= ETH_HEAD + ETH_VLAN);
	MUST(e.inner == 0 || e.head >= ETH_HEAD + 2 * ETH_VLAN);
	MUST(e.type != ETH_TAGGED || e.head >= ETH_HEAD + 8);
	MUST(e.type == p[e.head - 2] * 256 + p[e.head - 1]);
	return 0;
}
