/*
 * Plays ntkd's side of a capture, byte for byte, to whoever stands on the other
 * end of the link, and holds what that one says to what it said then.
 *
 *	ntk_play [-w 32|64] [-i INTERFACE] [-p ADDRESS] AMBASSADOR SCRIPT
 *
 * SCRIPT has a packet a line: "udp|tcp FROM TO HEX", where FROM and TO are
 * ADDRESS:PORT. Packets from AMBASSADOR are waited for: same op, flags and
 * body, but for ids and what is chosen by chance; the addresses may be others.
 * All else is sent as it is. With -p ntkd first lives at that address until a
 * line comes on standard input, and then starts anew. With -w 64 the packets,
 * recorded in wire 32, are what a 64-bit ntkd would have sent.
 *
 * Each neighbour that answers the radar is named. Questions for maps and counts
 * are answered from the script, else as a node that is alone would.
 */
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xmem.h"
#include "ntkd-shim/ntk_ops.h"
#include "tests/netns/fakelink.h"
#include "tests/tool.h"

#define WAIT_US (25 * (uint64_t)MONO_SEC)
#define RADAR_US (500 * (uint64_t)MONO_MS)
#define CONNS 32
#define INBOX 256
#define NEIGHBOURS 8
#define OPS 64
#define GREET_MS 3000

struct line {
	bool udp, mine; /* mine: ntkd's */
	uint32_t from, to;
	unsigned from_port, to_port;
	uint8_t *p;
	size_t len;
	struct ntk_packet pkt;
};

struct got {
	uint8_t *p; /* NULL: taken */
	size_t len;
	uint32_t ip;
	struct ntk_packet pkt;
};

struct flow { /* one connection of ntkd's in the script */
	uint32_t ip;
	unsigned port;
	struct fakeconn c;
};

struct play {
	struct fakelink link;
	uint32_t amb;	    /* in the script */
	uint32_t amb_is;    /* here */
	uint32_t ip, ip_is; /* ntkd's, likewise */
	uint32_t offered;   /* an address for the next new one; 0: none */
	struct line *line;
	size_t n;
	struct flow out[CONNS];
	size_t n_out;
	struct fakeconn in[CONNS];
	size_t n_in;
	struct got inbox[INBOX];
	size_t n_got;
	uint32_t near[NEIGHBOURS];
	size_t n_near;
	const struct line *echo;
	uint32_t round;
	struct mono next_echo;
	unsigned sent, matched, answered, failed;
};

static void
fail(struct play *y, const char *what, unsigned op)
{
	printf("FAILED %s (op %u)\n", what, op);
	y->failed++;
}

/* --- what comes -------------------------------------------------------------
 */

/* Each that answers the radar is named once. */
static void
note_neighbour(struct play *y, uint32_t ip)
{
	char text[FAKE_TEXT];
	size_t i;

	for (i = 0; i < y->n_near; i++)
		if (y->near[i] == ip)
			return;
	if (y->n_near == NEIGHBOURS)
		return;
	y->near[y->n_near++] = ip;
	printf("neighbour %s\n", fake_text(ip, text));
}

static void
put(struct play *y, const uint8_t *p, size_t len, uint32_t ip)
{
	struct got *g = &y->inbox[y->n_got % INBOX];
	const char *field = "?";

	free(g->p);
	g->p = xmalloc(len);
	memcpy(g->p, p, len);
	g->len = len;
	g->ip = ip;
	if (!ntk_parse(g->p, len, &g->pkt, &field)) {
		printf("FAILED bad packet: %s\n", field);
		y->failed++;
	} else if (g->pkt.op == NTK_ECHO_REPLY) {
		note_neighbour(y, ip);
	}
	y->n_got++;
}

static const struct line *
recorded(const struct play *y, uint8_t op)
{
	size_t i;

	for (i = 0; i < y->n; i++)
		if (y->line[i].mine && y->line[i].pkt.op == op)
			return &y->line[i];
	return NULL;
}

