/* Datagrams of every type that a stranger, or a peer, gets wrong. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mono.h"
#include "base/wr.h"
#include "core/cookie.h"
#include "core/handshake.h"
#include "core/session.h"
#include "crypto/kx.h"
#include "tests/show/bad_udp.h"
#include "wire/msg.h"

#define BATCH 32	  /* datagrams before we wait until all have come */
#define PATIENCE_MS 10000 /* for what we sent to be counted */
#define PACE_US 60000	  /* an address may start 20 handshakes a second */

/* Every way to refuse a datagram; each bad one counts exactly one. */
static const enum counter reasons[] = { CNT_udp_rx_trunc, CNT_msg_short,
	CNT_msg_type, CNT_msg_version, CNT_msg_zero, CNT_mac1_bad,
	CNT_cookie_sent, CNT_cookie_capped, CNT_cookie_bad, CNT_init_rate,
	CNT_init_budget, CNT_init_bad, CNT_init_unknown, CNT_init_psk,
	CNT_init_suite, CNT_init_crossed, CNT_init_pending, CNT_init_stale_rate,
	CNT_init_fast, CNT_init_self, CNT_resp_bad, CNT_ident_off,
	CNT_ident_rate, CNT_ident_bad, CNT_data_index, CNT_data_expired,
	CNT_data_replay, CNT_data_auth, CNT_frame_bad, CNT_frame_unknown,
	CNT_frame_unwanted, CNT_record_bad, CNT_neg_bad, CNT_close_bad,
	CNT_probe_reply_bad, CNT_path_response_bad, CNT_rx_dup,
	CNT_rx_rate_origin, CNT_rx_rate_total, CNT_rx_origin, CNT_rx_hops,
	CNT_rx_no_mesh, CNT_rx_too_big, CNT_frag_bad, CNT_fwd_no_port };
#define N_REASONS (sizeof(reasons) / sizeof(reasons[0]))

static void
pause_us(unsigned us)
{
	const struct timespec ts = { .tv_nsec = (long)us * 1000 };

	nanosleep(&ts, NULL);
}

/* Waits until the daemon has counted all that we sent. */
static void
catch_up(struct gun *g)
{
	struct counters now;
	unsigned ms;

	g->waiting = 0;
	for (ms = 0; ms < PATIENCE_MS; ms++) {
		counters_get(&g->ctl, &now);
		if (now.v[CNT_udp_rx] - g->before.v[CNT_udp_rx] >=
		    g->bad + g->good)
			return;
		pause_us(1000);
	}
	fatalx("datagrams got lost on the way");
}

static void
put(struct gun *g, const void *p, size_t len)
{
	if (send(g->fd, p, len, 0) != (ssize_t)len)
		fatal("send of %zu bytes", len);
	if (++g->waiting == BATCH)
		catch_up(g);
}

void
shoot(struct gun *g, const void *p, size_t len)
{
	g->bad++;
	put(g, p, len);
}

/* A sound one, which is not to be refused. */
void
ask(struct gun *g, const void *p, size_t len)
{
	g->good++;
	put(g, p, len);
}

/* The next message of that type. */
static size_t
hear(struct gun *g, uint8_t type, uint8_t *p, size_t max)
{
	struct pollfd pfd = { g->fd, POLLIN, 0 };
	ssize_t n;

	while (poll(&pfd, 1, PATIENCE_MS) > 0) {
		n = recv(g->fd, p, max, 0);
		if (n > 0 && p[0] == type)
			return (size_t)n;
	}
	fatalx("no answer of type %d", type);
}

/* Shorter ones, one byte more, and the message as long as can be. */
static void
all_lengths(struct gun *g, const uint8_t *msg, size_t len)
{
	uint8_t p[2048] = { 0 };
	size_t n;

	memcpy(p, msg, len);
	for (n = 0; n < len; n++)
		shoot(g, p, n);
	for (n = len + 1; n < len + 40; n++)
		shoot(g, p, n);
	shoot(g, p, sizeof(p));
}

