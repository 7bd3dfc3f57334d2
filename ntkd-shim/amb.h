/* What the parts of the ambassador share. Others use ambassador.h. */
#ifndef VPLAM_NTKD_SHIM_AMB_H
#define VPLAM_NTKD_SHIM_AMB_H

#include <sys/queue.h>

#include "base/heap.h"
#include "ntkd-shim/ambassador.h"
#include "ntkd-shim/ntk_ops.h"

/* One whole packet that waits for a line. */
struct amb_parcel {
	STAILQ_ENTRY(amb_parcel) entry;
	size_t len;
	uint8_t p[];
};

struct amb_ident {
	TAILQ_ENTRY(amb_ident) entry;
	uint32_t peer; /* 0: the temporary one */
	uint64_t rtt_us;
	uint32_t ip; /* 0: nothing to stand for */
	unsigned n_claims;
	struct claim claim[NETDESC_CLAIMS];
	bool there; /* identity_add() was called */
	bool extra; /* for one more claim of a peer: has no line, no claims */

	/* ntkd takes floods only from whom it has seen in its radar. */
	bool answered;	/* a round, */
	uint32_t round; /* this one, */
	bool seen;	/* and another has begun since */

	uint32_t line;	     /* connection to ntkd, or 0 */
	bool line_up;	     /* and greeted */
	struct mono line_at; /* open it not before, give up then */
	uint64_t backoff_us;
	STAILQ_HEAD(, amb_parcel) queue;
	unsigned n_queue;
};

enum amb_kind { CONN_TAKEN, CONN_LINE, CONN_ASK };

struct amb_conn {
	LIST_ENTRY(amb_conn) entry;
	uint32_t id;
	enum amb_kind kind;
	uint32_t local, remote; /* local: identity, or 0 */
	bool greeted;		/* by ntkd, where it is the one to greet */
	uint8_t *buf;		/* begin of a packet */
	size_t len, max;
};

/* An answer to the radar, on its way through the tunnel so to speak. */
struct amb_reply {
	struct hpent due;
	uint32_t from, to, id;
	uint8_t flags;
};

/* A flood that was handed over or spoken in the last 60 s. */
struct amb_known {
	STAILQ_ENTRY(amb_known) entry;
	struct mono until;
	uint8_t key[NTK_KEY_LEN];
};

enum ask_step { ASK_NOTHING, ASK_GREETING, ASK_ROUND, ASK_EXT, ASK_INT };

/* What is known of ntkd, and how it is asked. */
struct amb_place {
	uint32_t addr;	   /* as the address watch says, or 0 */
	struct mono heard; /* its last radar; MONO_NEVER: none */
	uint32_t conn;	   /* that it is asked on, or 0 */
	enum ask_step step;
	uint32_t ask_id;	 /* of the request under way */
	struct mono ask_at;	 /* the next one; or when to give up this one */
	bool has_round, has_map; /* map: the external one */
	bool has_near;		 /* the internal one, as new as that */
	bool fresh; /* the round was asked for since amb_place_ask() */
	struct ntk_qspn_round round;
	struct ntk_ext_map map;
	struct ntk_int_map near;
	struct mono foreign_until[NTK_GIDS]; /* at level top */
	bool has_left; /* a claim that a rehook has moved us out of */
	struct claim left;

	bool told;
	struct netdesc desc; /* as told */
	struct mono hold;    /* tell nothing before: more is to come */
	struct mono lost;    /* tell then that there is no place */
};

struct amb_rehook {
	bool on;
	uint32_t id, gcount;
	uint32_t old; /* ntkd's address when it began */
	struct claim from, to;
	struct mono again; /* send QSPN_CLOSE then, once it is seen */
	struct mono end;
	bool arrived;	  /* done as soon as the new place has been told */
	struct mono drop; /* the temporary identity */
};

