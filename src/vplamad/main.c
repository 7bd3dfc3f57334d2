/* vplamad: reads its options, checks the configuration, runs. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fdutil.h"
#include "base/xmem.h"
#include "vplamad/vplamad.h"

enum exit_code { EXIT_OK, EXIT_RUN, EXIT_USAGE, EXIT_CONFIG = 78 };

static const char usage[] =
    "usage: vplamad [-f] [-c FILE] [--check-config [--print]]\n"
    "  -c, --config FILE   configuration [" CONFIG_PATH "]\n"
    "  -f, --foreground    stay in the foreground (it always does)\n"
    "      --check-config  check the configuration, and end\n"
    "      --print         print its canonical form as well, and end\n"
    "      --version       print the version, and end\n"
    "      --help          print this, and end\n";

struct args {
	const char *config;
	bool check, print;
};

enum { ARG_CHECK = 256, ARG_PRINT, ARG_VERSION, ARG_HELP };

/* -1: go on; else the exit code. */
static int
take_arg(struct args *a, int opt)
{
	switch (opt) {
	case 'c':
		a->config = optarg;
		return -1;
	case 'f':
		return -1;
	case ARG_CHECK:
		a->check = true;
		return -1;
	case ARG_PRINT:
		a->print = true;
		return -1;
	case ARG_VERSION:
		printf("vplamad %s\n", VPLAMA_VERSION);
		return EXIT_OK;
	case ARG_HELP:
		fputs(usage, stdout);
		return EXIT_OK;
	default:
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
}

static int
take_args(struct args *a, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "foreground", no_argument, NULL, 'f' },
		{ "check-config", no_argument, NULL, ARG_CHECK },
		{ "print", no_argument, NULL, ARG_PRINT },
		{ "version", no_argument, NULL, ARG_VERSION },
		{ "help", no_argument, NULL, ARG_HELP },
		{ NULL, 0, NULL, 0 },
	};
	int opt, rc = -1;

	while (
	    rc < 0 && (opt = getopt_long(argc, argv, "c:f", longs, NULL)) != -1)
		rc = take_arg(a, opt);
	if (rc < 0 && optind < argc) {
		fprintf(stderr, "vplamad: %s: takes no such argument\n%s",
		    argv[optind], usage);
		return EXIT_USAGE;
	}
	return rc;
}

/* Keys must not end up in a core file or with a debugger. */
static void
keep_memory(void)
{
	const struct rlimit none = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &none) < 0)
		log_warn("cannot forbid core files");
	if (process_hide() < 0)
		log_warn("cannot close the process to debuggers");
}

static void
put_errors(const struct config_errors *errs)
{
	size_t i;

	for (i = 0; i < errs->n; i++)
		fprintf(stderr, "%s\n", errs->text[i]);
}

static int
bad_config(const struct config_errors *errs)
{
	put_errors(errs);
	fprintf(stderr, "vplamad: %zu error%s in the configuration\n", errs->n,
	    errs->n == 1 ? "" : "s");
	return EXIT_CONFIG;
}

int
main(int argc, char **argv)
{
	struct args a = { .config = CONFIG_PATH };
	struct config_errors errs = { 0 };
	struct config cfg;
	int rc = take_args(&a, argc, argv);

	if (rc >= 0)
		return rc;
	fd_keep_standard();
	log_init("vplamad", LOG_LV_INFO);
	if (!mem_reserve())
		fatalx("out of memory");
	if (!crypto_start())
		fatalx("libsodium does not start");
	keep_memory();
	umask(077);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL); /* who ignores it learns of no exit code */
	if (!config_load(a.config, &cfg, &errs)) {
		rc = bad_config(&errs);
		config_errors_free(&errs);
		return rc;
	}
	if (a.check || a.print) {
		config_warnings(&cfg, &errs);
		put_errors(&errs);
		config_errors_free(&errs);
		if (a.print)
			config_print(&cfg, stdout);
		config_free(&cfg);
		return fflush(stdout) == 0 ? EXIT_OK : EXIT_RUN;
	}
	log_set_level(cfg.log_level);
	log_hurry(); /* tunnels do not wait for whoever reads the log */
	return vplamad_run(&cfg);
}
