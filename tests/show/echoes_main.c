/*
 * echoes -s CONTROL -u ADDRESS:PORT -n NETWORK -k ITS-KEY-FILE -K OUR-KEY-FILE
 *	-p PORT -P PID [-S STEP]
 *
 * Sends the daemon at ADDRESS:PORT every type and length, from addresses that
 * have proven nothing, and says what came back. It has to have our key as a
 * peer at 127.0.0.1:PORT, and is the process PID, which is stopped for moments.
 * STEP: of the lengths, 1 tries all.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/wr.h"
#include "tests/show/echoes.h"
#include "tests/tool.h"
#include "wire/frame.h"

#define LEN_MAX 1500
#define MAC2_AT (INIT_NOMACS + MAC_LEN)
#define MANY_FORCED 2500 /* datagrams: an eighth of 8 MiB, and far from all */
#define MANY 300 /* the same where the kernel grants no more than usual */
#define LOADED_US (MONO_SEC / 2) /* it says so for a second */

enum mac2 { MAC2_ZERO, MAC2_NOISE, MAC2_RIGHT, MAC2S };

struct round {
	struct lab *l;
	struct post *fixed; /* NULL: from one stranger after the other */
	unsigned turn, step;
	bool loaded;
	unsigned loads;
	pid_t pid; /* of the daemon */
	struct mono loaded_at;
};

static void
figure(const char *name, uint64_t v)
{
	printf("# figure %s %llu\n", name, (unsigned long long)v);
}

static void
head(struct round *r, uint8_t *p, unsigned type)
{
	struct wr w = wr_of(p, 16);

	wr_u8(&w, (uint8_t)type);
	wr_u8(&w, VPL_VERSION);
	wr_zeros(&w, 2);
	if (type == MSG_DATA && r->l->session != NULL)
		wr_le32(&w, r->l->session->remote);
}

static void
put_macs(struct round *r, const struct post *to, uint8_t *p, unsigned type,
    enum mac2 how)
{
	bool query = type == MSG_IDQ || type == MSG_IDR;

	if (type == MSG_RESP)
		mac1_write(r->l->mac1key, p, RESP_NOMACS);
	else if (type == MSG_IDR)
		mac1_write(r->l->no_mac1key, p, IDR_NOMAC);
	else
		mac1_write(
		    query ? r->l->no_mac1key : r->l->mac1key, p, INIT_NOMACS);
	if (type == MSG_RESP || type == MSG_IDR)
		return;
	memset(p + MAC2_AT, 0, MAC_LEN);
	if (how == MAC2_NOISE)
		random_bytes(p + MAC2_AT, MAC_LEN);
	else if (how == MAC2_RIGHT)
		mac2_write(to->cookie, p);
}

/*
 * It finds more than an eighth of its buffer for handshakes full, as it was
 * stopped meanwhile; then even its peer has to show a cookie.
 */
static void
load(struct round *r)
{
	unsigned k, many = geteuid() == 0 ? MANY_FORCED : MANY;
	struct lab *l = r->l;
	uint8_t msg[INIT_LEN] = { MSG_IDR + 1 };
	uint64_t cookies;

	if (r->loaded_at.us != 0 &&
	    mono_since(r->loaded_at, tool_now()) < LOADED_US)
		return;
	echoes_judge(l);
	l->by_seal = true;
	kill(r->pid, SIGSTOP);
	for (k = 0; k < many; k++) {
		l->known.sent = false; /* judged as one */
		echoes_send(l, &l->known, msg, sizeof(msg));
	}
	kill(r->pid, SIGCONT);
	echoes_judge(l);
	cookies = l->before.v[CNT_cookie_sent];
	random_bytes(msg, sizeof(msg));
	head(r, msg, MSG_INIT);
	put_macs(r, NULL, msg, MSG_INIT, MAC2_ZERO);
	echoes_send(l, &l->known, msg, sizeof(msg));
	echoes_judge(l);
	l->by_seal = false;
	if (l->before.v[CNT_cookie_sent] == cookies)
		fatalx("the daemon does not come under load");
	r->loaded_at = tool_now();
	r->loads++;
}

