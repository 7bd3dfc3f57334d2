/*
 * The device port with a socket in the device's place: what it does when the
 * kernel refuses a super-packet, and its bounds. Real devices are the work of
 * tests/netns.
 */
#include "io/port_tun.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/unit/io_env.h"
#include "wire/gso.h"

#define HEAD 40 /* IPv4 and TCP */
#define SEG 1000
#define ALL (PRIV_TUN_VNET | PRIV_TUN_TSO | PRIV_TUN_USO)

struct fix {
	struct env e;
	struct port_env env;
	struct priv pv;
	struct counters cnt;
	struct port *p;
	uint32_t got; /* offloads of the device */
	int dev, user;
	unsigned runs, most, turns_with_input, last_turn, gone;
};

static bool refuse_super; /* as a kernel that lacks them does */

ssize_t __real_writev(int fd, const struct iovec *iov, int n);
ssize_t __wrap_writev(int fd, const struct iovec *iov, int n);

ssize_t
__wrap_writev(int fd, const struct iovec *iov, int n)
{
	const uint8_t *vnet = iov[0].iov_base;

	if (refuse_super && iov[0].iov_len == VNET_HEAD &&
	    vnet[1] != VNET_NONE) {
		errno = EINVAL;
		return -1;
	}
	return __real_writev(fd, iov, n);
}

/* What the next reads fail with, 0 ends; then they work again. */
static const int *read_errors;

ssize_t __real_read(int fd, void *buf, size_t len);
ssize_t __wrap_read(int fd, void *buf, size_t len);

ssize_t
__wrap_read(int fd, void *buf, size_t len)
{
	if (read_errors == NULL || *read_errors == 0 || len < 60000)
		return __real_read(fd, buf, len);
	errno = *read_errors++;
	return -1;
}

static void
device(void *arg, const struct priv_req *req, struct priv_reply *ret)
{
	struct fix *f = arg;

	assert_int_equal(req->op, PRIV_TUN_OPEN);
	*ret = (struct priv_reply){ .fd = f->dev, .offload = f->got };
}

static void
on_input(void *arg, unsigned no, struct run *run, struct turn *t)
{
	struct fix *f = arg;

	(void)t;
	assert_int_equal(no, 4);
	assert_true(run->n >= 1 && run->n <= RUN_MAX);
	f->runs++;
	f->most = run->n > f->most ? run->n : f->most;
	if (f->last_turn != f->e.turns + 1)
		f->turns_with_input++;
	f->last_turn = f->e.turns + 1;
}

static void
on_gone(void *arg, unsigned no)
{
	struct fix *f = arg;

	assert_int_equal(no, 4);
	f->gone++;
}

static void
fix_init(struct fix *f, uint32_t got)
{
	const struct port_conf conf = { .kind = PORT_TUN, .offload = ALL };
	int pair[2], big = 4 << 20;

	memset(f, 0, sizeof(*f));
	env_init(&f->e);
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC,
		0, pair),
	    0);
	setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &big, sizeof(big));
	f->dev = pair[0];
	f->user = pair[1];
	f->got = got;
	f->pv = (struct priv){ device, f };
	f->env = (struct port_env){ f, f->e.loop, &f->pv, &f->cnt, on_input,
		on_gone };
	assert_int_equal(port_tun.open(&f->p, &conf, 4, &f->env), 0);
	read_errors = NULL;
	refuse_super = false;
}

static void
fix_fini(struct fix *f)
{
	f->p->ops->close(f->p);
	assert_int_equal(fcntl(f->dev, F_GETFD), -1); /* closed with it */
	close(f->user);
	env_fini(&f->e);
}

