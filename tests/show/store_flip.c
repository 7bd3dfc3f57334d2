/*
 * Starts vplamad on damaged files of its store, again and again: bits flipped,
 * cut, emptied. DB is a sound one; its copy stands beside it.
 *
 *	store_flip VPLAMAD CONF SOCKET DB N ROUNDS SEED
 *
 * N: vnodes in DB. Each time it must answer, have a tunnel to the peer of its
 * configuration, and end when asked to.
 */
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xmem.h"
#include "tests/rng.h"
#include "tests/show/ctlconn.h"
#include "tests/tool.h"

#define START_MS 10000
#define TUNNEL_MS 5000
#define HEAD 100 /* bytes of the head of a database */

struct flip {
	char **argv;
	uint8_t *good, *is;
	size_t len;
	struct ctlconn c;
	unsigned answered, tunnels, ended, aside, whole, missing, worst;
};

static void
slurp(struct flip *f, const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY);

	if (fd < 0 || fstat(fd, &st) < 0)
		fatal("%s", path);
	f->len = (size_t)st.st_size;
	f->good = xmalloc(f->len);
	f->is = xmalloc(f->len);
	if (read(fd, f->good, f->len) != (ssize_t)f->len)
		fatal("%s", path);
	close(fd);
}

static void
spill(const char *path, const uint8_t *p, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0640);

	if (fd < 0 || write(fd, p, len) != (ssize_t)len)
		fatal("%s", path);
	close(fd);
}

/* Every fifth is cut; of the others every fourth is hit in its head. */
static void
damage(struct flip *f, struct rng *r, unsigned round)
{
	size_t len = f->len, area = round % 4 == 0 ? HEAD : f->len;
	unsigned i, bits = 1 + (unsigned)rng_below(r, 1 + round % 16);

	memcpy(f->is, f->good, f->len);
	if (round % 5 == 4)
		len = round % 50 == 4 ? 0 : rng_below(r, f->len);
	else
		for (i = 0; i < bits; i++)
			f->is[rng_below(r, area)] ^=
			    (uint8_t)(1u << rng_below(r, 8));
	spill(f->argv[3], f->is, len);
}

/* Were there any? They are gone then. */
static bool
was_set_aside(const struct flip *f)
{
	char *pattern = xasprintf("%s.corrupt-*", f->argv[3]);
	bool any;
	glob_t g;
	size_t i;

	any = glob(pattern, 0, NULL, &g) == 0;
	for (i = 0; any && i < g.gl_pathc; i++)
		(void)unlink(g.gl_pathv[i]);
	globfree(&g);
	free(pattern);
	return any;
}

static pid_t
start(struct flip *f)
{
	struct mono t0 = tool_now();
	struct json_object *o;
	unsigned ms;
	pid_t pid = fork();

	if (pid == 0) {
		execl(f->argv[0], f->argv[0], "-f", "-c", f->argv[1],
		    (char *)NULL);
		_exit(127);
	}
	if (!ctlconn_open(&f->c, f->argv[2], START_MS) ||
	    (o = ctlconn_ask(&f->c, "hello", NULL)) == NULL)
		return pid;
	json_object_put(o);
	ms = (unsigned)(mono_since(t0, tool_now()) / MONO_MS);
	f->worst = ms > f->worst ? ms : f->worst;
	f->answered++;
	return pid;
}

/* One of those that the store held; our peer is another. */
static bool
is_ours(struct json_object *e)
{
	struct json_object *v;

	return json_object_object_get_ex(e, "endpoints", &v) &&
	    json_object_array_length(v) > 0 &&
	    strncmp(json_object_get_string(json_object_array_get_idx(v, 0)),
		"10.", 3) == 0;
}

static unsigned
entries(struct flip *f)
{
	struct json_object *args = NULL, *page, *list, *key;
	unsigned all = 0;
	size_t i, n;

	for (;;) {
		page = ctlconn_ask(&f->c, "entry.list", args);
		if (page == NULL ||
		    !json_object_object_get_ex(page, "entries", &list))
			return 0;
		n = json_object_array_length(list);
		for (i = 0; i < n; i++)
			all += is_ours(json_object_array_get_idx(list, i));
		if (n == 0)
			break;
		args = json_object_new_object();
		json_object_object_get_ex(
		    json_object_array_get_idx(list, n - 1), "public_key", &key);
		json_object_object_add(args, "after", json_object_get(key));
		json_object_put(page);
	}
	json_object_put(page);
	return all;
}

static bool
has_tunnel(struct flip *f)
{
	struct json_object *o = ctlconn_ask(&f->c, "show", NULL), *v;
	bool up = json_object_object_get_ex(o, "peers", &v) &&
	    json_object_array_length(v) > 0 &&
	    json_object_object_get_ex(
		json_object_array_get_idx(v, 0), "state", &v) &&
	    strcmp(json_object_get_string(v), "vrnode") == 0;

	json_object_put(o);
	return up;
}

static bool
gets_tunnel(struct flip *f)
{
	struct mono end = mono_add(tool_now(), (uint64_t)TUNNEL_MS * MONO_MS);

	while (!has_tunnel(f)) {
		if (mono_due(end, tool_now()))
			return false;
		usleep(5000);
	}
	return true;
}

static void
one_round(struct flip *f, struct rng *r, unsigned round, unsigned n)
{
	unsigned has, answered = f->answered;
	int status;
	pid_t pid;

	damage(f, r, round);
	pid = start(f);
	if (f->answered > answered) {
		has = entries(f);
		f->tunnels += gets_tunnel(f);
		if (was_set_aside(f)) {
			f->aside++;
			f->whole += has == n;
		} else {
			f->missing += has < n ? n - has : 0;
		}
	}
	ctlconn_close(&f->c);
	kill(pid, SIGTERM);
	if (waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	    WEXITSTATUS(status) == 0)
		f->ended++;
}

int
main(int argc, char **argv)
{
	unsigned i, n, rounds;
	struct flip f = { .c = { .fd = -1 } };
	struct rng r;
	char *copy;

	if (argc != 8) {
		fprintf(stderr,
		    "usage: store_flip VPLAMAD CONF SOCKET DB N "
		    "ROUNDS SEED\n");
		return 2;
	}
	f.argv = argv + 1;
	n = (unsigned)atoi(argv[5]);
	rounds = (unsigned)atoi(argv[6]);
	r.s = strtoull(argv[7], NULL, 10);
	slurp(&f, argv[4]);
	copy = xasprintf("%s.1", argv[4]);
	spill(copy, f.good, f.len);
	free(copy);
	for (i = 0; i < rounds; i++)
		one_round(&f, &r, i, n);
	printf("rounds=%u answered=%u tunnels=%u ended=%u aside=%u whole=%u "
	       "missing=%u start_max=%u\n",
	    rounds, f.answered, f.tunnels, f.ended, f.aside, f.whole, f.missing,
	    f.worst);
	free(f.good);
	free(f.is);
	return 0;
}
