/* vplama-sim: many gnodes, the shipped protocol code, virtual time. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "crypto/prim.h"
#include "kx_name.h"
#include "lasting.h"
#include "loss.h"
#include "negotiate.h"
#include "number.h"
#include "sybil.h"
#include "verdict.h"
#include "world.h"

static const char usage[] =
    "usage: vplama-sim [-g GNODES] [-t TUNNELS] [-H HOURS] [-l LOSS]\n"
    "                  [-i SECONDS] [-S SEED]\n"
    "       vplama-sim lasting\n"
    "       vplama-sim loss [OPTION]...\n"
    "       vplama-sim negotiate [OPTION]...\n"
    "       vplama-sim sybil [OPTION]...\n"
    "       vplama-sim verdict [FILE]\n"
    "  -g  gnodes [200]                 -t  tunnels of each, even [4]\n"
    "  -H  virtual hours [1]            -l  loss, 0 to 1 [0.05]\n"
    "  -i  a packet of each every [60]  -S  seed [1]\n";

static bool
options(int argc, char **argv, struct world_options *o)
{
	int ch;

	while ((ch = getopt(argc, argv, "g:t:H:l:i:S:")) != -1) {
		switch (ch) {
		case 'g':
			o->gnodes = (unsigned)sim_number(optarg, 3, 20000);
			break;
		case 't':
			o->tunnels = (unsigned)sim_number(optarg, 2, 16);
			break;
		case 'H':
			o->hours = sim_number(optarg, 0, 1000);
			break;
		case 'l':
			o->loss = sim_number(optarg, 0, 1);
			break;
		case 'i':
			o->send_every_s =
			    (uint32_t)sim_number(optarg, 1, 86400);
			break;
		case 'S':
			o->seed = (uint64_t)sim_number(optarg, 0, 1e15);
			break;
		default:
			return false;
		}
	}
	return optind == argc && o->tunnels % 2 == 0;
}

static void
report(const struct world *w)
{
	const struct world_totals *s = &w->sum;

	printf("kx=\"%s\" gnodes=%u tunnels=%u hours=%g loss=%g seed=%" PRIu64
	       " sent=%" PRIu64 " copies=%" PRIu64 " delivered=%" PRIu64
	       " lost=%" PRIu64 " wrong=%" PRIu64 " twice=%" PRIu64
	       " datagrams=%" PRIu64 " dropped=%" PRIu64 " handshakes=%" PRIu64
	       " rekeys=%" PRIu64 " deaths=%" PRIu64 " digest=%016" PRIx64 "\n",
	    SIM_KX, w->opt.gnodes, w->opt.tunnels, w->opt.hours, w->opt.loss,
	    w->opt.seed, s->sent, s->copies, s->delivered,
	    s->copies - s->delivered, s->wrong, s->twice, s->datagrams,
	    s->dropped, s->handshakes, s->rekeys, s->deaths, w->digest);
}

int
main(int argc, char **argv)
{
	struct world_options opt = { .gnodes = 200,
		.tunnels = 4,
		.hours = 1,
		.loss = 0.05,
		.seed = 1,
		.send_every_s = 60 };
	struct world w;

	log_init("vplama-sim", LOG_LV_INFO);
	if (argc > 1 && strcmp(argv[1], "lasting") == 0)
		return lasting_main(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "loss") == 0)
		return loss_main(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "sybil") == 0)
		return sybil_main(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "verdict") == 0)
		return verdict_main(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "negotiate") == 0)
		return negotiate_main(argc - 1, argv + 1);
	if (!options(argc, argv, &opt)) {
		fputs(usage, stderr);
		return 2;
	}
	if (!crypto_start())
		fatalx("libsodium does not start");
	world_init(&w, &opt);
	world_run(&w);
	report(&w);
	world_fini(&w);
	return 0;
}
