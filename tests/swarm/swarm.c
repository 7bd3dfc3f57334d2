/*
 * swarm: many real peers of one vplamad, in one process. Keys follow from a
 * seed, so that the same command line can write their configuration for
 * vplamad first. It measures times with its own clock and prints figures when
 * it is asked.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include <malloc.h>

#include "base/container.h"
#include "base/fdutil.h"
#include "base/log.h"
#include "base/xmem.h"
#include "tests/swarm/swarm.h"
#include "tests/tool.h"

#define EVENTS 64 /* of one look at the sockets */
#define TICKS 16  /* peers whose time has come, between two such looks */
#define ARENA (1u << 20)
#define FDS 16 /* besides a socket for each */

static _Noreturn void
usage(void)
{
	fprintf(stderr,
	    "usage: swarm [-n PEERS] [-f FIRST] [-s SEED] [-w NETWORK] "
	    "[-K KEY-FILE]\n"
	    "             [-p PORT] [-c FOLDER | -d ADDRESS:PORT -k KEY]\n"
	    "\n"
	    "Plays PEERS (1000) real peers of the vplamad at ADDRESS:PORT\n"
	    "(127.0.0.1:7469) with the public key KEY, in the network NETWORK "
	    "(lab),\n"
	    "closed with the secret in KEY-FILE. They are number FIRST (0) "
	    "and on; number N\n"
	    "sends from 127.(1 + N mod 250).(N / 250).1, port PORT (7469), "
	    "and its key follows\n"
	    "from SEED (swarm) and N: two swarms beside each other need other "
	    "numbers.\n"
	    "With -c it writes FOLDER/swarmN.conf for each (peers.d of that "
	    "vplamad) and ends.\n"
	    "\n"
	    "Commands on standard input, one a line:\n"
	    "  start [N]       all begin, or number N: a new life each, and "
	    "they dial\n"
	    "  restart [N]     all end without a word and begin anew; from "
	    "this on they count\n"
	    "                  as up under keys younger than that\n"
	    "  mark            the same of who runs on: for a vplamad that "
	    "begins anew\n"
	    "  report          peers= up= and when (ms since the last start, "
	    "restart or mark) the\n"
	    "                  first was up, p50= 50 %%, p99=, p999=, last=: "
	    "or \"-\"\n"
	    "  mesh PATH       be the mesh daemon of vplamad\n"
	    "  fan COUNT SIZE GAP  so many packets of SIZE bytes through "
	    "that, each when the last\n"
	    "                  one has arrived, at most one in GAP ms; then "
	    "got=, and\n"
	    "                  microseconds from the mesh socket "
	    "until the kernel had the\n"
	    "                  first and the last datagram, and the last "
	    "peer had opened it\n"
	    "  quit\n"
	    "Peers are up once both directions carry under the new keys. It "
	    "needs a network\n"
	    "namespace of its own, or free loopback addresses.\n");
	exit(2);
}

uint64_t
swarm_wall_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * UINT64_C(1000000000) +
	    (uint64_t)ts.tv_nsec;
}

static void
look_at_clocks(struct swarm *s)
{
	s->now = tool_now();
	s->wall_ns = swarm_wall_ns();
}

/* --- commands ------------------------------------------------------------- */

static void
set_mark(struct swarm *s)
{
	unsigned i;

	s->mark = s->now;
	s->up = 0;
	for (i = 0; i < s->n; i++)
		s->v[i].up_at = MONO_NEVER;
}

static void
begin(struct vnode *v)
{
	vnode_end(v);
	v->starts = true;
	heap_set(&v->s->due, &v->due, v->s->now);
}

/* "" for all, else the number of one. */
static bool
begin_some(struct swarm *s, const char *which)
{
	unsigned i;
	char *end;

	set_mark(s);
	if (*which != '\0') {
		i = (unsigned)strtoul(which, &end, 10) - s->first;
		if (*end != '\0' || i >= s->n)
			return false;
		begin(&s->v[i]);
		return true;
	}
	for (i = 0; i < s->n; i++)
		begin(&s->v[i]);
	return true;
}

static int
by_time(const void *a, const void *b)
{
	const struct mono *x = a, *y = b;

	return mono_before(*y, *x) - mono_before(*x, *y);
}

/* When the k-th was up. */
static void
print_when(
    const struct swarm *s, const char *name, const struct mono *at, unsigned k)
{
	if (k == 0)
		k = 1;
	if (mono_is_never(at[k - 1]))
		printf(" %s=-", name);
	else
		printf(" %s=%llu", name,
		    (unsigned long long)(mono_since(s->mark, at[k - 1]) /
			MONO_MS));
}

