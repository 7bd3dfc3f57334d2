#include "ntkd-shim/data.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fdutil.h"
#include "base/log.h"
#include "base/xmem.h"

#define PACKET_MAX 65536
#define BATCH 64 /* packets at a time, so that others have their turn */
#define SOCK_ROOM (1 << 20) /* bytes on their way to vplamad */
#define BACKOFF_MIN_US (200 * MONO_MS)
#define BACKOFF_MAX_US (5 * MONO_SEC)

struct data_claim {
	uint32_t peer;
	struct prefix to;
};

/* --- routes -----------------------------------------------------------------
 */

static bool
is_claimed(void *arg, const uint8_t src[4])
{
	const struct data *d = arg;
	size_t i;

	for (i = 0; i < d->n_claims; i++)
		if (prefix_has(&d->claim[i].to, src))
			return true;
	return false;
}

/* Two tunnels may lead to one gnode. */
static bool
has_route(const struct data *d, const struct prefix *to)
{
	size_t i;

	for (i = 0; i < d->n_claims; i++)
		if (prefix_equal(&d->claim[i].to, to))
			return true;
	return false;
}

static void
set_route(struct data *d, const struct prefix *to, bool add)
{
	char text[PREFIX_TEXT];
	int rc = netns_route(d->ns, to, add);

	if (rc < 0 && (add || rc != -ESRCH))
		log_warnx(
		    "route to %s: %s", prefix_format(to, text), strerror(-rc));
	else
		log_info("%s %s the tunnels", prefix_format(to, text),
		    add ? "goes into" : "leaves");
}

static bool
is_among(const struct prefix *to, const struct prefix *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (prefix_equal(to, &p[i]))
			return true;
	return false;
}

static void
drop_claims(struct data *d, uint32_t peer, const struct prefix *p, size_t n)
{
	size_t i = 0;

	while (i < d->n_claims) {
		struct data_claim c = d->claim[i];

		if (c.peer != peer || is_among(&c.to, p, n)) {
			i++;
			continue;
		}
		d->claim[i] = d->claim[--d->n_claims];
		if (!has_route(d, &c.to))
			set_route(d, &c.to, false);
	}
}

static void
add_claim(struct data *d, uint32_t peer, const struct prefix *to)
{
	size_t i;

	for (i = 0; i < d->n_claims; i++)
		if (d->claim[i].peer == peer &&
		    prefix_equal(&d->claim[i].to, to))
			return;
	if (!has_route(d, to))
		set_route(d, to, true);
	d->claim =
	    xreallocarray(d->claim, d->n_claims + 1, sizeof(d->claim[0]));
	d->claim[d->n_claims++] = (struct data_claim){ peer, *to };
}

void
data_route(struct data *d, uint32_t peer, const struct prefix *p, size_t n)
{
	size_t i;

	drop_claims(d, peer, p, n);
	for (i = 0; i < n; i++)
		if (p[i].family == PREFIX_IPV4)
			add_claim(d, peer, &p[i]);
}

/* --- packets ----------------------------------------------------------------
 */

/* vplamad does not keep up: the kernel's queue in the TUN is the longer one. */
static void
hold(struct data *d, const uint8_t *p, size_t len)
{
	d->held = xmalloc(len);
	d->held_len = len;
	memcpy(d->held, p, len);
	loop_change(d->loop, &d->tun, 0);
	loop_change(d->loop, &d->sock, EPOLLIN | EPOLLOUT);
}

static void
let_go(struct data *d)
{
	free(d->held);
	d->held = NULL;
	loop_change(d->loop, &d->tun, EPOLLIN);
	loop_change(d->loop, &d->sock, EPOLLIN);
}