static struct post *
next_post(struct round *r)
{
	if (r->fixed != NULL)
		return r->fixed;
	return &r->l->post[r->turn++ % POSTS];
}

static void
shoot_all(struct round *r, unsigned type, size_t len)
{
	uint8_t p[LEN_MAX];
	struct post *to;
	unsigned mac2;

	if (len % 3 == 0)
		memset(p, 0, sizeof(p));
	else
		random_bytes(p, sizeof(p));
	p[0] = (uint8_t)type;
	echoes_send(r->l, next_post(r), p, len);
	head(r, p, type);
	echoes_send(r->l, next_post(r), p, len);
	if (type == 0 || type > MSG_IDR)
		return;
	if (type == MSG_IDQ)
		memset(p + 40, 0, INIT_NOMACS - 40);
	for (mac2 = 0; mac2 < MAC2S; mac2++) {
		to = next_post(r);
		put_macs(r, to, p, type, (enum mac2)mac2);
		echoes_send(r->l, to, p, len);
	}
}

/* Where something begins or ends. */
static bool
is_edge(size_t len)
{
	static const size_t edges[] = { 0, 16, 32, 48, 64, 132, 168, 1500 };
	size_t i;

	for (i = 0; i < sizeof(edges) / sizeof(edges[0]); i++)
		if (len + 2 >= edges[i] && len <= edges[i] + 2)
			return true;
	return false;
}

static void
all(struct round *r, unsigned types, const char *name)
{
	uint64_t sent = r->l->sent_ever, replies = r->l->replies;
	unsigned type;
	size_t len;

	for (type = 0; type < types; type++) {
		for (len = 0; len <= LEN_MAX; len++) {
			if (len % r->step != 0 && !is_edge(len))
				continue;
			if (r->fixed == NULL)
				echoes_cookies(r->l);
			if (r->loaded)
				load(r);
			shoot_all(r, type, len);
		}
	}
	echoes_judge(r->l);
	printf("%s: %llu datagrams, %llu replies\n", name,
	    (unsigned long long)(r->l->sent_ever - sent),
	    (unsigned long long)(r->l->replies - replies));
}

/* Whole ones, of new keys and of the peer's, with and without a cookie. */
static void
initiations(struct round *r, unsigned count)
{
	uint8_t msg[INIT_LEN], seed[KEY_LEN], nonce[IDENT_NONCE] = { 1 };
	uint64_t replies = r->l->replies;
	struct identity id;
	struct hs_init hs;
	struct post *to;
	unsigned i;

	for (i = 0; i < count; i++) {
		to = next_post(r);
		do {
			random_bytes(seed, sizeof(seed));
		} while (!identity_from_seed(seed, &id));
		echoes_init(r->l, i % 4 == 0 ? &r->l->us : &id,
		    UINT64_C(1700000000000) + i, &hs, msg);
		put_macs(r, to, msg, MSG_INIT, (enum mac2)(i / 2 % MAC2S));
		echoes_send(r->l, to, msg, sizeof(msg));
		to = next_post(r);
		msg_idq_write(msg, i, nonce);
		put_macs(r, to, msg, MSG_IDQ, (enum mac2)(i / 2 % MAC2S));
		echoes_send(r->l, to, msg, sizeof(msg));
	}
	echoes_judge(r->l);
	printf("good ones: %u, %llu replies\n", 2 * count,
	    (unsigned long long)(r->l->replies - replies));
	figure("good_replies", r->l->replies - replies);
}

