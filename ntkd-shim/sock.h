/*
 * The sockets of the ambassador, on port 269 of our end of the veth: one for
 * the datagrams of all identities, one listener for them, and connections.
 */
#ifndef VPLAM_NTKD_SHIM_SOCK_H
#define VPLAM_NTKD_SHIM_SOCK_H

#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "ntkd-shim/ambassador.h"
#include "ntkd-shim/loop.h"
#include "ntkd-shim/netns.h"

#define SOCK_OUT_MAX (1u << 20) /* bytes that may wait for ntkd */
#define SOCK_BUCKETS 256

struct sock_conn;
LIST_HEAD(sock_conns, sock_conn);

struct sock {
	struct loop *loop;
	struct netns *ns;
	struct amb *amb;
	uint32_t own; /* address for questions that no identity asks */
	struct source udp, listener;
	uint32_t *identity;
	size_t n_identities;
	struct sock_conns bucket[SOCK_BUCKETS]; /* by number */
	struct sock_conns over;	 /* hung up by us, to be closed by ntkd */
	struct sock_conn *fresh; /* accepted, its number not known yet */
	size_t n_broken;	 /* to be told by sock_tick() */
};

/* 0 or -errno, and the log says why. */
int sock_open(
    struct sock *s, struct loop *loop, struct netns *ns, struct amb *amb);
void sock_close(struct sock *s);

/* As the callbacks of the same name in struct amb_io want it. */
void sock_identity_add(struct sock *s, uint32_t ip);
void sock_identity_del(struct sock *s, uint32_t ip);
void sock_udp_send(
    struct sock *s, uint32_t from, uint32_t to, const uint8_t *p, size_t len);
void sock_tcp_connect(
    struct sock *s, uint32_t conn, uint32_t from, uint32_t to);
void sock_tcp_send(struct sock *s, uint32_t conn, const uint8_t *p, size_t len);
void sock_tcp_close(struct sock *s, uint32_t conn);

/* Tells what could not be told in a callback. */
void sock_tick(struct sock *s, struct mono now);
struct mono sock_deadline(const struct sock *s);

#endif
