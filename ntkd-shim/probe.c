#include "ntkd-shim/probe.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/fdutil.h"
#include "base/log.h"

#define BUSY_TRIES 200
#define BUSY_PAUSE_MS 10
#define PING_TOKEN 0x53454c46u

void
probe_init(struct probe *p, const char *path, int answer_ms)
{
	memset(p, 0, sizeof(*p));
	p->path = path;
	p->answer_ms = answer_ms;
	p->fd = -1;
}

void
probe_close(struct probe *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
}

bool
probe_open(struct probe *p)
{
	struct timeval limit = { .tv_sec = p->answer_ms / 1000,
		.tv_usec = p->answer_ms % 1000 * 1000 };
	int fd;

	probe_close(p);
	fd = unix_connect(p->path, SOCK_SEQPACKET);
	if (fd < 0)
		return false;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	p->fd = fd;
	return true;
}

bool
probe_send(struct probe *p, const void *bytes, size_t len)
{
	return send(p->fd, bytes, len, MSG_NOSIGNAL) == (ssize_t)len;
}

/*
 * One record: its length, 0 when closed, -1 when none comes in time. When
 * the other side closed before it had read all, the first call says
 * ECONNRESET and what it sent comes after that.
 */
static ssize_t
receive(struct probe *p)
{
	struct pollfd pfd = { p->fd, POLLIN, 0 };
	ssize_t n;

	if (poll(&pfd, 1, p->answer_ms) <= 0)
		return -1;
	n = recv(p->fd, p->buf, sizeof(p->buf), 0);
	if (n < 0 && errno == ECONNRESET)
		n = recv(p->fd, p->buf, sizeof(p->buf), 0);
	return n < 0 ? 0 : n;
}

/* After REFUSED nothing may come but the end. */
static enum probe_outcome
refused(struct probe *p)
{
	struct mesh_rec rec = p->rec;
	enum probe_outcome out = PROBE_REFUSED;

	if (receive(p) != 0)
		out = PROBE_SILENT;
	p->rec = rec;
	return out;
}

enum probe_outcome
probe_expect(struct probe *p, uint8_t type)
{
	const char *field;
	ssize_t n;

	do {
		n = receive(p);
		if (n <= 0)
			return n == 0 ? PROBE_CLOSED : PROBE_SILENT;
		if (mesh_parse(p->buf, (size_t)n, &p->rec, &field) != MESH_OK)
			return PROBE_GARBLED;
	} while (p->rec.type != type && p->rec.type != MESH_REFUSED);
	return p->rec.type == MESH_REFUSED ? refused(p) : PROBE_TAKEN;
}

static bool
is_busy(const struct probe *p, enum probe_outcome out)
{
	return out == PROBE_REFUSED && p->rec.u.refused.code == MESH_REF_BUSY;
}

enum probe_outcome
probe_first(struct probe *p, const void *bytes, size_t len)
{
	struct timespec pause = { .tv_nsec = BUSY_PAUSE_MS * 1000000L };
	enum probe_outcome out = PROBE_ABSENT;
	int i;

	for (i = 0; i < BUSY_TRIES; i++) {
		if (!probe_open(p))
			return PROBE_ABSENT;
		probe_send(p, bytes, len); /* fails when refused by then */
		out = probe_expect(p, MESH_HELLO);
		if (!is_busy(p, out))
			break;
		nanosleep(&pause, NULL);
	}
	return out;
}

static const struct claim claim79 = { 2, 0, { 0, 0, 79, 10 } },
			  claim80 = { 2, 0, { 0, 0, 80, 10 } };

void
probe_place(struct mesh_rec *rec)
{
	struct topology ntk = topology_ntk(NETDESC_10);

	if (rec->type == MESH_NETDESC) {
		rec->u.netdesc = (struct netdesc){ .topo = ntk,
			.gid = { 1, 1, 79, 10 },
			.nodes = 1,
			.n_claims = 1,
			.claim = { claim79 } };
	} else if (rec->type == MESH_REHOOK) {
		rec->u.rehook = (struct mesh_rehook){ .id = 1,
			.count = 2,
			.topo = ntk,
			.from = claim79,
			.to = claim80 };
	} else if (rec->type == MESH_ROUTE) {
		rec->u.route = (struct mesh_route){ .peer = 1,
			.n_claims = 1,
			.topo = ntk,
			.gid = { 1, 1, 79, 10 },
			.claim = { claim79 } };
	}
}

size_t
probe_record(uint8_t *out, size_t max, const struct mesh_rec *rec)
{
	struct wr w = wr_of(out, max);

	if (!mesh_write(&w, rec))
		fatalx("%s cannot be written", mesh_type_name(rec->type));
	return w.len;
}

enum probe_outcome
probe_greet(struct probe *p)
{
	struct mesh_rec rec = { .type = MESH_HELLO };
	uint8_t out[256];

	rec.u.hello.min = MESH_VERSION;
	rec.u.hello.max = MESH_VERSION;
	rec.u.hello.body_max = MESH_BODY_MAX;
	strcpy(rec.u.hello.name, "ntkd-shim selftest");
	return probe_first(p, out, probe_record(out, sizeof(out), &rec));
}

enum probe_outcome
probe_poke(struct probe *p, const void *bytes, size_t len)
{
	struct mesh_rec rec = { .type = MESH_PING };
	enum probe_outcome out;
	uint8_t ping[16];

	rec.u.ping.token = PING_TOKEN;
	probe_send(p, bytes, len); /* the answer tells */
	probe_send(p, ping, probe_record(ping, sizeof(ping), &rec));
	out = probe_expect(p, MESH_PONG);
	if (out == PROBE_TAKEN && p->rec.u.ping.token != PING_TOKEN)
		return PROBE_GARBLED;
	return out;
}

const char *
probe_text(
    const struct probe *p, enum probe_outcome out, char buf[static PROBE_WHY])
{
	static const char *const text[] = {
		[PROBE_TAKEN] = "taken",
		[PROBE_CLOSED] = "closed without REFUSED",
		[PROBE_SILENT] = "no answer, or not closed after REFUSED",
		[PROBE_GARBLED] = "a garbled answer",
		[PROBE_ABSENT] = "no connection",
	};

	if (out == PROBE_REFUSED)
		snprintf(buf, PROBE_WHY, "refused (%u, %s)",
		    (unsigned)p->rec.u.refused.code, p->rec.u.refused.why);
	else
		snprintf(buf, PROBE_WHY, "%s", text[out]);
	return buf;
}
