/*
 * Trains of datagrams, through a real kernel. Between us and it stand
 * functions of the same names that can be told to refuse, as a line without
 * offloads or an old kernel does.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "tests/unit/sock.h"
#include "tests/unit/udp_side.h"

static struct {
	int train;    /* errno for trains, 0: none */
	int all;      /* errno for everything */
	bool ancient; /* knows of no UDP_SEGMENT, UDP_GRO */
	unsigned msgs, trains;
} kernel;

static bool
is_train(struct msghdr *mh)
{
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(mh); c != NULL; c = CMSG_NXTHDR(mh, c))
		if (c->cmsg_level == IPPROTO_UDP)
			return true;
	return false;
}

static int
refusal(struct msghdr *mh)
{
	kernel.msgs++;
	if (is_train(mh)) {
		kernel.trains++;
		if (kernel.train != 0)
			return kernel.train;
	}
	return kernel.all;
}

int
sendmmsg(int fd, struct mmsghdr *msg, unsigned n, int flags)
{
	unsigned i;
	int err = 0;

	for (i = 0; i < n; i++) {
		err = refusal(&msg[i].msg_hdr);
		if (err != 0)
			break;
	}
	errno = err;
	return i == 0 ? -1 : (int)syscall(SYS_sendmmsg, fd, msg, i, flags);
}

int
setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	if (kernel.ancient && level == IPPROTO_UDP) {
		errno = ENOPROTOOPT;
		return -1;
	}
	return (int)syscall(SYS_setsockopt, fd, level, name, value, len);
}

int
getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	if (kernel.ancient && level == IPPROTO_UDP) {
		errno = ENOPROTOOPT;
		return -1;
	}
	return (int)syscall(SYS_getsockopt, fd, level, name, value, len);
}

struct line {
	struct env e;
	struct side *a, *b;
	struct path to;
};

static const char *const loopback[] = { "127.0.0.1", "::1" };

static void
line_open(struct line *l, const char *ip, struct udp_offload use)
{
	env_init(&l->e);
	l->a = side_new(&l->e, strchr(ip, ':') ? "::" : "0.0.0.0", NULL);
	l->b = side_new(&l->e, ip, NULL);
	udp_offload(l->a->u, use);
	udp_offload(l->b->u, use);
	l->to = side_path(l->b, ip);
	kernel.msgs = kernel.trains = 0;
}

static void
line_close(struct line *l)
{
	memset(&kernel, 0, sizeof(kernel));
	side_free(l->a);
	side_free(l->b);
	env_fini(&l->e);
}

static void
line_send(struct line *l, unsigned n, uint32_t first, size_t len)
{
	udp_send(l->a->u, &l->to, side_run(&l->e, n, first, len));
}

static void
arrived(const struct side *s, unsigned n)
{
	unsigned i;

	assert_int_equal(s->n, n);
	for (i = 0; i < n; i++) {
		assert_int_equal(s->got[i].no, i);
		assert_true(s->got[i].whole);
	}
}

/* Calls fn for both families and each offload on and off. */
static void
everywhere(void (*fn)(struct line *l, struct udp_offload use))
{
	struct line l;
	unsigned i;

	for (i = 0; i < 8; i++) {
		struct udp_offload use = { .gso = i & 1, .gro = i & 2 };

		line_open(&l, loopback[i / 4], use);
		fn(&l, use);
		line_close(&l);
	}
}

static void
full_train(struct line *l, struct udp_offload use)
{
	line_send(l, 64, 0, 1000);
	side_wait(l->b, 64);
	arrived(l->b, 64);
	assert_int_equal(l->b->got[0].len, 1000);
	assert_int_equal(l->b->got[63].len, 1000);
	assert_int_equal(l->b->runs, 1);
	assert_int_equal(l->e.cnt.v[CNT_udp_tx], 64);
	assert_int_equal(l->e.cnt.v[CNT_udp_rx], 64);
	assert_int_equal(kernel.msgs, use.gso ? 1 : 64);
}

static void
train_arrives(void **state)
{
	(void)state;
	everywhere(full_train);
}

static void
short_last(struct line *l, struct udp_offload use)
{
	line_send(l, 10, 0, 1000);
	line_send(l, 1, 10, 300); /* ends the train */
	line_send(l, 3, 11, 300);
	line_send(l, 2, 14, 301); /* longer: another one */
	side_wait(l->b, 16);
	arrived(l->b, 16);
	assert_int_equal(l->b->got[9].len, 1000);
	assert_int_equal(l->b->got[10].len, 300);
	assert_int_equal(l->b->got[13].len, 300);
	assert_int_equal(l->b->got[14].len, 301);
	assert_int_equal(kernel.msgs, use.gso ? 3 : 16);
}

