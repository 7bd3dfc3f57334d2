/*
 * A stand-in for vplamad, for tests of what speaks to it: a mesh socket and a
 * device (unix-seqpacket, IP) that do what standard input says, and say what
 * came to standard output.
 *
 *	standin MESH-SOCKET DEVICE-SOCKET
 *
 *	up PEER RTT-US | down PEER
 *	route PEER ADDRESS PREFIX...	all /8, /16 or /24 of 10/8; none: no
 *					more
 *	rehook ID FROM TO COUNT		prefixes
 *	pkt PEER HEX			a flood of that gnode, neutral form
 *	data HEX			an IPv4 packet out of a tunnel; its
 *					header's checksum is put in
 *	echo on|off			pings into the tunnels come back
 *					answered
 *	hang-up				closes the mesh socket's connection
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fdutil.h"
#include "base/log.h"
#include "tests/tool.h"
#include "wire/mesh.h"

#define WORDS 16

struct standin {
	int mesh_listener, dev_listener;
	int mesh, dev; /* -1: nobody */
	bool greeted, echo;
	struct tool_input in;
};

static void
hex_print(const uint8_t *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		printf("%02x", p[i]);
}

static size_t
hex_read(const char *s, uint8_t *out, size_t max)
{
	unsigned byte;
	size_t n = 0;

	while (n < max && sscanf(s + 2 * n, "%2x", &byte) == 1)
		out[n++] = (uint8_t)byte;
	return n;
}

static void
tell(struct standin *s, const struct mesh_rec *rec)
{
	uint8_t buf[4096];
	struct wr w = wr_of(buf, sizeof(buf));

	if (s->mesh < 0 || !mesh_write(&w, rec) ||
	    send(s->mesh, buf, w.len, MSG_NOSIGNAL) < 0)
		log_warnx("not sent: %s", mesh_type_name(rec->type));
}

/* --- commands ---------------------------------------------------------------
 */

static struct claim
claim_of(const char *text)
{
	struct prefix p;
	struct claim c = { 0 };
	unsigned k;

	if (prefix_parse(text, &p) != NULL || p.bits % 8 != 0 || p.bits == 0)
		fatalx("no claim: %s", text);
	c.level = (uint8_t)(4 - p.bits / 8);
	for (k = c.level; k < 4; k++)
		c.gid[k] = p.a[3 - k];
	return c;
}

static void
do_route(struct standin *s, char **word, size_t n)
{
	struct mesh_rec rec = { .type = MESH_ROUTE };
	struct mesh_route *r = &rec.u.route;
	struct in_addr in;
	size_t i;

	r->peer = (uint32_t)atoi(word[1]);
	if (inet_pton(AF_INET, word[2], &in) != 1)
		fatalx("no address: %s", word[2]);
	if (n > 3) {
		r->topo = topology_ntk(NETDESC_10);
		for (i = 0; i < 4; i++)
			r->gid[i] = (uint16_t)(ntohl(in.s_addr) >> 8 * i & 255);
	}
	for (i = 3; i < n; i++)
		r->claim[r->n_claims++] = claim_of(word[i]);
	tell(s, &rec);
}

static void
do_rehook(struct standin *s, char **word)
{
	struct mesh_rec rec = { .type = MESH_REHOOK };
	struct mesh_rehook *r = &rec.u.rehook;

	r->id = (uint32_t)atoi(word[1]);
	r->topo = topology_ntk(NETDESC_10);
	r->from = claim_of(word[2]);
	r->to = claim_of(word[3]);
	r->count = (uint32_t)atoi(word[4]);
	tell(s, &rec);
}

static void
do_peer(struct standin *s, uint8_t type, char **word)
{
	struct mesh_rec rec = { .type = type };

	if (type == MESH_PEER_UP) {
		rec.u.up.peer = (uint32_t)atoi(word[1]);
		rec.u.up.rtt_us = (uint32_t)atoi(word[2]);
		rec.u.up.key[0] = (uint8_t)rec.u.up.peer;
	} else {
		rec.u.down.peer = (uint32_t)atoi(word[1]);
		rec.u.down.why = MESH_DOWN_DEAD;
	}
	tell(s, &rec);
}