static void
send_held(struct data *d)
{
	if (send(d->sock.fd, d->held, d->held_len,
		MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		d->out++;
	else if (errno == EAGAIN)
		return;
	else
		d->lost++;
	let_go(d);
}

static void
hang_up(struct data *d, struct mono now)
{
	log_warnx("%s: connection lost", d->path);
	if (d->held != NULL) {
		d->lost++;
		let_go(d);
	}
	loop_del(d->loop, &d->sock);
	close(d->sock.fd);
	d->sock.fd = -1;
	d->again = mono_add(now, d->backoff_us);
}

static void
on_tun(void *arg, uint32_t events, struct mono now)
{
	struct data *d = arg;
	uint8_t p[PACKET_MAX];
	ssize_t n;
	int i;

	(void)events;
	(void)now;
	for (i = 0; i < BATCH && d->held == NULL; i++) {
		n = read(d->tun.fd, p, sizeof(p));
		if (n <= 0)
			return;
		if (p[0] >> 4 != 4)
			continue; /* IPv6 that the kernel says by itself */
		if (d->sock.fd >= 0 &&
		    send(d->sock.fd, p, (size_t)n,
			MSG_DONTWAIT | MSG_NOSIGNAL) == n)
			d->out++;
		else if (d->sock.fd >= 0 && errno == EAGAIN)
			hold(d, p, (size_t)n);
		else
			d->lost++;
	}
}

static void
deliver(struct data *d, const uint8_t *p, size_t len)
{
	enum filter_verdict v = filter_judge(p, len, is_claimed, d);

	d->judged[v]++;
	if (v != FILTER_PASS)
		return;
	if (write(d->tun.fd, p, len) == (ssize_t)len)
		d->in++;
	else
		d->lost++;
}

static void
on_sock(void *arg, uint32_t events, struct mono now)
{
	struct data *d = arg;
	uint8_t p[PACKET_MAX];
	ssize_t n;
	int i;

	if (d->held != NULL && (events & EPOLLOUT) != 0)
		send_held(d);
	for (i = 0; i < BATCH; i++) {
		n = recv(d->sock.fd, p, sizeof(p), MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			hang_up(d, now);
			return;
		}
		deliver(d, p, (size_t)n);
	}
}

/* --- the connection ---------------------------------------------------------
 */

static void
connect_vplamad(struct data *d, struct mono now)
{
	int rc = unix_connect(d->path, SOCK_SEQPACKET), room = SOCK_ROOM;

	if (rc >= 0) {
		d->sock.fd = rc;
		(void)setsockopt(
		    rc, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
		rc = fd_nonblock(rc);
		if (rc == 0)
			rc = loop_add(d->loop, &d->sock, EPOLLIN);
		if (rc == 0) {
			log_info("%s: connected", d->path);
			d->backoff_us = BACKOFF_MIN_US;
			d->again = MONO_NEVER;
			return;
		}
		close(d->sock.fd);
		d->sock.fd = -1;
	}
	/* once: it may take long until vplamad is there */
	if (d->backoff_us == BACKOFF_MIN_US)
		log_warnx("%s: %s; trying again", d->path, strerror(-rc));
	d->again = mono_add(now, d->backoff_us);
	d->backoff_us *= 2;
	if (d->backoff_us > BACKOFF_MAX_US)
		d->backoff_us = BACKOFF_MAX_US;
}

int
data_open(struct data *d, struct loop *loop, struct netns *ns, const char *path)
{
	int rc;

	*d = (struct data){ .loop = loop,
		.ns = ns,
		.path = path,
		.tun = { -1, on_tun, d },
		.sock = { -1, on_sock, d },
		.backoff_us = BACKOFF_MIN_US };
	rc = netns_tun(ns);
	if (rc < 0) {
		log_warnx("the TUN " NETNS_TUN_IF ": %s", strerror(-rc));
		return rc;
	}
	d->tun.fd = rc;
	return loop_add(loop, &d->tun, EPOLLIN);
}

void
data_close(struct data *d)
{
	if (d->sock.fd >= 0)
		close(d->sock.fd);
	if (d->tun.fd >= 0)
		close(d->tun.fd);
	free(d->claim);
	free(d->held);
	*d = (struct data){ .tun.fd = -1, .sock.fd = -1 };
}

struct mono
data_deadline(const struct data *d)
{
	return d->sock.fd < 0 ? d->again : MONO_NEVER;
}

void
data_tick(struct data *d, struct mono now)
{
	if (d->sock.fd < 0 && mono_due(d->again, now))
		connect_vplamad(d, now);
}

void
data_report(const struct data *d)
{
	int v;

	log_info("packets: %" PRIu64 " into tunnels, %" PRIu64
		 " out of tunnels, %" PRIu64 " found nobody",
	    d->out, d->in, d->lost);
	for (v = FILTER_PASS + 1; v < FILTER_VERDICTS; v++)
		log_info("dropped from tunnels, %s: %" PRIu64,
		    filter_name((enum filter_verdict)v), d->judged[v]);
}
