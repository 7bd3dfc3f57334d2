#include "tests/unit/shim_server.h"

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fdutil.h"
#include "base/xmem.h"
#include "wire/mesh.h"

struct server {
	enum server_fault fault;
	unsigned peers;
	int listener;
	int client; /* -1: nobody */
	bool greeted;
	uint8_t buf[MESH_RECORD_MAX + 1];
	uint8_t out[MESH_RECORD_MAX];
};

static void
send_rec(struct server *s, int fd, const struct mesh_rec *rec)
{
	struct wr w = wr_of(s->out, sizeof(s->out));

	if (!mesh_write(&w, rec))
		_exit(9);
	send(fd, s->out, w.len, MSG_NOSIGNAL); /* it may have gone */
}

static void
drop(struct server *s)
{
	close(s->client);
	s->client = -1;
	s->greeted = false;
}

static void
refuse(struct server *s, int fd, enum mesh_refusal code, const char *why)
{
	struct mesh_rec rec = { .type = MESH_REFUSED };

	rec.u.refused.code = (uint16_t)code;
	if (s->fault != SERVER_NO_WHY)
		snprintf(
		    rec.u.refused.why, sizeof(rec.u.refused.why), "%s", why);
	if (s->fault != SERVER_CLOSES)
		send_rec(s, fd, &rec);
	if (fd == s->client && s->fault != SERVER_STAYS)
		drop(s);
}

static void
greet(struct server *s, const struct mesh_hello *theirs)
{
	struct mesh_rec rec = { .type = MESH_HELLO };
	unsigned i;

	if (theirs->min > MESH_VERSION && s->fault != SERVER_ANY_VERSION) {
		refuse(s, s->client, MESH_REF_VERSION, "no common version");
		return;
	}
	rec.u.hello.min = rec.u.hello.max = MESH_VERSION;
	memset(rec.u.hello.key, s->fault == SERVER_NO_KEY ? 0 : 5, 32);
	rec.u.hello.body_max = MESH_BODY_MAX;
	rec.u.hello.rate = 1000;
	s->greeted = true;
	send_rec(s, s->client, &rec);
	for (i = 1; i <= s->peers; i++) {
		rec = (struct mesh_rec){ .type = MESH_PEER_UP };
		rec.u.up.peer = i;
		snprintf(rec.u.up.name, sizeof(rec.u.up.name), "p%u", i);
		strcpy(rec.u.up.endpoint, "192.0.2.1:7469");
		send_rec(s, s->client, &rec);
	}
}

static void
take_pkt(struct server *s, const struct mesh_pkt *pkt)
{
	struct mesh_rec rec = { .type = MESH_PKT, .u.pkt = *pkt };
	unsigned i;

	if (s->fault == SERVER_DROPS) {
		drop(s);
		return;
	}
	if (s->fault == SERVER_SMALL && pkt->len > 1000) {
		refuse(s, s->client, MESH_REF_FORMAT, "PKT.body");
		return;
	}
	if (pkt->provenance != MESH_INTERNAL)
		return;
	for (i = 1; i <= s->peers; i++) {
		rec.u.pkt.provenance = MESH_INTERNET;
		rec.u.pkt.peer = i;
		send_rec(s, s->client, &rec);
	}
}

static void
take_rec(struct server *s, struct mesh_rec *rec)
{
	if (rec->type == MESH_HELLO) {
		greet(s, &rec->u.hello);
	} else if (!s->greeted && s->fault != SERVER_ANY_ORDER) {
		refuse(s, s->client, MESH_REF_ORDER, "HELLO comes first");
	} else if (rec->type == MESH_PKT) {
		take_pkt(s, &rec->u.pkt);
	} else if (rec->type == MESH_PING) {
		rec->type = MESH_PONG;
		rec->u.ping.token += s->fault == SERVER_WRONG_TOKEN;
		send_rec(s, s->client, rec);
	} else if (rec->type == MESH_REHOOK_DONE &&
	    s->fault == SERVER_ASKED_ONLY) {
		refuse(s, s->client, MESH_REF_ORDER, "not asked");
	}
}

static void
take_bytes(struct server *s, size_t len)
{
	struct mesh_rec rec;
	const char *field;
	enum mesh_parse parsed = mesh_parse(s->buf, len, &rec, &field);

	if (parsed == MESH_OK) {
		take_rec(s, &rec);
	} else if (parsed == MESH_BAD && s->fault != SERVER_IGNORES_BAD) {
		refuse(s, s->client, MESH_REF_FORMAT, field);
	} else if (parsed == MESH_BAD_VERSION) {
		if (s->fault != SERVER_ANY_VERSION)
			refuse(s, s->client, MESH_REF_VERSION, "version");
	} else if (parsed == MESH_UNKNOWN && s->fault == SERVER_KNOWN_ONLY) {
		refuse(s, s->client, MESH_REF_FORMAT, "type");
	}
}

static void
take_client(struct server *s)
{
	int fd = accept(s->listener, NULL, NULL);

	if (fd < 0)
		return;
	if (s->client >= 0 && s->fault == SERVER_SECOND_WINS)
		drop(s);
	if (s->client < 0) {
		s->client = fd;
		return;
	}
	if (s->fault != SERVER_BUSY_SILENT)
		refuse(s, fd, MESH_REF_BUSY, "another is connected");
	close(fd);
}

static _Noreturn void
serve(struct server *s)
{
	for (;;) {
		struct pollfd pfd[2] = { { s->listener, POLLIN, 0 },
			{ s->client, POLLIN, 0 } };
		ssize_t n;

		if (poll(pfd, 2, -1) < 0)
			_exit(8);
		if (pfd[1].revents != 0) {
			n = recv(s->client, s->buf, sizeof(s->buf), 0);
			if (n > 0)
				take_bytes(s, (size_t)n);
			else
				drop(s);
		} else if (pfd[0].revents != 0) {
			take_client(s);
		}
	}
}

pid_t
server_start(const char *path, enum server_fault fault, unsigned peers)
{
	struct server *s = xcalloc(1, sizeof(*s));
	pid_t pid;

	s->fault = fault;
	s->peers = peers;
	s->client = -1;
	s->listener = unix_listen(path, SOCK_SEQPACKET, 0600);
	if (s->listener < 0)
		abort();
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* not to outlive the test */
		serve(s);
	}
	close(s->listener);
	free(s);
	return pid;
}

void
server_stop(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}