static void
last_may_be_shorter(void **state)
{
	(void)state;
	everywhere(short_last);
}

/* Any lengths in any order, as many as the queue holds and more. */
static void
random_lengths(struct line *l, struct udp_offload use)
{
	static const uint16_t some[] = { 5, 16, 17, 80, 100 };
	uint16_t len[2000];
	unsigned i, n;

	(void)use;
	for (i = 0; i < 2000;) {
		for (n = 0; n < 50 && i < 2000; n++, i++) {
			len[i] = rand() % 3 == 0 || i == 0 ? some[rand() % 5]
							   : len[i - 1];
			line_send(l, 1, i, len[i]);
		}
		side_wait(l->b, i);
	}
	arrived(l->b, 2000);
	for (i = 0; i < 2000; i++)
		assert_int_equal(l->b->got[i].len, len[i]);
}

static void
lengths_are_kept(void **state)
{
	(void)state;
	srand(7);
	everywhere(random_lengths);
}

/* More than 64 packets to one place, in runs that are not full. */
static void
many(struct line *l, struct udp_offload use)
{
	unsigned i;

	for (i = 0; i < 4; i++)
		line_send(l, 40, i * 40, 100);
	side_wait(l->b, 160);
	arrived(l->b, 160);
	for (i = 0; i < 160; i++)
		assert_int_equal(l->b->got[i].run_n, i < 128 ? 64 : 32);
	assert_int_equal(kernel.msgs, use.gso ? 3 : 160);
}

static void
more_than_a_run(void **state)
{
	(void)state;
	everywhere(many);
}

/* Trains do not cross: neighbours only, each to its own place. */
static void
places_interleaved(void **state)
{
	struct line l;
	struct side *c;
	struct path to_c;
	unsigned i;

	(void)state;
	line_open(&l, "127.0.0.1", (struct udp_offload){ true, true });
	c = side_new(&l.e, "127.0.0.2", NULL);
	to_c = side_path(c, "127.0.0.2");
	for (i = 0; i < 8; i++) {
		line_send(&l, 5, i * 5, 100);
		udp_send(l.a->u, &to_c, side_run(&l.e, 7, i * 7, 100));
	}
	side_wait(l.b, 40);
	side_wait(c, 56);
	arrived(l.b, 40);
	arrived(c, 56);
	assert_int_equal(kernel.msgs, 16);
	assert_int_equal(kernel.trains, 16);
	side_free(c);
	line_close(&l);
}

/* More places than the queue has room for. */
static void
many_places(void **state)
{
	struct line l;
	unsigned i;

	(void)state;
	line_open(&l, "127.0.0.1", (struct udp_offload){ true, true });
	for (i = 0; i < 300; i++) {
		l.to.local = sock_addr(i % 2 == 0 ? "127.0.0.5" : "127.0.0.6");
		line_send(&l, 1, i, 20);
	}
	side_wait(l.b, 300);
	arrived(l.b, 300);
	line_close(&l);
}

static void
source_of_a_train(void **state)
{
	const struct addr me[] = { sock_addr("127.0.0.7"), sock_addr("::1") };
	struct line l;
	unsigned i;

	(void)state;
	for (i = 0; i < 2; i++) {
		line_open(&l, loopback[i], (struct udp_offload){ true, true });
		l.to.local = me[i];
		line_send(&l, 20, 0, 500);
		l.to.local = (struct addr){ 0 };
		line_send(&l, 20, 20, 500);
		side_wait(l.b, 40);
		arrived(l.b, 40);
		assert_true(addr_same_ip(&l.b->got[19].from.remote, &me[i]));
		assert_int_equal(kernel.msgs, 2);
		assert_int_equal(kernel.trains, 2);
		line_close(&l);
	}
}

/* A train from an address that we have lost arrives from another. */
static void
source_lost(void **state)
{
	struct line l;

	(void)state;
	line_open(&l, "127.0.0.1", (struct udp_offload){ true, true });
	l.to.local = sock_addr("203.0.113.77");
	line_send(&l, 20, 0, 500);
	side_wait(l.b, 20);
	arrived(l.b, 20);
	assert_int_equal(l.e.cnt.v[CNT_udp_gso_off], 0);
	assert_int_equal(l.e.cnt.v[CNT_udp_tx], 20);
	assert_int_equal(l.e.cnt.v[CNT_udp_tx_drop], 0);
	line_close(&l);
}

