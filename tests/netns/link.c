#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fdutil.h"
#include "base/log.h"
#include "tests/netns/meshd.h"

#define RECONNECT_US (100 * MONO_MS)
#define BUFFER (1 << 20)

static struct sockaddr_un
neighbour_addr(const struct meshd *md, const char *name)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int n = snprintf(
	    sun.sun_path, sizeof(sun.sun_path), "%s/%s.sock", md->folder, name);

	if (n >= (int)sizeof(sun.sun_path))
		fatalx("%s: too long for a socket", md->folder);
	return sun;
}

static enum outcome
outcome_of(ssize_t n)
{
	if (n >= 0)
		return SENT;
	return errno == EAGAIN || errno == ENOBUFS ? FULL : GONE;
}

enum outcome
mesh_try(struct meshd *md, size_t to, const uint8_t *p, size_t len)
{
	struct sockaddr_un sun = neighbour_addr(md, md->neighbour[to]);

	return outcome_of(sendto(md->mesh, p, len, MSG_DONTWAIT,
	    (struct sockaddr *)&sun, sizeof(sun)));
}

enum outcome
vplamad_try(struct meshd *md, const uint8_t *p, size_t len)
{
	if (!md->ready)
		return GONE;
	return outcome_of(
	    send(md->vplamad, p, len, MSG_DONTWAIT | MSG_NOSIGNAL));
}

void
mesh_read(struct meshd *md)
{
	struct sockaddr_un sun;
	socklen_t sun_len = sizeof(sun);
	struct sockaddr_un known;
	ssize_t n = recvfrom(md->mesh, md->in, sizeof(md->in), MSG_DONTWAIT,
	    (struct sockaddr *)&sun, &sun_len);
	size_t i;

	if (n < 0)
		return;
	for (i = 0; i < md->neighbours; i++) {
		known = neighbour_addr(md, md->neighbour[i]);
		if (strncmp(sun.sun_path, known.sun_path,
			sizeof(sun.sun_path)) == 0)
			break;
	}
	on_packet(md, md->in, (size_t)n, i);
}

static void
vplamad_lost(struct meshd *md, const char *why)
{
	event("lost");
	printf(" why=\"%s\"\n", why);
	close(md->vplamad);
	md->vplamad = -1;
	md->ready = false;
	md->peers = 0;
	md->reconnect = mono_add(tool_now(), RECONNECT_US);
}

void
vplamad_open(struct meshd *md)
{
	struct mesh_rec rec = { .type = MESH_HELLO };
	struct wr w = wr_of(md->rec, sizeof(md->rec));
	int size = BUFFER;

	md->vplamad = unix_connect(md->socket, SOCK_SEQPACKET);
	md->reconnect = mono_add(tool_now(), RECONNECT_US);
	if (md->vplamad < 0)
		return;
	(void)setsockopt(
	    md->vplamad, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	rec.u.hello = (struct mesh_hello){ .min = MESH_VERSION,
		.max = MESH_VERSION,
		.body_max = MESH_BODY_MAX };
	snprintf(
	    rec.u.hello.name, sizeof(rec.u.hello.name), "meshd %s", md->name);
	if (!mesh_write(&w, &rec) ||
	    send(md->vplamad, md->rec, w.len, MSG_NOSIGNAL) < 0)
		vplamad_lost(md, "no HELLO sent");
}

static void
on_hello(struct meshd *md, const struct mesh_rec *rec)
{
	const struct mesh_hello *h = &rec->u.hello;

	md->ready = true;
	event("hello");
	printf(" network=\"%s\" rate=%u burst=%u body-max=%u\n", h->network,
	    h->rate, h->burst, h->body_max);
}

static void
on_refused(struct meshd *md, const struct mesh_rec *rec)
{
	(void)md;
	event("refused");
	printf(
	    " code=%u why=\"%s\"\n", rec->u.refused.code, rec->u.refused.why);
}

static void
on_pkt(struct meshd *md, const struct mesh_rec *rec)
{
	const struct mesh_pkt *pk = &rec->u.pkt;

	if (pk->provenance != MESH_INTERNET)
		md->n.bad++;
	on_packet(md, pk->body, pk->len, TO_VPLAMAD);
}

static const char *
peer_name(const struct meshd *md, uint32_t id)
{
	size_t i;

	for (i = 0; i < md->peers; i++)
		if (md->peer[i].id == id)
			return md->peer[i].name;
	return "?";
}

static void
on_peer_up(struct meshd *md, const struct mesh_rec *rec)
{
	const struct mesh_peer_up *up = &rec->u.up;
	struct peer *p;

	event("up");
	printf(
	    " peer=%u name=%s endpoint=%s\n", up->peer, up->name, up->endpoint);
	if (md->peers == PEERS_MAX)
		return;
	p = &md->peer[md->peers++];
	p->id = up->peer;
	memcpy(p->name, up->name, sizeof(p->name));
}

static void
on_peer_down(struct meshd *md, const struct mesh_rec *rec)
{
	const struct mesh_peer_down *down = &rec->u.down;
	size_t i;

	event("down");
	printf(" peer=%u name=%s why=%u\n", down->peer,
	    peer_name(md, down->peer), down->why);
	for (i = 0; i < md->peers; i++)
		if (md->peer[i].id == down->peer)
			md->peer[i--] = md->peer[--md->peers];
}

static void
on_ping(struct meshd *md, const struct mesh_rec *rec)
{
	struct wr w = wr_of(md->rec, sizeof(md->rec));
	struct mesh_rec pong = { .type = MESH_PONG };

	pong.u.ping.token = rec->u.ping.token;
	if (mesh_write(&w, &pong))
		(void)vplamad_try(md, md->rec, w.len);
}

static void
on_nothing(struct meshd *md, const struct mesh_rec *rec)
{
	(void)md;
	(void)rec;
}

void
vplamad_read(struct meshd *md)
{
	static void (*const on[])(struct meshd *, const struct mesh_rec *) = {
		[MESH_HELLO] = on_hello,
		[MESH_REFUSED] = on_refused,
		[MESH_PKT] = on_pkt,
		[MESH_PEER_UP] = on_peer_up,
		[MESH_PEER_DOWN] = on_peer_down,
		[MESH_PEER_RTT] = on_nothing,
		[MESH_PING] = on_ping,
		[MESH_PONG] = on_nothing,
	};
	const char *field = "";
	struct mesh_rec rec;
	ssize_t n = recv(md->vplamad, md->in, sizeof(md->in), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		vplamad_lost(md, n < 0 ? strerror(errno) : "closed");
		return;
	}
	switch (mesh_parse(md->in, (size_t)n, &rec, &field)) {
	case MESH_OK:
		on[rec.type](md, &rec);
		break;
	case MESH_UNKNOWN:
		break;
	case MESH_BAD:
	case MESH_BAD_VERSION:
		md->n.bad++;
		event("bad");
		printf(" field=%s\n", field);
		break;
	}
}

void
mesh_open(struct meshd *md)
{
	struct sockaddr_un sun = neighbour_addr(md, md->name);

	md->mesh = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (md->mesh < 0)
		fatal("socket");
	unlink(sun.sun_path); /* of one that was killed */
	if (bind(md->mesh, (struct sockaddr *)&sun, sizeof(sun)) < 0)
		fatal("%s", sun.sun_path);
}

void
mesh_close(struct meshd *md)
{
	struct sockaddr_un sun = neighbour_addr(md, md->name);

	unlink(sun.sun_path);
	close(md->mesh);
	if (md->vplamad >= 0)
		close(md->vplamad);
}
