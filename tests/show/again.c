/*
 * again -a CONTROL -b CONTROL -A ADDRESS:PORT -B ADDRESS:PORT -p PORT -d PORT
 *	-k KEY [-n REPLAYS] [-i INITIATIONS] [-t TIMES] [-f FORGED]
 *
 * Two vplamads listen at -A and -B; a knows b at 127.0.0.1:PORT (-p), which is
 * us, and b knows a without an address. KEY is b's, in text. Each has a device
 * of kind udp, a's between the ports -d and -d + 1, b's between -d + 2 and -d
 *+ 3. Sends again what it heard, and says what came of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/wr.h"
#include "base/xmem.h"
#include "crypto/prim.h"
#include "tests/rng.h"
#include "tests/show/again.h"
#include "tests/tool.h"

#define BATCH 64
#define ROUND 4096 /* replays between two looks at what became of them */
#define RATE 2000  /* packets a second, each way */
#define PATIENCE_US (100 * MONO_MS)
#define INIT_RATE 5000 /* initiations a second */
#define WINDOW_BITS 8128
#define EDGE 64
#define STRETCHES 4
#define STRETCH 5000 /* packets */
#define CHECK_US (2100 * MONO_MS)

struct args {
	const char *ctl_a, *ctl_b, *at_a, *at_b, *key;
	unsigned port, dev;
	uint64_t replays, inits, forged;
	unsigned times;
};

static void
figure(const char *name, uint64_t v)
{
	printf("# figure %s %llu\n", name, (unsigned long long)v);
	fflush(stdout);
}

static void
figure_d(const char *name, double v)
{
	printf("# figure %s %.3f\n", name, v);
}

/* Bound to from, and to where it sends; either may be NULL. */
static int
open_at(const char *from, const char *to)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_storage ss;
	struct addr at;
	socklen_t len;

	if (fd < 0)
		fatal("socket");
	tool_buffer(fd);
	if (from != NULL) {
		at = tool_addr(from);
		len = addr_to_sockaddr(&at, false, &ss);
		if (bind(fd, (struct sockaddr *)&ss, len) < 0)
			fatal("%s", from);
	}
	if (to != NULL) {
		at = tool_addr(to);
		len = addr_to_sockaddr(&at, false, &ss);
		if (connect(fd, (struct sockaddr *)&ss, len) < 0)
			fatal("%s", to);
	}
	return fd;
}

static const char *
local(char buf[32], unsigned net, unsigned host, unsigned port)
{
	snprintf(buf, 32, "127.0.%u.%u:%u", net, host, port);
	return buf;
}

static void
line_open(struct line *l, const struct args *a)
{
	char text[32], to[32];
	unsigned i;

	l->a = tool_addr(a->at_a);
	l->fa = open_at(local(text, 0, 1, a->port), NULL);
	l->fb = open_at(local(text, 0, 1, a->port + 1), a->at_b);
	for (i = 0; i < FOES; i++)
		l->foe[i] =
		    open_at(local(text, 8, i + 1, a->port + 1), a->at_b);
	l->flow[TO_B].from = l->flow[TO_A].to =
	    open_at(local(text, 0, 1, a->dev + 1), local(to, 0, 1, a->dev));
	l->flow[TO_A].from = l->flow[TO_B].to =
	    open_at(local(text, 0, 1, a->dev + 3), local(to, 0, 1, a->dev + 2));
	for (i = 0; i < WAYS; i++)
		l->flow[i].seen = xcalloc(SEQS / 8, 1);
	l->kept = xcalloc(KEPT, sizeof(*l->kept));
	ctl_connect(&l->ctl[0], a->ctl_a);
	ctl_connect(&l->ctl[1], a->ctl_b);
}

/* --- what the daemons say ----------------------------------------------------
 */

/* A number or text of the only peer of one of them; "" when there is none. */
static void
peer_member(
    struct line *l, unsigned who, const char *name, char *ret, size_t max)
{
	struct json_object *o = client_call(&l->ctl[who], "show", NULL), *v;
	struct json_object *list;

