/*
 * relay: a bad Internet line in user space. It takes UDP at one address and
 * hands it to another, through a socket of its own for each client, so that
 * answers come back as through a NAT; delay, loss and the rest are drawn from
 * a seed and can be changed on standard input while it runs.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/container.h"
#include "base/heap.h"
#include "base/log.h"
#include "base/xmem.h"
#include "tests/relay/weather.h"
#include "tests/tool.h"

#define BATCH 64
#define DATAGRAM_MAX 65536
#define LINES_MAX 16
#define CLIENTS_MAX 1024 /* in all */
#define QUEUE_MAX 100000 /* datagrams under way */
#define EARLY_US 50	 /* a poll oversleeps by more than that */

enum dir { FWD, BACK, DIRS };
static const char *const dir_names[DIRS] = { "fwd", "back" };

struct line {
	int fd; /* bound to the address that clients know */
	struct addr target;
	struct lane lane[DIRS];
};

struct client {
	struct line *line;
	struct addr from;
	int fd; /* connected to the target */
};

struct packet {
	struct hpent due;
	struct client *cl;
	enum dir dir;
	size_t len;
	uint8_t data[];
};

struct inbox {
	struct mmsghdr msg[BATCH];
	struct iovec iov[BATCH];
	struct sockaddr_storage from[BATCH];
	uint8_t *mem;
};

struct relay {
	struct weather weather;
	struct line line[LINES_MAX];
	size_t lines;
	struct client *client[CLIENTS_MAX];
	size_t clients;
	unsigned rebinds;
	struct heap queue;
	struct inbox in;
	struct tool_input input;
	bool quit;
};