static void
all_flips(struct gun *g, uint8_t *msg, size_t len)
{
	size_t bit;

	for (bit = 0; bit < 8 * len; bit++) {
		msg[bit / 8] ^= (uint8_t)(1u << bit % 8);
		shoot(g, msg, len);
		msg[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

/* Is it a length at which something begins or ends? */
static bool
is_edge(unsigned len)
{
	static const unsigned edges[] = { 0, 16, 32, 64, 132, 168, 1500 };
	size_t i;

	for (i = 0; i < sizeof(edges) / sizeof(edges[0]); i++)
		if (len + 2 >= edges[i] && len <= edges[i] + 2)
			return true;
	return false;
}

static void
types_and_lengths(struct gun *g, unsigned step)
{
	static const unsigned huge[] = { 2047, 2048, 2049, 9000, 65507 };
	static uint8_t zero[65507];
	uint8_t p[1500];
	unsigned type, len;
	size_t i;

	for (type = 0; type < 256; type++) {
		random_bytes(p, sizeof(p));
		for (len = 0; len <= sizeof(p); len++) {
			if (len % step != 0 && !is_edge(len))
				continue;
			p[0] = (uint8_t)type;
			p[1] = (uint8_t)(len % 3); /* VPL_VERSION and others */
			p[2] = p[3] = (uint8_t)(len % 5 == 4);
			shoot(g, p, len);
		}
	}
	for (type = 0; type < 256; type++)
		for (i = 0; i < sizeof(huge) / sizeof(huge[0]); i++) {
			zero[0] = (uint8_t)type;
			zero[1] = VPL_VERSION;
			shoot(g, zero, huge[i]);
		}
}

static void
put_macs(struct gun *g, uint8_t msg[INIT_LEN])
{
	mac1_write(g->mac1key, msg, INIT_NOMACS);
	memset(msg + INIT_NOMACS + MAC_LEN, 0, MAC_LEN);
	if (g->has_cookie)
		mac2_write(g->cookie, msg);
}

static void
payload_of(struct init_payload *pl)
{
	*pl = (struct init_payload){ .suites = 1, .mtu = 1400, .caps = 0x1e };
	struct wr w = wr_of(pl->stamp, sizeof(pl->stamp));

	wr_be64(&w, clock_wall_us() / 1000);
}

/* A whole initiation by that identity. */
static void
init_of(struct gun *g, const struct identity *us, const struct init_payload *pl,
    struct hs_init *hs, uint8_t msg[INIT_LEN])
{
	uint8_t ss[KEY_LEN], e_sk[KEY_LEN], psk[KEY_LEN];
	static const uint8_t none[KEY_LEN];

	network_psk(&g->net, none, psk);
	random_bytes(e_sk, sizeof(e_sk));
	if (!kx_shared(ss, us->x_sk, g->its.x_pk) ||
	    !hs_init_write(
		hs, &g->net, us, g->its.x_pk, ss, psk, e_sk, 77, pl, msg))
		fatalx("no initiation can be written");
	put_macs(g, msg);
}

static void
paced(struct gun *g, uint8_t *msg)
{
	put_macs(g, msg);
	pause_us(PACE_US);
	shoot(g, msg, INIT_LEN);
}

/* Without a cookie, its reply in every wrong way, then with one. */
static void
cookies(struct gun *g)
{
	uint8_t msg[INIT_LEN], reply[COOKIE_LEN];
	struct init_payload pl;
	struct msg_cookie in;
	struct hs_init hs;

	payload_of(&pl);
	init_of(g, &g->us, &pl, &hs, msg);
	all_lengths(g, msg, INIT_LEN);
	all_flips(g, msg, INIT_LEN); /* those of mac2 get a cookie, too */
	shoot(g, msg, INIT_LEN);
	if (hear(g, MSG_COOKIE, reply, sizeof(reply)) != COOKIE_LEN ||
	    !msg_cookie_parse(reply, COOKIE_LEN, &in) ||
	    !cookie_reply_open(&in, g->cookiekey, msg, g->cookie))
		fatalx("the cookie reply does not open");
	g->has_cookie = true;
	all_lengths(g, reply, COOKIE_LEN);
	all_flips(g, reply, COOKIE_LEN);
	shoot(g, reply, COOKIE_LEN);
}

/* Past the macs: each field that the handshake itself has to refuse. */
static void
initiations(struct gun *g)
{
	struct identity nobody = g->us;
	struct init_payload pl, bad;
	uint8_t msg[INIT_LEN], seed[KEY_LEN];
	struct hs_init hs;
	unsigned v;

	random_bytes(seed, sizeof(seed));
	identity_from_seed(seed, &nobody);
	payload_of(&pl);
	init_of(g, &nobody, &pl, &hs, msg);
	paced(g, msg);
	init_of(g, &g->its, &pl, &hs, msg); /* the daemon's own key */
	paced(g, msg);
	for (v = 0; v < 256; v += v < 4 ? 4 : 36) { /* no suite of ours */
		bad = pl;
		bad.suites = (uint8_t)(v & ~3u);
		init_of(g, &g->us, &bad, &hs, msg);
		paced(g, msg);
	}
	for (v = 1; v < 256; v = 2 * v + 1) {
		bad = pl;
		bad.psk_id = (uint8_t)v;
		init_of(g, &g->us, &bad, &hs, msg);
		paced(g, msg);
	}
	for (v = 8; v < INIT_NOMACS; v += 16) { /* each seal, well macked */
		init_of(g, &g->us, &pl, &hs, msg);
		msg[v] ^= 1;
		paced(g, msg);
	}
	init_of(g, &g->us, &pl, &hs, msg);
	memset(msg + 8, 0, KEY_LEN); /* an ephemeral of low order */
	paced(g, msg);
	for (v = 0; v < 30; v++) /* faster than an address may */
		shoot(g, msg, INIT_LEN);
	pause_us(500000);
}

/* A sound handshake; its messages once more, and cut, and altered. */
static void
handshake(struct gun *g)
{
	uint8_t msg1[INIT_LEN], msg2[RESP_LEN];
	struct init_payload pl;
	struct resp_payload rp;
	struct msg_resp in;
	struct hs_init hs;
	struct hs_keys keys;

	payload_of(&pl);
	memcpy(pl.boot, "badgram!", BOOT_LEN);
	init_of(g, &g->us, &pl, &hs, msg1);
	catch_up(g);
	ask(g, msg1, INIT_LEN);
	if (hear(g, MSG_RESP, msg2, sizeof(msg2)) != RESP_LEN ||
	    !msg_resp_parse(msg2, RESP_LEN, &in) ||
	    !hs_init_read(&hs, &g->us, &in, &rp, &keys))
		fatalx("the response does not open");
	pause_us(PACE_US);
	shoot(g, msg1, INIT_LEN); /* the same again: one waits already */
	all_lengths(g, msg2, RESP_LEN);
	all_flips(g, msg2, RESP_LEN);
	shoot(g, msg2, RESP_LEN);
	g->session = session_new(aead_default().ops[keys.suite], &keys,
	    in.sender, (struct mono){ 1 });
	memcpy(g->its_boot, rp.boot, BOOT_LEN);
}

static void
gun_init(struct gun *g, const struct args *a)
{
	uint8_t seed[KEY_LEN];
	struct sockaddr_storage ss;
	struct addr to;
	const char *why;

	memset(g, 0, sizeof(*g));
	if (!key_file_load(a->its_key, seed, &why) ||
	    !identity_from_seed(seed, &g->its))
		fatalx("%s: no key", a->its_key);
	if (!key_file_load(a->our_key, seed, &why) ||
	    !identity_from_seed(seed, &g->us))
		fatalx("%s: no key", a->our_key);
	network_open(&g->net, a->network, strlen(a->network));
	network_mac1key(&g->net, g->its.x_pk, g->mac1key);
	network_cookiekey(&g->net, g->its.x_pk, g->cookiekey);
	if (!addr_parse(a->endpoint, 0, &to))
		fatalx("%s: no address", a->endpoint);
	g->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (g->fd < 0 ||
	    connect(g->fd, (struct sockaddr *)&ss,
		addr_to_sockaddr(&to, false, &ss)) < 0)
		fatal("%s", a->endpoint);
	ctl_connect(&g->ctl, a->control);
	counters_get(&g->ctl, &g->before);
}

/* Each bad datagram has been counted, by one reason and no more. */
static bool
account(struct gun *g, const char *what)
{
	struct counters now;
	char name[80];
	uint64_t sum = 0, n;
	unsigned ms;
	size_t i;

	catch_up(g);
	for (ms = 0; ms < PATIENCE_MS && sum != g->bad; ms++) {
		counters_get(&g->ctl, &now);
		for (sum = 0, i = 0; i < N_REASONS; i++)
			sum += now.v[reasons[i]] - g->before.v[reasons[i]];
		pause_us(1000);
	}
	snprintf(name, sizeof(name), "%s_sent", what);
	figure(name, g->bad);
	snprintf(name, sizeof(name), "%s_refused", what);
	figure(name, sum);
	for (i = 0; i < N_REASONS; i++) {
		n = now.v[reasons[i]] - g->before.v[reasons[i]];
		if (n > 0)
			printf("  %-24s %9llu  %s\n", counter_name(reasons[i]),
			    (unsigned long long)n, counter_text(reasons[i]));
	}
	g->before = now;
	n = g->bad;
	g->bad = g->good = 0;
	return holds(sum == n, "%s: %llu refused, %llu sent", what,
	    (unsigned long long)sum, (unsigned long long)n);
}

bool
bad_udp(const struct args *a)
{
	struct gun g;
	bool ok;

	if (a->endpoint == NULL || a->network == NULL || a->its_key == NULL ||
	    a->our_key == NULL)
		fatalx("udp needs -u, -n, -k and -K");
	gun_init(&g, a);
	types_and_lengths(&g, a->step);
	cookies(&g);
	initiations(&g);
	handshake(&g);
	ok = account(&g, "datagrams");
	bad_frames(&g);
	ok &= account(&g, "frames");
	bad_frames_end(&g);
	session_free(g.session);
	client_close(&g.ctl);
	close(g.fd);
	return ok;
}
