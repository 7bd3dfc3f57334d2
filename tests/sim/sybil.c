#include "sybil.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "number.h"
#include "syb_node.h"

static const char usage[] =
    "usage: vplama-sim sybil [-N] [-n RUNS] [-S SEED] [-m MINUTES]\n"
    "          [-l LIST] [-d MINUTES] [-g HONEST] [-s SYBILS] [-k NETWORKS]\n"
    "  -n  runs [1000]                  -S  seed of the first [1]\n"
    "  -m  virtual minutes each [120]   -g  honest vnodes [200]\n"
    "  -s  keys of the attacker [5000]  -k  in so many /16 [4]\n"
    "  -l  entries of the honest list, 16 of them the attacker's [50]\n"
    "  -d  minutes after which that one is to be had [0]\n"
    "  -N  without an address book, to compare\n";

struct job {
	unsigned runs, minutes, honest, sybils, networks, list, late;
	uint64_t seed;
	bool naive;
};

struct sum {
	unsigned at_end, always, honest, tunnels, least;
	uint64_t trials;
};

static bool
option(struct job *j, int ch, const char *arg)
{
	switch (ch) {
	case 'n':
		j->runs = (unsigned)sim_number(arg, 1, 1e6);
		return true;
	case 'S':
		j->seed = (uint64_t)sim_number(arg, 0, 1e15);
		return true;
	case 'm':
		j->minutes = (unsigned)sim_number(arg, 20, 100000);
		return true;
	case 'g':
		j->honest = (unsigned)sim_number(arg, 1, 5000);
		return true;
	case 's':
		j->sybils = (unsigned)sim_number(arg, SYB_LIST_SYBILS, 100000);
		return true;
	case 'k':
		j->networks = (unsigned)sim_number(arg, 1, 100);
		return true;
	case 'l':
		j->list = (unsigned)sim_number(arg, SYB_LIST_SYBILS, 1024);
		return true;
	case 'd':
		j->late = (unsigned)sim_number(arg, 0, 100000);
		return true;
	case 'N':
		j->naive = true;
		return true;
	default:
		return false;
	}
}

static void
assume(const struct job *j)
{
	printf("# %u honest vnodes in %u networks (/16), the largest "
	       "providers most; %d %% of the trials of one are answered, "
	       "its tunnel lasts %d h in the mean\n",
	    j->honest, CROWD_NETS, CROWD_ANSWER, SYB_LIFE_S / 3600);
	printf("# %u keys of one attacker in %u networks: all answer, none "
	       "ends; they tell of each other and of addresses that nobody "
	       "answers from\n",
	    j->sybils, j->networks);
	printf(
	    "# at the start a list of %d, all the attacker's; after %u min one "
	    "of %u, %d of them the attacker's; %d %% of what honest ones "
	    "tell are the attacker's\n",
	    SYB_POISON, j->late, j->list, SYB_LIST_SYBILS, CROWD_TELL_SYBILS);
	if (j->naive)
		puts("# no address book: whatever was heard is dialled, all "
		     "alike");
	else
		printf("# %d records a second come unasked, the attacker "
		       "dials us each %d s; a restart in the middle, after "
		       "which only the poisoned list is to be had\n",
		    SYB_FLOOD, SYB_INBOUND);
}

static void
report(const struct job *j, const struct sum *s)
{
	printf("picker=%s runs=%u minutes=%u at_end=%u always=%u "
	       "honest_mean=%.2f honest_least=%u tunnels_mean=%.2f "
	       "trials_mean=%.0f\n",
	    j->naive ? "naive" : "book", j->runs, j->minutes, s->at_end,
	    s->always, (double)s->honest / j->runs, s->least,
	    (double)s->tunnels / j->runs, (double)s->trials / j->runs);
}

static void
run(const struct job *j, struct sum *s)
{
	struct syb_result r;
	struct crowd c;
	unsigned i;

	crowd_init(&c, j->honest, j->sybils, j->networks);
	c.list = j->list;
	c.late = j->late;
	s->least = UINT32_MAX;
	for (i = 0; i < j->runs; i++) {
		crowd_move(&c, j->seed + i);
		if (j->naive)
			syb_run_naive(&c, j->minutes, &r);
		else
			syb_run(&c, j->minutes, &r);
		s->at_end += r.at_end;
		s->always += r.always;
		s->honest += r.honest;
		s->tunnels += r.tunnels;
		s->trials += r.trials;
		if (r.honest < s->least)
			s->least = r.honest;
	}
	crowd_fini(&c);
}

int
sybil_main(int argc, char **argv)
{
	struct job j = { .runs = 1000,
		.minutes = 120,
		.honest = 200,
		.sybils = 5000,
		.networks = 4,
		.list = 50,
		.seed = 1 };
	struct sum s = { 0 };
	bool ok = true;
	int ch;

	while ((ch = getopt(argc, argv, "n:S:m:g:s:k:l:d:N")) != -1)
		ok = option(&j, ch, optarg) && ok;
	if (!ok || optind != argc) {
		fputs(usage, stderr);
		return 2;
	}
	assume(&j);
	run(&j, &s);
	report(&j, &s);
	return 0;
}