static void
report(struct swarm *s)
{
	struct mono *at = xcalloc(s->n, sizeof(*at));
	uint64_t dead = 0;
	unsigned i;

	for (i = 0; i < s->n; i++) {
		at[i] = s->v[i].up_at;
		if (s->v[i].running)
			dead += s->v[i].core.cnt.v[CNT_peer_dead];
	}
	qsort(at, s->n, sizeof(*at), by_time);
	printf("report peers=%u up=%u", s->n, s->up);
	print_when(s, "first", at, 1);
	print_when(s, "p50", at, (s->n + 1) / 2);
	print_when(s, "p99", at, s->n - s->n / 100);
	print_when(s, "p999", at, s->n - s->n / 1000);
	print_when(s, "last", at, s->n);
	printf(" dead=%llu sent=%llu got=%llu\n", (unsigned long long)dead,
	    (unsigned long long)s->sent, (unsigned long long)s->got);
	fflush(stdout);
	free(at);
}

static bool
command_fan(struct swarm *s, const char *args)
{
	unsigned count, size, gap;

	if (sscanf(args, "%u %u %u", &count, &size, &gap) != 3)
		return false;
	fan_begin(s, count, size, gap);
	return true;
}

/* The text behind the word and a space, or NULL. */
static const char *
after(const char *line, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(line, word, len) != 0)
		return NULL;
	if (line[len] == '\0')
		return line + len;
	return line[len] == ' ' ? line + len + 1 : NULL;
}

static bool
command(void *arg, const char *line)
{
	struct swarm *s = arg;
	const char *rest;

	look_at_clocks(s);
	if ((rest = after(line, "start")) != NULL ||
	    (rest = after(line, "restart")) != NULL)
		return begin_some(s, rest);
	if ((rest = after(line, "mesh")) != NULL)
		return fan_open(s, rest);
	if ((rest = after(line, "fan")) != NULL)
		return command_fan(s, rest);
	if (strcmp(line, "mark") == 0)
		set_mark(s);
	else if (strcmp(line, "report") == 0)
		report(s);
	else if (strcmp(line, "quit") == 0)
		s->quit = true;
	else
		return false;
	return true;
}

/* --- the loop ------------------------------------------------------------- */

struct eyes {
	int ep, signals, mesh;
	bool stdin_ended;
	struct tool_input input;
	struct swarm *s;
};

static void
watch(int ep, int fd, void *what)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = what };

	if (epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev) < 0 && errno != EEXIST)
		fatal("epoll_ctl");
}

static int
wait_ms(const struct swarm *s)
{
	const struct hpent *e = heap_min(&s->due);
	struct mono at = s->fan.at;
	uint64_t us;

	if (e != NULL)
		at = mono_min(at, e->at);
	if (mono_is_never(at))
		return -1;
	us = mono_since(tool_now(), at);
	return us > 1000000 ? 1000 : (int)((us + 999) / 1000);
}

static void
run_due(struct swarm *s, int ep)
{
	struct hpent *e;
	struct vnode *v;
	bool first;
	int i;

	for (i = 0; i < TICKS; i++) {
		e = heap_min(&s->due);
		if (e == NULL || !mono_due(e->at, s->now))
			break;
		v = CONTAINER_OF(e, struct vnode, due);
		first = v->fd < 0;
		vnode_tick(v);
		if (first)
			watch(ep, v->fd, v);
		look_at_clocks(s);
	}
	if (mono_due(s->fan.at, s->now))
		fan_tick(s);
}

static void
serve(struct eyes *e, const struct epoll_event *ev)
{
	struct swarm *s = e->s;

	if (ev->data.ptr == &e->signals) {
		s->quit = true;
	} else if (ev->data.ptr == &e->input) {
		if (!tool_commands(&e->input, command, s))
			epoll_ctl(e->ep, EPOLL_CTL_DEL, STDIN_FILENO, NULL);
	} else if (ev->data.ptr == &e->mesh) {
		fan_read(s);
	} else {
		vnode_read(ev->data.ptr);
	}
}

static void
swarm_run(struct swarm *s)
{
	struct epoll_event ev[EVENTS];
	struct eyes e = { .s = s, .mesh = -1 };
	int i, n;

	e.ep = epoll_create1(EPOLL_CLOEXEC);
	e.signals = tool_signals();
	if (e.ep < 0)
		fatal("epoll_create1");
	watch(e.ep, e.signals, &e.signals);
	watch(e.ep, STDIN_FILENO, &e.input);
	printf("ready peers=%u\n", s->n);
	fflush(stdout);
	while (!s->quit) {
		n = epoll_wait(e.ep, ev, EVENTS, wait_ms(s));
		if (n < 0 && errno != EINTR)
			fatal("epoll_wait");
		for (i = 0; i < n; i++) {
			look_at_clocks(s);
			serve(&e, &ev[i]);
		}
		if (s->fan.fd >= 0 && s->fan.fd != e.mesh)
			watch(e.ep, s->fan.fd, &e.mesh);
		e.mesh = s->fan.fd;
		look_at_clocks(s);
		run_due(s, e.ep);
	}
	close(e.signals);
	close(e.ep);
}