	ret[0] = '\0';
	v = json_object_object_get(o, "result");
	list = json_object_object_get(v, "peers");
	if (list != NULL && json_object_array_length(list) > 0) {
		v = json_object_object_get(
		    json_object_array_get_idx(list, 0), name);
		if (v != NULL)
			snprintf(ret, max, "%s", json_object_get_string(v));
	}
	json_object_put(o);
}

static bool
peer_is(struct line *l, unsigned who, const char *name, const char *want)
{
	char got[80];

	peer_member(l, who, name, got, sizeof(got));
	return strcmp(got, want) == 0;
}

static bool
is_up(struct line *l)
{
	return peer_is(l, 0, "state", "vrnode") &&
	    peer_is(l, 1, "state", "vrnode");
}

static uint64_t
counter(struct line *l, unsigned who, enum counter id)
{
	struct counters c;

	counters_get(&l->ctl[who], &c);
	return c.v[id];
}

/* Transport packets that b did not want, whatever for. */
static uint64_t
refused(struct line *l)
{
	struct counters c;

	counters_get(&l->ctl[1], &c);
	return c.v[CNT_data_replay] + c.v[CNT_data_index] +
	    c.v[CNT_data_expired] + c.v[CNT_data_auth];
}

static uint64_t
ended(struct line *l)
{
	struct counters c;
	uint64_t n = 0;
	unsigned i;

	for (i = 0; i < 2; i++) {
		counters_get(&l->ctl[i], &c);
		n += c.v[CNT_peer_dead] + c.v[CNT_peer_closed];
	}
	return n;
}

static void
wait_up(struct line *l)
{
	unsigned i;

	for (i = 0; i < 100 && !is_up(l); i++)
		line_pump_for(l, 100 * MONO_MS);
	if (!is_up(l))
		fatalx("no tunnel");
}

/* a forgets b and meets it anew: a session of its own, shaken in the open. */
static void
meet_again(struct line *l, const struct args *a)
{
	struct json_object *args = json_object_new_object(), *list;
	char at[32];

	json_object_object_add(args, "peer", json_object_new_string("b"));
	json_object_put(client_call(&l->ctl[0], "peers.del", args));
	line_pump_for(l, 700 * MONO_MS);
	args = json_object_new_object();
	list = json_object_new_array();
	json_object_array_add(
	    list, json_object_new_string(local(at, 0, 1, a->port)));
	json_object_object_add(args, "name", json_object_new_string("b"));
	json_object_object_add(
	    args, "public_key", json_object_new_string(a->key));
	json_object_object_add(args, "endpoints", list);
	json_object_put(client_call(&l->ctl[0], "peers.add", args));
	wait_up(l);
	line_pump_for(l, 300 * MONO_MS);
}

/* --- the stages --------------------------------------------------------------
 */

static void
report(struct line *l, const char *stage)
{
	char name[64];

	line_rate(l, 0);
	line_settle(l);
	snprintf(name, sizeof(name), "%s_sent", stage);
	figure(name, l->flow[TO_B].sent + l->flow[TO_A].sent);
	snprintf(name, sizeof(name), "%s_dup", stage);
	figure(name, line_dup(l));
	snprintf(name, sizeof(name), "%s_lost", stage);
	figure(name, line_lost(l));
	snprintf(name, sizeof(name), "%s_odd", stage);
	figure(name, l->flow[TO_B].odd + l->flow[TO_A].odd);
	snprintf(name, sizeof(name), "%s_ended", stage);
	figure(name, ended(l));
}

/* Everything passes twice, both ways. */
static void
doubled(struct line *l)
{
	uint64_t passed = l->passed[TO_A] + l->passed[TO_B];

	l->twice = true;
	line_rate(l, RATE);
	line_pump_for(l, 2 * MONO_SEC);
	line_rate(l, 0);
	line_settle(l);
	l->twice = false;
	figure("doubled_packets", l->passed[TO_A] + l->passed[TO_B] - passed);
	report(l, "doubled");
}

