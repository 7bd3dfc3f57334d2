/*
 * Tries: how long until both directions of a new tunnel carry data. Hours: one
 * tunnel after the other for an hour each, in use or idle, and what became of
 * it: deaths, and what was lost beside what the line lost.
 */
#include "loss.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xmem.h"
#include "crypto/prim.h"
#include "kx_name.h"
#include "pairline.h"

#define TRY_US (300 * (uint64_t)MONO_SEC)
#define TRY_SEND_US (50 * MONO_MS)

static const char usage[] =
    "usage: vplama-sim loss [-c both|one|stranger] [-n TRIES | -H HOURS]\n"
    "                       [-l LOSS] [-r REORDER] [-d DUP] [-i MS] [-s "
    "SECONDS]\n"
    "                       [-S SEED]\n"
    "  -n  tries until a tunnel carries data both ways [200]\n"
    "  -H  tunnels that live an hour each, or SECONDS [3600]\n"
    "  -i  a packet each way every so often, with -H; 0: idle [100]\n"
    "  -l  loss each way    -r  held back by up to 100 ms    -d  come twice\n";

struct loss_options {
	struct pairline_options line;
	unsigned tries, hours;
	uint64_t life_us;
};

/* What became of the tunnels of -H. */
struct sums {
	uint64_t sent, delivered, wire_sent, wire_lost, twice, wrong;
	uint64_t datagrams, dropped, silence_us;
	uint64_t deaths, replay, sessions;
};

static double
number(const char *s, double max)
{
	char *end;
	double v = strtod(s, &end);

	if (*s == '\0' || *end != '\0' || !(v >= 0 && v <= max))
		fatalx("%s: expected a number from 0 to %g", s, max);
	return v;
}

static bool
contact_parse(const char *s, enum contact *ret)
{
	unsigned i;

	for (i = 0; i < CONTACTS; i++) {
		if (strcmp(s, contact_name((enum contact)i)) == 0) {
			*ret = (enum contact)i;
			return true;
		}
	}
	return false;
}

static bool
options(int argc, char **argv, struct loss_options *o)
{
	int ch;

	while ((ch = getopt(argc, argv, "c:n:H:l:r:d:i:s:S:")) != -1) {
		switch (ch) {
		case 'c':
			if (!contact_parse(optarg, &o->line.contact))
				return false;
			break;
		case 'n':
			o->tries = (unsigned)number(optarg, 100000);
			break;
		case 'H':
			o->hours = (unsigned)number(optarg, 100000);
			break;
		case 'l':
			o->line.loss = number(optarg, 1);
			break;
		case 'r':
			o->line.reorder = number(optarg, 1);
			break;
		case 'd':
			o->line.dup = number(optarg, 1);
			break;
		case 'i':
			o->line.send_every_us =
			    (uint64_t)(number(optarg, 1e6) * MONO_MS);
			break;
		case 's':
			o->life_us = (uint64_t)(number(optarg, 1e6) * MONO_SEC);
			break;
		case 'S':
			o->line.seed = (uint64_t)number(optarg, 1e15);
			break;
		default:
			return false;
		}
	}
	return optind == argc && (o->tries > 0 || o->hours > 0);
}

/* A seed of its own for each tunnel. */
static struct pairline_options
nth(const struct loss_options *o, unsigned n)
{
	struct pairline_options line = o->line;
	struct rng from = { o->line.seed << 32 | n };

	line.seed = rng_next(&from);
	return line;
}

static int
by_size(const void *a, const void *b)
{
	uint64_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return x < y ? -1 : x > y;
}

/* Of n sorted ones, that which so many percent do not exceed; in ms. */
static unsigned
percentile(const uint64_t *us, unsigned n, unsigned percent)
{
	return (unsigned)(us[(n * percent + 99) / 100 - 1] / MONO_MS);
}