/* --- the rest ------------------------------------------------------------- */

static void
write_conf(const struct swarm *s, const char *dir)
{
	char path[512], text[512], key[KEY_TEXT], at[ADDR_TEXT];
	unsigned i;
	int n, rc;

	for (i = 0; i < s->n; i++) {
		const struct vnode *v = &s->v[i];

		key_format(v->id.ed_pk, key);
		n = snprintf(text, sizeof(text),
		    "peer swarm%u {\n\tpublic-key = \"%s\"\n"
		    "\tendpoint = {\"%s\"}\n}\n",
		    v->nr, key, addr_format(&v->addr, at));
		snprintf(path, sizeof(path), "%s/swarm%u.conf", dir, v->nr);
		rc = file_write(path, text, (size_t)n, 0644);
		if (rc < 0)
			fatalx("%s: %s", path, strerror(-rc));
	}
}

/* Each has a socket; each core tables of some 100 KiB that stay untouched. */
static void
raise_limits(unsigned n)
{
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) < 0)
		fatal("getrlimit");
	rl.rlim_cur = rl.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &rl) < 0 || rl.rlim_max < n + FDS)
		fatalx(
		    "only %llu descriptors", (unsigned long long)rl.rlim_max);
	mallopt(M_MMAP_THRESHOLD, 64 << 10);
	mallopt(M_MMAP_MAX, 1 << 20);
}

static void
take_key(struct swarm *s, const char *path)
{
	uint8_t key[KEY_LEN];
	const char *why;

	if (!key_file_load(path, key, &why))
		fatalx("%s: %s", path, why);
	network_closed(&s->net, key);
}

static void
make(struct swarm *s)
{
	unsigned i;

	s->v = xcalloc(s->n, sizeof(*s->v));
	for (i = 0; i < s->n; i++)
		vnode_make(&s->v[i], s, s->first + i);
}

static void
swarm_fini(struct swarm *s)
{
	unsigned i;

	fan_close(&s->fan);
	for (i = 0; i < s->n; i++) {
		vnode_end(&s->v[i]);
		if (s->v[i].fd >= 0)
			close(s->v[i].fd);
	}
	heap_fini(&s->due);
	arena_fini(&s->mem);
	free(s->v);
}

static unsigned
number(const char *text, unsigned least, unsigned most)
{
	char *end;
	unsigned long v = strtoul(text, &end, 10);

	if (*text == '\0' || *end != '\0' || v < least || v > most)
		fatalx("%s: not from %u to %u", text, least, most);
	return (unsigned)v;
}

/* What the command line says besides. */
struct args {
	const char *conf, *secret;
	bool has_key;
};

static bool
take_option(struct swarm *s, struct args *a, int c)
{
	switch (c) {
	case 'n':
		s->n = number(optarg, 1, SWARM_MAX);
		return true;
	case 'f':
		s->first = number(optarg, 0, SWARM_MAX - 1);
		return true;
	case 's':
		s->seed = optarg;
		return true;
	case 'w':
		s->name = optarg;
		return true;
	case 'K':
		a->secret = optarg;
		return true;
	case 'p':
		s->port = (uint16_t)number(optarg, 1, UINT16_MAX);
		return true;
	case 'c':
		a->conf = optarg;
		return true;
	case 'd':
		s->daemon = tool_addr(optarg);
		return true;
	case 'k':
		a->has_key = key_parse(optarg, s->daemon_key);
		return a->has_key;
	default:
		return false;
	}
}

int
main(int argc, char **argv)
{
	struct swarm s = { .n = 1000,
		.seed = "swarm",
		.name = "lab",
		.port = 7469,
		.fan.fd = -1,
		.fan.at = MONO_NEVER };
	struct args a = { 0 };
	int c;

	log_init("swarm", LOG_LV_INFO);
	if (!crypto_start())
		fatalx("no cryptography");
	s.daemon = tool_addr("127.0.0.1:7469");
	while ((c = getopt(argc, argv, "n:f:s:w:K:p:c:d:k:")) != -1)
		if (!take_option(&s, &a, c))
			usage();
	if (optind != argc || s.first + s.n > SWARM_MAX ||
	    (a.conf == NULL && !a.has_key))
		usage();
	raise_limits(s.n);
	network_open(&s.net, s.name, strlen(s.name));
	if (a.secret != NULL)
		take_key(&s, a.secret);
	s.aead = aead_default();
	arena_init(&s.mem, ARENA);
	heap_init(&s.due);
	look_at_clocks(&s);
	make(&s);
	if (a.conf != NULL)
		write_conf(&s, a.conf);
	else
		swarm_run(&s);
	swarm_fini(&s);
	return 0;
}
