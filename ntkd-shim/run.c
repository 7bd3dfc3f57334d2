#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "ntkd-shim/ambassador.h"
#include "ntkd-shim/child.h"
#include "ntkd-shim/client.h"
#include "ntkd-shim/data.h"
#include "ntkd-shim/loop.h"
#include "ntkd-shim/netns.h"
#include "ntkd-shim/runopt.h"
#include "ntkd-shim/sock.h"
#include "ntkd-shim/verbs.h"
#include "ntkd-shim/watch.h"

/* To a REHOOK. */
struct answer {
	bool due, failed;
	uint32_t id;
	enum amb_why why;
};

struct shim {
	struct runopt opt;
	struct loop loop;
	struct netns ns;
	struct sock sock;
	struct data data;
	struct watch watch;
	struct child child;
	struct client *client;
	struct source mesh; /* the client's descriptor; -1: not watched */
	struct source signals;
	struct amb *amb;
	uint32_t ntkd_ip;
	struct netdesc place;
	bool place_due;	    /* to be told */
	struct mono absent; /* ntkd's place is lost for good then */
	struct answer answer;
	struct mono patience; /* when ntkd is restarted for a rehook */
	bool impatient;	      /* it has been */
	bool displaced;	      /* ntkd has been started again for its place */
	bool stop, failed;
};

#define AGAIN_US (100 * MONO_MS) /* what vplamad did not take */

#define HOOK_GNODE 0x0a00 /* ntkd hooks from an address in 10.0.0.0/24 */

#define ABSENT_US (30 * (uint64_t)MONO_SEC) /* a start of ntkd is quicker */

#define IP_FMT "%u.%u.%u.%u"
#define IP_ARGS(ip) (ip) >> 24, (ip) >> 16 & 255, (ip) >> 8 & 255, (ip)&255

/* --- what the ambassador wants
 * ----------------------------------------------
 */

static void
do_identity_add(void *arg, uint32_t ip)
{
	struct shim *s = arg;

	log_info("identity " IP_FMT, IP_ARGS(ip));
	sock_identity_add(&s->sock, ip);
}

static void
do_identity_del(void *arg, uint32_t ip)
{
	struct shim *s = arg;

	log_info("identity " IP_FMT " is gone", IP_ARGS(ip));
	sock_identity_del(&s->sock, ip);
}

static void
do_route_set(void *arg, uint32_t peer, const struct prefix *p, size_t n)
{
	struct shim *s = arg;

	data_route(&s->data, peer, p, n);
}

static void
do_udp_send(void *arg, uint32_t from, uint32_t to, const uint8_t *p, size_t len)
{
	struct shim *s = arg;

	sock_udp_send(&s->sock, from, to, p, len);
}

static void
do_tcp_connect(void *arg, uint32_t conn, uint32_t from, uint32_t to)
{
	struct shim *s = arg;

	sock_tcp_connect(&s->sock, conn, from, to);
}

static void
do_tcp_send(void *arg, uint32_t conn, const uint8_t *p, size_t len)
{
	struct shim *s = arg;

	sock_tcp_send(&s->sock, conn, p, len);
}

static void
do_tcp_close(void *arg, uint32_t conn)
{
	struct shim *s = arg;

	sock_tcp_close(&s->sock, conn);
}

static void
do_mesh_pkt(void *arg, const uint8_t *key, size_t key_len, const uint8_t *body,
    size_t len)
{
	struct shim *s = arg;
	int rc = client_send(s->client, key, key_len, body, len);

	if (rc < 0)
		log_debug("a flood is lost: %s", strerror(-rc));
}

static void
do_random(void *arg, void *p, size_t len)
{
	(void)arg;
	if (getrandom(p, len, 0) != (ssize_t)len)
		fatal("getrandom");
}

static int
send_answer(struct shim *s)
{
	const struct answer *a = &s->answer;

	return a->failed
	    ? client_rehook_failed(s->client, a->id, amb_why_name(a->why))
	    : client_rehook_done(s->client, a->id);
}

/* What vplamad is too busy to take waits: there is one of each. */
static void
tell(struct shim *s)
{
	if (s->place_due && client_netdesc(s->client, &s->place) != -EAGAIN)
		s->place_due = false;
	if (s->answer.due && !s->place_due && send_answer(s) != -EAGAIN)
		s->answer.due = false;
}

static void
do_mesh_netdesc(void *arg, const struct netdesc *d)
{
	struct shim *s = arg;

	if (d == NULL) {
		log_info("ntkd's place is not known any more");
		s->place_due = false;
		s->absent = mono_add(clock_mono(), ABSENT_US);
		return;
	}
	log_info("ntkd's place: node " IP_FMT ", %u nodes, %u claims",
	    d->gid[3], d->gid[2], d->gid[1], d->gid[0], d->nodes, d->n_claims);
	s->place = *d;
	s->place_due = true;
	s->absent = MONO_NEVER;
	tell(s);
}

static void
do_rehook_done(void *arg, uint32_t id)
{
	struct shim *s = arg;

	log_info("rehook %" PRIu32 " is done", id);
	s->answer = (struct answer){ .due = true, .id = id };
	tell(s);
}

