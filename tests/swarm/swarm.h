/*
 * N real peers in one process against a vplamad: the shipped core with its real
 * cryptography N times, each with an address, a socket and a key of its own.
 * See usage() in swarm.c.
 */
#ifndef VPLAM_TESTS_SWARM_SWARM_H
#define VPLAM_TESTS_SWARM_SWARM_H

#include "base/heap.h"
#include "core/core.h"

#define SWARM_MAX 62500 /* as many addresses are there */

struct swarm;

/* One peer. */
struct vnode {
	struct swarm *s;
	unsigned nr;
	struct identity id;
	struct addr addr;
	int fd;
	bool running, starts;
	struct core core;  /* while it runs */
	struct peer *peer; /* vplamad, as it sees it */
	struct hpent due;  /* the core's deadline, or its start */
	struct mono up_at; /* since the mark; NEVER: not yet */
};

/* A packet of the mesh daemon, on its way to all. */
struct fan_packet {
	uint64_t sent_ns; /* given to vplamad; CLOCK_REALTIME, as all of it */
	uint64_t first_ns, last_ns; /* it came to a socket of ours */
	uint64_t opened_ns;	    /* the last one had opened it */
	unsigned got;
};

struct fan {
	int fd; /* the mesh socket, or -1 */
	struct fan_packet *packet;
	unsigned count, next, of;
	size_t size;
	uint64_t gap_us;
	struct mono at;	 /* the next one, or the end; NEVER: none under way */
	struct mono gap; /* no next one before */
};

struct swarm {
	unsigned n, first;
	const char *seed, *name;
	uint16_t port; /* of all of them */
	struct addr daemon;
	uint8_t daemon_key[KEY_LEN];
	struct network net;
	struct aead_choice aead;
	struct vnode *v;
	struct heap due;
	struct arena mem;
	struct mono now, mark;
	uint64_t wall_ns;
	uint64_t arrived_ns; /* what is read now, by the kernel */
	unsigned up;
	uint64_t sent, got; /* datagrams */
	struct fan fan;
	bool quit;
};

/* vnode.c */
void vnode_make(struct vnode *v, struct swarm *s, unsigned nr);
void vnode_begin(struct vnode *v); /* a new life, and it dials */
void vnode_end(struct vnode *v);   /* without a word, as by kill -9 */
void vnode_read(struct vnode *v);
void vnode_tick(struct vnode *v);

/* fan.c */
bool fan_open(struct swarm *s, const char *path);
void fan_close(struct fan *f);
void fan_read(struct swarm *s);
void fan_begin(struct swarm *s, unsigned count, size_t size, unsigned gap_ms);
void fan_tick(struct swarm *s);
void fan_got(struct swarm *s, const uint8_t *body, size_t len);

uint64_t swarm_wall_ns(void);

#endif
