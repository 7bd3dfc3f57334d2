#include "negotiate.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "crypto/prim.h"
#include "neg_check.h"
#include "neg_cores.h"
#include "neg_naive.h"
#include "neg_world.h"
#include "number.h"

static const char usage[] =
    "usage: vplama-sim negotiate [-cCFN] [-g NETWORKS] [-p PATHS] [-k LINKS]\n"
    "          [-s STABLE] [-n SEEDS] [-S FIRST] [-H HOURS] [-l LOSS]\n"
    "          [-r SEEDS]\n"
    "  -g  networks [100]               -p  paths that are free [255]\n"
    "  -k  links of each [4]            -s  of them stable [0]\n"
    "  -n  seeds [1]                    -S  the first one [1]\n"
    "  -H  virtual hours at most [48]   -l  loss, 0 to 1 [0.1]\n"
    "  -r  run each SEEDSth twice, to see the same [50]\n"
    "  -c  calm: nothing dies, restarts or fails\n"
    "  -C  with whole cores; nothing dies, restarts or fails\n"
    "  -N  the naive rule instead      "
    "  -F  with it, the other's neighbours count\n";

struct job {
	struct nw_options opt;
	unsigned seeds, again;
	bool naive, cores;
};

struct sum {
	uint64_t links, not_up, stable_moved, moves, max_moves, rest_us;
	uint64_t events, parts, closes, restarts, deaths, failed, twice;
	uint64_t digest, clashes;
};

static bool
option(struct job *j, int ch, const char *arg)
{
	switch (ch) {
	case 'g':
		j->opt.networks = (unsigned)sim_number(arg, 2, 20000);
		return true;
	case 'p':
		j->opt.paths = (unsigned)sim_number(arg, 2, 255);
		return true;
	case 'k':
		j->opt.links = (unsigned)sim_number(arg, 1, 64);
		return true;
	case 's':
		j->opt.stable = (unsigned)sim_number(arg, 0, 20000);
		return true;
	case 'n':
		j->seeds = (unsigned)sim_number(arg, 1, 1e6);
		return true;
	case 'S':
		j->opt.seed = (uint64_t)sim_number(arg, 0, 1e15);
		return true;
	case 'H':
		j->opt.hours = sim_number(arg, 0.1, 1000);
		return true;
	case 'l':
		j->opt.loss = sim_number(arg, 0, 0.9);
		return true;
	case 'r':
		j->again = (unsigned)sim_number(arg, 1, 1e6);
		return true;
	case 'c':
		j->opt.calm = true;
		return true;
	case 'C':
		j->cores = true;
		return true;
	case 'F':
		j->opt.far = true;
		return true;
	case 'N':
		j->naive = true;
		return true;
	default:
		return false;
	}
}

static uint64_t
max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static void
run_naive(const struct nw_options *opt, struct sum *sum)
{
	struct naive_totals t;

	naive_run(opt, &t);
	sum->links += t.links;
	sum->not_up += t.conflicts;
	sum->clashes += t.clashes;
	sum->moves += t.moves;
	sum->max_moves = max(sum->max_moves, t.max_moves);
}

static void
run_cores(const struct nw_options *opt, struct sum *sum)
{
	struct cores_totals t;

	cores_run(opt, &t);
	sum->links += t.links;
	sum->moves += t.moves;
	sum->max_moves = max(sum->max_moves, t.max_moves);
	sum->rest_us = max(sum->rest_us, t.rest_us);
	sum->parts += t.datagrams;
}

static void
run_ours(const struct nw_options *opt, bool again, struct sum *sum)
{
	struct nw_totals t, u;

	nw_run(opt, &t);
	if (again) {
		nw_run(opt, &u);
		check_same(opt, &t, &u);
		sum->twice++;
	}
	sum->links += t.links;
	sum->not_up += t.not_up;
	sum->stable_moved += t.stable_moved;
	sum->moves += t.moves;
	sum->max_moves = max(sum->max_moves, t.max_moves);
	sum->rest_us = max(sum->rest_us, t.rest_us);
	sum->events += t.events;
	sum->parts += t.parts;
	sum->closes += t.closes;
	sum->restarts += t.restarts;
	sum->deaths += t.deaths;
	sum->failed += t.failed;
	sum->digest = sum->digest * 31 + t.digest;
}

static const char *
rule_name(const struct job *j)
{
	if (j->naive)
		return "naive";
	return j->cores ? "cores" : "ours";
}

static void
report(const struct job *j, const struct sum *s)
{
	printf("rule=%s networks=%u paths=%u links_each=%u stable=%u loss=%g "
	       "seeds=%u links=%" PRIu64 " not_up=%" PRIu64
	       " stable_moved=%" PRIu64 " moves=%" PRIu64
	       " mean=%.3f max=%" PRIu64,
	    rule_name(j), j->opt.networks, j->opt.paths, j->opt.links,
	    j->opt.stable, j->opt.loss, j->seeds, s->links, s->not_up,
	    s->stable_moved, s->moves,
	    (double)s->moves / ((double)j->opt.networks * j->seeds),
	    s->max_moves);
	if (j->naive)
		printf(" clashes=%" PRIu64 "\n", s->clashes);
	else
		printf(" rest_s=%" PRIu64 " events=%" PRIu64 " parts=%" PRIu64
		       " deaths=%" PRIu64 " restarts=%" PRIu64
		       " failed=%" PRIu64 " closed=%" PRIu64 " twice=%" PRIu64
		       " digest=%016" PRIx64 " violations=0\n",
		    s->rest_us / MONO_SEC, s->events, s->parts, s->deaths,
		    s->restarts, s->failed, s->closes, s->twice, s->digest);
}

int
negotiate_main(int argc, char **argv)
{
	struct job j = { .opt = { .networks = 100,
			     .paths = 255,
			     .links = 4,
			     .loss = 0.1,
			     .hours = 48,
			     .seed = 1 },
		.seeds = 1,
		.again = 50 };
	struct sum sum = { 0 };
	struct nw_options opt;
	unsigned i;
	bool ok = true;
	int ch;

	while ((ch = getopt(argc, argv, "g:p:k:s:n:S:H:l:r:cCFN")) != -1)
		ok = option(&j, ch, optarg) && ok;
	if (!ok || optind != argc) {
		fputs(usage, stderr);
		return 2;
	}
	if (j.cores && !crypto_start())
		fatalx("libsodium does not start");
	opt = j.opt;
	for (i = 0; i < j.seeds; i++, opt.seed++)
		if (j.naive)
			run_naive(&opt, &sum);
		else if (j.cores)
			run_cores(&opt, &sum);
		else
			run_ours(&opt, i % j.again == 0, &sum);
	report(&j, &sum);
	return 0;
}
