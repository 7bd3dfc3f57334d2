/* vplama-entryd: reads its options, and becomes what they ask for. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fdutil.h"
#include "crypto/prim.h"
#include "entryserver/jail.h"
#include "entryserver/publish.h"
#include "entryserver/mind.h"

enum exit_code { EXIT_OK, EXIT_RUN, EXIT_USAGE, EXIT_CONFIG = 78 };

static const char usage[] =
    "usage: vplama-entryd [-c FILE] [--check | --export DIR]\n"
    "       vplama-entryd genkey FILE\n"
    "  -c, --config FILE   configuration [" OPTIONS_PATH "]\n"
    "      --check         check configuration and list key, and end\n"
    "      --export DIR    publish once, into files for any web server\n"
    "      --version       print the version, and end\n"
    "      --help          print this, and end\n"
    "  genkey FILE         make a list key: FILE and FILE.pub\n";

struct args {
	const char *config, *export;
	bool check;
};

enum { ARG_CHECK = 256, ARG_EXPORT, ARG_VERSION, ARG_HELP };

/* -1: go on; else the exit code. */
static int
take_arg(struct args *a, int opt)
{
	switch (opt) {
	case 'c':
		a->config = optarg;
		return -1;
	case ARG_CHECK:
		a->check = true;
		return -1;
	case ARG_EXPORT:
		a->export = optarg;
		return -1;
	case ARG_VERSION:
		printf("vplama-entryd %s\n", VPLAMA_VERSION);
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
		{ "check", no_argument, NULL, ARG_CHECK },
		{ "export", required_argument, NULL, ARG_EXPORT },
		{ "version", no_argument, NULL, ARG_VERSION },
		{ "help", no_argument, NULL, ARG_HELP },
		{ NULL, 0, NULL, 0 },
	};
	int opt, rc = -1;

	while (
	    rc < 0 && (opt = getopt_long(argc, argv, "c:", longs, NULL)) != -1)
		rc = take_arg(a, opt);
	if (rc < 0 && a->check && a->export != NULL) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	return rc;
}

static int
check_key(const struct options *o)
{
	struct minisign_key key;
	char why[ROUND_WHY];

	if (!publish_key(o, &key, why)) {
		fprintf(stderr, "list-key: %s\n", why);
		return EXIT_CONFIG;
	}
	wipe(&key, sizeof(key));
	return EXIT_OK;
}

/* Who asks the web server should not come near key and store. */
static int
check_users(const struct options *o)
{
	if (geteuid() != 0)
		log_warnx("not started by root: publisher and web server are "
			  "one user, and nothing locks the web server in");
	else if (!jail_apart(o->user, o->web_user)) {
		fprintf(stderr,
		    "user and web-user: %s and %s are one user; expected "
		    "two\n",
		    o->user, o->web_user);
		return EXIT_CONFIG;
	}
	return EXIT_OK;
}

int
main(int argc, char **argv)
{
	struct args a = { .config = OPTIONS_PATH };
	struct options o;
	unsigned errors;
	int rc = take_args(&a, argc, argv);

	if (rc >= 0)
		return rc;
	fd_keep_standard();
	log_init("vplama-entryd", LOG_LV_INFO);
	if (!crypto_start())
		fatalx("libsodium does not start");
	if (process_hide() < 0)
		log_warn("cannot close the process to debuggers");
	umask(022);
	signal(SIGPIPE, SIG_IGN);
	if (argc - optind == 2 && strcmp(argv[optind], "genkey") == 0)
		return publish_genkey(argv[optind + 1]) ? EXIT_OK : EXIT_RUN;
	if (optind < argc) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	errors = options_load(a.config, &o, stderr);
	if (errors > 0) {
		fprintf(stderr,
		    "vplama-entryd: %u error%s in the configuration\n", errors,
		    errors == 1 ? "" : "s");
		return EXIT_CONFIG;
	}
	log_set_level(o.log_level);
	if (a.check)
		return check_key(&o);
	if (a.export != NULL)
		return publish_export(&o, a.export) ? EXIT_OK : EXIT_RUN;
	rc = check_users(&o);
	return rc == EXIT_OK ? mind_run(&o) : rc;
}