static void
do_pkt(struct standin *s, char **word)
{
	uint8_t body[1024];
	struct mesh_rec rec = { .type = MESH_PKT };

	rec.u.pkt.provenance = MESH_INTERNET;
	rec.u.pkt.peer = (uint32_t)atoi(word[1]);
	rec.u.pkt.body = body;
	rec.u.pkt.len = hex_read(word[2], body, sizeof(body));
	tell(s, &rec);
}

static void
put_sum(uint8_t *p, size_t len)
{
	size_t head = (size_t)(p[0] & 15) * 4, i;
	uint32_t sum = 0;

	if (len < head || head < 20)
		return;
	p[10] = p[11] = 0;
	for (i = 0; i < head; i += 2)
		sum += (uint32_t)(p[i] << 8 | p[i + 1]);
	sum = (sum >> 16) + (sum & 0xffff);
	sum = ~(sum + (sum >> 16));
	p[10] = (uint8_t)(sum >> 8);
	p[11] = (uint8_t)sum;
}

static void
do_data(struct standin *s, char **word)
{
	uint8_t p[256];
	size_t len = hex_read(word[1], p, sizeof(p));

	put_sum(p, len);
	if (s->dev < 0 || send(s->dev, p, len, MSG_NOSIGNAL) < 0)
		log_warnx("data not sent");
}

static void
hang_up(struct standin *s)
{
	if (s->mesh >= 0)
		close(s->mesh);
	s->mesh = -1;
	s->greeted = false;
	printf("closed\n");
}

static bool
command(void *arg, const char *line)
{
	struct standin *s = arg;
	char buf[sizeof(s->in.buf)], *word[WORDS], *save = NULL, *w;
	size_t n = 0;

	snprintf(buf, sizeof(buf), "%s", line);
	for (w = strtok_r(buf, " ", &save); w != NULL && n < WORDS;
	     w = strtok_r(NULL, " ", &save))
		word[n++] = w;
	if (n == 3 && strcmp(word[0], "up") == 0)
		do_peer(s, MESH_PEER_UP, word);
	else if (n == 2 && strcmp(word[0], "down") == 0)
		do_peer(s, MESH_PEER_DOWN, word);
	else if (n >= 3 && strcmp(word[0], "route") == 0)
		do_route(s, word, n);
	else if (n == 5 && strcmp(word[0], "rehook") == 0)
		do_rehook(s, word);
	else if (n == 3 && strcmp(word[0], "pkt") == 0)
		do_pkt(s, word);
	else if (n == 2 && strcmp(word[0], "data") == 0)
		do_data(s, word);
	else if (n == 2 && strcmp(word[0], "echo") == 0)
		s->echo = strcmp(word[1], "on") == 0;
	else if (n == 1 && strcmp(word[0], "hang-up") == 0)
		hang_up(s);
	else
		return false;
	return true;
}

/* --- what comes -------------------------------------------------------------
 */

static void
take_hello(struct standin *s, const struct mesh_rec *hello)
{
	struct mesh_rec rec = { .type = MESH_HELLO };

	rec.u.hello.min = rec.u.hello.max = MESH_VERSION;
	rec.u.hello.body_max = MESH_BODY_MAX;
	rec.u.hello.rate = 200;
	rec.u.hello.burst = 256;
	rec.u.hello.key[0] = 1;
	tell(s, &rec);
	s->greeted = true;
	printf("hello %s\n", hello->u.hello.name);
}

static void
say_netdesc(const struct netdesc *d)
{
	unsigned i, k;

	printf("netdesc %u.%u.%u.%u nodes=%u movable=%d claims=", d->gid[3],
	    d->gid[2], d->gid[1], d->gid[0], d->nodes,
	    (d->flags & NETDESC_MOVABLE) != 0);
	for (i = 0; i < d->n_claims; i++) {
		printf("%s", i > 0 ? "," : "");
		for (k = 0; k < 4; k++)
			printf(
			    "%u%s", d->claim[i].gid[3 - k], k < 3 ? "." : "");
		printf("/%u%s", 32 - 8 * d->claim[i].level,
		    (d->claim[i].flags & CLAIM_LEAVING) != 0 ? "!" : "");
	}
	printf("\n");
}