/* So many bytes of payload fit one message, and not one more. */
static void
fits(const char *ip, unsigned n, size_t len)
{
	struct line l;

	line_open(&l, ip, (struct udp_offload){ true, true });
	line_send(&l, n, 0, len);
	line_send(&l, 1, n, 5);
	side_wait(l.b, n + 1);
	assert_int_equal(kernel.msgs, 1);
	line_send(&l, n, n + 1, len);
	line_send(&l, 1, 2 * n + 1, 6);
	side_wait(l.b, 2 * n + 2);
	arrived(l.b, 2 * n + 2);
	assert_int_equal(kernel.msgs, 3);
	assert_int_equal(l.e.cnt.v[CNT_udp_tx], 2 * n + 2);
	line_close(&l);
}

static void
longest_train(void **state)
{
	(void)state;
	fits("127.0.0.1", 12, 5457); /* 65489 - 5 bytes */
	fits("::1", 28, 2338);	     /* 65469 - 5 */
}

/* A super-packet of 64 KiB with what each datagram adds is more than one. */
static void
cut_in_two(void **state)
{
	struct line l;

	(void)state;
	line_open(&l, "127.0.0.1", (struct udp_offload){ true, true });
	line_send(&l, 48, 0, 1436);
	side_wait(l.b, 48);
	arrived(l.b, 48);
	assert_int_equal(kernel.msgs, 2);
	assert_int_equal(kernel.trains, 2);
	line_close(&l);
}

static void
refused_for_good(int err)
{
	struct line l;
	unsigned i;

	line_open(&l, "127.0.0.1", (struct udp_offload){ true, true });
	kernel.train = err;
	for (i = 0; i < 3; i++) {
		line_send(&l, 20, i * 31, 1000);
		line_send(&l, 11, i * 31 + 20, 1001);
		side_wait(l.b, i * 31 + 31);
		assert_int_equal(kernel.trains, 2); /* the first turn's */
	}
	arrived(l.b, 93);
	assert_int_equal(l.e.cnt.v[CNT_udp_gso_off], 1);
	assert_int_equal(l.e.cnt.v[CNT_udp_tx], 93);
	assert_int_equal(l.e.cnt.v[CNT_udp_tx_drop], 0);
	line_close(&l);
}

static void
line_cannot(void **state)
{
	(void)state;
	refused_for_good(EIO);
	refused_for_good(ENOPROTOOPT);
	refused_for_good(EOPNOTSUPP);
}

static void
refused_once(int err)
{
	struct line l;

	line_open(&l, "127.0.0.1", (struct udp_offload){ true, true });
	kernel.train = err;
	line_send(&l, 64, 0, 1000);
	side_wait(l.b, 64);
	kernel.train = 0;
	line_send(&l, 64, 64, 900);
	side_wait(l.b, 128);
	arrived(l.b, 128);
	assert_int_equal(kernel.trains, 2);
	assert_int_equal(l.e.cnt.v[CNT_udp_gso_off], 0);
	assert_int_equal(l.e.cnt.v[CNT_udp_tx_drop], 0);
	line_close(&l);
}

static void
train_is_too_big(void **state)
{
	(void)state;
	refused_once(EINVAL);
	refused_once(EMSGSIZE);
}

/* A full socket costs what is queued, datagram by datagram, and no more. */
static void
full_socket(void **state)
{
	struct line l;

	(void)state;
	line_open(&l, "127.0.0.1", (struct udp_offload){ true, true });
	kernel.all = EAGAIN;
	line_send(&l, 50, 0, 1000);
	line_send(&l, 9, 0, 1001);
	env_run(&l.e, 10);
	assert_int_equal(l.e.cnt.v[CNT_udp_tx_drop], 59);
	kernel.all = 0;
	line_send(&l, 5, 0, 1000);
	side_wait(l.b, 5);
	arrived(l.b, 5);
	assert_int_equal(l.e.cnt.v[CNT_udp_tx], 5);
	line_close(&l);
}

static void
old_kernel(void **state)
{
	struct line l;

	(void)state;
	kernel.ancient = true;
	line_open(&l, "127.0.0.1", (struct udp_offload){ true, true });
	assert_int_equal(l.e.cnt.v[CNT_udp_gso_off], 2); /* one a socket */
	line_send(&l, 64, 0, 1000);
	side_wait(l.b, 64);
	arrived(l.b, 64);
	assert_int_equal(kernel.trains, 0);
	line_close(&l);
}

