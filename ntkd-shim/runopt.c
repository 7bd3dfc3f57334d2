#include "ntkd-shim/runopt.h"

#include <getopt.h>
#include <stddef.h>
#include <string.h>

#include "base/log.h"
#include "ntkd-shim/verbs.h"

#define MTU_MIN 576
#define MTU_MAX 65535
#define RESTART_MAX 3600

struct word {
	const char *text;
	int value;
};

static bool
choose(
    const char *what, const char *arg, const struct word *w, size_t n, int *ret)
{
	char all[64] = "";
	size_t i;

	for (i = 0; i < n; i++) {
		if (strcmp(arg, w[i].text) == 0) {
			*ret = w[i].value;
			return true;
		}
		strcat(all, i == 0 ? "" : i + 1 < n ? ", " : " or ");
		strcat(all, w[i].text);
	}
	log_warnx("%s must be %s, not \"%s\"", what, all, arg);
	return false;
}

static bool
take_wire(struct runopt *o, const char *arg)
{
	static const struct word words[] = {
		{ "auto", 0 },
		{ "32", NTK_WIRE_32 },
		{ "64", NTK_WIRE_64 },
	};
	int wire;

	if (!choose("-w", arg, words, 3, &wire))
		return false;
	o->amb.wire = (enum ntk_wire)wire;
	return true;
}

static bool
take_class(struct runopt *o, const char *arg)
{
	static const struct word words[] = {
		{ "10", NETDESC_10 },
		{ "172", NETDESC_172 },
		{ "any", NETDESC_ANY },
	};
	static const struct prefix mesh[] = {
		[NETDESC_ANY] = { PREFIX_IPV4, 0, { 0 } },
		[NETDESC_10] = { PREFIX_IPV4, 8, { 10 } },
		[NETDESC_172] = { PREFIX_IPV4, 12, { 172, 16 } },
	};
	int class;

	if (!choose("-c", arg, words, 3, &class))
		return false;
	o->amb.class = (enum netdesc_class) class;
	o->net.mesh = mesh[class];
	return true;
}

static bool
take_name(struct runopt *o, const char *arg)
{
	if (arg[0] == '\0' || arg[0] == '.' || strchr(arg, '/') != NULL) {
		log_warnx(
		    "-n must be the name of a namespace, not \"%s\"", arg);
		return false;
	}
	o->net.name = arg;
	return true;
}

static bool
take_mtu(struct runopt *o, const char *arg)
{
	unsigned mtu;

	if (!shim_number("-m", arg, MTU_MIN, MTU_MAX, &mtu))
		return false;
	o->net.mtu = (uint16_t)mtu;
	return true;
}

static bool
take(struct runopt *o, int ch, const char *arg)
{
	switch (ch) {
	case 's':
		o->sock = arg;
		return true;
	case 'd':
		o->device = arg;
		return true;
	case 'w':
		return take_wire(o, arg);
	case 'c':
		return take_class(o, arg);
	case 'n':
		return take_name(o, arg);
	case 'm':
		return take_mtu(o, arg);
	case 'R':
		return shim_number("-R", arg, 1, RESTART_MAX, &o->restart_s);
	default:
		return false;
	}
}

/* What is known to keep it from working. */
static bool
is_command_sound(char **cmd)
{
	size_t i;

	for (i = 1; cmd[i] != NULL; i++)
		if (strncmp(cmd[i], "-i", 2) == 0) {
			log_warnx(
			    "%s with -i does not listen: leave it out", cmd[0]);
			return false;
		}
	return true;
}

bool
runopt_parse(struct runopt *ret, int argc, char **argv)
{
	int ch;

	*ret = (struct runopt){
		.sock = SHIM_SOCKET, .device = RUN_DEVICE, .net.mtu = 1400
	};
	(void)take_class(ret, "10");
	while ((ch = getopt(argc, argv, "+s:d:w:c:n:m:R:")) != -1)
		if (!take(ret, ch, optarg))
			return false;
	if (optind < argc) {
		if (strcmp(argv[optind - 1], "--") != 0) {
			log_warnx("what is \"%s\"? The command of ntkd comes "
				  "behind --",
			    argv[optind]);
			return false;
		}
		ret->ntkd = argv + optind;
		return is_command_sound(ret->ntkd);
	}
	if (ret->restart_s != 0) {
		log_warnx("-R needs the command of ntkd, behind --");
		return false;
	}
	return true;
}