struct amb {
	struct amb_config cfg;
	struct amb_io io;
	enum ntk_wire wire; /* 0: not known yet */
	struct topology topo;
	unsigned top; /* level of our claims */
	TAILQ_HEAD(, amb_ident) idents;
	unsigned n_idents;
	struct amb_ident *temp; /* also in the list; or NULL */
	LIST_HEAD(, amb_conn) conns;
	unsigned n_conns;
	uint32_t last_conn;
	struct heap replies;
	STAILQ_HEAD(, amb_known) known; /* the oldest first */
	unsigned n_known;
	uint32_t last_id[NTK_LEVELS][NTK_GIDS]; /* tracers by originator */
	struct amb_place place;
	struct amb_rehook rehook;
	bool mesh; /* the mesh socket is up */
};

/* --- ambassador.c --- */
/* The same gids at every level from this one up. */
static inline bool
amb_shares(uint32_t a, uint32_t b, unsigned level)
{
	return level >= NTK_LEVELS || (a ^ b) >> 8 * level == 0;
}

/* ntkd's address, when it is one to stay at and the daemon lives; else 0. */
uint32_t amb_home(const struct amb *a);
struct claim amb_claim_of(uint32_t ip, unsigned level);
uint32_t amb_under(const struct claim *c, uint32_t ip); /* moved there */
uint32_t amb_random(struct amb *a);
struct amb_ident *amb_ident_at(const struct amb *a, uint32_t ip); /* or NULL */
struct amb_ident *amb_ident_new(struct amb *a, uint32_t peer);
void amb_ident_free(struct amb *a, struct amb_ident *i, struct mono now);

/* Adds and deletes addresses until those are there that should be. */
void amb_settle(struct amb *a, struct mono now);
void amb_unseen(struct amb *a); /* all have to be seen again */

/* --- amb_radar.c --- */
void amb_radar_tick(struct amb *a, struct mono now);
struct mono amb_radar_deadline(const struct amb *a);
void amb_radar_fini(struct amb *a);

/* --- amb_conn.c --- */
/* Sends a whole packet by the line of an identity, now or when it is there. */
void amb_line_send(struct amb *a, struct amb_ident *i, const uint8_t *p,
    size_t len, struct mono now);
void amb_line_tick(struct amb *a, struct amb_ident *i, struct mono now);
struct mono amb_line_deadline(const struct amb *a, const struct amb_ident *i);
void amb_queue_drop(struct amb_ident *i);

struct amb_conn *amb_conn_new(
    struct amb *a, enum amb_kind kind, uint32_t local, uint32_t remote);
struct amb_conn *amb_conn_find(const struct amb *a, uint32_t id);
void amb_conn_close(struct amb *a, uint32_t id, struct mono now);
void amb_conns_forget(struct amb *a, uint32_t local); /* without tcp_close() */
/* All whose far end is not ip; with 0 all. */
void amb_conns_close_others(struct amb *a, uint32_t ip, struct mono now);
void amb_conns_fini(struct amb *a);

/* --- amb_flood.c --- */
void amb_flood_out(
    struct amb *a, const struct ntk_packet *pkt, struct mono now);
void amb_speak_close(struct amb *a, struct amb_ident *i, uint32_t id,
    uint32_t gcount, struct mono now);
void amb_known_tick(struct amb *a, struct mono now);
void amb_known_fini(struct amb *a);

/* --- amb_place.c --- */
void amb_place_tick(struct amb *a, struct mono now);
struct mono amb_place_deadline(const struct amb *a);
void amb_place_heard(struct amb *a, struct mono now); /* by its radar */
void amb_place_moved(struct amb *a, uint32_t before, struct mono now);
void amb_place_gone(struct amb *a);
void amb_place_ask(struct amb *a, struct mono now); /* at once */
void amb_ask_greeted(struct amb *a, struct mono now);
void amb_ask_input(
    struct amb *a, const struct ntk_packet *pkt, struct mono now);
void amb_ask_closed(struct amb *a, struct mono now);
/* What this peer claims is its, and some time after that, too. */
void amb_foreign(struct amb *a, const struct amb_ident *i, struct mono now);

/* --- amb_rehook.c --- */
/* ntkd's request to the temporary identity. */
void amb_hook_serve(struct amb *a, uint32_t conn, const struct ntk_packet *pkt);
void amb_rehook_addr(struct amb *a, struct mono now); /* ntkd's has changed */
void amb_rehook_tick(struct amb *a, struct mono now);
struct mono amb_rehook_deadline(const struct amb *a);

#endif