static void
tries(const struct loss_options *o)
{
	uint64_t *us = xcalloc(o->tries, sizeof(*us)), cookies = 0, crossed = 0;
	unsigned i, never = 0;

	for (i = 0; i < o->tries; i++) {
		struct pairline_options opt = nth(o, i);
		struct pairline l;

		opt.send_every_us = TRY_SEND_US;
		pairline_init(&l, &opt);
		us[i] = TRY_US;
		never += !pairline_run_up(&l, TRY_US, &us[i]);
		cookies += l.end[0].core.cnt.v[CNT_cookie_got];
		crossed += l.end[0].core.cnt.v[CNT_init_crossed] +
		    l.end[1].core.cnt.v[CNT_init_crossed];
		pairline_fini(&l);
	}
	qsort(us, o->tries, sizeof(*us), by_size);
	printf(" tries=%u p50_ms=%u p95_ms=%u max_ms=%u never=%u"
	       " cookies=%" PRIu64 " crossed=%" PRIu64 "\n",
	    o->tries, percentile(us, o->tries, 50),
	    percentile(us, o->tries, 95), percentile(us, o->tries, 100), never,
	    cookies, crossed);
	free(us);
}

static void
add(struct sums *s, const struct pairline_end *e)
{
	s->sent += e->sent;
	s->delivered += e->delivered;
	s->wire_sent += e->wire_sent;
	s->wire_lost += e->wire_lost;
	s->datagrams += e->datagrams;
	s->dropped += e->dropped;
	s->twice += e->twice;
	s->wrong += e->wrong;
	if (e->silence_us > s->silence_us)
		s->silence_us = e->silence_us;
	s->deaths += e->core.cnt.v[CNT_peer_dead];
	s->replay += e->core.cnt.v[CNT_data_replay];
	s->sessions += e->core.cnt.v[CNT_handshakes];
}

/* A packet each way tells when it is up; then, if it is to be, it is idle. */
static void
live(const struct pairline_options *opt, uint64_t life_us, struct sums *s)
{
	struct pairline_options busy = *opt;
	struct pairline l;
	uint64_t us;

	if (opt->send_every_us == 0)
		busy.send_every_us = TRY_SEND_US;
	pairline_init(&l, &busy);
	if (!pairline_run_up(&l, TRY_US, &us))
		fatalx("no tunnel in %" PRIu64 " s", TRY_US / MONO_SEC);
	if (opt->send_every_us == 0)
		pairline_end_sending(&l);
	pairline_count_anew(&l);
	pairline_run(&l, life_us);
	pairline_end_sending(&l);
	pairline_run(&l, MONO_SEC);
	add(s, &l.end[0]);
	add(s, &l.end[1]);
	pairline_fini(&l);
}

static double
share(uint64_t part, uint64_t whole)
{
	return whole > 0 ? 100 * (double)part / (double)whole : 0;
}

static void
hours(const struct loss_options *o)
{
	struct sums s = { 0 };
	unsigned i;

	for (i = 0; i < o->hours; i++) {
		struct pairline_options opt = nth(o, i);

		live(&opt, o->life_us, &s);
	}
	printf(" tunnel_hours=%g every_ms=%g deaths=%" PRIu64
	       " handshakes=%" PRIu64 " sent=%" PRIu64 " delivered=%" PRIu64
	       " twice=%" PRIu64 " wrong=%" PRIu64 " replay=%" PRIu64
	       " wire_loss=%.4f inner_loss=%.4f all_loss=%.4f"
	       " silence_ms=%" PRIu64 "\n",
	    o->hours * (double)o->life_us / (3600.0 * MONO_SEC),
	    (double)o->line.send_every_us / MONO_MS, s.deaths, s.sessions,
	    s.sent, s.delivered, s.twice, s.wrong, s.replay,
	    share(s.wire_lost, s.wire_sent),
	    share(s.sent - s.delivered, s.sent), share(s.dropped, s.datagrams),
	    s.silence_us / MONO_MS);
}

int
loss_main(int argc, char **argv)
{
	struct loss_options o = { .line = { .hold_us = 100 * MONO_MS,
				      .send_every_us = 100 * MONO_MS,
				      .seed = 1 },
		.tries = 200,
		.life_us = 3600 * (uint64_t)MONO_SEC };

	if (!options(argc, argv, &o)) {
		fputs(usage, stderr);
		return 2;
	}
	if (!crypto_start())
		fatalx("libsodium does not start");
	printf("kx=\"%s\" contact=%s loss=%g reorder=%g dup=%g seed=%" PRIu64,
	    SIM_KX, contact_name(o.line.contact), o.line.loss, o.line.reorder,
	    o.line.dup, o.line.seed);
	if (o.hours > 0)
		hours(&o);
	else
		tries(&o);
	return 0;
}
