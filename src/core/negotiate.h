/*
 * The negotiation's place in the core: live tunnels become links of src/neg,
 * its messages frames, what it agrees on routes, grants and news for the mesh
 * daemon. A core without it (core.neg NULL) counts its frames as unwanted.
 */
#ifndef VPLAM_CORE_NEGOTIATE_H
#define VPLAM_CORE_NEGOTIATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/prefix.h"
#include "base/run.h"
#include "neg/neg.h"
#include "neg/show.h"
#include "wire/mesh.h"

struct core;
struct frame;
struct negotiate;
struct peer;
struct rx;

/* What lies outside the core; the rule of struct core_io holds. */
struct negotiate_io {
	void *arg;

	/* What is routed to that peer from now on: all of it; n 0: nothing. */
	void (*routes)(
	    void *arg, uint32_t peer, const struct prefix *p, size_t n);

	/* Without a mesh daemon that can move: see neg_io.rehook. */
	void (*rehook)(void *arg, uint32_t id, const struct prefix *from,
	    const struct prefix *to, uint32_t count);
	void (*rehook_stop)(void *arg, uint32_t id);

	/* Send the nonce there (no port), through the mesh alone. */
	void (*probe)(
	    void *arg, const struct addr *to, const uint8_t nonce[NEG_NONCE]);

	void (*save)(void *arg, const struct neg_record *rec);
};

/* Before the first peer. All is copied. */
void negotiate_start(struct core *c, const struct neg_config *cfg,
    const struct negotiate_io *io);
void negotiate_fini(struct core *c); /* fine without a start */

void negotiate_set_config(
    struct core *c, const struct neg_config *cfg, struct turn *t);

/* Before the first tunnel: see neg_restore(). */
void negotiate_restore(
    struct core *c, const struct neg_record *rec, struct turn *t);

/*
 * Where we are by the configuration, as long as no mesh daemon says so
 * (NETDESC_MESH; copied). NULL: nowhere.
 */
void negotiate_place(struct core *c, const struct netdesc *d, struct turn *t);
bool negotiate_avoid(
    struct core *c, const struct neg_taken *t, size_t n, struct turn *turn);

/* The word of a peer is enough to move us (option trust-renumber). */
void negotiate_trust(
    struct core *c, struct peer *p, bool trust, struct turn *t);

/*
 * The program that was to move us has failed; a person's word; a nonce that
 * came over the mesh: only one from an address of our own gnode counts.
 */
void negotiate_move_failed(struct core *c, uint32_t id, struct turn *t);
bool negotiate_approve(struct core *c, uint32_t id, struct turn *t);
bool negotiate_refuse(struct core *c, uint32_t id, struct turn *t);
void negotiate_nonce(struct core *c, const struct addr *from,
    const uint8_t nonce[NEG_NONCE], struct turn *t);

/* Is the address one of our own gnode's? */
bool negotiate_owns(
    const struct core *c, const struct addr *a, struct mono now);

/* For show.h. NULL without a negotiation. */
const struct neg *negotiate_neg(const struct core *c);

/* io.routes again, of each peer that has any. */
void negotiate_tell_routes(struct core *c);

/* Whose an address is besides by agreement: a second vnode of its gnode. */
bool negotiate_grants(
    const struct peer *p, enum prefix_family family, const uint8_t *a);

/* Called by the rest of the core. */
void negotiate_peer_up(struct core *c, struct peer *p, struct turn *t);
void negotiate_peer_down(struct core *c, struct peer *p, struct turn *t);
void negotiate_receive(struct rx *rx, const struct frame *f);
void negotiate_tick(struct core *c, struct turn *t);
struct mono negotiate_deadline(const struct core *c);

/* The mesh daemon: it is there (tell it what is routed), it says, it left. */
void negotiate_mesh_up(struct core *c, struct turn *t);
void negotiate_mesh_desc(
    struct core *c, const struct netdesc *d, struct turn *t);
void negotiate_mesh_moved(
    struct core *c, uint32_t id, bool done, struct turn *t);
void negotiate_mesh_down(struct core *c, struct turn *t);

#endif
