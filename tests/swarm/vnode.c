/* One peer of the swarm: a core, a socket, and a mesh daemon that counts. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "core/exchange.h"
#include "core/negotiate.h"
#include "core/session.h"
#include "crypto/prim.h"
#include "tests/quiet.h"
#include "tests/swarm/swarm.h"
#include "wire/mesh.h"

#define DGRAM_MAX 2048
#define READS 64	/* datagrams of one peer before the next has its turn */
#define FAN_RATE 100000 /* what is measured is vplamad, not what we take */
#define RCVBUF (256 << 10)

/* --- callbacks of the core ------------------------------------------------ */

static void
on_udp_send(void *arg, const struct path *to, struct run *run)
{
	struct vnode *v = arg;
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(&to->remote, false, &ss);
	unsigned i;

	for (i = 0; i < run->n; i++)
		if (sendto(v->fd, run->pkt[i].p, run->pkt[i].len, MSG_DONTWAIT,
			(struct sockaddr *)&ss, len) >= 0)
			v->s->sent++;
}

static void
on_mesh_send(void *arg, struct run *run)
{
	struct vnode *v = arg;
	struct mesh_rec rec;
	const char *field;
	unsigned i;

	for (i = 0; i < run->n; i++)
		if (mesh_parse(run->pkt[i].p, run->pkt[i].len, &rec, &field) ==
			MESH_OK &&
		    rec.type == MESH_PKT)
			fan_got(v->s, rec.u.pkt.body, rec.u.pkt.len);
}

/* --- one life ------------------------------------------------------------- */

/* Neighbours by number are in different networks (/16). */
static struct addr
addr_of(const struct swarm *s, unsigned nr)
{
	const uint8_t ip[4] = { 127, (uint8_t)(1 + nr % 250),
		(uint8_t)(nr / 250), 1 };

	return addr_from_ip(ip, sizeof(ip), s->port);
}

static int
socket_at(const struct addr *a)
{
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(a, false, &ss);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1, size = RCVBUF;
	char text[ADDR_TEXT];

	if (fd < 0)
		fatal("socket");
	if (bind(fd, (struct sockaddr *)&ss, len) < 0)
		fatal("bind %s", addr_format(a, text));
	if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) < 0)
		fatal("SO_TIMESTAMPNS");
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return fd;
}

void
vnode_make(struct vnode *v, struct swarm *s, unsigned nr)
{
	uint8_t seed[KEY_LEN];
	char text[128];
	int n = snprintf(text, sizeof(text), "%s %u", s->seed, nr);

	if (n >= (int)sizeof(text))
		fatalx("%s: too long for a seed", s->seed);
	blake2b(seed, sizeof(seed), NULL, text, (size_t)n, NULL, 0);
	if (!identity_from_seed(seed, &v->id))
		fatalx("%s: makes no key", text);
	v->s = s;
	v->nr = nr;
	v->addr = addr_of(s, nr);
	v->fd = -1;
	v->up_at = MONO_NEVER;
}

static struct turn
turn_of(struct vnode *v)
{
	return (struct turn){ .now = v->s->now,
		.wall_ms = v->s->wall_ns / 1000000,
		.mem = &v->s->mem };
}

static void
start_core(struct vnode *v)
{
	struct swarm *s = v->s;
	struct core_io io = quiet_core_io(v);
	struct core_config cc = {
		.id = v->id,
		.net = s->net,
		.aead = s->aead,
		.limits = { REKEY_AFTER_MS, FAN_RATE, FAN_RATE, CORE_MTU },
	};
	const struct exchange_config ec = {
		.trust.mode = TRUST_KNOWN,
		.self.about.life = RECORD_LIFE_S,
	};
	const struct exchange_io xio = quiet_exchange_io(v);
	const struct neg_config nc = { .policy = REHOOK_NEVER };
	const struct negotiate_io nio = quiet_negotiate_io(v);

	snprintf(cc.network, sizeof(cc.network), "%s", s->name);
	io.udp_send = on_udp_send;
	io.mesh_send = on_mesh_send;
	core_init(&v->core, &cc, &io, s->now);
	exchange_start(&v->core, &ec, &xio);
	negotiate_start(&v->core, &nc, &nio);
}

