#include "tests/show/rawpkt.h"

#include <net/ethernet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "wire/be.h"
#include "wire/csum.h"
#include "wire/eth.h"

static const struct verb {
	const char *name;
	int (*run)(const struct args *a);
} verbs[] = {
	{ "flood", raw_flood },
	{ "probe", raw_probe },
	{ "mirror", raw_mirror },
};

bool
raw_is_ip(const struct args *a)
{
	return a->way[PREFIX_IPV4].given || a->way[PREFIX_IPV6].given;
}

/* From some address of the source's, packet by packet another. */
static void
put_src(struct wr *w, const struct prefix *p, unsigned i)
{
	size_t len = prefix_alen((enum prefix_family)p->family);
	uint8_t a[16];

	memcpy(a, p->a, len);
	if (p->bits < 8 * len)
		a[len - 1] = (uint8_t)(1 + i % 254);
	wr_bytes(w, a, len);
}

static void
put_ipv4(struct wr *w, const struct way *way, unsigned i, size_t len)
{
	uint8_t *head = w->start + w->len;

	wr_be16(w, 0x4500);
	wr_be16(w, (uint16_t)(20 + len));
	wr_be32(w, 0); /* may be fragmented */
	wr_u8(w, 64);
	wr_u8(w, RAW_PROTO);
	wr_be16(w, 0);
	put_src(w, &way->src, i);
	wr_bytes(w, way->dst.a, 4);
	if (wr_ok(w))
		be16_put(
		    head + 10, (uint16_t)~csum_fold(csum_add(0, head, 20)));
}

static void
put_ipv6(struct wr *w, const struct way *way, unsigned i, size_t len)
{
	wr_be32(w, UINT32_C(6) << 28);
	wr_be16(w, (uint16_t)len);
	wr_u8(w, RAW_PROTO);
	wr_u8(w, 64);
	put_src(w, &way->src, i);
	wr_bytes(w, way->dst.a, 16);
}

void
raw_write(const struct args *a, unsigned i, const void *data, size_t len,
    struct wr *w)
{
	const struct way *v4 = &a->way[PREFIX_IPV4], *v6 = &a->way[PREFIX_IPV6];
	const struct way *mac = &a->way[PREFIX_MAC];
	bool six = v6->given && (!v4->given || i % 2 == 1);

	if (mac->given) {
		wr_bytes(w, mac->dst.a, ETH_ALEN);
		put_src(w, &mac->src, i);
		if (a->vlan != 0)
			wr_be32(w, (uint32_t)ETH_TAGGED << 16 | a->vlan);
		wr_be16(w,
		    !raw_is_ip(a) ? RAW_TYPE
			: six	  ? ETH_IPV6
				  : ETH_IPV4);
	}
	if (six)
		put_ipv6(w, v6, i, len);
	else if (v4->given)
		put_ipv4(w, v4, i, len);
	wr_bytes(w, data, len);
	if (!wr_ok(w))
		fatalx("a payload of %zu bytes is too long", len);
}

static void
usage(void)
{
	fputs("usage: rawpkt flood|probe -i DEVICE -w FROM,TO... -n COUNT\n"
	      "           [-l LONGEST] [-v VLAN] [-s CONTROL -c COUNTER]\n"
	      "       rawpkt mirror device NAME\n"
	      "       rawpkt mirror udp|unix-dgram LOCAL REMOTE\n"
	      "       rawpkt mirror tcp|unix-stream|unix-seqpacket REMOTE\n"
	      "       rawpkt mirror stdio|fd COMMAND...\n",
	    stderr);
	exit(2);
}

/* "FROM,TO", both prefixes. */
static void
take_way(struct args *a, char *text)
{
	char *to = strchr(text, ',');
	struct way way = { .given = true };

	if (to == NULL)
		usage();
	*to++ = '\0';
	if (prefix_parse(text, &way.src) != NULL ||
	    prefix_parse(to, &way.dst) != NULL ||
	    way.src.family != way.dst.family)
		fatalx("no two addresses of one kind: %s,%s", text, to);
	a->way[way.src.family] = way;
}

static void
take_option(struct args *a, int opt)
{
	switch (opt) {
	case 'i':
		a->device = optarg;
		break;
	case 'w':
		take_way(a, optarg);
		break;
	case 'n':
		a->n = (unsigned)strtoul(optarg, NULL, 10);
		break;
	case 'l':
		a->max = strtoul(optarg, NULL, 10);
		break;
	case 'v':
		a->vlan = (uint16_t)strtoul(optarg, NULL, 10);
		break;
	case 's':
		a->control = optarg;
		break;
	case 'c':
		a->counted = optarg;
		break;
	default:
		usage();
	}
}

int
main(int argc, char **argv)
{
	struct args a = { .max = 64 };
	size_t i;
	int opt;

	if (argc < 2)
		usage();
	/* the command of a mirror has options of its own */
	while ((opt = getopt(argc - 1, argv + 1, "+i:w:n:l:v:s:c:")) != -1)
		take_option(&a, opt);
	a.rest = argv + 1 + optind;
	log_init("rawpkt", LOG_LV_INFO);
	signal(SIGPIPE, SIG_IGN);
	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(verbs[i].name, argv[1]) == 0)
			return verbs[i].run(&a);
	usage();
	return 2;
}
