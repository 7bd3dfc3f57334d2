/* What a core is made with: who it is, its network and its limits. */
#ifndef VPLAM_CORE_CONFIG_H
#define VPLAM_CORE_CONFIG_H

#include <stdint.h>

#include "crypto/aead.h"
#include "crypto/keys.h"

/* Limits and settings that a reload may change. */
struct core_limits {
	uint32_t rekey_after_ms; /* 2000 to 120000; other times scale with it */
	uint32_t fan_origin;	 /* fan-out packets a second, per origin */
	uint32_t fan_total;	 /* and in all */
	uint16_t mtu;		 /* largest data body we take */
};

#define REKEY_AFTER_MS 120000u
#define FAN_ORIGIN 20u
#define FAN_TOTAL 200u
#define CORE_MTU 1400u
#define CORE_DH_RATE 4400u /* 30 % of a core of a small machine */

struct core_config {
	struct identity id;
	struct network net;
	char network[NETWORK_NAME_MAX + 1]; /* its name, for the mesh daemon */
	struct aead_choice aead;
	uint64_t stamp_floor_ms; /* no stamp of ours lies below it */
	uint32_t dh_rate;	 /* pairs of Diffie-Hellman a second, for */
				 /* whoever asks; 0: CORE_DH_RATE */
	struct core_limits limits;
};

#endif
