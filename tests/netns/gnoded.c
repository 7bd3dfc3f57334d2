/*
 * A stand-in mesh daemon that has a place: tells vplamad its address and what
 * its gnode claims, keeps the address on an interface, and moves when it is
 * asked to. One line on standard output for each thing that happens, and when:
 * @ milliseconds since 1970.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "ntkd-shim/client.h"

#define LEVELS 4
#define MOVE_US (1 * MONO_SEC) /* a real one takes 12 s and more */

static const char usage[] =
    "usage: gnoded -s SOCKET -a ADDRESS [-c LEVEL] [-n NODES] [-i DEV] [-m]\n"
    "  -a  our address, in 10.0.0.0/8   -c  claim its gnode of LEVEL [2]\n"
    "  -i  keep the address there       -m  can move when asked to\n";

struct gnoded {
	struct client *cl;
	struct netdesc desc;
	const char *dev;
	bool moving;
	struct mono move_at;
	struct mesh_rehook order;
};

static void
say(const char *what, const char *text)
{
	printf("%s%s%s @%" PRIu64 "\n", what, text[0] != '\0' ? " " : "", text,
	    clock_wall_us() / 1000);
	fflush(stdout);
}

static unsigned
number(const char *s, unsigned long max)
{
	char *end;
	unsigned long v = strtoul(s, &end, 10);

	if (*s == '\0' || *end != '\0' || v > max)
		fatalx("%s: expected a number up to %lu", s, max);
	return (unsigned)v;
}

static const char *
address(const uint16_t *gid, char buf[static INET_ADDRSTRLEN])
{
	const uint8_t byte[4] = { (uint8_t)gid[3], (uint8_t)gid[2],
		(uint8_t)gid[1], (uint8_t)gid[0] };

	return inet_ntop(AF_INET, byte, buf, INET_ADDRSTRLEN);
}

static const char *
claim_text(const struct claim *c, char buf[static 32])
{
	char a[INET_ADDRSTRLEN];

	snprintf(buf, 32, "%s/%d", address(c->gid, a), 32 - 8 * c->level);
	return buf;
}

static void
ip(const char *verb, const char *addr, const char *dev)
{
	char cmd[128];

	snprintf(cmd, sizeof(cmd), "ip addr %s %s/32 dev %s", verb, addr, dev);
	if (system(cmd) != 0)
		log_warnx("%s: failed", cmd);
}

/* Takes the address, and says so to whoever listens. */
static void
settle(struct gnoded *g)
{
	char a[INET_ADDRSTRLEN];

	address(g->desc.gid, a);
	if (g->dev != NULL)
		ip("replace", a, g->dev);
	say("at", a);
	if (client_is_up(g->cl) && client_netdesc(g->cl, &g->desc) < 0)
		fatalx("vplamad does not take where we are");
}

static void
move(struct gnoded *g)
{
	const struct claim *to = &g->order.to;
	char a[INET_ADDRSTRLEN];
	unsigned i;

	g->moving = false;
	if (g->dev != NULL)
		ip("del", address(g->desc.gid, a), g->dev);
	for (i = to->level; i < LEVELS; i++)
		g->desc.gid[i] = to->gid[i];
	g->desc.claim[0] = *to;
	settle(g);
	(void)client_rehook_done(g->cl, g->order.id);
}

static void
on_rehook(struct gnoded *g, const struct mesh_rehook *re, struct mono now)
{
	char from[32], to[32], text[80];

	snprintf(text, sizeof(text), "%s %s", claim_text(&re->from, from),
	    claim_text(&re->to, to));
	say("rehook", text);
	g->order = *re;
	g->moving = true;
	g->move_at = mono_add(now, MOVE_US);
}

static void
on_route(const struct mesh_route *ro)
{
	char line[NETDESC_CLAIMS * 32 + 16], one[32];
	size_t len = (size_t)snprintf(line, sizeof(line), "%u", ro->peer);
	unsigned i;

	for (i = 0; i < ro->n_claims; i++)
		len += (size_t)snprintf(line + len, sizeof(line) - len, " %s",
		    claim_text(&ro->claim[i], one));
	say("route", line);
}

static void
on_event(struct gnoded *g, enum client_event ev, const struct mesh_rec *rec,
    struct mono now)
{
	if (ev == CLIENT_UP) {
		say("up", "");
		(void)client_netdesc(g->cl, &g->desc);
	} else if (ev == CLIENT_DOWN) {
		say("down", client_why(g->cl));
	} else if (ev == CLIENT_RECORD && rec->type == MESH_ROUTE) {
		on_route(&rec->u.route);
	} else if (ev == CLIENT_RECORD && rec->type == MESH_REHOOK) {
		on_rehook(g, &rec->u.rehook, now);
	}
}

static void
place(struct netdesc *d, const char *text, unsigned level)
{
	struct in_addr a;
	uint8_t byte[4];
	unsigned i;

	if (inet_pton(AF_INET, text, &a) != 1)
		fatalx("%s: expected an IPv4 address", text);
	memcpy(byte, &a, sizeof(byte));
	d->topo = topology_ntk(NETDESC_10);
	d->n_claims = 1;
	d->claim[0].level = (uint8_t)level;
	for (i = 0; i < LEVELS; i++) {
		d->gid[i] = byte[3 - i];
		if (i >= level)
			d->claim[0].gid[i] = d->gid[i];
	}
}

static void
serve(struct gnoded *g)
{
	struct mesh_rec rec;
	enum client_event ev;

	for (;;) {
		ev = client_wait(g->cl, 100, &rec);
		on_event(g, ev, &rec, clock_mono());
		if (g->moving && mono_due(g->move_at, clock_mono()))
			move(g);
	}
}

int
main(int argc, char **argv)
{
	struct gnoded g = { .desc = { .nodes = 1 } };
	const char *sock = NULL, *at = NULL;
	unsigned level = 2;
	int ch;

	log_init("gnoded", LOG_LV_INFO);
	while ((ch = getopt(argc, argv, "s:a:c:n:i:m")) != -1) {
		switch (ch) {
		case 's':
			sock = optarg;
			break;
		case 'a':
			at = optarg;
			break;
		case 'c':
			level = number(optarg, 2);
			break;
		case 'n':
			g.desc.nodes = number(optarg, 1000000);
			break;
		case 'i':
			g.dev = optarg;
			break;
		case 'm':
			g.desc.flags |= NETDESC_MOVABLE;
			break;
		default:
			fputs(usage, stderr);
			return 2;
		}
	}
	if (sock == NULL || at == NULL || optind != argc) {
		fputs(usage, stderr);
		return 2;
	}
	place(&g.desc, at, level);
	g.cl = client_new(sock, "gnoded");
	settle(&g);
	serve(&g);
	return 0;
}
