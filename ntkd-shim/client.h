/*
 * Client of vplamad's mesh socket (doc/mesh-socket.md) for any mesh daemon:
 * connects, says HELLO, answers PING, and comes back by itself with a
 * back-off when vplamad goes away.
 *
 * It never blocks but in client_wait(). In an event loop: watch client_fd()
 * for client_events(), call client_step() until it says CLIENT_NOTHING
 * whenever the descriptor is ready or client_poll_ms() has passed, and ask
 * for the descriptor again afterwards, since a new connection has a new one.
 */
#ifndef VPLAM_NTKD_SHIM_CLIENT_H
#define VPLAM_NTKD_SHIM_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/mono.h"
#include "wire/mesh.h"

#define CLIENT_BACKOFF_MIN_US (200 * MONO_MS) /* doubles up to the maximum */
#define CLIENT_BACKOFF_MAX_US (5 * MONO_SEC)
#define CLIENT_HELLO_US (5 * MONO_SEC) /* vplamad must greet within this */

struct client;

enum client_event {
	CLIENT_NOTHING, /* has happened; *ret_rec is not set */
	CLIENT_UP,	/* vplamad's HELLO, in *ret_rec; peers follow */
	CLIENT_RECORD,	/* a PKT, PEER_UP, _DOWN or _RTT, REHOOK or ROUTE */
	CLIENT_DOWN,	/* connection lost or refused, see client_why();
			 * forget all peers. *ret_rec is not set */
};

/* name: what the HELLO says we are, at most MESH_TEXT_MAX bytes. */
struct client *client_new(const char *path, const char *name);
void client_free(struct client *c);

/* -1 while there is no connection; then only the time counts. */
int client_fd(const struct client *c);
short client_events(const struct client *c); /* POLLIN, POLLOUT */

/* Until client_step() has something to do without input; -1: never. */
int client_poll_ms(const struct client *c, struct mono now);

/* *ret_rec and what it points to are valid until the next call. */
enum client_event client_step(
    struct client *c, struct mono now, struct mesh_rec *ret_rec);

/*
 * For programs without an event loop: as client_step(), but waits for an
 * event, at most timeout_ms (-1: for ever), by the clock of clock_mono().
 */
enum client_event client_wait(
    struct client *c, int timeout_ms, struct mesh_rec *ret_rec);

/*
 * Closes the connection: as after CLIENT_DOWN, which does not come. vplamad
 * takes it for a mesh daemon that is gone, until the next NETDESC.
 */
void client_hang_up(struct client *c, struct mono now);

/* True between CLIENT_UP and CLIENT_DOWN. */
bool client_is_up(const struct client *c);

/* What vplamad's last HELLO said; zero before the first. */
const struct mesh_hello *client_hello(const struct client *c);

/* Why there is no connection, for people; "" when there is nothing. */
const char *client_why(const struct client *c);

/*
 * Sends a packet born in, or received from inside, the gnode. key (at most
 * MESH_KEY_MAX bytes) names what of it stays the same at each hop; without
 * one (key_len 0) vplamad goes by the whole body. Returns 0, -ENOTCONN,
 * -EMSGSIZE (body larger than vplamad takes), -EINVAL (no body, or key too
 * long), -EAGAIN (vplamad does not keep up: nothing was sent), or another
 * -errno (the next step will report the connection as down).
 */
int client_send(struct client *c, const uint8_t *key, size_t key_len,
    const uint8_t *body, size_t len);

/*
 * Says where the gnode is: after each CLIENT_UP, and when anything of it has
 * changed. Returns 0, -ENOTCONN, -EINVAL (netdesc_check() for NETDESC_MESH
 * says why), -EAGAIN (say it again later), or another -errno.
 */
int client_netdesc(struct client *c, const struct netdesc *d);

/*
 * The answer to a REHOOK, once the NETDESC with the new place is sent; or why
 * there is none, for people, at most MESH_TEXT_MAX bytes of it. Returns as
 * client_netdesc().
 */
int client_rehook_done(struct client *c, uint32_t id);
int client_rehook_failed(struct client *c, uint32_t id, const char *why);

#endif