static void
do_rehook_failed(void *arg, uint32_t id, enum amb_why why)
{
	struct shim *s = arg;

	log_warnx("rehook %" PRIu32 " failed: %s", id, amb_why_name(why));
	s->answer = (struct answer){ true, true, id, why };
	tell(s);
}

/* --- what happens
 * -----------------------------------------------------------
 */

/*
 * ntkd founds one network in 256 in the gnode from which it borrows addresses
 * for its hook: no place that can be told. It draws another when it starts
 * again; but where it has found neighbours there it would only come back.
 */
static void
check_place(struct shim *s, uint32_t ip)
{
	if (ip >> 16 != HOOK_GNODE || ip >> 8 == (uint32_t)HOOK_GNODE << 8)
		return;
	log_warnx("ntkd is in 10.0.0.0/16, which no gnode may have");
	if (!s->displaced && s->child.pid != 0) {
		s->displaced = true;
		child_restart(&s->child);
	}
}

static void
on_ntkd_addr(void *arg, uint32_t ip, struct mono now)
{
	struct shim *s = arg;

	if (ip != s->ntkd_ip && ip != 0)
		log_info("ntkd is at " IP_FMT, IP_ARGS(ip));
	else if (ip != s->ntkd_ip)
		log_info("ntkd has no address");
	if (ip != s->ntkd_ip)
		check_place(s, ip);
	s->ntkd_ip = ip;
	amb_ntkd_addr(s->amb, ip, now);
}

static void
on_vp0_lost(void *arg)
{
	struct shim *s = arg;

	log_warnx(NETNS_NTKD_IF " was removed, which ntkd does not survive");
	s->failed = s->stop = true;
}

static void
take_rehook(struct shim *s, const struct mesh_rehook *re, struct mono now)
{
	log_info("rehook %" PRIu32 " is wanted", re->id);
	s->answer.due = false; /* nobody waits for an older one */
	s->patience = MONO_NEVER;
	s->impatient = false;
	amb_rehook(
	    s->amb, re->id, &re->topo, &re->from, &re->to, re->count, now);
}

static void
take_record(struct shim *s, const struct mesh_rec *rec, struct mono now)
{
	switch (rec->type) {
	case MESH_PKT:
		amb_pkt(s->amb, rec->u.pkt.peer, rec->u.pkt.body,
		    rec->u.pkt.len, now);
		break;
	case MESH_PEER_UP:
		amb_peer_rtt(s->amb, rec->u.up.peer, rec->u.up.rtt_us, now);
		break;
	case MESH_PEER_RTT:
		amb_peer_rtt(s->amb, rec->u.rtt.peer, rec->u.rtt.rtt_us, now);
		break;
	case MESH_ROUTE:
		amb_route(s->amb, rec->u.route.peer, &rec->u.route.topo,
		    rec->u.route.gid, rec->u.route.claim, rec->u.route.n_claims,
		    now);
		break;
	case MESH_REHOOK:
		take_rehook(s, &rec->u.rehook, now);
		break;
	case MESH_PEER_DOWN:
		amb_peer_down(s->amb, rec->u.down.peer, now);
		break;
	}
}

/* Until there is nothing more; its descriptor may be another one then.
 */
static void
step_client(struct shim *s, struct mono now)
{
	enum client_event ev;
	struct mesh_rec rec;

	do {
		ev = client_step(s->client, now, &rec);
		if (ev == CLIENT_UP) {
			log_info("connected to vplamad");
			amb_mesh_up(s->amb, now);
		} else if (ev == CLIENT_RECORD) {
			take_record(s, &rec, now);
		} else if (ev == CLIENT_DOWN) {
			log_warnx("%s", client_why(s->client));
			s->mesh.fd = -1; /* closed */
			amb_mesh_down(s->amb, now);
		}
	} while (ev != CLIENT_NOTHING);
	if (client_fd(s->client) >= 0 && s->mesh.fd < 0) {
		s->mesh.fd = client_fd(s->client);
		(void)loop_add(&s->loop, &s->mesh, EPOLLIN);
	}
}

static void
on_mesh(void *arg, uint32_t events, struct mono now)
{
	(void)events;
	step_client(arg, now);
}