/* Which to send again: a third at the edges of the window, or any. */
static const struct kept *
choose(struct line *l, struct rng *rnd)
{
	uint64_t n = l->top < KEPT - 1024 ? l->top : KEPT - 1024, back;

	switch (rng_below(rnd, 6)) {
	case 0: /* where the window ends */
		back = WINDOW_BITS - EDGE + rng_below(rnd, 2 * EDGE);
		break;
	case 1: /* where it begins */
		back = rng_below(rnd, EDGE);
		break;
	default:
		back = rng_below(rnd, n + 1);
	}
	return &l->kept[(l->top - (back <= l->top ? back : l->top)) % KEPT];
}

static void
send_batch(int fd, const struct kept *const *k, unsigned n)
{
	struct mmsghdr msg[BATCH] = { 0 };
	struct iovec iov[BATCH];
	unsigned i, sent = 0;
	int got;

	for (i = 0; i < n; i++) {
		iov[i] =
		    (struct iovec){ (void *)(uintptr_t)k[i]->p, k[i]->len };
		msg[i].msg_hdr.msg_iov = &iov[i];
		msg[i].msg_hdr.msg_iovlen = 1;
	}
	for (; sent < n; sent += (unsigned)got) {
		got = sendmmsg(fd, msg + sent, n - sent, 0);
		if (got <= 0)
			return;
	}
}

static void
replays_round(struct line *l, struct rng *rnd)
{
	const struct kept *k[BATCH];
	unsigned i, j, n;

	for (i = 0; i < ROUND / BATCH; i++) {
		for (n = j = 0; j < BATCH; j++) {
			k[n] = choose(l, rnd);
			n += k[n]->len > 0;
		}
		send_batch(i % 4 == 3 ? l->foe[i % FOES] : l->fb, k, n);
		line_pump(l);
	}
}

/* b has looked at all of them; some may have been lost in its buffer. */
static uint64_t
wait_refused(struct line *l, uint64_t want)
{
	uint64_t now = refused(l), last = now;
	struct mono still = tool_now();

	while (now < want && mono_since(still, tool_now()) < PATIENCE_US) {
		line_pump_for(l, MONO_MS); /* it has to answer that as well */
		now = refused(l);
		if (now != last)
			still = tool_now();
		last = now;
	}
	return now;
}

static void
replays(struct line *l, const struct args *a)
{
	struct rng rnd = { 11 };
	uint64_t first, now, want;
	struct mono begin;
	double took;

	(void)line_fast(l, 20000); /* more than the window holds */
	line_settle(l);
	first = now = want = refused(l);
	begin = tool_now();
	line_rate(l, RATE);
	while (now - first < a->replays) {
		replays_round(l, &rnd);
		want += ROUND;
		now = wait_refused(l, want - ROUND); /* one is under way */
		if (now + ROUND < want)
			want = now; /* the rest of them was lost */
	}
	took = (double)mono_since(begin, tool_now()) / (double)MONO_SEC;
	figure("replays", now - first);
	figure("replays_rate", (uint64_t)((double)(now - first) / took));
	report(l, "replays");
	figure("replays_up", is_up(l));
}

/* As fast as it goes, by turns without and with initiations beside it. */
static void
fast(struct line *l)
{
	double quiet = 0, busy = 0;
	unsigned i;

	for (i = 0; i < STRETCHES; i++) {
		quiet += line_fast(l, STRETCH) / STRETCHES;
		line_inits(l, INIT_RATE);
		busy += line_fast(l, STRETCH) / STRETCHES;
		line_inits(l, 0);
	}
	figure("fast_quiet", (uint64_t)quiet);
	figure("fast_busy", (uint64_t)busy);
	report(l, "fast");
}

static uint64_t
got(const struct line *l)
{
	return l->flow[TO_B].got + l->flow[TO_A].got;
}

/* What comes through in a second at the steady rate, from then on. */
static double
steady(const struct line *l, struct mono begin, uint64_t before)
{
	return (double)(got(l) - before) * (double)MONO_SEC /
	    (double)mono_since(begin, tool_now());
}