/* The tunnel of the peer that the daemon has, opened from where it may be. */
static void
shake_hands(struct lab *l)
{
	uint8_t msg[INIT_LEN], reply[2048];
	struct timespec ts;
	struct resp_payload rp;
	struct msg_resp in;
	struct hs_init hs;
	struct hs_keys keys;
	ssize_t len;
	unsigned i;

	clock_gettime(CLOCK_REALTIME, &ts);
	usleep(1100000); /* not under load any more */
	for (i = 0; i < 50 && l->session == NULL; i++) {
		echoes_judge(l);
		echoes_init(
		    l, &l->us, (uint64_t)ts.tv_sec * 1000 + i, &hs, msg);
		echoes_send(l, &l->known, msg, sizeof(msg));
		usleep(100000);
		while ((len = recv(l->known.fd, reply, sizeof(reply),
			    MSG_DONTWAIT)) >= 0) {
			if (reply[0] != MSG_RESP ||
			    !msg_resp_parse(reply, (size_t)len, &in) ||
			    !hs_init_read(&hs, &l->us, &in, &rp, &keys))
				continue;
			l->session = session_new(aead_default().ops[keys.suite],
			    &keys, in.sender, tool_now());
			break;
		}
	}
	if (l->session == NULL)
		fatalx("no handshake with the daemon");
}

static void
seal(struct lab *l, struct post *from, const uint8_t *plain, size_t len)
{
	uint8_t buf[DATA_HEAD + LEN_MAX + TAG_LEN];
	struct run run = { .n = 1,
		.pkt = { { buf + DATA_HEAD, (uint32_t)len, 0 } } };

	memcpy(buf + DATA_HEAD, plain, len);
	if (!session_seal(l->session, &run))
		fatalx("the session is spent");
	echoes_send(l, from, run.pkt[0].p, run.pkt[0].len);
}

/* A frame of that type and length, for whoever opens it. */
static void
frame(uint8_t *p, unsigned type, size_t len)
{
	struct wr w = wr_of(p, LEN_MAX);
	size_t body = len < FRAME_HEAD ? 0 : len - FRAME_HEAD;

	random_bytes(p, LEN_MAX);
	if (len < FRAME_HEAD)
		return;
	if (type == FRAME_CHALLENGE || type == FRAME_PROBE) {
		memset(p, 0, LEN_MAX);
		if (body > 12)
			body = type == FRAME_PROBE ? 12 : CHALLENGE_LEN;
	}
	wr_u8(&w, (uint8_t)type);
	wr_u8(&w, 0);
	wr_le16(&w, (uint16_t)body);
}

/* Packets of the peer, as if somebody else had sent them on. */
static void
copies(struct round *r, unsigned seconds)
{
	struct mono end = mono_add(tool_now(), seconds * MONO_SEC);
	uint64_t sent = r->l->sent_ever, replies = r->l->replies;
	uint8_t p[LEN_MAX], none = 0;
	unsigned type = 0, i;
	size_t len = 0;

	r->l->by_seal = true;
	seal(r->l, &r->l->known, &none, 0); /* it is there */
	echoes_judge(r->l);
	for (i = 0; mono_before(tool_now(), end); i++) {
		type = (type + 1) % (FRAME_TYPES + 2);
		len = (len + 7) % (LEN_MAX - 100);
		if (type == FRAME_CLOSE)
			continue; /* honest ones end what they are in */
		frame(p, i % 2 == 0 ? type : FRAME_CHALLENGE, len);
		seal(r->l, next_post(r), p, len);
		/* a few have the check for themselves */
		r->turn = i % 4096 < 2048 ? i / 512 : i;
	}
	echoes_judge(r->l);
	r->l->by_seal = false;
	printf("sealed, from elsewhere: %llu datagrams, %llu replies\n",
	    (unsigned long long)(r->l->sent_ever - sent),
	    (unsigned long long)(r->l->replies - replies));
}

static void
usage(void)
{
	fputs("usage: echoes -s CONTROL -u ADDRESS:PORT -n NETWORK\n"
	      "           -k ITS-KEY-FILE -K OUR-KEY-FILE -p PORT -P PID\n"
	      "           [-S STEP]\n",
	    stderr);
	exit(2);
}

static void
identity_load(struct identity *id, const char *path)
{
	uint8_t seed[KEY_LEN];
	const char *why;

	if (!key_file_load(path, seed, &why) || !identity_from_seed(seed, id))
		fatalx("%s: no key", path);
}

static void
lab_open(
    struct lab *l, const char *control, const char *network, const char *port)
{
	static const uint8_t nobody[KEY_LEN];
	char text[64];
	unsigned i;