static void
on_signal(void *arg, uint32_t events, struct mono now)
{
	struct shim *s = arg;
	struct signalfd_siginfo info;

	(void)events;
	if (read(s->signals.fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGUSR1)
		data_report(&s->data);
	else if (info.ssi_signo != SIGCHLD)
		s->stop = true;
	else if (child_reap(&s->child, now))
		amb_ntkd_gone(s->amb, now);
}

/* --- time
 * -------------------------------------------------------------------
 */

/* A rehook that ntkd ignores: its first hook after a restart obeys. */
static void
lose_patience(struct shim *s, struct mono now)
{
	if (s->opt.restart_s == 0 || !amb_rehooking(s->amb)) {
		s->patience = MONO_NEVER;
		s->impatient = false;
	} else if (mono_is_never(s->patience) && !s->impatient) {
		s->patience =
		    mono_add(now, (uint64_t)s->opt.restart_s * MONO_SEC);
	} else if (mono_due(s->patience, now)) {
		log_info("restarting ntkd, which does not move by itself");
		s->patience = MONO_NEVER;
		s->impatient = true;
		child_restart(&s->child);
	}
}

/* There is no word for "nowhere": without a mesh daemon vplamad gives up. */
static void
give_up_place(struct shim *s, struct mono now)
{
	if (!mono_due(s->absent, now))
		return;
	s->absent = MONO_NEVER;
	if (!client_is_up(s->client))
		return;
	log_warnx("ntkd is gone; telling vplamad");
	client_hang_up(s->client, now);
	s->mesh.fd = -1; /* closed */
	amb_mesh_down(s->amb, now);
}

static struct mono
next_deadline(const struct shim *s, struct mono now)
{
	int ms = client_poll_ms(s->client, now);
	struct mono d = amb_deadline(s->amb);

	if (ms >= 0)
		d = mono_min(d, mono_add(now, (uint64_t)ms * MONO_MS));
	d = mono_min(d, data_deadline(&s->data));
	d = mono_min(d, sock_deadline(&s->sock));
	if (s->place_due || s->answer.due)
		d = mono_min(d, mono_add(now, AGAIN_US));
	d = mono_min(d, child_deadline(&s->child));
	d = mono_min(d, s->absent);
	return mono_min(d, s->patience);
}

static void
tick(struct shim *s, struct mono now)
{
	tell(s);
	step_client(s, now);
	amb_tick(s->amb, now);
	sock_tick(&s->sock, now);
	data_tick(&s->data, now);
	child_tick(&s->child, now);
	lose_patience(s, now);
	give_up_place(s, now);
}

static void
loop(struct shim *s)
{
	while (!s->stop) {
		tick(s, clock_mono());
		loop_once(&s->loop, next_deadline(s, clock_mono()));
	}
}

/* --- start and end
 * ----------------------------------------------------------
 */

static int
open_signals(struct shim *s)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	s->signals =
	    (struct source){ signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC),
		    on_signal, s };
	if (s->signals.fd < 0)
		return -errno;
	return loop_add(&s->loop, &s->signals, EPOLLIN);
}

static void
make_ambassador(struct shim *s)
{
	const struct amb_io io = { .arg = s,
		.identity_add = do_identity_add,
		.identity_del = do_identity_del,
		.route_set = do_route_set,
		.udp_send = do_udp_send,
		.tcp_connect = do_tcp_connect,
		.tcp_send = do_tcp_send,
		.tcp_close = do_tcp_close,
		.mesh_pkt = do_mesh_pkt,
		.mesh_netdesc = do_mesh_netdesc,
		.rehook_done = do_rehook_done,
		.rehook_failed = do_rehook_failed,
		.random = do_random };

	s->amb = amb_new(&s->opt.amb, &io);
}

/* Two descriptors for each of many neighbours. */
static void
raise_files(void)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim) == 0) {
		lim.rlim_cur = lim.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &lim);
	}
}

static int
open_all(struct shim *s)
{
	const struct watch_io io = { s, on_ntkd_addr, on_vp0_lost };
	int rc = sock_open(&s->sock, &s->loop, &s->ns, s->amb);

	if (rc == 0)
		rc = data_open(&s->data, &s->loop, &s->ns, s->opt.device);
	if (rc == 0)
		rc = watch_open(&s->watch, &s->ns, &s->loop, &io);
	return rc;
}

static int
run(struct shim *s)
{
	int rc;

	child_init(&s->child, &s->ns, s->opt.ntkd, clock_mono());
	raise_files();
	rc = loop_init(&s->loop);
	if (rc == 0)
		rc = open_signals(s); /* none may end a set-up half way */
	if (rc < 0)
		fatalx("events: %s", strerror(-rc));
	rc = netns_open(&s->ns, &s->opt.net);
	if (rc < 0)
		return SHIM_FAILED;
	s->client = client_new(s->opt.sock, "ntkd-shim");
	s->mesh = (struct source){ -1, on_mesh, s };
	s->patience = MONO_NEVER;
	s->absent = MONO_NEVER;
	make_ambassador(s);
	if (open_all(s) == 0) {
		log_info(
		    NETNS_NTKD_IF " is ntkd's interface number %u", s->ns.vp0);
		loop(s);
		child_stop(&s->child);
		data_report(&s->data);
	} else {
		s->failed = true;
	}
	amb_free(s->amb);
	watch_close(&s->watch);
	data_close(&s->data);
	sock_close(&s->sock);
	client_free(s->client);
	loop_fini(&s->loop);
	netns_close(&s->ns);
	return s->failed ? SHIM_FAILED : SHIM_OK;
}

int
run_main(int argc, char **argv)
{
	struct shim s = { .data.tun.fd = -1,
		.data.sock.fd = -1,
		.sock.udp.fd = -1,
		.sock.listener.fd = -1 };

	if (!runopt_parse(&s.opt, argc, argv))
		return SHIM_USAGE;
	return run(&s);
}