static uint8_t
make_answer(const struct play *y, uint8_t op, struct wr *w)
{
	struct ntk_qspn_round q = { .gcount = { 1, 1, 1, 1 } };

	switch (op) {
	case NTK_GET_QSPN_ROUND:
		ntk_qspn_round_write(w, y->link.wire, &q);
		return NTK_PUT_QSPN_ROUND;
	case NTK_GET_EXT_MAP:
		ntk_ext_map_write(w, y->link.wire, y->ip_is, 1);
		return NTK_PUT_EXT_MAP;
	case NTK_GET_INT_MAP:
		ntk_int_map_write(w, y->link.wire, ntk_gid(y->ip_is, 0));
		return NTK_PUT_INT_MAP;
	default:
		return 0;
	}
}

/* Bodies of answers are as wide as the build: recorded ones fit one only. */
static const struct line *
fitting(const struct play *y, uint8_t op)
{
	return y->link.wire == NTK_WIRE_32 ? recorded(y, op) : NULL;
}

/* True: it was a question, and has its answer. */
static bool
answer(struct play *y, const struct fakeconn *c, const struct ntk_packet *q)
{
	static uint8_t body[NTK_MAP_MAX], out[NTK_MAP_MAX + 64];
	struct wr w = wr_of(body, sizeof(body));
	static const uint8_t asked[][2] = {
		{ NTK_GET_QSPN_ROUND, NTK_PUT_QSPN_ROUND },
		{ NTK_GET_EXT_MAP, NTK_PUT_EXT_MAP },
		{ NTK_GET_INT_MAP, NTK_PUT_INT_MAP },
	};
	const struct line *r = NULL;
	uint8_t op;
	size_t len, i;

	for (i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
		if (q->op == asked[i][0])
			r = fitting(y, asked[i][1]);
	if (r != NULL) {
		memcpy(out, r->p, r->len);
		ntk_set_id(out, q->id);
		len = r->len;
	} else {
		op = make_answer(y, q->op, &w);
		if (op == 0)
			return false;
		len = fake_packet(
		    &y->link, op, 0, q->id, body, w.len, out, sizeof(out));
	}
	y->answered++;
	(void)fakeconn_send(c, out, len);
	return true;
}

static void
take_in(struct play *y, struct fakeconn *c)
{
	const uint8_t *p;
	const char *field;
	struct ntk_packet pkt;
	size_t len;
	bool alive;

	do {
		alive = fakeconn_poll(c, &y->link, &p, &len);
		if (p == NULL)
			break;
		if (!ntk_parse(p, len, &pkt, &field))
			fail(y, field, 0);
		else if (pkt.op == NTK_GET_INTERNET_GWS)
			fail(y, "kills ntkd", pkt.op);
		else if (!answer(y, c, &pkt))
			put(y, p, len, c->peer);
	} while (true);
	if (!alive)
		fakeconn_close(c);
}

static void
take_radar(struct play *y)
{
	uint8_t buf[2048];
	struct sockaddr_in from = { 0 };
	socklen_t len = sizeof(from);
	ssize_t n = recvfrom(y->link.radar, buf, sizeof(buf), MSG_DONTWAIT,
	    (struct sockaddr *)&from, &len);
	uint32_t ip = ntohl(from.sin_addr.s_addr);

	if (n > 0 && ip != y->ip_is)
		put(y, buf, (size_t)n, ip);
}

/* The greeting that was recorded, or one like it. */
static void
take_listener(struct play *y)
{
	const struct line *r = recorded(y, NTK_ACK_AFFERMATIVE);
	struct sockaddr_in from = { 0 };
	socklen_t from_len = sizeof(from);
	uint8_t p[NTK_SMALL];
	struct fakeconn *c;
	size_t i, len;
	int fd = accept(y->link.listener, (struct sockaddr *)&from, &from_len);

	for (i = 0; i < y->n_in && y->in[i].fd >= 0;)
		i++;
	if (fd < 0 || i == CONNS) {
		fail(y, "accept", 0);
		return;
	}
	c = &y->in[i];
	if (i == y->n_in)
		y->n_in++;
	c->fd = fd;
	c->len = 0;
	c->peer = ntohl(from.sin_addr.s_addr);
	len = fake_packet(
	    &y->link, NTK_ACK_AFFERMATIVE, 0, 7, NULL, 0, p, sizeof(p));
	(void)fakeconn_send(c, r != NULL ? r->p : p, r != NULL ? r->len : len);
}

/* A round of the radar has an id of its own; the recorded ones are cut short.
 */
static void
shout_again(struct play *y)
{
	uint8_t p[NTK_SMALL];

	memcpy(p, y->echo->p, y->echo->len);
	ntk_set_id(p, ++y->round);
	(void)fakelink_shout(&y->link, p, y->echo->len);
	y->next_echo = mono_add(tool_now(), RADAR_US);
}

/* One wait; ntkd's radar goes on all the while. */
static void
pump(struct play *y, struct mono until)
{
	struct pollfd pfd[2 + 2 * CONNS] = { { y->link.radar, POLLIN, 0 },
		{ y->link.listener, POLLIN, 0 } };
	size_t i, n = 2;

	if (y->echo != NULL && mono_due(y->next_echo, tool_now()))
		shout_again(y);
	for (i = 0; i < y->n_in; i++)
		pfd[n++] = (struct pollfd){ y->in[i].fd, POLLIN, 0 };
	for (i = 0; i < y->n_out; i++)
		pfd[n++] = (struct pollfd){ y->out[i].c.fd, POLLIN, 0 };
	tool_wait(pfd, n, mono_min(until, y->next_echo));
	if (pfd[0].revents != 0)
		take_radar(y);
	for (i = 0; i < y->n_in; i++)
		if (pfd[2 + i].revents != 0)
			take_in(y, &y->in[i]);
	for (i = 0; i < y->n_out; i++)
		if (pfd[n - y->n_out + i].revents != 0)
			take_in(y, &y->out[i].c);
	if (pfd[1].revents != 0)
		take_listener(y);
}

/* --- what is expected -------------------------------------------------------
 */

/* Same bytes, but for the id. */
static bool
same(const struct got *g, const struct line *l)
{
	return g->len == l->len && memcmp(g->p, l->p, NTK_ID_OFF) == 0 &&
	    memcmp(g->p + NTK_ID_OFF + 4, l->p + NTK_ID_OFF + 4,
		l->len - NTK_ID_OFF - 4) == 0;
}

/* The offer is one that ntkd would take; the next address comes of it. */
static bool
is_offer(struct play *y, const struct got *g)
{
	struct rd r = rd_of(g->pkt.body, g->pkt.body_len);
	struct ntk_free_nodes f;
	unsigned i;

	if (!ntk_free_nodes_parse(&r, &f) || f.level != 1 || f.nodes < 2 ||
	    f.ipstart != (g->ip & 0xffffff00u))
		return false;
	for (i = 0; (f.bitmap[i / 8] >> i % 8 & 1) == 0;)
		i++;
	y->offered = f.ipstart | i;
	return true;
}

/* The gnode that speaks claims more nodes than ours has. */
static bool
is_close(const struct got *g)
{
	return g->pkt.has_flood && g->pkt.order == NTK_BIG &&
	    g->pkt.flood.level == 3 && g->pkt.tracer.hops == 1 &&
	    g->pkt.last.gid == (g->ip >> 16 & 255) && g->pkt.last.gcount > 1;
}

static bool
holds(struct play *y, const struct got *g, const struct line *l)
{
	switch (g->pkt.op) {
	case NTK_PUT_FREE_NODES:
		return is_offer(y, g) && g->pkt.flags == l->pkt.flags;
	case NTK_PUT_QSPN_ROUND:
	case NTK_PUT_EXT_MAP:
	case NTK_PUT_INT_MAP:
	case NTK_PUT_BNODE_MAP:
		return (g->len == l->len || g->pkt.wire != NTK_WIRE_32) &&
		    g->pkt.flags == l->pkt.flags && g->pkt.id == l->pkt.id;
	case NTK_QSPN_CLOSE:
		return is_close(g);
	default:
		return same(g, l);
	}
}

static struct got *
look(struct play *y, uint8_t op)
{
	size_t i;

	for (i = 0; i < INBOX && i < y->n_got; i++)
		if (y->inbox[i].p != NULL && y->inbox[i].pkt.op == op)
			return &y->inbox[i];
	return NULL;
}

static void
expect(struct play *y, const struct line *l)
{
	struct mono end = mono_add(tool_now(), WAIT_US);
	struct got *g;

	while ((g = look(y, l->pkt.op)) == NULL && !mono_due(end, tool_now()))
		pump(y, end);
	if (g == NULL) {
		fail(y, "never came", l->pkt.op);
		return;
	}
	y->amb_is = g->ip;
	if (holds(y, g, l))
		y->matched++;
	else
		fail(y, "is not as it was", l->pkt.op);
	free(g->p);
	g->p = NULL;
}

/* --- what is sent -----------------------------------------------------------
 */

static void
go_to(struct play *y, uint32_t ip)
{
	char text[FAKE_TEXT];
	size_t i;

	if (ip == y->ip)
		return;
	y->ip = ip;
	y->ip_is = ip;
	if (y->offered != 0 && ip >> 8 != 0x0a0000u) {
		y->ip_is = y->offered;
		y->offered = 0;
	}
	for (i = 0; i < y->n_out; i++)
		fakeconn_close(&y->out[i].c);
	for (i = 0; i < y->n_in; i++)
		fakeconn_close(&y->in[i]);
	y->n_out = y->n_in = 0;
	fakelink_address(&y->link, y->ip_is);
	printf("address %s\n", fake_text(y->ip_is, text));
}

/* Its greeting is read at once. */
static struct flow *
flow_of(struct play *y, const struct line *l)
{
	struct flow *f;
	size_t i;

	for (i = 0; i < y->n_out; i++)
		if (y->out[i].port == l->from_port && y->out[i].ip == l->from)
			return &y->out[i];
	if (y->n_out == CONNS)
		return NULL;
	f = &y->out[y->n_out];
	f->ip = l->from;
	f->port = l->from_port;
	if (!fakeconn_open(&f->c, &y->link, y->ip_is,
		y->amb_is != 0 ? y->amb_is : y->amb, GREET_MS))
		return NULL;
	y->n_out++;
	return f;
}

static void
send_line(struct play *y, const struct line *l)
{
	struct flow *f;

	go_to(y, l->from);
	if (l->udp) {
		y->echo = l;
		y->next_echo = mono_add(tool_now(), RADAR_US);
		if (fakelink_shout(&y->link, l->p, l->len))
			y->sent++;
		else
			fail(y, "not sent", l->pkt.op);
		return;
	}
	f = flow_of(y, l);
	if (f != NULL && fakeconn_send(&f->c, l->p, l->len))
		y->sent++;
	else
		fail(y, "not sent", l->pkt.op);
}

/* Answers of ntkd's side go out when they are asked for. */
static bool
is_reply(const struct line *l)
{
	return l->mine && !l->udp && l->from_port == FAKE_PORT;
}

/* Greetings of the other side are read where a connection is made. */
static bool
is_greeting(const struct line *l)
{
	return !l->mine && l->pkt.op == NTK_ACK_AFFERMATIVE;
}

/* Questions of the other side: asked in its own order, answered at once. */
static bool
is_question(const struct line *l)
{
	return !l->mine && !l->udp && l->to_port == FAKE_PORT &&
	    !l->pkt.has_flood;
}

static void
play(struct play *y)
{
	size_t i;

	for (i = 0; i < y->n; i++) {
		const struct line *l = &y->line[i];

		if (is_reply(l))
			go_to(y, l->from);
		else if (l->mine)
			send_line(y, l);
		else if (!is_greeting(l) && !is_question(l))
			expect(y, l);
	}
}

/* --- the script -------------------------------------------------------------
 */

static unsigned
port_of(char *text, uint32_t *ret_ip)
{
	char *colon = strchr(text, ':');

	if (colon == NULL)
		fatalx("no port: %s", text);
	*colon = '\0';
	*ret_ip = fake_ip(text);
	return (unsigned)atoi(colon + 1);
}

/* The same packet in the other width. */
static void
widen(struct line *l)
{
	static struct ntk_flood_out f;
	uint8_t *out = xmalloc(NTK_PACKET_MAX);
	struct wr w = wr_of(out, NTK_PACKET_MAX);
	struct ntk_head head = { .id = l->pkt.id,
		.flags = l->pkt.flags,
		.op = l->pkt.op,
		.size = l->pkt.body_len };
	const char *field;

	if (l->pkt.has_flood) {
		ntk_flood_of(&l->pkt, &f);
		w.len = ntk_write_flood(&f, NTK_WIRE_64, out, NTK_PACKET_MAX);
	} else {
		ntk_put_head(&w, NTK_WIRE_64, &head);
		wr_bytes(&w, l->pkt.body, l->pkt.body_len);
	}
	free(l->p);
	l->p = out;
	l->len = w.len;
	if (!ntk_parse(l->p, l->len, &l->pkt, &field))
		fatalx("not widened: %s", field);
}

static void
add_line(struct play *y, char *text)
{
	char l4[8], from[32], to[32], *hex;
	const char *field;
	struct line *l;
	unsigned byte;
	int at = 0;

	if (sscanf(text, "%7s %31s %31s %n", l4, from, to, &at) != 3 || at == 0)
		fatalx("no packet: %s", text);
	y->line = xreallocarray(y->line, y->n + 1, sizeof(*y->line));
	l = &y->line[y->n++];
	*l = (struct line){ .udp = strcmp(l4, "udp") == 0 };
	l->from_port = port_of(from, &l->from);
	l->to_port = port_of(to, &l->to);
	l->mine = l->from != y->amb;
	hex = text + at;
	l->p = xmalloc(strlen(hex) / 2 + 1);
	while (sscanf(hex + 2 * l->len, "%2x", &byte) == 1)
		l->p[l->len++] = (uint8_t)byte;
	if (!ntk_parse(l->p, l->len, &l->pkt, &field))
		fatalx("bad packet: %s", field);
	if (y->link.wire == NTK_WIRE_64)
		widen(l);
}

static void
read_script(struct play *y, const char *path)
{
	FILE *f = fopen(path, "re");
	char *text = NULL;
	size_t room = 0;

	if (f == NULL)
		fatal("%s", path);
	while (getline(&text, &room, f) > 0)
		add_line(y, text);
	free(text);
	fclose(f);
}

/* Lives at the address, with a radar like any, until it is told to start. */
static void
live_first(struct play *y, const char *address)
{
	static struct line radar;
	static uint8_t p[NTK_SMALL];
	struct pollfd pfd = { STDIN_FILENO, POLLIN, 0 };
	char told[16];

	radar.p = p;
	radar.len = fake_packet(
	    &y->link, NTK_ECHO_ME, NTK_RESTRICTED, 77, NULL, 0, p, sizeof(p));
	go_to(y, fake_ip(address));
	y->echo = &radar;
	y->next_echo = tool_now();
	while (poll(&pfd, 1, 0) == 0)
		pump(y, mono_add(tool_now(), 100 * MONO_MS));
	if (read(STDIN_FILENO, told, sizeof(told)) < 0)
		fatal("standard input");
	fake_ip_cmd("-4 addr flush dev %s", y->link.dev);
	y->echo = NULL;
	y->next_echo = MONO_NEVER;
}

int
main(int argc, char **argv)
{
	static struct play y;
	const char *dev = "vp0", *first = NULL;
	enum ntk_wire wire = NTK_WIRE_32;
	int ch;

	log_init("ntk_play", LOG_LV_INFO);
	while ((ch = getopt(argc, argv, "w:i:p:")) != -1)
		if (ch == 'w')
			wire = (enum ntk_wire)atoi(optarg);
		else if (ch == 'i')
			dev = optarg;
		else if (ch == 'p')
			first = optarg;
		else
			return 2;
	if (argc - optind != 2)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	y.amb = fake_ip(argv[optind]);
	y.next_echo = MONO_NEVER;
	fakelink_open(&y.link, dev, wire);
	read_script(&y, argv[optind + 1]);
	if (first != NULL)
		live_first(&y, first);
	play(&y);
	/* what the other side asks besides */
	for (ch = 0; ch < 50; ch++)
		pump(&y, mono_add(tool_now(), 100 * MONO_MS));
	printf("played sent=%u matched=%u answered=%u failed=%u\n", y.sent,
	    y.matched, y.answered, y.failed);
	return y.failed > 0;
}