/* The current one and old ones, from where they came and from elsewhere. */
static void
initiations(struct line *l, const struct args *a)
{
	char before[80], after[80], seen[80], is[80];
	uint64_t first = l->inits, before_n;
	unsigned sessions;
	struct mono begin;

	meet_again(l, a);
	peer_member(l, 1, "latest_handshake", before, sizeof(before));
	peer_member(l, 1, "endpoint", seen, sizeof(seen));
	sessions = l->sessions[TO_B] + l->sessions[TO_A];
	line_rate(l, RATE);
	line_pump_for(l, 200 * MONO_MS);
	begin = tool_now();
	before_n = got(l);
	line_pump_for(l, MONO_SEC);
	figure("steady_quiet", (uint64_t)steady(l, begin, before_n));
	begin = tool_now();
	before_n = got(l);
	line_inits(l, INIT_RATE);
	while (l->inits - first < a->inits)
		line_pump_for(l, MONO_MS);
	line_inits(l, 0);
	figure("steady_busy", (uint64_t)steady(l, begin, before_n));
	figure_d("inits_seconds",
	    (double)mono_since(begin, tool_now()) / (double)MONO_SEC);
	figure("inits", l->inits - first);
	figure("inits_kept", l->n_init);
	report(l, "inits");
	fast(l);
	peer_member(l, 1, "latest_handshake", after, sizeof(after));
	peer_member(l, 1, "endpoint", is, sizeof(is));
	figure("inits_handshakes", strcmp(before, after) != 0);
	figure("inits_endpoint_moved", strcmp(seen, is) != 0);
	figure(
	    "inits_sessions", l->sessions[TO_B] + l->sessions[TO_A] - sessions);
	figure("inits_up", is_up(l));
}

/* One packet is there first by another way; or is there only that way. */
static void
copies(struct line *l, const struct args *a)
{
	uint64_t switches = counter(l, 1, CNT_roam_switch);
	uint64_t foes = l->to_foes, bytes = l->to_foes_bytes;
	char seen[80];
	unsigned i;

	peer_member(l, 1, "endpoint", seen, sizeof(seen));
	line_rate(l, RATE);
	for (i = 0; i < a->times; i++) {
		l->steal_only = i % 2 == 1;
		l->steal = 1;
		line_pump_for(l, CHECK_US); /* then nothing is followed */
		if (i + 1 < a->times)
			line_pump_for(l, CHECK_US);
	}
	figure("copies", i);
	figure("copies_answers", l->to_foes - foes);
	figure("copies_bytes", l->to_foes_bytes - bytes);
	figure("copies_switches", counter(l, 1, CNT_roam_switch) - switches);
	figure("copies_refused", counter(l, 1, CNT_roam_refused));
	figure("copies_moved", !peer_is(l, 1, "endpoint", seen));
	report(l, "copies");
}

/* Of every type, with what can be seen on the line, and noise. */
static void
forged(struct line *l, const struct args *a)
{
	struct rng rnd = { 12 };
	struct kept f[BATCH];
	const struct kept *k[BATCH];
	uint64_t n, before = refused(l), rx = counter(l, 1, CNT_udp_rx);
	unsigned j;

	line_rate(l, RATE);
	for (n = 0; n < a->forged;) {
		for (j = 0; j < BATCH; j++, n++) {
			size_t len =
			    n % 3 == 0 ? 64 : 32 + rng_below(&rnd, 200);

			k[j] = &f[j];
			f[j].len = len;
			rng_fill(&rnd, f[j].p, len);
			memcpy(f[j].p, "\4\1\0\0", 4);
			if (n % 16 == 7)
				f[j].p[0] = (uint8_t)rng_below(&rnd, 8);
			memcpy(f[j].p + 4, &l->index[TO_B], 4);
			memset(f[j].p + 10, 0, 6); /* a counter that may be */
			if (n % 5 == 0 && l->last_len >= 32) {
				memcpy(f[j].p, l->last, l->last_len);
				f[j].len = l->last_len;
				f[j].p[8] ^=
				    (uint8_t)(1 + rng_below(&rnd, 255));
			}
		}
		send_batch(n / BATCH % 4 == 3 ? l->foe[n % FOES] : l->fb, k, j);
		line_pump(l);
		if (n % ROUND == 0)
			(void)wait_refused(l, UINT64_MAX);
	}
	(void)wait_refused(l, UINT64_MAX);
	figure("forged", counter(l, 1, CNT_udp_rx) - rx);
	figure("forged_refused", refused(l) - before);
	report(l, "forged");
	figure("forged_up", is_up(l));
}

