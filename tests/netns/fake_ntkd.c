/*
 * A scripted ntkd with one interface: speaks its protocol as the real one was
 * seen to, of either width, with its times divided by a number. Hooks, answers
 * its neighbours, floods, moves when the rule of ntkd says so, and sets the
 * routes that ntkd would set.
 *
 *	fake_ntkd [-d] [-w 32|64] [-t DIVISOR] [-a ADDRESS] [-i INTERFACE]
 *	    [-n NODES]
 *
 * ADDRESS is what it takes when it founds a network, NODES how many it says
 * that its gnode has. With -d no flood moves it, as when ntkd has moved too
 * often. What it does goes to standard output, a line each.
 */
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "ntkd-shim/ntk_ops.h"
#include "tests/netns/fakelink.h"
#include "tests/tool.h"

#define RADAR_US (5 * MONO_SEC) /* before it is divided */
#define RADAR_TIMES 16
#define NEIGHBOURS 32
#define CONNS 64
#define ROUTES 256
#define PROTO_NTK "15" /* RTPROT_NTK */
#define REQUEST_MS 2000
#define KEEP_MS 300 /* the real one has threads, and may wait longer */
#define HOOKING_NET 0x0a0000u /* 10.0.0.0/24 */
#define TRIES 3		      /* hooks, before it founds a network */

struct neighbour {
	uint32_t ip;
	bool heard; /* in this round */
	bool greeted;
	struct fakeconn out; /* the one that we keep */
};

struct node {
	struct fakelink link;
	unsigned divisor;
	uint32_t found; /* 0: by chance */
	uint32_t nodes;
	uint32_t ip;
	uint32_t flood_id;
	uint32_t echo_id;
	struct neighbour *nb;
	size_t n_nb;
	struct fakeconn *in[CONNS];
	uint8_t via[ROUTES]; /* gid of the neighbour it goes by, by gid */
	bool has[ROUTES];    /* a route to that gnode */
	bool deaf;
	int move_to; /* gid of the gnode that it is to enter; -1 */
};

