/*
 * flood: initiations at a rate, each from another place.
 *
 *	flood -t ADDRESS:PORT -k KEY -n NETWORK -s PREFIX [-a COUNT]
 *	      [-r RATE] [-d SECONDS] -i DEVICE -m MAC valid|bad|garbage
 *	flood ... cookie
 *
 * Those with forged sources go out of the device as frames to MAC; "cookie"
 * sends from the first COUNT addresses of PREFIX, which must be ours. Prints
 * what was sent, and what came back.
 */
#include "tests/flood/flood.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xmem.h"
#include "crypto/keys.h"
#include "tests/tool.h"
#include "wire/be.h"

static const struct {
	const char *name;
	void (*run)(struct flood *f);
} kinds[FLOOD_KINDS] = {
	[FLOOD_VALID] = { "valid", flood_forged },
	[FLOOD_BAD] = { "bad", flood_forged },
	[FLOOD_GARBAGE] = { "garbage", flood_forged },
	[FLOOD_COOKIE] = { "cookie", flood_real },
};

uint32_t
flood_sources(const struct flood *f)
{
	return f->n_source > 0 ? f->n_source
			       : UINT32_C(1) << (32 - f->source.bits);
}

uint32_t
flood_source(const struct flood *f, uint32_t i)
{
	return htonl(be32_get(f->source.a) + i % flood_sources(f));
}

static _Noreturn void
usage(void)
{
	fputs("usage: flood -t ADDRESS:PORT -k KEY -n NETWORK -s PREFIX\n"
	      "           [-a COUNT] [-r RATE] [-d SECONDS]\n"
	      "           -i DEVICE -m MAC valid|bad|garbage\n"
	      "       flood ... cookie\n",
	    stderr);
	exit(2);
}

static void
take_prefix(const char *text, enum prefix_family family, struct prefix *ret)
{
	const char *why = prefix_parse(text, ret);

	if (why == NULL && ret->family != family)
		why = "is of another kind";
	if (why != NULL)
		fatalx("%s: %s", text, why);
}

static void
take_keys(struct flood *f, const char *key, const char *name)
{
	uint8_t ed[KEY_LEN], x[KEY_LEN];
	struct network net;

	if (key == NULL || name == NULL)
		usage();
	if (!key_parse(key, ed) || !key_to_x25519(ed, x))
		fatalx("%s: no key", key);
	network_open(&net, name, strlen(name));
	network_mac1key(&net, x, f->mac1key);
	network_cookiekey(&net, x, f->cookiekey);
}

static void
take_kind(struct flood *f, const char *name)
{
	unsigned i;

	for (i = 0; i < FLOOD_KINDS; i++)
		if (strcmp(kinds[i].name, name) == 0)
			break;
	if (i == FLOOD_KINDS)
		usage();
	f->kind = (enum kind)i;
}

static void
take_option(struct flood *f, int opt)
{
	switch (opt) {
	case 't':
		f->to = tool_addr(optarg);
		break;
	case 's':
		take_prefix(optarg, PREFIX_IPV4, &f->source);
		break;
	case 'a':
		f->n_source = (unsigned)strtoul(optarg, NULL, 10);
		break;
	case 'r':
		f->rate = strtod(optarg, NULL);
		break;
	case 'd':
		f->seconds = strtod(optarg, NULL);
		break;
	case 'i':
		f->device = optarg;
		break;
	case 'm':
		take_prefix(optarg, PREFIX_MAC, &f->mac);
		break;
	default:
		usage();
	}
}

int
main(int argc, char **argv)
{
	struct flood *f = xcalloc(1, sizeof(*f));
	const char *key = NULL, *name = NULL;
	int opt;

	log_init("flood", LOG_LV_INFO);
	if (!crypto_start())
		fatalx("libsodium does not start");
	f->rate = 1000;
	f->seconds = 1;
	while ((opt = getopt(argc, argv, "t:k:n:s:a:r:d:i:m:")) != -1) {
		if (opt == 'k')
			key = optarg;
		else if (opt == 'n')
			name = optarg;
		else
			take_option(f, opt);
	}
	if (optind != argc - 1 || f->to.port == 0 || !addr_is_v4(&f->to) ||
	    f->source.bits == 0 || f->rate <= 0)
		usage();
	take_kind(f, argv[optind]);
	take_keys(f, key, name);
	random_bytes(&f->rng.s, sizeof(f->rng.s));
	pool_fill(f);
	(void)prctl(PR_SET_TIMERSLACK, 1UL);
	kinds[f->kind].run(f);
	printf("\n");
	free(f);
	return 0;
}