/* A goodbye that was meant once, said again to the session that follows. */
static void
old_closes(struct line *l, const struct args *a)
{
	struct kept *old = xcalloc(KEPT, sizeof(*old));
	uint64_t before;
	unsigned i;

	meet_again(l, a);
	line_pump_for(l, 500 * MONO_MS);
	memcpy(old, l->kept, KEPT * sizeof(*old));
	meet_again(l, a); /* ends the one that old is of, with a close */
	for (i = 0; i < KEPT; i++) /* of which this has what came last */
		if (l->kept[i].len > 0 && old[i].len == 0)
			old[i] = l->kept[i];
	before = ended(l);
	line_rate(l, RATE);
	for (i = 0; i < KEPT; i++) {
		if (old[i].len > 0)
			(void)send(l->fb, old[i].p, old[i].len, 0);
		if (i % 64 == 0)
			line_pump(l);
		if (i % ROUND == 0)
			line_pump_for(l, 50 * MONO_MS);
	}
	line_pump_for(l, MONO_SEC);
	figure("closes_down", ended(l) - before);
	report(l, "closes");
	figure("closes_up", is_up(l));
	free(old);
}

static void
usage(void)
{
	fputs("usage: again -a CONTROL -b CONTROL -A ADDRESS:PORT\n"
	      "             -B ADDRESS:PORT -p PORT -d PORT -k KEY\n"
	      "             [-n REPLAYS] [-i INITIATIONS] [-t TIMES]\n"
	      "             [-f FORGED]\n",
	    stderr);
	exit(2);
}

static void
take_option(struct args *a, int opt)
{
	switch (opt) {
	case 'a':
		a->ctl_a = optarg;
		break;
	case 'b':
		a->ctl_b = optarg;
		break;
	case 'A':
		a->at_a = optarg;
		break;
	case 'B':
		a->at_b = optarg;
		break;
	case 'k':
		a->key = optarg;
		break;
	case 'p':
		a->port = (unsigned)strtoul(optarg, NULL, 10);
		break;
	case 'd':
		a->dev = (unsigned)strtoul(optarg, NULL, 10);
		break;
	case 'n':
		a->replays = strtoull(optarg, NULL, 10);
		break;
	case 'i':
		a->inits = strtoull(optarg, NULL, 10);
		break;
	case 't':
		a->times = (unsigned)strtoul(optarg, NULL, 10);
		break;
	case 'f':
		a->forged = strtoull(optarg, NULL, 10);
		break;
	default:
		usage();
	}
}

int
main(int argc, char **argv)
{
	struct args a = {
		.replays = 100000, .inits = 10000, .forged = 50000, .times = 1
	};
	static struct line l;
	int opt;

	while ((opt = getopt(argc, argv, "a:b:A:B:k:p:d:n:i:t:f:")) != -1)
		take_option(&a, opt);
	if (a.ctl_a == NULL || a.ctl_b == NULL || a.at_a == NULL ||
	    a.at_b == NULL || a.key == NULL || a.port == 0 || a.dev == 0)
		usage();
	log_init("again", LOG_LV_INFO);
	if (!crypto_start())
		fatalx("libsodium does not start");
	line_open(&l, &a);
	wait_up(&l);
	meet_again(&l, &a);
	doubled(&l);
	replays(&l, &a);
	initiations(&l, &a);
	copies(&l, &a);
	forged(&l, &a);
	old_closes(&l, &a);
	return 0;
}
