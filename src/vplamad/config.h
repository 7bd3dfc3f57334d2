/*
 * The configuration as a plain struct: read whole, checked whole, with the
 * file and line of everything that is wrong. Changes nothing anywhere.
 */
#ifndef VPLAM_VPLAMAD_CONFIG_H
#define VPLAM_VPLAMAD_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/addr.h"
#include "base/ifname.h"
#include "base/log.h"
#include "base/prefix.h"
#include "core/trust.h"
#include "crypto/keys.h"
#include "io/port.h"
#include "vplamad/cfgblock.h"
#include "wire/record.h"
#include "wire/uri.h"

#define CONFIG_PATH "/etc/vplama/vplamad.conf"
#define CONFIG_LISTEN 8
#define CONFIG_DEVICES 8
#define CONFIG_CLAIMS 32
#define CONFIG_MESHES 8
#define CONFIG_ENTRIES 8

enum option_id {
#define OPTION(id, ...) OPT_##id,
#include "vplamad/options.def"
	OPT_MAX
};

/* Where on Earth, in 1/100000 degree. */
struct config_degrees {
	int32_t lat, lon;
};

struct config {
	char path[PATH_TEXT]; /* of the main file */
	char network[NETWORK_NAME_MAX + 1];
	char network_key_file[PATH_TEXT]; /* "": open network */
	char private_key_file[PATH_TEXT];
	char state_dir[PATH_TEXT];
	struct addr listen[CONFIG_LISTEN]; /* given[OPT_LISTEN].n of them */
	char mesh_socket[PATH_TEXT];
	char control_socket[PATH_TEXT];
	uint32_t rekey_after;	 /* seconds */
	uint32_t fanout_rate[2]; /* packets a second: per origin, in all */
	uint32_t mtu;		 /* bytes */
	uint32_t mark;		 /* 0: none */
	char bind_device[IFNAME_MAX + 1]; /* "": any */
	uint32_t offload[5];		  /* enum config_offload */
	struct prefix prefix[CONFIG_PREFIXES];
	uint32_t rehook, rehook_rule;	  /* enum rehook_policy, verdict_rule */
	uint32_t rehook_max_nodes, nodes; /* nodes: of our gnode */
	char rehook_hook[PATH_TEXT];	  /* "": none */
	uint32_t stable;		  /* enum neg_stable */
	uint64_t netid;			  /* 0: none */
	struct prefix claim[CONFIG_CLAIMS];
	char mesh_interface[CONFIG_MESHES][IFNAME_MAX + 1];
	uint32_t install_routes;		/* 1 yes, 0 no */
	char route_device[DEVICE_NAME_MAX + 1]; /* "": the first that suits */
	uint32_t route_table, route_metric, route_protocol;
	uint32_t trust;		    /* enum trust_mode */
	char trust_hook[PATH_TEXT]; /* "": none */
	uint8_t trust_authority[TRUST_AUTHORITIES][KEY_LEN];
	uint32_t open_transit, public; /* 1 yes, 0 no */
	uint32_t max_peers;
	uint32_t answer_identity; /* 1 yes, 0 no */
	struct addr advertise[RECORD_ENDPOINTS];
	char name[RECORD_NAME + 1], community[RECORD_NAME + 1];
	char country[3];
	struct config_degrees place;
	char contact[RECORD_CONTACT + 1];
	char entry[CONFIG_ENTRIES][SOURCE_TEXT];
	uint32_t store_interval; /* seconds */
	enum log_level log_level;
	struct given given[OPT_MAX];

	struct identity id; /* from the private key file */
	struct network net; /* from the name and the network key file */

	struct config_device *devices; /* in the order of the file */
	size_t n_devices;
	struct config_peer *peers; /* in the order of the files */
	size_t n_peers;
};

/* What is wrong, each "file:line: option: what; what was expected". */
struct config_errors {
	char **text;
	size_t n;
};

/*
 * Reads the file, the folder peers.d beside it (*.conf, in order of name) and
 * the key files they name. False when anything is wrong; then *ret holds
 * nothing. Reports all it finds, not only the first; after an error of syntax
 * the rest of that one file is not looked at. errs starts out empty (zero).
 */
bool config_load(
    const char *path, struct config *ret, struct config_errors *errs);
void config_free(struct config *cfg); /* wipes the keys; not cfg itself */

/* cfgtrust.c: options that need each other. */
void trust_check(const struct config *cfg, struct config_errors *errs);

void config_error(struct config_errors *errs, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void config_errors_free(struct config_errors *errs);

/*
 * What is good but will hardly do what is wanted, in the form of errors; of a
 * configuration that was loaded.
 */
void config_warnings(const struct config *cfg, struct config_errors *warns);

/*
 * The canonical form: every option with its value, then devices and peers. Of
 * a device those that mean something for its kind.
 */
void config_print(const struct config *cfg, FILE *out);

/*
 * A peer from texts, as a control command gives it, by the rules of a peer
 * block. NULL, or what is wrong with it (static).
 */
const char *config_peer_make(const char *name, const char *key,
    const char *const *endpoints, size_t n, struct config_peer *ret);

/* Keeps c in place of what k held (zeroes at first); takes over c->file. */
void config_keep(struct config_kept *k, struct config_peer *c);
void config_kept_free(struct config_kept *k); /* wipes; not k itself */

/* Are the settings that sessions see the same? (Not file and line.) */
bool config_same_id(const struct config_kept *k, const struct config_peer *c);
bool config_same_endpoints(
    const struct config_kept *k, const struct config_peer *c);
bool config_same_prefixes(
    const struct config_kept *k, const struct config_peer *c);

#endif
