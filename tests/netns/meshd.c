/*
 * meshd: a stand-in for a mesh routing daemon in tests.
 *
 * It speaks the mesh socket with a vplamad and floods with its neighbours in
 * the gnode over Unix datagram sockets, which reach across network namespaces.
 * It behaves as ntkd does: what it sees for the first time goes, with its own
 * name added, to every other neighbour and, unless it came from there, to
 * vplamad as a packet of the gnode: it cannot know that a packet which came
 * over the mesh had crossed the Internet once. With -x it misbehaves.
 *
 * Standard input: "send COUNT RATE [SIZE]", "flood RATE SECONDS" (to vplamad
 * alone), "stats", "quit". Standard output: events, one a line. -o FILE: the
 * report, written anew at each "stats" and at the end.
 */
#include "base/clock.h"
#include "tests/netns/meshd.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fdutil.h"
#include "base/log.h"
#include "base/xmem.h"

#define FLOOD_SIZE 64 /* bytes of a body */

void
event(const char *what)
{
	printf("event %s at=%llu", what,
	    (unsigned long long)(clock_wall_us() / 1000));
}

static void
report_print(const struct meshd *md, FILE *f)
{
	const struct job *j;
	size_t i;

	for (i = 0; i < md->jobs; i++) {
		j = &md->job[i];
		fprintf(f, "%s origin=%s first=%llu last=%llu\n",
		    j->flood ? "flooded" : "sent", md->name,
		    (unsigned long long)j->first,
		    (unsigned long long)(j->first + j->done - 1));
	}
	ledger_print(&md->ledger, f);
	fprintf(f,
	    "total name=%s handed=%llu unsent=%llu flooded=%llu failed=%llu "
	    "bad=%llu waiting=%zu\n",
	    md->name, (unsigned long long)md->n.handed,
	    (unsigned long long)md->n.unsent, (unsigned long long)md->n.flooded,
	    (unsigned long long)md->n.failed, (unsigned long long)md->n.bad,
	    md->items.n);
}

/* The file first, then the line that tells a test to read it. */
static void
report(struct meshd *md)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (f == NULL)
		fatal("open_memstream");
	report_print(md, f);
	fclose(f);
	if (md->out != NULL &&
	    (errno = -file_write(md->out, text, len, 0644)) != 0)
		log_warn("%s", md->out);
	free(text);
	event("stats");
	printf(" packets=%zu handed=%llu unsent=%llu bad=%llu waiting=%zu\n",
	    md->ledger.n, (unsigned long long)md->n.handed,
	    (unsigned long long)md->n.unsent, (unsigned long long)md->n.bad,
	    md->items.n);
}

static bool
command(void *arg, const char *s)
{
	struct meshd *md = arg;
	double a, b;
	size_t size = 0;
	int n;

	n = sscanf(s, "send %lf %lf %zu", &a, &b, &size);
	if (n >= 2)
		return job_start(md, false, a, b, size);
	n = sscanf(s, "flood %lf %lf", &a, &b);
	if (n == 2)
		return job_start(md, true, a * b, a, FLOOD_SIZE);
	if (strcmp(s, "stats") == 0)
		report(md);
	else if (strcmp(s, "quit") == 0)
		md->quit = true;
	else
		return false;
	return true;
}

/* Does what is due and returns when to look again. */
static struct mono
work(struct meshd *md)
{
	struct mono now = tool_now(), next = MONO_NEVER;
	struct hpent *e;
	size_t i;

	if (md->vplamad < 0 && mono_due(md->reconnect, now))
		vplamad_open(md);
	if (md->vplamad < 0)
		next = md->reconnect;
	for (i = 0; i < md->jobs; i++)
		next = mono_min(next, job_run(md, &md->job[i], now));
	send_items(md, now);
	e = heap_min(&md->items);
	return e != NULL ? mono_min(next, e->at) : next;
}

static void
meshd_run(struct meshd *md)
{
	struct pollfd pfd[4] = { { tool_signals(), POLLIN, 0 },
		{ STDIN_FILENO, POLLIN, 0 }, { md->mesh, POLLIN, 0 },
		{ -1, POLLIN, 0 } };
	struct mono next;

	while (!md->quit && pfd[0].revents == 0) {
		next = work(md);
		pfd[3].fd = md->vplamad;
		tool_wait(pfd, 4, next);
		if (pfd[2].revents != 0)
			mesh_read(md);
		if (md->vplamad >= 0 && pfd[3].revents != 0)
			vplamad_read(md);
		if (pfd[1].revents != 0 &&
		    !tool_commands(&md->input, command, md))
			pfd[1].fd = -1;
	}
	close(pfd[0].fd);
}

static _Noreturn void
usage(void)
{
	fprintf(stderr,
	    "usage: meshd -s socket -n name -g folder [-N neighbour,...]\n"
	    "             [-K] [-d hop-ms] [-i first-id] [-o report]\n"
	    "             [-x handback] [-x replay]\n"
	    "commands: send COUNT RATE [SIZE]  flood RATE SECONDS  stats  "
	    "quit\n");
	exit(2);
}

static void
neighbours_parse(struct meshd *md, char *list)
{
	char *name;

	while ((name = strsep(&list, ",")) != NULL) {
		if (md->neighbours == NEIGHBOURS_MAX)
			fatalx("too many neighbours");
		if (*name != '\0')
			md->neighbour[md->neighbours++] = name;
	}
}

static bool
misbehave(struct meshd *md, const char *how)
{
	if (strcmp(how, "handback") == 0)
		md->handback = true;
	else if (strcmp(how, "replay") == 0)
		md->replay = true;
	else
		return false;
	return true;
}

static void
options_parse(struct meshd *md, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "Kd:g:i:kn:N:o:s:x:")) != -1) {
		if (c == 's')
			md->socket = optarg;
		else if (c == 'n')
			md->name = optarg;
		else if (c == 'g')
			md->folder = optarg;
		else if (c == 'N')
			neighbours_parse(md, optarg);
		else if (c == 'k' || c == 'K')
			md->keyed = c == 'k';
		else if (c == 'd')
			md->hop_us = strtoul(optarg, NULL, 10) * MONO_MS;
		else if (c == 'i')
			md->next_id = strtoull(optarg, NULL, 10);
		else if (c == 'o')
			md->out = optarg;
		else if (c != 'x' || !misbehave(md, optarg))
			usage();
	}
	if (optind != argc || md->socket == NULL || md->folder == NULL ||
	    md->name == NULL || *md->name == '\0' ||
	    strlen(md->name) > MESHPKT_NAME_MAX)
		usage();
}

int
main(int argc, char **argv)
{
	struct meshd *md = xcalloc(1, sizeof(*md));

	log_init("meshd", LOG_LV_INFO);
	setvbuf(stdout, NULL, _IOLBF, 0);
	md->keyed = true;
	md->vplamad = -1;
	md->next_id = 1;
	heap_init(&md->items);
	ledger_init(&md->ledger);
	options_parse(md, argc, argv);
	mesh_open(md);
	meshd_run(md);
	report(md);
	mesh_close(md);
	items_drop(md);
	ledger_fini(&md->ledger);
	free(md);
	return 0;
}
