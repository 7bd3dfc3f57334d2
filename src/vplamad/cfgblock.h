/* What a device block and a peer block of the configuration hold. */
#ifndef VPLAM_VPLAMAD_CFGBLOCK_H
#define VPLAM_VPLAMAD_CFGBLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/prefix.h"
#include "core/peer.h"
#include "crypto/keys.h"

#define PATH_TEXT 256	  /* bytes of a path, NUL included */
#define ENDPOINT_TEXT 263 /* "[host]:port": 253 for a name, and the rest */
#define PLACE_TEXT 108	  /* bytes of "address:port" or a socket's path */
#define CONFIG_ADDRESSES 16
#define CONFIG_PREFIXES 64
#define DEVICE_NAME_MAX 64

enum device_option_id {
#define DEVICE_OPTION(id, ...) DEV_OPT_##id,
#include "vplamad/options.def"
	DEV_OPT_MAX
};

enum peer_option_id {
#define PEER_OPTION(id, ...) PEER_OPT_##id,
#include "vplamad/options.def"
	PEER_OPT_MAX
};

/* How an option came to its value. */
struct given {
	unsigned n; /* values it holds */
	int line;   /* in its file; 0: the default */
	bool bad;   /* a value was refused */
};

/* Of option mode; normal: what suits the kind. */
enum config_mode { MODE_NORMAL, MODE_HUB, MODE_SWITCH, MODE_ROUTER };

/* Of option carries. */
enum config_carries { CARRIES_ETHERNET, CARRIES_IP };

/* Of option offload. */
enum config_offload {
	OFFLOAD_NONE,
	OFFLOAD_VNET,
	OFFLOAD_TSO,
	OFFLOAD_USO,
	OFFLOAD_GSO,
	OFFLOAD_GRO
};

/* How a MAC address begins. */
struct config_mac {
	uint8_t n; /* octets */
	uint8_t a[6];
};

/* One device block. */
struct config_device {
	char name[DEVICE_NAME_MAX + 1]; /* of the interface, or a label */
	uint32_t kind;			/* enum port_kind */
	uint32_t mode;			/* enum config_mode */
	uint32_t carries;		/* enum config_carries */
	uint32_t mtu;			/* bytes of an IP packet */
	struct prefix address[CONFIG_ADDRESSES];
	struct config_mac mac;
	uint32_t link_speed;			    /* Mbit/s */
	uint32_t persistent;			    /* 1 yes, 0 no */
	uint32_t mac_age;			    /* seconds */
	uint32_t mac_limit;			    /* addresses a peer */
	uint32_t flood_rate;			    /* packets a second */
	uint32_t allow_ra, allow_dhcp, mss_clamp;   /* 1 yes, 0 no */
	char local[PLACE_TEXT], remote[PLACE_TEXT]; /* "": none */
	struct given given[DEV_OPT_MAX];
	int line;
};

/* One peer block. */
struct config_peer {
	char name[PEER_NAME_MAX + 1];
	uint8_t public_key[KEY_LEN];
	uint8_t x_pk[KEY_LEN];
	char endpoint[PEER_ENDPOINTS][ENDPOINT_TEXT];
	char pair_psk_file[PATH_TEXT];
	uint8_t pair_psk[KEY_LEN]; /* zero: none */
	struct prefix prefix[CONFIG_PREFIXES];
	uint32_t trust_renumber; /* 1 yes, 0 no */
	struct given given[PEER_OPT_MAX];
	char *file; /* where the block stands; NULL: a control command */
	int line;
};

/*
 * What is kept of it as long as the peer is there, under the same names. Of
 * lists as many as given says, and no more.
 */
struct config_kept {
	char name[PEER_NAME_MAX + 1];
	uint8_t public_key[KEY_LEN];
	char **endpoint;
	uint8_t pair_psk[KEY_LEN];
	struct prefix *prefix;
	uint32_t trust_renumber;
	struct given given[PEER_OPT_MAX];
	char *file;
	int line;
};

#endif