	network_open(&l->net, network, strlen(network));
	network_mac1key(&l->net, l->its.x_pk, l->mac1key);
	network_cookiekey(&l->net, l->its.x_pk, l->cookiekey);
	network_mac1key(&l->net, nobody, l->no_mac1key);
	snprintf(text, sizeof(text), "127.0.0.1:%s", port);
	echoes_open(l, &l->known, text);
	for (i = 0; i < POSTS; i++) {
		snprintf(text, sizeof(text), "127.0.7.%u:%s", i + 1, port);
		echoes_open(l, &l->post[i], text);
	}
	ctl_connect(&l->ctl, control);
	counters_get(&l->ctl, &l->before);
}

/* What came without a question, or later: in sum it may be no more either. */
static void
account(struct lab *l)
{
	uint64_t in = 0, out = 0, in_n = 0, out_n = 0, over = 0;
	unsigned i;

	l->by_seal = true;
	usleep(1500000);
	echoes_judge(l);
	for (i = 0; i < POSTS; i++) {
		const struct post *p = &l->post[i];

		in += p->in_bytes;
		out += p->out_bytes;
		in_n += p->in_n;
		out_n += p->out_n;
		over += p->out_bytes > p->in_bytes || p->out_n > p->in_n;
	}
	figure("sent", l->sent_ever);
	figure("replies", l->replies);
	figure("bytes_in", in);
	figure("bytes_out", out);
	figure("datagrams_in", in_n);
	figure("datagrams_out", out_n);
	figure("unlike", l->unlike);
	figure("over", over);
	figure("worst_percent", l->worst);
}

struct args {
	const char *control, *to, *network, *port, *its, *ours;
	unsigned step;
	pid_t pid;
};

static void
take_option(struct args *a, int opt)
{
	switch (opt) {
	case 's':
		a->control = optarg;
		break;
	case 'u':
		a->to = optarg;
		break;
	case 'n':
		a->network = optarg;
		break;
	case 'k':
		a->its = optarg;
		break;
	case 'K':
		a->ours = optarg;
		break;
	case 'p':
		a->port = optarg;
		break;
	case 'P':
		a->pid = (pid_t)strtol(optarg, NULL, 10);
		break;
	case 'S':
		a->step = (unsigned)strtoul(optarg, NULL, 10);
		break;
	default:
		usage();
	}
}

static void
shoot(struct lab *l, const struct args *a)
{
	struct round r = { .l = l, .step = a->step, .pid = a->pid };

	all(&r, 256, "strangers");
	initiations(&r, 400);
	r.loaded = true;
	all(&r, MSG_IDR + 2, "strangers, under load");
	r.fixed = &l->known;
	all(&r, MSG_IDR + 2, "from where a peer is, under load");
	r.loaded = false;
	r.step = 4 * a->step; /* one at a time: it takes longest */
	all(&r, MSG_IDR + 2, "from where a peer is");
	r.fixed = NULL;
	r.step = a->step;
	shake_hands(l);
	copies(&r, a->step > 1 ? 2 : 30);
	all(&r, MSG_IDR + 2, "strangers who know of a session");
	figure("loads", r.loads);
}

int
main(int argc, char **argv)
{
	struct args a = { .step = 1 };
	static struct lab l;
	int opt;

	while ((opt = getopt(argc, argv, "s:u:n:k:K:p:P:S:")) != -1)
		take_option(&a, opt);
	if (a.control == NULL || a.to == NULL || a.network == NULL ||
	    a.its == NULL || a.ours == NULL || a.port == NULL || a.pid <= 0 ||
	    a.step == 0)
		usage();
	log_init("echoes", LOG_LV_INFO);
	if (!crypto_start())
		fatalx("libsodium does not start");
	l.to = tool_addr(a.to);
	identity_load(&l.its, a.its);
	identity_load(&l.us, a.ours);
	lab_open(&l, a.control, a.network, a.port);
	shoot(&l, &a);
	account(&l);
	session_free(l.session);
	client_close(&l.ctl);
	return 0;
}