static int
udp_socket(const struct addr *a)
{
	int fd = socket(addr_is_v4(a) ? AF_INET : AF_INET6,
	    SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		fatal("socket");
	tool_buffer(fd);
	return fd;
}

static int
udp_connect(const struct addr *a)
{
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(a, false, &ss);
	int fd = udp_socket(a);

	if (connect(fd, (struct sockaddr *)&ss, len) < 0)
		fatal("connect");
	return fd;
}

static void
line_open(struct relay *r, uint64_t seed, const char *at, const char *to)
{
	struct line *l = &r->line[r->lines];
	struct addr a = tool_addr(at);
	struct sockaddr_storage ss;
	socklen_t len;
	unsigned d;

	l->target = tool_addr(to);
	l->fd = udp_socket(&a);
	len = addr_to_sockaddr(&a, false, &ss);
	if (bind(l->fd, (struct sockaddr *)&ss, len) < 0)
		fatal("bind %s", at);
	for (d = 0; d < DIRS; d++)
		lane_init(&l->lane[d], seed, (unsigned)r->lines * DIRS + d);
	r->lines++;
}

/* NULL when there are too many. */
static struct client *
client_of(struct relay *r, struct line *l, const struct sockaddr_storage *ss)
{
	struct client *cl;
	struct addr from;
	size_t i;

	if (!addr_from_sockaddr((const struct sockaddr *)ss, &from))
		return NULL;
	for (i = 0; i < r->clients; i++) {
		cl = r->client[i];
		if (cl->line == l && addr_equal(&cl->from, &from))
			return cl;
	}
	if (r->clients == CLIENTS_MAX)
		return NULL;
	cl = xcalloc(1, sizeof(*cl));
	*cl = (struct client){ l, from, udp_connect(&l->target) };
	r->client[r->clients++] = cl;
	return cl;
}

/* As a NAT that forgot: new source ports, answers to the old ones are lost. */
static void
rebind_all(struct relay *r)
{
	size_t i;
	int fd;

	for (i = 0; i < r->clients; i++) {
		fd = udp_connect(&r->client[i]->line->target);
		close(r->client[i]->fd);
		r->client[i]->fd = fd;
	}
	r->rebinds++;
}

static void
enqueue(struct relay *r, struct client *cl, enum dir dir, const uint8_t *p,
    size_t len, struct mono now)
{
	struct lane *lane = &cl->line->lane[dir];
	struct fate f = weather_decide(&r->weather, lane, len, now);
	struct packet *pk;
	unsigned i;

	for (i = 0; i < f.copies; i++) {
		if (r->queue.n >= QUEUE_MAX) {
			lane->n.overrun++;
			continue;
		}
		pk = xmalloc(sizeof(*pk) + len);
		*pk = (struct packet){ .cl = cl, .dir = dir, .len = len };
		memcpy(pk->data, p, len);
		if (f.flip != FATE_INTACT)
			pk->data[f.flip / 8] ^= (uint8_t)(1u << (f.flip % 8));
		heap_set(&r->queue, &pk->due, f.at[i]);
	}
}

static int
receive(struct inbox *in, int fd)
{
	size_t i;

	for (i = 0; i < BATCH; i++) {
		in->iov[i] =
		    (struct iovec){ in->mem + i * DATAGRAM_MAX, DATAGRAM_MAX };
		in->msg[i].msg_hdr = (struct msghdr){
			.msg_name = &in->from[i],
			.msg_namelen = sizeof(in->from[i]),
			.msg_iov = &in->iov[i],
			.msg_iovlen = 1,
		};
	}
	/* An error is an ICMP answer to something sent: weather as well. */
	return recvmmsg(fd, in->msg, BATCH, MSG_DONTWAIT, NULL);
}

static void
line_read(struct relay *r, struct line *l)
{
	int i, n = receive(&r->in, l->fd);
	struct mono now = tool_now();
	struct client *cl;

	for (i = 0; i < n; i++) {
		cl = client_of(r, l, &r->in.from[i]);
		if (cl != NULL)
			enqueue(r, cl, FWD, r->in.iov[i].iov_base,
			    r->in.msg[i].msg_len, now);
		else
			l->lane[FWD].n.overrun++;
	}
}

static void
client_read(struct relay *r, struct client *cl)
{
	int i, n = receive(&r->in, cl->fd);
	struct mono now = tool_now();

	for (i = 0; i < n; i++)
		enqueue(r, cl, BACK, r->in.iov[i].iov_base,
		    r->in.msg[i].msg_len, now);
}

static int
exit_fd(const struct packet *pk)
{
	return pk->dir == FWD ? pk->cl->fd : pk->cl->line->fd;
}

/* Sends n packets that leave by one descriptor, and frees them. */
static void
send_batch(struct packet **pk, size_t n)
{
	struct mmsghdr msg[BATCH] = { 0 };
	struct iovec iov[BATCH];
	struct sockaddr_storage ss[BATCH];
	bool again = true;
	size_t i, sent = 0;
	int got;

	for (i = 0; i < n; i++) {
		iov[i] = (struct iovec){ pk[i]->data, pk[i]->len };
		msg[i].msg_hdr.msg_iov = &iov[i];
		msg[i].msg_hdr.msg_iovlen = 1;
		if (pk[i]->dir == FWD)
			continue;
		msg[i].msg_hdr.msg_name = &ss[i];
		msg[i].msg_hdr.msg_namelen =
		    addr_to_sockaddr(&pk[i]->cl->from, false, &ss[i]);
	}
	while (sent < n) {
		got = sendmmsg(exit_fd(pk[0]), msg + sent, (unsigned)(n - sent),
		    MSG_DONTWAIT);
		for (i = 0; (int)i < got; i++, sent++)
			pk[sent]->cl->line->lane[pk[sent]->dir].n.forwarded++;
		/* An ICMP error that was waiting hits a datagram unsent. */
		if (got <= 0 && errno == ECONNREFUSED && again) {
			again = false;
		} else if (got <= 0) {
			pk[sent]->cl->line->lane[pk[sent]->dir].n.unsent++;
			sent++;
		}
	}
	for (i = 0; i < n; i++)
		free(pk[i]);
}

static void
send_due(struct relay *r)
{
	struct mono until = mono_add(tool_now(), EARLY_US);
	struct packet *batch[BATCH], *pk;
	struct hpent *e;
	size_t n = 0;

	while ((e = heap_min(&r->queue)) != NULL && mono_due(e->at, until)) {
		pk = CONTAINER_OF(e, struct packet, due);
		if (n == BATCH || (n > 0 && exit_fd(pk) != exit_fd(batch[0]))) {
			send_batch(batch, n);
			n = 0;
		}
		heap_set(&r->queue, e, MONO_NEVER);
		batch[n++] = pk;
	}
	if (n > 0)
		send_batch(batch, n);
}

static void
print_stats(struct relay *r)
{
	static const struct {
		const char *name;
		size_t off;
	} column[] = {
		{ "received", offsetof(struct tally, received) },
		{ "forwarded", offsetof(struct tally, forwarded) },
		{ "lost", offsetof(struct tally, lost) },
		{ "dup", offsetof(struct tally, dup) },
		{ "reordered", offsetof(struct tally, reordered) },
		{ "corrupted", offsetof(struct tally, corrupted) },
		{ "blackholed", offsetof(struct tally, blackholed) },
		{ "overrun", offsetof(struct tally, overrun) },
		{ "unsent", offsetof(struct tally, unsent) },
	};
	size_t i, c, d;

	printf("clients=%zu rebinds=%u queued=%zu", r->clients, r->rebinds,
	    r->queue.n);
	for (d = 0; d < DIRS; d++) {
		for (c = 0; c < sizeof(column) / sizeof(column[0]); c++) {
			uint64_t v, sum = 0;

			for (i = 0; i < r->lines; i++) {
				memcpy(&v,
				    (char *)&r->line[i].lane[d].n +
					column[c].off,
				    sizeof(v));
				sum += v;
			}
			printf(" %s_%s=%llu", dir_names[d], column[c].name,
			    (unsigned long long)sum);
		}
	}
	printf("\n");
	fflush(stdout);
}

static bool
command(void *arg, const char *s)
{
	struct relay *r = arg;

	if (strcmp(s, "rebind") == 0)
		rebind_all(r);
	else if (strcmp(s, "stats") == 0)
		print_stats(r);
	else if (strcmp(s, "quit") == 0)
		r->quit = true;
	else
		return weather_set(&r->weather, s);
	return true;
}

static void
relay_run(struct relay *r)
{
	static const size_t head = 2; /* signals and standard input */
	struct pollfd *pfd =
	    xcalloc(head + LINES_MAX + CLIENTS_MAX, sizeof(*pfd));
	size_t i, lines = r->lines, clients;
	struct hpent *e;

	pfd[0].fd = tool_signals();
	pfd[1].fd = STDIN_FILENO;
	for (i = 0; i < lines; i++)
		pfd[head + i].fd = r->line[i].fd;
	while (!r->quit) {
		clients = r->clients;
		for (i = 0; i < clients; i++)
			pfd[head + lines + i].fd = r->client[i]->fd;
		for (i = 0; i < head + lines + clients; i++) {
			pfd[i].events = POLLIN;
			pfd[i].revents = 0;
		}
		e = heap_min(&r->queue);
		tool_wait(pfd, head + lines + clients,
		    e != NULL ? e->at : MONO_NEVER);
		for (i = 0; i < lines; i++)
			if (pfd[head + i].revents != 0)
				line_read(r, &r->line[i]);
		for (i = 0; i < clients; i++)
			if (pfd[head + lines + i].revents != 0)
				client_read(r, r->client[i]);
		send_due(r);
		if (pfd[1].revents != 0 &&
		    !tool_commands(&r->input, command, r))
			pfd[1].fd = -1; /* poll skips it from now on */
		r->quit |= pfd[0].revents != 0;
	}
	close(pfd[0].fd);
	free(pfd);
}

static void
relay_fini(struct relay *r)
{
	struct hpent *e;
	size_t i;

	while ((e = heap_min(&r->queue)) != NULL) {
		heap_set(&r->queue, e, MONO_NEVER);
		free(CONTAINER_OF(e, struct packet, due));
	}
	heap_fini(&r->queue);
	for (i = 0; i < r->clients; i++) {
		close(r->client[i]->fd);
		free(r->client[i]);
	}
	for (i = 0; i < r->lines; i++)
		close(r->line[i].fd);
	free(r->in.mem);
	free(r);
}

static _Noreturn void
usage(void)
{
	fprintf(stderr,
	    "usage: relay [-S seed] [-c command]... listen target "
	    "[listen target]...\n"
	    "commands, also on standard input, one a line:\n"
	    "  loss P  dup P  corrupt P  reorder P [HOLD]  delay T  jitter T\n"
	    "  rate 10mbit|off  blackhole on|off  rebind  stats  quit\n");
	exit(2);
}

int
main(int argc, char **argv)
{
	struct relay *r = xcalloc(1, sizeof(*r));
	uint64_t seed = 1;
	int i, c;

	log_init("relay", LOG_LV_INFO);
	weather_init(&r->weather);
	heap_init(&r->queue);
	r->in.mem = xmalloc((size_t)BATCH * DATAGRAM_MAX);
	while ((c = getopt(argc, argv, "S:c:")) != -1) {
		if (c == 'S')
			seed = strtoull(optarg, NULL, 0);
		else if (c != 'c')
			usage();
		else if (!weather_set(&r->weather, optarg))
			fatalx("command not understood: %s", optarg);
	}
	if (argc == optind || (argc - optind) % 2 != 0 ||
	    argc - optind > 2 * LINES_MAX)
		usage();
	for (i = optind; i < argc; i += 2)
		line_open(r, seed, argv[i], argv[i + 1]);
	printf("ready\n");
	fflush(stdout);
	relay_run(r);
	print_stats(r);
	relay_fini(r);
	return 0;
}