/* A socket of somebody else that sends n datagrams of size as one message. */
static bool
foreign_train(const struct line *l, unsigned n, int size)
{
	uint8_t buf[2048];
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(&l->to.remote, false, &ss);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	ssize_t sent;

	memset(buf, 4, sizeof(buf));
	assert_true(fd >= 0 && n * (unsigned)size <= sizeof(buf));
	assert_int_equal(
	    setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof(size)), 0);
	sent = sendto(
	    fd, buf, n * (unsigned)size, 0, (const struct sockaddr *)&ss, len);
	close(fd);
	return sent == (ssize_t)n * size;
}

/* Newer kernels merge more than we call a run. */
static void
longer_than_a_run(void **state)
{
	struct line l;
	unsigned i;

	(void)state;
	line_open(&l, "127.0.0.1", (struct udp_offload){ true, true });
	if (!foreign_train(&l, 128, 16)) {
		line_close(&l);
		skip();
	}
	side_wait(l.b, 128);
	for (i = 0; i < 128; i++) {
		assert_int_equal(l.b->got[i].len, 16);
		assert_int_equal(l.b->got[i].run_n, 64);
	}
	line_close(&l);
}

/* Small messages join the run of their neighbours; none is torn for that. */
static void
messages_gather(void **state)
{
	static const unsigned n[] = { 1, 1, 20, 1, 40, 30, 1 };
	static const unsigned run_n[] = { 63, 63, 63, 63, 63, 31, 31 };
	struct line l;
	unsigned i, j, no = 0;

	(void)state;
	line_open(&l, "127.0.0.1", (struct udp_offload){ true, true });
	for (i = 0; i < 7; i++) /* no two neighbours of a length */
		for (j = 0; j < n[i]; j++)
			line_send(&l, 1, no++, 100 + i);
	side_wait(l.b, no);
	arrived(l.b, no);
	assert_int_equal(kernel.msgs, 7);
	for (i = no = 0; i < 7; no += n[i], i++)
		assert_int_equal(l.b->got[no].run_n, run_n[i]);
	line_close(&l);
}

/* Without privileges the system may not give what is asked for. */
static bool
big_buffers(void)
{
	const int want = (int)UDP_RCVBUF;
	int got = 0, fd = socket(AF_INET, SOCK_DGRAM, 0);
	socklen_t len = sizeof(got);

	assert_true(fd >= 0);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &want, sizeof(want)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &want, sizeof(want));
	getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &got, &len);
	close(fd);
	return got >= want;
}

/* A flood of full trains does not fill the caches in one turn. */
static void
turn_is_bounded(void **state)
{
	struct line l;
	unsigned i, n = 0;

	(void)state;
	if (!big_buffers())
		skip();
	line_open(&l, "127.0.0.1", (struct udp_offload){ true, true });
	for (i = 0; i < 24; i++)
		line_send(&l, 64, i * 64, 1000);
	side_wait(l.b, 24 * 64);
	arrived(l.b, 24 * 64);
	for (i = 0; i < 24 * 64; i++) {
		n = i > 0 && l.b->got[i].turn == l.b->got[i - 1].turn ? n + 1
								      : 1;
		assert_true(n * 1000 <= UDP_TURN);
	}
	line_close(&l);
}

/* What was read lives to the end of the turn, however much comes after it. */
static void
bytes_outlive_reads(void **state)
{
	struct line l;
	unsigned i;

	(void)state;
	if (!big_buffers())
		skip();
	line_open(&l, "127.0.0.1", (struct udp_offload){ true, true });
	l.b->echo = true;
	for (i = 0; i < 9; i++) /* in place and copied, in some reads */
		line_send(&l, 20, i * 20, i % 3 == 0 ? 101 : 1000 + i);
	side_wait(l.a, 180);
	arrived(l.b, 180);
	arrived(l.a, 180);
	assert_int_equal(l.b->got[0].turn, l.b->got[179].turn);
	line_close(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(train_arrives),
		cmocka_unit_test(last_may_be_shorter),
		cmocka_unit_test(lengths_are_kept),
		cmocka_unit_test(more_than_a_run),
		cmocka_unit_test(places_interleaved),
		cmocka_unit_test(many_places),
		cmocka_unit_test(source_of_a_train),
		cmocka_unit_test(source_lost),
		cmocka_unit_test(longest_train),
		cmocka_unit_test(cut_in_two),
		cmocka_unit_test(line_cannot),
		cmocka_unit_test(train_is_too_big),
		cmocka_unit_test(full_socket),
		cmocka_unit_test(old_kernel),
		cmocka_unit_test(longer_than_a_run),
		cmocka_unit_test(messages_gather),
		cmocka_unit_test(turn_is_bounded),
		cmocka_unit_test(bytes_outlive_reads),
	};

	log_init("test_udp_offload", LOG_LV_WARN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