static void
take_record(struct standin *s, const struct mesh_rec *rec)
{
	switch (rec->type) {
	case MESH_HELLO:
		take_hello(s, rec);
		break;
	case MESH_NETDESC:
		say_netdesc(&rec->u.netdesc);
		break;
	case MESH_PKT:
		printf("pkt ");
		hex_print(rec->u.pkt.key, rec->u.pkt.key_len);
		printf(" ");
		hex_print(rec->u.pkt.body, rec->u.pkt.len);
		printf("\n");
		break;
	case MESH_REHOOK_DONE:
		printf("done %u\n", rec->u.done.id);
		break;
	case MESH_REHOOK_FAILED:
		printf("failed %u %s\n", rec->u.failed.id, rec->u.failed.why);
		break;
	}
}

static void
on_mesh(struct standin *s)
{
	static uint8_t buf[MESH_RECORD_MAX + 1];
	struct mesh_rec rec;
	const char *field = "?";
	ssize_t n = recv(s->mesh, buf, sizeof(buf), 0);

	if (n <= 0) {
		hang_up(s);
		return;
	}
	if (mesh_parse(buf, (size_t)n, &rec, &field) == MESH_OK)
		take_record(s, &rec);
	else
		printf("bad %s\n", field);
}

/* The answer to an ICMP echo request without options; false: it is none. */
static bool
answer(uint8_t *p, size_t len)
{
	uint8_t src[4];

	if (len < 28 || p[0] != 0x45 || p[9] != 1 || p[20] != 8)
		return false;
	memcpy(src, p + 12, 4);
	memcpy(p + 12, p + 16, 4);
	memcpy(p + 16, src, 4);
	p[20] = 0;
	/* the type has lost 8 in the high byte: the sum gains them */
	if ((uint16_t)(p[22] << 8 | p[23]) >= 0xf800)
		p[23]++;
	p[22] = (uint8_t)(p[22] + 8);
	return true;
}

static void
on_dev(struct standin *s)
{
	uint8_t p[65536];
	ssize_t n = recv(s->dev, p, sizeof(p), 0);

	if (n <= 0) {
		close(s->dev);
		s->dev = -1;
		return;
	}
	printf("data %zd %u.%u.%u.%u > %u.%u.%u.%u proto %u\n", n, p[12], p[13],
	    p[14], p[15], p[16], p[17], p[18], p[19], p[9]);
	if (s->echo && answer(p, (size_t)n))
		(void)send(s->dev, p, (size_t)n, MSG_NOSIGNAL);
}

/* A new one in place of the old one. */
static void
on_listener(int listener, int *fd)
{
	int got = accept(listener, NULL, NULL);

	if (got < 0)
		return;
	if (*fd >= 0)
		close(*fd);
	*fd = got;
}

int
main(int argc, char **argv)
{
	struct standin s = { .mesh = -1, .dev = -1 };
	int signals;

	log_init("standin", LOG_LV_INFO);
	if (argc != 3)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	s.mesh_listener = unix_listen(argv[1], SOCK_SEQPACKET, 0600);
	s.dev_listener = unix_listen(argv[2], SOCK_SEQPACKET, 0600);
	if (s.mesh_listener < 0 || s.dev_listener < 0)
		fatalx("cannot listen");
	signals = tool_signals();
	for (;;) {
		struct pollfd pfd[] = { { STDIN_FILENO, POLLIN, 0 },
			{ signals, POLLIN, 0 }, { s.mesh_listener, POLLIN, 0 },
			{ s.dev_listener, POLLIN, 0 }, { s.mesh, POLLIN, 0 },
			{ s.dev, POLLIN, 0 } };

		tool_wait(pfd, 6, MONO_NEVER);
		if (pfd[1].revents != 0 ||
		    (pfd[0].revents != 0 && !tool_commands(&s.in, command, &s)))
			return 0;
		if (pfd[4].revents != 0)
			on_mesh(&s);
		if (pfd[5].revents != 0)
			on_dev(&s);
		if (pfd[2].revents != 0)
			on_listener(s.mesh_listener, &s.mesh);
		if (pfd[3].revents != 0)
			on_listener(s.dev_listener, &s.dev);
	}
}