static void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void
say(const char *fmt, ...)
{
	va_list ap;

	printf("%llu ", (unsigned long long)(tool_now().us / MONO_MS));
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

static uint32_t
chance(void)
{
	uint32_t v;

	if (getrandom(&v, sizeof(v), 0) != sizeof(v))
		fatal("getrandom");
	return v;
}

static int
scaled_ms(const struct node *n, uint64_t us)
{
	return (int)(us / n->divisor / MONO_MS);
}

/* --- the table of neighbours ------------------------------------------------
 */

static struct neighbour *
find(struct node *n, uint32_t ip)
{
	size_t i;

	for (i = 0; i < n->n_nb; i++)
		if (n->nb[i].ip == ip)
			return &n->nb[i];
	return NULL;
}

static void
hear(struct node *n, uint32_t ip)
{
	struct neighbour *nb = find(n, ip);

	if (ip >> 8 == HOOKING_NET && ip != n->ip)
		return; /* it will have another address in a moment */
	if (nb == NULL && n->n_nb < NEIGHBOURS) {
		nb = &n->nb[n->n_nb++];
		nb->ip = ip;
		nb->greeted = false;
		nb->out.fd = -1;
	}
	if (nb != NULL)
		nb->heard = true;
}

static bool
is_foreign(const struct node *n, uint32_t ip)
{
	return ntk_gid(ip, 2) != ntk_gid(n->ip, 2);
}

static void
set_gnode(struct node *n, uint8_t gid, const struct neighbour *nb, bool add)
{
	char via[FAKE_TEXT];

	n->has[gid] = add;
	n->via[gid] = ntk_gid(nb->ip, 2);
	fake_text(nb->ip, via);
	fake_ip_cmd("route %s 10.%u.0.0/16 via %s dev %s proto " PROTO_NTK,
	    add ? "replace" : "del", gid, via, n->link.dev);
	say("route 10.%u.0.0/16 via %s %s", gid, via, add ? "set" : "gone");
}

/* Routes that a neighbour gives: to itself, and to its gnode. */
static void
welcome(struct node *n, struct neighbour *nb)
{
	char ip[FAKE_TEXT], own[FAKE_TEXT];

	fake_ip_cmd(
	    "route replace %s/32 via %s dev %s scope link proto " PROTO_NTK,
	    fake_text(nb->ip, ip), fake_text(n->ip, own), n->link.dev);
	say("neighbour %s", ip);
	if (is_foreign(n, nb->ip))
		set_gnode(n, ntk_gid(nb->ip, 2), nb, true);
	nb->greeted = true;
}

static void
lose(struct node *n, struct neighbour *nb)
{
	char ip[FAKE_TEXT];
	unsigned gid;

	for (gid = 0; gid < ROUTES; gid++)
		if (n->has[gid] && n->via[gid] == ntk_gid(nb->ip, 2))
			set_gnode(n, (uint8_t)gid, nb, false);
	fake_ip_cmd(
	    "route del %s/32 dev %s", fake_text(nb->ip, ip), n->link.dev);
	/* "gnode 10 of level 3": takes what the kernel had of its own */
	if (is_foreign(n, nb->ip))
		fake_ip_cmd("route del 10.0.0.0/8 dev %s", n->link.dev);
	say("lost %s", ip);
	fakeconn_close(&nb->out);
	*nb = n->nb[--n->n_nb];
}

static void
forget_all(struct node *n)
{
	size_t i;

	for (i = 0; i < n->n_nb; i++)
		fakeconn_close(&n->nb[i].out);
	for (i = 0; i < CONNS; i++)
		if (n->in[i] != NULL) {
			fakeconn_close(n->in[i]);
			free(n->in[i]);
			n->in[i] = NULL;
		}
	n->n_nb = 0;
	memset(n->has, 0, sizeof(n->has));
}

static void
take_address(struct node *n, uint32_t ip, const char *why)
{
	char text[FAKE_TEXT];

	forget_all(n);
	n->ip = ip;
	fakelink_address(&n->link, ip);
	say("address %s %s", fake_text(ip, text), why);
}

/* --- radar ------------------------------------------------------------------
 */

static void
echo(struct node *n, bool hooking)
{
	uint8_t p[NTK_SMALL], hook = 0, flags = NTK_RESTRICTED;
	size_t len;
	int i;

	n->echo_id = chance();
	if (hooking)
		flags |= NTK_HOOKING | NTK_FLOODED;
	for (i = 0; i < RADAR_TIMES; i++) {
		hook = (uint8_t)i;
		len = fake_packet(&n->link, NTK_ECHO_ME, flags, n->echo_id,
		    &hook, hooking ? 1 : 0, p, sizeof(p));
		(void)fakelink_shout(&n->link, p, len);
	}
}

static void
take_radar(struct node *n)
{
	uint8_t buf[2048], out[NTK_SMALL];
	struct sockaddr_in from = { 0 };
	socklen_t from_len = sizeof(from);
	struct ntk_packet pkt;
	const char *field;
	ssize_t len = recvfrom(n->link.radar, buf, sizeof(buf), MSG_DONTWAIT,
	    (struct sockaddr *)&from, &from_len);
	uint32_t ip = ntohl(from.sin_addr.s_addr);

	if (len <= 0 || ip == n->ip ||
	    !ntk_parse(buf, (size_t)len, &pkt, &field) ||
	    (pkt.flags & NTK_RESTRICTED) == 0)
		return;
	if (pkt.op == NTK_ECHO_REPLY && pkt.id == n->echo_id)
		hear(n, ip);
	if (pkt.op == NTK_ECHO_ME) {
		size_t n_out = fake_packet(&n->link, NTK_ECHO_REPLY,
		    NTK_RESTRICTED, pkt.id, NULL, 0, out, sizeof(out));

		(void)fakelink_say(&n->link, ip, out, n_out);
	}
}

/* Deaf to all else, as ntkd is while it hooks. */
static void
scan(struct node *n)
{
	struct mono end = mono_add(tool_now(), RADAR_US / n->divisor);
	struct pollfd pfd = { n->link.radar, POLLIN, 0 };

	echo(n, true);
	while (!mono_due(end, tool_now())) {
		tool_wait(&pfd, 1, end);
		if (pfd.revents != 0)
			take_radar(n);
	}
}

/* --- the hook ---------------------------------------------------------------
 */

/* Asks one thing; the body of the answer, or NULL. */
static const uint8_t *
ask(struct node *n, struct fakeconn *c, uint8_t op, struct ntk_packet *ret)
{
	uint8_t p[NTK_SMALL];
	uint32_t id = chance();
	size_t len = fake_packet(
	    &n->link, op, NTK_ACK_WANTED, id, NULL, 0, p, sizeof(p));
	const uint8_t *got;
	const char *field = "none";

	if (!fakeconn_send(c, p, len))
		return NULL;
	got = fakeconn_next(c, &n->link, REQUEST_MS, &len);
	if (got == NULL || !ntk_parse(got, len, ret, &field) || ret->id != id) {
		say("bad answer to %u: %s", op, field);
		return NULL;
	}
	if (ret->op == NTK_ACK_NEGATIVE) {
		unsigned err = ret->body_len > 0 ? ret->body[0] : 0;

		say("refused %u: error %u", op, err);
		if (err == 4) {
			say("dies: ntk full");
			exit(4);
		}
		return NULL;
	}
	return ret->body;
}

/* As ntkd checks it: of the sender's own gnode, and room in it. */
static bool
is_offer(const struct ntk_free_nodes *f, uint32_t from)
{
	uint32_t mask = 0xffffffffu << 8 * f->level;

	return f->level >= 1 && f->level < NTK_LEVELS && f->nodes >= 2 &&
	    f->nodes < 256 && (f->ipstart & mask) == (from & mask);
}

static uint32_t
choose(const struct ntk_free_nodes *f)
{
	uint32_t ip;

	if (f->level > 1)
		return f->ipstart | (chance() & ((1u << 8 * f->level) - 1));
	do
		ip = chance() & 255;
	while ((f->bitmap[ip / 8] >> ip % 8 & 1) == 0);
	return f->ipstart | ip;
}

static bool
ask_place(struct node *n, uint32_t at, uint32_t *ret, uint32_t *ret_count)
{
	static struct fakeconn c;
	struct ntk_free_nodes f = { 0 };
	struct ntk_qspn_round q;
	struct ntk_packet pkt;
	struct rd r;
	bool ok = false;

	if (!fakeconn_open(&c, &n->link, n->ip, at, REQUEST_MS))
		return false;
	if (ask(n, &c, NTK_GET_FREE_NODES, &pkt) != NULL) {
		r = rd_of(pkt.body, pkt.body_len);
		ok = pkt.op == NTK_PUT_FREE_NODES &&
		    ntk_free_nodes_parse(&r, &f) && is_offer(&f, at);
		if (!ok)
			say("no offer");
	}
	if (ok && ask(n, &c, NTK_GET_QSPN_ROUND, &pkt) != NULL) {
		r = rd_of(pkt.body, pkt.body_len);
		ok = ntk_qspn_round_parse(&r, n->link.wire, &q);
		*ret_count = q.gcount[1] + 1;
		*ret = choose(&f);
	} else {
		ok = false;
	}
	fakeconn_close(&c);
	return ok;
}

/* The maps of the one that took us in; without them ntkd tries again. */
static bool
ask_maps(struct node *n, uint32_t at)
{
	static const uint8_t ops[] = { NTK_GET_EXT_MAP, NTK_GET_INT_MAP,
		NTK_GET_BNODE_MAP };
	static struct fakeconn c;
	struct ntk_packet pkt;
	size_t i;

	if (!fakeconn_open(&c, &n->link, n->ip, at, REQUEST_MS))
		return false;
	for (i = 0; i < sizeof(ops); i++)
		if (ask(n, &c, ops[i], &pkt) == NULL)
			break;
	fakeconn_close(&c);
	return i == sizeof(ops);
}

/* With one of the neighbours of the scan, the nearest first. */
static bool
hook_with(struct node *n)
{
	uint32_t asked[NEIGHBOURS], ip = 0, count = 0;
	size_t n_asked = n->n_nb, i;

	for (i = 0; i < n_asked; i++)
		asked[i] = n->nb[i].ip;
	for (i = 0; i < n_asked; i++)
		if (ask_place(n, asked[i], &ip, &count)) {
			take_address(n, ip, "hooked");
			n->nodes = count;
			if (ask_maps(n, asked[i]))
				return true;
			say("no maps");
		}
	return false;
}

static void
hook(struct node *n)
{
	bool done = false;
	int i;

	for (i = 0; i < TRIES && !done; i++) {
		take_address(
		    n, HOOKING_NET << 8 | (1 + chance() % 255), "hooking");
		scan(n);
		if (n->n_nb == 0)
			break;
		done = hook_with(n);
	}
	if (!done)
		take_address(n,
		    n->found != 0 ? n->found
				  : 0x0a010000u + chance() % 0x00fe0000u,
		    "founded");
	n->move_to = -1;
}

/* --- floods -----------------------------------------------------------------
 */

static void
flood_to(struct node *n, struct neighbour *nb, uint8_t op)
{
	static struct ntk_flood_out f;
	uint8_t p[512];
	size_t len;

	memset(&f, 0, sizeof(f));
	f.op = op;
	f.pkt_flags = NTK_FLOODED;
	f.id = ++n->flood_id;
	f.flood = (struct ntk_flood){ .gid = ntk_gid(n->ip, 3),
		.level = 3,
		.gttl = 255,
		.sub_id = ntk_gid(n->ip, 2),
		.flags = NTK_FLOOD_TRACER };
	f.tracer.hops = 1;
	f.chunk[0] = (struct ntk_chunk){ ntk_gid(n->ip, 2), 0, n->nodes };
	len = ntk_write_flood(&f, n->link.wire, p, sizeof(p));
	if (len == 0 || !fakeconn_send(&nb->out, p, len))
		fakeconn_close(&nb->out);
}

/* Twice, as ntkd was seen to do. */
static void
keep_neighbour(struct node *n, struct neighbour *nb)
{
	if (nb->out.fd >= 0 || !is_foreign(n, nb->ip))
		return;
	if (!fakeconn_open(&nb->out, &n->link, n->ip, nb->ip, KEEP_MS))
		return;
	flood_to(n, nb, NTK_QSPN_CLOSE);
	n->flood_id--;
	if (nb->out.fd >= 0)
		flood_to(n, nb, NTK_QSPN_CLOSE);
	if (nb->out.fd >= 0)
		flood_to(n, nb, NTK_TRACER);
}

/* The rule of ntkd, for a flood of gnodes of level 2. */
static bool
must_move(const struct node *n, const struct ntk_chunk *c)
{
	uint8_t own = ntk_gid(n->ip, 2);

	if (c->gid == own || c->gcount < n->nodes)
		return false;
	return c->gcount > n->nodes || c->gid > own;
}

static void
take_flood(
    struct node *n, const struct fakeconn *c, const struct ntk_packet *pkt)
{
	struct neighbour *nb = find(n, c->peer);
	uint8_t gid = pkt->origin.gid;

	if (nb == NULL || !nb->greeted || pkt->flood.level != 3 ||
	    pkt->order != NTK_BIG || pkt->last.gid != ntk_gid(nb->ip, 2)) {
		say("flood dropped: op %u level %u", pkt->op, pkt->flood.level);
		return;
	}
	say("flood op %u id %u origin %u last %u count %u", pkt->op, pkt->id,
	    gid, pkt->last.gid, pkt->last.gcount);
	if (gid != ntk_gid(n->ip, 2) && !n->has[gid])
		set_gnode(n, gid, nb, true);
	if (!n->deaf && must_move(n, &pkt->last))
		n->move_to = pkt->last.gid;
}

/* --- answers ----------------------------------------------------------------
 */

static void
put_free_nodes(const struct node *n, struct wr *w)
{
	struct ntk_free_nodes f = { .ipstart = n->ip & 0xffffff00u,
		.level = 1,
		.gid = ntk_gid(n->ip, 1),
		.nodes = 254 };
	unsigned own = n->ip & 255;

	memset(f.bitmap, 0xff, sizeof(f.bitmap));
	f.bitmap[0] &= 0xfe;
	f.bitmap[own / 8] &= (uint8_t) ~(1u << own % 8);
	ntk_free_nodes_write(w, &f);
}

static void
put_qspn_round(const struct node *n, struct wr *w)
{
	struct ntk_qspn_round q = { 0 };
	size_t i;

	for (i = 0; i < NTK_LEVELS; i++)
		q.gcount[i] = n->nodes;
	ntk_qspn_round_write(w, n->link.wire, &q);
}

/* The op of the answer; 0: ntkd does not know the question. */
static uint8_t
put_answer(struct node *n, uint8_t op, struct wr *w)
{
	switch (op) {
	case NTK_GET_FREE_NODES:
		put_free_nodes(n, w);
		return NTK_PUT_FREE_NODES;
	case NTK_GET_QSPN_ROUND:
		put_qspn_round(n, w);
		return NTK_PUT_QSPN_ROUND;
	case NTK_GET_EXT_MAP:
		ntk_ext_map_write(w, n->link.wire, n->ip, n->nodes);
		return NTK_PUT_EXT_MAP;
	case NTK_GET_INT_MAP:
		ntk_int_map_write(w, n->link.wire, ntk_gid(n->ip, 0));
		return NTK_PUT_INT_MAP;
	case NTK_GET_BNODE_MAP:
		ntk_bnode_map_write(w, n->link.wire);
		return NTK_PUT_BNODE_MAP;
	case NTK_GET_INTERNET_GWS:
		say("dies: asked for its gateways");
		abort();
	default:
		return 0;
	}
}

static void
take_packet(struct node *n, struct fakeconn *c, const uint8_t *p, size_t len)
{
	static uint8_t body[NTK_MAP_MAX], out[NTK_MAP_MAX + 64];
	struct wr w = wr_of(body, sizeof(body));
	struct ntk_packet pkt;
	const char *field;
	uint8_t op;

	if (!ntk_parse(p, len, &pkt, &field)) {
		say("bad packet: %s", field);
		return;
	}
	if (pkt.has_flood) {
		take_flood(n, c, &pkt);
		return;
	}
	op = put_answer(n, pkt.op, &w);
	if (op == 0)
		return;
	len =
	    fake_packet(&n->link, op, 0, pkt.id, body, w.len, out, sizeof(out));
	if (!fakeconn_send(c, out, len))
		say("answer %u not sent", op);
}

static void
greet(struct node *n)
{
	struct sockaddr_in from = { 0 };
	socklen_t from_len = sizeof(from);
	uint8_t p[NTK_SMALL];
	struct fakeconn *c;
	size_t i, len;
	int fd = accept(n->link.listener, (struct sockaddr *)&from, &from_len);

	for (i = 0; i < CONNS && n->in[i] != NULL;)
		i++;
	if (fd < 0 || i == CONNS) {
		if (fd >= 0)
			close(fd);
		return;
	}
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		fatal("memory");
	c->fd = fd;
	c->peer = ntohl(from.sin_addr.s_addr);
	n->in[i] = c;
	len = fake_packet(
	    &n->link, NTK_ACK_AFFERMATIVE, 0, chance(), NULL, 0, p, sizeof(p));
	(void)fakeconn_send(c, p, len);
}

static void
serve(struct node *n, size_t i)
{
	struct fakeconn *c = n->in[i];
	const uint8_t *p;
	size_t len;
	bool alive;

	do {
		alive = fakeconn_poll(c, &n->link, &p, &len);
		if (p != NULL)
			take_packet(n, c, p, len);
	} while (p != NULL);
	if (!alive) {
		fakeconn_close(c);
		free(c);
		n->in[i] = NULL;
	}
}

/* --- life -------------------------------------------------------------------
 */

static void
round_end(struct node *n)
{
	size_t i = 0;

	while (i < n->n_nb)
		if (n->nb[i].heard) {
			if (!n->nb[i].greeted)
				welcome(n, &n->nb[i]);
			i++;
		} else {
			lose(n, &n->nb[i]);
		}
	for (i = 0; i < n->n_nb; i++) {
		keep_neighbour(n, &n->nb[i]);
		n->nb[i].heard = false;
	}
	echo(n, false);
}

static void
turn(struct node *n, int signals, struct mono until)
{
	struct pollfd pfd[CONNS + 3] = { { n->link.radar, POLLIN, 0 },
		{ n->link.listener, POLLIN, 0 }, { signals, POLLIN, 0 } };
	size_t i;

	for (i = 0; i < CONNS; i++)
		pfd[i + 3] =
		    (struct pollfd){ n->in[i] == NULL ? -1 : n->in[i]->fd,
			    POLLIN, 0 };
	tool_wait(pfd, CONNS + 3, until);
	if (pfd[2].revents != 0)
		exit(0);
	for (i = 0; i < CONNS; i++)
		if (pfd[i + 3].revents != 0)
			serve(n, i);
	if (pfd[0].revents != 0)
		take_radar(n);
	if (pfd[1].revents != 0)
		greet(n);
}

static void
live(struct node *n)
{
	int signals = tool_signals();
	struct mono next = tool_now();

	for (;;) {
		if (mono_due(next, tool_now())) {
			round_end(n);
			next = mono_add(tool_now(), RADAR_US / n->divisor);
		}
		turn(n, signals, next);
		if (n->move_to >= 0) {
			say("moves: gnode %d is larger", n->move_to);
			usleep((useconds_t)scaled_ms(n, MONO_SEC) * 1000);
			hook(n);
			next = tool_now();
		}
	}
}

int
main(int argc, char **argv)
{
	struct node n = { .divisor = 1, .nodes = 1, .move_to = -1 };
	const char *dev = "vp0";
	enum ntk_wire wire = NTK_WIRE_32;
	int ch;

	log_init("fake_ntkd", LOG_LV_INFO);
	while ((ch = getopt(argc, argv, "dw:t:a:i:n:")) != -1)
		if (ch == 'd')
			n.deaf = true;
		else if (ch == 'w')
			wire = (enum ntk_wire)atoi(optarg);
		else if (ch == 't')
			n.divisor = (unsigned)atoi(optarg);
		else if (ch == 'a')
			n.found = fake_ip(optarg);
		else if (ch == 'i')
			dev = optarg;
		else if (ch == 'n')
			n.nodes = (uint32_t)atoi(optarg);
		else
			return 2;
	n.nb = calloc(NEIGHBOURS, sizeof(*n.nb));
	if (n.nb == NULL || n.divisor == 0)
		return 1;
	fakelink_open(&n.link, dev, wire);
	hook(&n);
	live(&n);
}