static void
mesh_hello(struct vnode *v, struct turn *t)
{
	struct mesh_rec rec = { .type = MESH_HELLO,
		.u.hello = { .min = MESH_VERSION,
		    .max = MESH_VERSION,
		    .body_max = MESH_BODY_MAX } };
	uint8_t buf[MESH_SMALL_MAX];
	struct wr w = wr_of(buf, sizeof(buf));
	struct run run;
	struct pkt *pk;

	mesh_write(&w, &rec);
	pk = run_one(&run, w.len, t->mem);
	memcpy(pk->p, buf, w.len);
	core_mesh_open(&v->core, t);
	core_mesh_input(&v->core, &run, t);
}

static void
rearm(struct vnode *v)
{
	heap_set(&v->s->due, &v->due, core_deadline(&v->core));
}

/* Both directions carry, under keys that are younger than the mark. */
static void
look(struct vnode *v)
{
	const struct session *cur = v->peer->slot[SLOT_CUR];

	if (!mono_is_never(v->up_at) || v->peer->state != PEER_VRNODE ||
	    cur == NULL || !cur->heard ||
	    mono_before(v->peer->handshake_at, v->s->mark))
		return;
	v->up_at = v->s->now;
	v->s->up++;
}

void
vnode_begin(struct vnode *v)
{
	struct peer_config pc = { .name = "daemon" };
	struct turn t = turn_of(v);
	const char *why;

	v->starts = false;
	if (v->fd < 0)
		v->fd = socket_at(&v->addr);
	start_core(v);
	v->running = true;
	mesh_hello(v, &t);
	memcpy(pc.ed_pk, v->s->daemon_key, KEY_LEN);
	if (!key_to_x25519(pc.ed_pk, pc.x_pk))
		fatalx("vplamad's key is none");
	v->peer = core_peer_add(&v->core, &pc, &why, &t);
	if (v->peer == NULL)
		fatalx("vplamad as a peer: %s", why);
	core_peer_endpoints(&v->core, v->peer, &v->s->daemon, 1, &t);
	arena_reset(t.mem);
	rearm(v);
}

void
vnode_end(struct vnode *v)
{
	uint8_t byte;

	heap_set(&v->s->due, &v->due, MONO_NEVER);
	if (!v->running)
		return;
	core_fini(&v->core);
	v->running = false;
	v->peer = NULL;
	while (recv(v->fd, &byte, sizeof(byte), MSG_DONTWAIT) >= 0)
		; /* who is dead has read nothing */
}

static void
read_stamp(struct swarm *s, struct msghdr *mh)
{
	struct cmsghdr *c;
	struct timespec ts;

	s->arrived_ns = 0;
	for (c = CMSG_FIRSTHDR(mh); c != NULL; c = CMSG_NXTHDR(mh, c))
		if (c->cmsg_level == SOL_SOCKET &&
		    c->cmsg_type == SO_TIMESTAMPNS) {
			memcpy(&ts, CMSG_DATA(c), sizeof(ts));
			s->arrived_ns =
			    (uint64_t)ts.tv_sec * UINT64_C(1000000000) +
			    (uint64_t)ts.tv_nsec;
		}
}

static bool
read_one(struct vnode *v)
{
	struct run run;
	struct turn t = turn_of(v);
	struct pkt *pk = run_one(&run, DGRAM_MAX, t.mem);
	struct path from = { .local = v->addr };
	struct sockaddr_storage ss;
	struct iovec iov = { pk->p, DGRAM_MAX };
	uint8_t ctl[CMSG_SPACE(sizeof(struct timespec))];
	struct msghdr mh = { .msg_name = &ss,
		.msg_namelen = sizeof(ss),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = ctl,
		.msg_controllen = sizeof(ctl) };
	ssize_t n = recvmsg(v->fd, &mh, MSG_DONTWAIT);

	if (n < 0)
		return errno == ECONNREFUSED; /* vplamad was not there */
	pk->len = (uint32_t)n;
	v->s->got++;
	read_stamp(v->s, &mh);
	if (v->running &&
	    addr_from_sockaddr((struct sockaddr *)&ss, &from.remote))
		core_udp_input(&v->core, &from, &run, &t);
	arena_reset(t.mem);
	return true;
}

void
vnode_read(struct vnode *v)
{
	unsigned i;

	for (i = 0; i < READS && read_one(v); i++)
		;
	arena_reset(&v->s->mem);
	if (!v->running)
		return;
	look(v);
	rearm(v);
}

void
vnode_tick(struct vnode *v)
{
	struct turn t = turn_of(v);

	if (v->starts) {
		vnode_begin(v);
		return;
	}
	core_tick(&v->core, &t);
	arena_reset(t.mem);
	rearm(v);
}
