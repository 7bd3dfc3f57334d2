#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/xmem.h"
#include "ntkd-shim/client.h"
#include "ntkd-shim/corpus.h"
#include "ntkd-shim/report.h"
#include "ntkd-shim/verbs.h"

#define RATE_MAX 1000000u
#define COUNT_MAX 1000000u
#define SECONDS_MAX 1000000u
#define PEERS_MAX 100000u
#define RATE_UNKNOWN 10u /* packets a second, when HELLO names no rate */

/* Odd and far from any multiple: ids of different rounds do not meet. */
#define ID_STEP 0x9e3779b1u

struct options {
	const char *sock, *captures, *out, *file;
	unsigned rate; /* packets a second; 0: what vplamad takes */
	unsigned count, peers, timeout_s, delay_s, wait_s;
};

enum phase {
	JOINING,   /* deadline: connection and peers must be there */
	SENDING,   /* deadline: the next packet is due */
	LISTENING, /* deadline: the end */
	DONE,
};

struct replay {
	const struct options *opt;
	struct client *client;
	struct corpus corpus;
	struct report report;
	enum phase phase;
	struct mono deadline;
	size_t next; /* packet of the corpus */
	unsigned round;
	uint32_t *up; /* peers that are up now */
	size_t n_up;
	bool was_up, failed;
};

static void
set_phase(struct replay *r, enum phase phase, struct mono now)
{
	uint64_t us = 0;

	if (phase == JOINING)
		us = (uint64_t)r->opt->timeout_s * MONO_SEC;
	if (phase == SENDING)
		us = (uint64_t)r->opt->delay_s * MONO_SEC;
	if (phase == LISTENING)
		us = (uint64_t)r->opt->wait_s * MONO_SEC;
	r->phase = phase;
	r->deadline = mono_add(now, us);
}

/* One packet in ten below what vplamad takes, so that none is dropped. */
static uint64_t
interval_us(const struct replay *r)
{
	unsigned rate = r->opt->rate;

	if (rate == 0)
		rate = client_hello(r->client)->rate;
	if (rate == 0)
		rate = RATE_UNKNOWN;
	if (r->opt->rate == 0)
		return (MONO_SEC * 10u) / 9u / rate + 1;
	return MONO_SEC / rate;
}

static void
check_joined(struct replay *r, struct mono now)
{
	if (r->phase == JOINING && client_is_up(r->client) &&
	    r->n_up >= r->opt->peers)
		set_phase(r, SENDING, now);
}

static void
drop_peer(struct replay *r, uint32_t id)
{
	size_t i;

	for (i = 0; i < r->n_up; i++)
		if (r->up[i] == id) {
			r->up[i] = r->up[--r->n_up];
			return;
		}
}

static void
add_peer(struct replay *r, uint32_t id)
{
	drop_peer(r, id); /* it may be said twice */
	r->up = xreallocarray(r->up, r->n_up + 1, sizeof(*r->up));
	r->up[r->n_up++] = id;
}

static void
take_record(struct replay *r, const struct mesh_rec *rec, struct mono now)
{
	if (rec->type == MESH_PKT) {
		report_received(&r->report, now, &rec->u.pkt);
	} else if (rec->type == MESH_PEER_UP) {
		add_peer(r, rec->u.up.peer);
		report_up(&r->report, now, &rec->u.up);
	} else if (rec->type == MESH_PEER_DOWN) {
		drop_peer(r, rec->u.down.peer);
		report_down(&r->report, now, &rec->u.down);
	}
}

/* A connection that was up and is lost: go on, but say so at the end. */
static void
take_down(struct replay *r, struct mono now)
{
	log_warnx("%s", client_why(r->client));
	r->n_up = 0;
	if (!r->was_up)
		return;
	r->failed = true;
	report_lost(&r->report, now);
	if (r->phase == SENDING)
		set_phase(r, JOINING, now);
}

static void
take_event(struct replay *r, enum client_event ev, const struct mesh_rec *rec,
    struct mono now)
{
	if (ev == CLIENT_UP)
		r->was_up = true;
	else if (ev == CLIENT_RECORD)
		take_record(r, rec, now);
	else if (ev == CLIENT_DOWN)
		take_down(r, now);
	check_joined(r, now);
}

static void
advance(struct replay *r, struct mono now)
{
	r->deadline = mono_add(now, interval_us(r));
	if (++r->next < r->corpus.n)
		return;
	r->next = 0;
	if (++r->round == r->opt->count)
		set_phase(r, LISTENING, now);
}

