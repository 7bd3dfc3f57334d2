/*
 * Sends trains of datagrams from one namespace to another by io/udp:
 *
 *	udpline FROM-NS TO-NS FROM-ADDR TO-ADDR COUNTxLEN...
 *
 * They are queued in one turn. Prints how many of each length arrived as they
 * were sent, and what was counted.
 */
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/counters.h"
#include "io/loop.h"
#include "io/udp.h"
#include "priv/monitor.h"
#include "priv/priv.h"
#include "tests/tool.h"

#define QUIET_MS 300 /* nothing arrives any more */
#define MAX_LEN 65000

struct line {
	struct loop *loop;
	struct monitor monitor;
	struct priv priv;
	struct counters cnt;
	struct udp_handler h;
	struct udp *from, *to;
	struct mono end;
	unsigned got[MAX_LEN], bad, too_big;
};

static void
on_input(void *arg, const struct path *from, struct run *run, struct turn *t)
{
	struct line *l = arg;
	unsigned i;
	uint32_t j;

	(void)from;
	for (i = 0; i < run->n; i++) {
		const struct pkt *pk = &run->pkt[i];

		for (j = 1; j < pk->len; j++)
			if (pk->p[j] != (uint8_t)(j * 7 + pk->len))
				break;
		if (j < pk->len)
			l->bad++;
		else
			l->got[pk->len]++;
	}
	l->end = mono_add(t->now, QUIET_MS * MONO_MS);
}

static void
on_load(void *arg, struct mono now)
{
	(void)arg;
	(void)now;
}

static void
on_too_big(void *arg, const struct addr *remote, struct mono now)
{
	struct line *l = arg;

	(void)remote;
	(void)now;
	l->too_big++;
}

static struct mono
deadline(void *arg)
{
	return ((struct line *)arg)->end;
}

static void
tick(void *arg, struct turn *t)
{
	struct line *l = arg;

	(void)t;
	loop_stop(l->loop);
}

static struct udp *
open_in(struct line *l, const char *ns, const char *text)
{
	struct addr a;
	struct udp *u;
	unsigned which;

	tool_enter(ns);
	if (!addr_parse(text, 7469, &a))
		errx(1, "%s: not an address", text);
	l->monitor.listen[0] = a;
	l->monitor.n_listen = 1;
	if (udp_open(&u, l->loop, &l->priv, &a, 1, &l->h, &l->cnt, &which) < 0)
		errx(1, "cannot listen at %s", text);
	return u;
}

/* "COUNTxLEN" as a run; the first byte is that of data. */
static struct run *
train(const char *text, struct arena *mem)
{
	unsigned n, len, i, j;
	struct run *run = run_new(mem);

	if (sscanf(text, "%ux%u", &n, &len) != 2 || n > RUN_MAX ||
	    len >= MAX_LEN || run == NULL)
		errx(1, "%s: not COUNTxLEN", text);
	for (i = 0; i < n; i++) {
		struct pkt *pk = run_add(run, len, mem);

		if (pk == NULL)
			errx(1, "that is too much for one turn");
		for (j = 0; j < len; j++)
			pk->p[j] = (uint8_t)(j * 7 + len);
		pk->p[0] = 4;
	}
	return run;
}

static void
print(const struct line *l)
{
	unsigned i;

	for (i = 0; i < MAX_LEN; i++)
		if (l->got[i] > 0)
			printf("got%u=%u ", i, l->got[i]);
	printf("bad=%u too_big=%u udp_tx=%llu udp_tx_big=%llu "
	       "udp_tx_drop=%llu udp_gso_off=%llu\n",
	    l->bad, l->too_big, (unsigned long long)l->cnt.v[CNT_udp_tx],
	    (unsigned long long)l->cnt.v[CNT_udp_tx_big],
	    (unsigned long long)l->cnt.v[CNT_udp_tx_drop],
	    (unsigned long long)l->cnt.v[CNT_udp_gso_off]);
}

int
main(int argc, char **argv)
{
	struct line *l = calloc(1, sizeof(*l));
	struct loop_ops ops = { .arg = l, .deadline = deadline, .tick = tick };
	struct path to = { .sock = SOCK_ANY };
	struct turn *t;
	int i;

	if (argc < 6 || l == NULL)
		errx(1, "FROM-NS TO-NS FROM-ADDR TO-ADDR COUNTxLEN...");
	l->loop = loop_new(&ops);
	l->priv = (struct priv){ monitor_call, &l->monitor };
	l->h = (struct udp_handler){ l, on_input, on_load, on_too_big, NULL };
	l->from = open_in(l, argv[1], argv[3]);
	l->to = open_in(l, argv[2], argv[4]);
	if (!udp_local(l->to, 0, &to.remote))
		errx(1, "no address");
	t = loop_turn(l->loop);
	for (i = 5; i < argc; i++)
		udp_send(l->from, &to, train(argv[i], t->mem));
	l->end = mono_add(t->now, QUIET_MS * MONO_MS);
	if (loop_run(l->loop) < 0)
		errx(1, "the loop failed");
	print(l);
	udp_close(l->from);
	udp_close(l->to);
	loop_free(l->loop);
	free(l);
	return 0;
}
