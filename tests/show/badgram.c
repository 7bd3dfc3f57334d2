#include "tests/show/badgram.h"

#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "crypto/prim.h"

static const struct verb {
	const char *name;
	bool (*run)(const struct args *a);
} verbs[] = {
	{ "udp", bad_udp },
	{ "mesh", bad_mesh },
	{ "ctl", bad_ctl },
};

void
figure(const char *name, uint64_t value)
{
	printf("# figure %s %llu\n", name, (unsigned long long)value);
}

bool
holds(bool ok, const char *fmt, ...)
{
	va_list ap;

	if (ok)
		return true;
	fputs("FAILED  ", stdout);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	return false;
}

static void
usage(void)
{
	fputs("usage: badgram udp -s CONTROL -u ADDRESS:PORT -n NETWORK\n"
	      "           -k ITS-KEY-FILE -K OUR-KEY-FILE [-S STEP]\n"
	      "       badgram mesh -s CONTROL -m MESH [-S STEP]\n"
	      "       badgram ctl -s CONTROL [-S STEP]\n",
	    stderr);
	exit(2);
}

static void
take_option(struct args *a, int opt)
{
	const char **text;

	switch (opt) {
	case 's':
		text = &a->control;
		break;
	case 'm':
		text = &a->mesh;
		break;
	case 'u':
		text = &a->endpoint;
		break;
	case 'n':
		text = &a->network;
		break;
	case 'k':
		text = &a->its_key;
		break;
	case 'K':
		text = &a->our_key;
		break;
	case 'S':
		a->step = (unsigned)strtoul(optarg, NULL, 10);
		return;
	default:
		usage();
		return;
	}
	*text = optarg;
}

int
main(int argc, char **argv)
{
	struct args a = { .step = 1 };
	size_t i;
	int opt;

	if (argc < 2)
		usage();
	while ((opt = getopt(argc - 1, argv + 1, "s:m:u:n:k:K:S:")) != -1)
		take_option(&a, opt);
	if (a.control == NULL || a.step == 0)
		usage();
	log_init("badgram", LOG_LV_INFO);
	signal(SIGPIPE, SIG_IGN);
	if (!crypto_start())
		fatalx("libsodium does not start");
	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(verbs[i].name, argv[1]) == 0)
			return verbs[i].run(&a) ? 0 : 1;
	usage();
	return 2;
}