static void
send_next(struct replay *r, struct mono now)
{
	struct corpus_packet *cp = &r->corpus.pkt[r->next];
	struct ntk_packet ntk = cp->ntk;
	uint8_t key[NTK_KEY_LEN];
	struct mesh_pkt pkt = { .key = key, .body = cp->bytes, .len = cp->len };
	int rc;

	ntk.id += r->round * ID_STEP;
	ntk_set_id(cp->bytes, ntk.id);
	pkt.key_len = (uint8_t)ntk_key(&ntk, key);
	rc = client_send(r->client, pkt.key, pkt.key_len, pkt.body, pkt.len);
	if (rc == -EAGAIN) {
		r->deadline = mono_add(now, interval_us(r));
		return;
	}
	if (rc == 0) {
		report_sent(&r->report, now, &pkt);
	} else {
		log_warnx("line %u of %s not sent: %s", cp->line, r->opt->file,
		    strerror(-rc));
		r->failed = true;
	}
	advance(r, now);
}

static void
give_up(struct replay *r)
{
	const char *why = client_why(r->client);

	if (client_is_up(r->client))
		log_warnx("%zu of %u peers are up after %u s", r->n_up,
		    r->opt->peers, r->opt->timeout_s);
	else
		log_warnx("no mesh socket after %u s: %s", r->opt->timeout_s,
		    why[0] == '\0' ? "vplamad does not answer" : why);
	r->failed = true;
	r->phase = DONE;
}

static void
on_deadline(struct replay *r, struct mono now)
{
	if (r->phase == JOINING)
		give_up(r);
	else if (r->phase == SENDING)
		send_next(r, now);
	else
		r->phase = DONE;
}

static int
left_ms(struct mono now, struct mono deadline)
{
	uint64_t ms = (mono_since(now, deadline) + MONO_MS - 1) / MONO_MS;

	return ms > INT_MAX ? INT_MAX : (int)ms;
}

static void
run(struct replay *r)
{
	struct mono now = clock_mono();
	struct mesh_rec rec;
	enum client_event ev;

	set_phase(r, JOINING, now);
	while (r->phase != DONE) {
		ev = client_wait(r->client, left_ms(now, r->deadline), &rec);
		now = clock_mono();
		take_event(r, ev, &rec, now);
		if (mono_due(r->deadline, now))
			on_deadline(r, now);
	}
	report_end(&r->report, now, r->was_up && !r->failed);
}

static FILE *
open_out(const char *path)
{
	FILE *out = path == NULL ? stdout : fopen(path, "we");

	if (out == NULL)
		log_warn("%s", path);
	else
		setvbuf(out, NULL, _IOLBF, 0); /* whole lines, if killed */
	return out;
}

/* False when not all of the report could be written. */
static bool
close_out(FILE *out)
{
	bool bad = fflush(out) != 0 || ferror(out) != 0;

	if (out != stdout && fclose(out) != 0)
		bad = true;
	if (bad)
		log_warnx("the report could not be written");
	return !bad;
}

static int
replay(const struct options *opt)
{
	struct replay r = { .opt = opt };
	char err[CORPUS_ERR];
	FILE *out;

	if (!corpus_read(
		&r.corpus, opt->file, opt->captures, CORPUS_FORWARD, err)) {
		log_warnx("%s", err);
		return SHIM_FAILED;
	}
	out = open_out(opt->out);
	if (out != NULL) {
		r.client = client_new(opt->sock, "ntkd-shim replay");
		report_init(&r.report, out);
		run(&r);
		client_free(r.client);
		report_fini(&r.report);
		r.failed |= !close_out(out);
	}
	free(r.up);
	corpus_fini(&r.corpus);
	return out == NULL || r.failed ? SHIM_FAILED : SHIM_OK;
}

static bool
take_option(int ch, const char *arg, struct options *opt)
{
	switch (ch) {
	case 's':
		opt->sock = arg;
		return true;
	case 'c':
		opt->captures = arg;
		return true;
	case 'o':
		opt->out = arg;
		return true;
	case 'r':
		return shim_number("-r", arg, 1, RATE_MAX, &opt->rate);
	case 'n':
		return shim_number("-n", arg, 1, COUNT_MAX, &opt->count);
	case 'p':
		return shim_number("-p", arg, 0, PEERS_MAX, &opt->peers);
	case 't':
		return shim_number("-t", arg, 1, SECONDS_MAX, &opt->timeout_s);
	case 'd':
		return shim_number("-d", arg, 0, SECONDS_MAX, &opt->delay_s);
	case 'w':
		return shim_number("-w", arg, 0, SECONDS_MAX, &opt->wait_s);
	default:
		return false;
	}
}

int
replay_main(int argc, char **argv)
{
	struct options opt = { .sock = SHIM_SOCKET,
		.count = 1,
		.peers = 1,
		.timeout_s = 30,
		.delay_s = 1,
		.wait_s = 5 };
	int ch;

	while ((ch = getopt(argc, argv, "s:c:r:n:p:t:d:w:o:")) != -1)
		if (!take_option(ch, optarg, &opt))
			return SHIM_USAGE;
	if (optind != argc - 1)
		return SHIM_USAGE;
	opt.file = argv[optind];
	return replay(&opt);
}
