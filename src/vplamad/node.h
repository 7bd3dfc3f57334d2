/*
 * A peer as the daemon keeps it: where it was configured, and its names with
 * the addresses they stand for. The core knows addresses only.
 */
#ifndef VPLAM_VPLAMAD_NODE_H
#define VPLAM_VPLAMAD_NODE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "base/htab.h"
#include "io/resolve.h"
#include "vplamad/config.h"

struct vplamad;
struct node;

#define NODE_LOOKUP_US (60u * MONO_SEC) /* no second look-up before */
#define NODE_LOOKUP_MAX_S 86400u	/* whatever the name server says */
#define NODE_LOOKUP_UNSAID_S 3600u /* where nobody says how long it holds */
#define NODE_LOOKUPS 16		   /* in a turn */

struct node_name {
	struct node *node;
	struct hpent due;      /* in vplamad.names: looked up again */
	struct mono looked_at; /* last */
	struct lookup *query;  /* under way, or NULL */
	struct addr *ep;       /* of the last good answer, n of them */
	unsigned n;
	unsigned fails; /* since then */
	bool numeric;	/* no name */
	char *why;	/* of the last bad one; NULL after a good one */
};

struct node {
	TAILQ_ENTRY(node) link;
	struct hnode id_node; /* in vplamad.node_ids */
	struct vplamad *d;
	uint32_t id; /* of its struct peer; 0: none */
	struct config_kept conf;
	struct node_name *name; /* of conf.endpoint, as many */
};

TAILQ_HEAD(node_list, node);

/* None yet; frees all of them alone, as node_free() does. */
void nodes_init(struct vplamad *d);
void nodes_fini(struct vplamad *d);

/*
 * Adds the peer to the core, opens the devices that are for it alone and looks
 * up its names. Takes over conf->file,
 * also on failure: false and *ret_why (static).
 */
bool node_add(struct vplamad *d, struct config_peer *conf, const char **ret_why,
    struct turn *t);

/* Says goodbye to the peer; frees n. */
void node_del(struct node *n, uint8_t close_reason, struct turn *t);

/* Frees n alone: the core goes on its own. */
void node_free(struct node *n);

/* Takes over where conf stands, its endpoints and prefixes, and conf->file. */
void node_update(struct node *n, struct config_peer *conf, struct turn *t);

/*
 * Takes back what is granted to the peer, unless conf grants the same: before
 * node_update(), so that a prefix can go from one peer to another.
 */
void node_withdraw(struct node *n, const struct config_peer *conf);

struct node *node_by_id(struct vplamad *d, uint32_t id);
struct node *node_by_conf(struct vplamad *d, const struct config_peer *conf);

/*
 * Looks up the names whose time has come: that for which they hold is over, or
 * node_look_soon() was called. The old addresses stay until there are others.
 */
void nodes_look_up(struct vplamad *d, struct turn *t);
struct mono nodes_deadline(const struct vplamad *d);

/* The peer is dialled, or silent: its names may have moved on. */
void node_look_soon(struct node *n, struct mono now);

/* A resolve_own_fn of a vplamad: do our own tunnels come to that address? */
bool node_is_own(void *arg, const struct addr *a);

/* [{"text","addresses":[..],"error"}] for ctl_host. */
struct json_object *node_names(const struct node *n);

#endif
