/* ntkd-shim: speaks for a mesh daemon on the mesh socket of vplamad. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "ntkd-shim/verbs.h"

struct verb {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *usage;
};

static const struct verb verbs[] = {
	{ "replay", replay_main,
	    "[-s SOCKET] [-c CAPTURE,...] [-r RATE] [-n COUNT]\n"
	    "       [-p PEERS] [-t SECONDS] [-d SECONDS] [-w SECONDS]\n"
	    "       [-o OUT] FILE" },
	{ "run", run_main,
	    "[-s SOCKET] [-d SOCKET] [-w auto|32|64] [-c 10|172|any]\n"
	    "       [-n NETNS] [-m MTU] [-R SECONDS] [-- NTKD [ARG...]]" },
	{ "selftest", selftest_main, "[-s SOCKET]" },
};

#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

static void
usage(void)
{
	size_t i;

	for (i = 0; i < VERBS; i++)
		fprintf(stderr, "usage: ntkd-shim %s %s\n", verbs[i].name,
		    verbs[i].usage);
}

int
main(int argc, char **argv)
{
	int rc = SHIM_USAGE;
	size_t i;

	log_init("ntkd-shim", LOG_LV_INFO);
	for (i = 0; argc > 1 && i < VERBS; i++)
		if (strcmp(argv[1], verbs[i].name) == 0) {
			rc = verbs[i].run(argc - 1, argv + 1);
			break;
		}
	if (rc == SHIM_USAGE)
		usage();
	return rc;
}