static void
put16(uint8_t *p, size_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

/* The sum of RFC 1071, the slow way; 0xffff over what is right. */
static unsigned
sum_of(const uint8_t *p, size_t len, unsigned long sum)
{
	size_t i;

	for (i = 0; i < len; i++)
		sum += i % 2 == 0 ? (unsigned long)p[i] << 8 : p[i];
	while (sum > 0xffff)
		sum = (sum >> 16) + (sum & 0xffff);
	return (unsigned)sum;
}

static unsigned
tcp_sum(const uint8_t *p, size_t len)
{
	return sum_of(
	    p + 20, len - 20, sum_of(p + 12, 8, 6 + (unsigned long)len - 20));
}

/* Segment nr of a flow, payload bytes long, its checksum left partial. */
static void
segment(uint8_t *p, unsigned nr, size_t payload)
{
	size_t i, len = HEAD + payload;

	memset(p, 0, HEAD);
	p[0] = 0x45;
	put16(p + 2, len);
	put16(p + 4, nr);
	p[6] = 0x40;
	p[8] = 64;
	p[9] = 6;
	memcpy(p + 12, "\x0a\x09\0\1\x0a\x09\0\2", 8);
	put16(p + 10, ~sum_of(p, 20, 0) & 0xffff);
	put16(p + 20, 1000);
	put16(p + 22, 2000);
	put16(p + 24, nr * SEG >> 16);
	put16(p + 26, nr * SEG & 0xffff);
	p[32] = 0x50;
	p[33] = 0x10;
	put16(p + 36, sum_of(p + 12, 8, 6 + (unsigned long)len - 20));
	for (i = HEAD; i < len; i++)
		p[i] = (uint8_t)(i * 7 + nr);
}

static struct run *
flow(struct fix *f, unsigned n)
{
	struct arena *mem = loop_turn(f->e.loop)->mem;
	struct run *run = run_new(mem);
	struct pkt *pk;

	while (run->n < n) {
		pk = run_add(run, HEAD + SEG, mem);
		assert_non_null(pk);
		pk->flags = PKT_CSUM;
		segment(pk->p, run->n - 1, SEG);
	}
	return run;
}

/* Refused together, they go out singly and as they came, sums completed. */
static void
super_refused(void **state)
{
	uint8_t got[VNET_HEAD + 70000], want[HEAD + SEG];
	const unsigned n = 40;
	struct fix f;
	unsigned i;

	(void)state;
	fix_init(&f, ALL);
	refuse_super = true;
	f.p->ops->send(f.p, flow(&f, n));
	for (i = 0; i < n; i++) {
		assert_int_equal(
		    recv(f.user, got, sizeof(got), 0), VNET_HEAD + HEAD + SEG);
		assert_int_equal(got[0], 0); /* nothing is left to the kernel */
		assert_int_equal(got[1], VNET_NONE);
		assert_int_equal(tcp_sum(got + VNET_HEAD, HEAD + SEG), 0xffff);
		segment(want, i, SEG);
		memcpy(want + 36, got + VNET_HEAD + 36, 2);
		assert_memory_equal(got + VNET_HEAD, want, sizeof(want));
	}
	assert_int_equal(recv(f.user, got, sizeof(got), 0), -1);
	assert_int_equal(f.cnt.v[CNT_port_tx], n);
	assert_int_equal(f.cnt.v[CNT_port_drop], 0);
	fix_fini(&f);
}

static void
super_taken(void **state)
{
	uint8_t got[VNET_HEAD + 70000];
	struct vnet v;
	struct fix f;

	(void)state;
	fix_init(&f, ALL);
	f.p->ops->send(f.p, flow(&f, 40));
	assert_int_equal(
	    recv(f.user, got, sizeof(got), 0), VNET_HEAD + HEAD + 40 * SEG);
	vnet_parse(got, &v);
	assert_int_equal(v.type, VNET_TCP4);
	assert_int_equal(v.gso_size, SEG);
	assert_int_equal(f.cnt.v[CNT_port_tx], 40);
	fix_fini(&f);
}

/* Each device without vnet headers gets whole packets. */
static void
no_vnet(void **state)
{
	uint8_t got[2000];
	struct fix f;
	unsigned i;

	(void)state;
	fix_init(&f, 0);
	f.p->ops->send(f.p, flow(&f, 3));
	for (i = 0; i < 3; i++) {
		assert_int_equal(recv(f.user, got, sizeof(got), 0), HEAD + SEG);
		assert_int_equal(tcp_sum(got, HEAD + SEG), 0xffff);
	}
	fix_fini(&f);
}

static void
give(struct fix *f, const struct vnet *v, unsigned nr, size_t payload)
{
	static uint8_t buf[VNET_HEAD + 65535];

	vnet_write(buf, v);
	segment(buf + VNET_HEAD, nr, payload);
	assert_true(send(f->user, buf, VNET_HEAD + HEAD + payload, 0) > 0);
}

struct goal {
	const struct fix *f;
	uint64_t rx;
};

static bool
reached(void *arg)
{
	const struct goal *g = arg;

	return g->f->cnt.v[CNT_port_rx] >= g->rx;
}

/* Small ones gather; a wake-up takes so many and leaves the rest for later. */
static void
small_ones_gather(void **state)
{
	static const struct vnet none;
	struct fix f;
	unsigned i;

	(void)state;
	fix_init(&f, ALL);
	for (i = 0; i < 2 * PORT_TUN_READS + 5; i++)
		give(&f, &none, i, 20);
	env_until(&f.e, reached, &(struct goal){ &f, i });
	assert_int_equal(f.most, RUN_MAX);
	assert_int_equal(f.runs, 3);
	assert_int_equal(f.turns_with_input, 3);
	fix_fini(&f);
}

static const struct vnet tso = { VNET_NEEDS_CSUM, VNET_TCP4, HEAD, SEG, 20,
	16 };

/* More segments than a run holds, and a bound of bytes for a wake-up. */
static void
large_ones_are_cut(void **state)
{
	struct vnet small = tso;
	struct fix f;
	unsigned i;

	(void)state;
	fix_init(&f, ALL);
	small.gso_size = 100;
	give(&f, &small, 0, 20000);
	env_until(&f.e, reached, &(struct goal){ &f, 200 });
	assert_int_equal(f.cnt.v[CNT_port_rx], 200);
	assert_int_equal(f.most, RUN_MAX);
	assert_int_equal(f.runs, 4);

	f.turns_with_input = 0;
	for (i = 0; i < 9; i++)
		give(&f, &tso, 0, 60000);
	env_until(&f.e, reached, &(struct goal){ &f, 200 + 9 * 60 });
	assert_int_equal(f.turns_with_input, 2); /* 5 of them are 300 kB */
	fix_fini(&f);
}

static void
contradictions_are_counted(void **state)
{
	struct vnet bad = tso;
	struct fix f;

	(void)state;
	fix_init(&f, ALL);
	bad.gso_size = 0;
	give(&f, &bad, 0, 3000);
	bad = tso;
	bad.type = 77;
	give(&f, &bad, 0, 3000);
	bad = tso;
	bad.csum_start = 65000;
	give(&f, &bad, 0, 3000);
	give(&f, &tso, 0, 3000); /* what follows is not harmed */
	env_until(&f.e, reached, &(struct goal){ &f, 3 });
	assert_int_equal(f.cnt.v[CNT_port_bad], 3);
	assert_int_equal(f.cnt.v[CNT_port_rx], 3);
	fix_fini(&f);
}

/* A turn whose memory others have used leaves the device for the next one. */
static void
waits_for_memory(void **state)
{
	struct fix f;
	unsigned i;

	(void)state;
	fix_init(&f, ALL);
	for (i = 0; i < 4; i++)
		give(&f, &tso, 0, 60000);
	assert_non_null(
	    arena_get(loop_turn(f.e.loop)->mem, LOOP_ARENA - (64u << 10)));
	env_until(&f.e, reached, &(struct goal){ &f, 240 });
	assert_int_equal(f.cnt.v[CNT_arena_full], 0);
	fix_fini(&f);
}

/* A packet that cannot be read is one packet, and no more is lost. */
static void
errors_of_one_packet(void **state)
{
	static const int errors[] = { EIO, EINVAL, ENOMEM, EINTR, 0 };
	static const struct vnet none;
	struct fix f;

	(void)state;
	fix_init(&f, ALL);
	read_errors = errors;
	give(&f, &none, 0, 20);
	env_until(&f.e, reached, &(struct goal){ &f, 1 });
	assert_int_equal(f.cnt.v[CNT_port_bad], 3);
	assert_int_equal(f.gone, 0);
	fix_fini(&f);
}

static bool
is_gone(void *arg)
{
	const struct fix *f = arg;

	return f->gone > 0;
}

/* A device that was deleted is told of once, and nothing is written to it. */
static void
deleted_device(void **state)
{
	static const int errors[][2] = { { EBADFD }, { EFAULT } };
	static const struct vnet none;
	uint8_t got[2000];
	struct fix f;
	unsigned i;

	(void)state;
	for (i = 0; i < 2; i++) {
		fix_init(&f, ALL);
		read_errors = errors[i];
		give(&f, &none, 0, 20);
		env_until(&f.e, is_gone, &f);
		env_run(&f.e, 20);
		f.p->ops->send(f.p, flow(&f, 3));
		f.p->ops->carrier(f.p, true);
		assert_int_equal(recv(f.user, got, sizeof(got), 0), -1);
		assert_int_equal(f.gone, 1);
		assert_int_equal(f.cnt.v[CNT_port_drop], 3);
		assert_int_equal(f.cnt.v[CNT_port_bad], 0);
		assert_int_equal(f.cnt.v[CNT_port_rx], 0);
		fix_fini(&f);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(super_refused),
		cmocka_unit_test(super_taken),
		cmocka_unit_test(no_vnet),
		cmocka_unit_test(small_ones_gather),
		cmocka_unit_test(large_ones_are_cut),
		cmocka_unit_test(contradictions_are_counted),
		cmocka_unit_test(waits_for_memory),
		cmocka_unit_test(errors_of_one_packet),
		cmocka_unit_test(deleted_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
