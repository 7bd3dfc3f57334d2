/*
 * The mesh probe of two nodes, each in a namespace, joined by a mesh and by
 * another line: through the mesh it is heard, by the other line it is not.
 */
#include "io/meshprobe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/counters.h"
#include "priv/priv.h"
#include "tests/netns/tunlab.h"
#include "tests/unit/io_env.h"

static const char names[][IFNAME_MAX + 1] = { "mesh0", "mesh1" };

struct node {
	int ns;
	struct meshprobe *mp;
	unsigned heard;
	uint8_t last[MESHPROBE_NONCE];
	struct addr from; /* of the last */
};

struct fix {
	struct env env;
	struct node a, b;
	struct mono now; /* theirs */
	unsigned want;
};

static void
on_heard(void *arg, const struct addr *from,
    const uint8_t nonce[MESHPROBE_NONCE], struct turn *t)
{
	struct node *n = arg;

	assert_non_null(t);
	n->heard++;
	n->from = *from;
	memcpy(n->last, nonce, MESHPROBE_NONCE);
}

/* Only the first interface is there, or none yet. */
static void
node_init(struct fix *f, struct node *n)
{
	const struct meshprobe_handler h = { n, on_heard };

	lab_enter(n->ns);
	n->mp = meshprobe_new(f->env.loop, &f->env.priv, names, 2, &h, f->now);
}

/* One end of a line in each of two namespaces. */
static void
join_by(const char *name, int one, int other)
{
	lab_enter(one);
	lab_do("ip link add %s type veth peer name %s netns /proc/%d/fd/%d",
	    name, one == other ? "end" : name, (int)getpid(), other);
}

/* mesh0 with 10.0.0.x and fd00::x, joined or not; line0 with 10.1.0.x. */
static void
lines_up(struct fix *f, bool joined)
{
	unsigned i;

	join_by("mesh0", f->a.ns, joined ? f->b.ns : f->a.ns);
	if (!joined)
		join_by("mesh0", f->b.ns, f->b.ns);
	join_by("line0", f->a.ns, f->b.ns);
	for (i = 1; i <= 2; i++) {
		lab_enter(i == 1 ? f->a.ns : f->b.ns);
		lab_do("ip addr add 10.0.0.%u/24 dev mesh0", i);
		lab_do("ip addr add fd00::%u/64 dev mesh0 nodad", i);
		lab_do("ip addr add 10.1.0.%u/24 dev line0", i);
		lab_do("ip link set mesh0 up; ip link set line0 up");
		if (!joined)
			lab_do("ip link set end up");
	}
}

static void
fix_init(struct fix *f)
{
	*f = (struct fix){ .now = { 1000000 } };
	f->a.ns = lab_ns();
	f->b.ns = lab_ns();
	env_init(&f->env);
	memcpy(f->env.monitor.mesh, names, sizeof(names));
	f->env.monitor.n_mesh = 2;
}

static void
fix_fini(struct fix *f)
{
	meshprobe_free(f->a.mp);
	meshprobe_free(f->b.mp);
	env_fini(&f->env);
	close(f->a.ns);
	close(f->b.ns);
}

static bool
b_heard(void *arg)
{
	const struct fix *f = arg;

	return f->b.heard >= f->want;
}

static void
expect_heard(struct fix *f, unsigned n)
{
	f->want = n;
	env_until(&f->env, b_heard, f);
	env_run(&f->env, 50);
	assert_int_equal(f->b.heard, n);
}

static struct addr
addr(const char *text)
{
	struct addr a;

	assert_true(addr_parse(text, 1, &a));
	return a;
}

static bool
probe(struct fix *f, const char *to, uint8_t fill)
{
	uint8_t nonce[MESHPROBE_NONCE];
	const struct addr a = addr(to);

	memset(nonce, fill, sizeof(nonce));
	lab_enter(f->a.ns);
	return meshprobe_send(f->a.mp, &a, nonce, f->now);
}

/* Lets a second of theirs pass. */
static void
second(struct fix *f)
{
	f->now = mono_add(f->now, MONO_SEC);
	lab_enter(f->a.ns);
	meshprobe_tick(f->a.mp, f->now);
	lab_enter(f->b.ns);
	meshprobe_tick(f->b.mp, f->now);
}

/* Whoever else is at a: bytes to an address. */
static void
stranger(const struct fix *f, const char *to, size_t len, unsigned times)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_port = htons(PRIV_MESH_PORT) };
	char buf[64] = { 0 };
	int fd;

	lab_enter(f->a.ns);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(inet_pton(AF_INET, to, &in.sin_addr), 1);
	for (; times > 0; times--)
		assert_int_equal(
		    sendto(fd, buf, len, 0, (struct sockaddr *)&in, sizeof(in)),
		    len);
	close(fd);
}

/* One nonce of theirs arrives, but nobody listens there. */
static void
expect_refused(const struct fix *f, const char *to)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_port = htons(PRIV_MESH_PORT) };
	struct timeval wait = { .tv_sec = 5 };
	char buf[MESHPROBE_NONCE] = { 0 };
	int fd;

	lab_enter(f->a.ns);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(inet_pton(AF_INET, to, &in.sin_addr), 1);
	assert_int_equal(
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(send(fd, buf, sizeof(buf), 0), sizeof(buf));
	assert_int_equal(recv(fd, buf, sizeof(buf), 0), -1);
	assert_int_equal(errno, ECONNREFUSED);
	close(fd);
}

static void
expect_from(const struct fix *f, const char *ip)
{
	struct addr a;

	assert_true(addr_parse(ip, 1, &a));
	assert_true(addr_same_ip(&f->b.from, &a));
}

static void
through_the_mesh(void **state)
{
	uint8_t seven[MESHPROBE_NONCE];
	struct fix f;
	unsigned i;

	(void)state;
	fix_init(&f);
	lines_up(&f, true);
	node_init(&f, &f.a);
	node_init(&f, &f.b);
	assert_true(probe(&f, "10.0.0.2:9", 7)); /* whatever port */
	expect_heard(&f, 1);
	memset(seven, 7, sizeof(seven));
	assert_memory_equal(f.b.last, seven, sizeof(seven));
	expect_from(&f, "10.0.0.1");
	assert_int_equal(
	    meshprobe_deadline(f.a.mp).us, f.now.us + MESHPROBE_EVERY_US);
	second(&f);
	expect_heard(&f, 2);
	second(&f);
	expect_heard(&f, 3);
	for (i = 0; i < 5; i++)
		second(&f);
	expect_heard(&f, 3);
	f.b.heard = 0;
	assert_true(probe(&f, "[fd00::2]:1", 8));
	expect_heard(&f, 1);
	assert_int_equal(f.b.last[15], 8);
	expect_from(&f, "[fd00::1]");
	assert_int_equal(f.a.heard, 0);
	fix_fini(&f);
}

static void
not_by_another_line(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f);
	lines_up(&f, false);
	node_init(&f, &f.a);
	node_init(&f, &f.b);
	assert_true(probe(&f, "10.1.0.2:1", 7));
	assert_true(probe(&f, "10.0.0.2:1", 7));
	assert_true(probe(&f, "[fd00::2]:1", 7));
	expect_refused(&f, "10.1.0.2");
	env_run(&f.env, 300);
	assert_int_equal(f.b.heard, 0);
	/* nor when the mesh's own address is asked for by that line */
	lab_enter(f.a.ns);
	lab_do("ip route add 10.0.0.2/32 via 10.1.0.2");
	expect_refused(&f, "10.0.0.2");
	env_run(&f.env, 300);
	assert_int_equal(f.b.heard, 0);
	assert_true(probe(&f, "10.0.0.2:1", 7));
	env_run(&f.env, 300);
	assert_int_equal(f.b.heard, 0);
	fix_fini(&f);
}

static void
nonces_only(void **state)
{
	struct fix f;
	unsigned first;

	(void)state;
	fix_init(&f);
	lines_up(&f, true);
	node_init(&f, &f.a);
	node_init(&f, &f.b);
	stranger(&f, "10.0.0.2", 0, 1);
	stranger(&f, "10.0.0.2", MESHPROBE_NONCE - 1, 1);
	stranger(&f, "10.0.0.2", MESHPROBE_NONCE + 1, 1);
	stranger(&f, "10.0.0.2", 64, 1);
	stranger(&f, "10.0.0.2", MESHPROBE_NONCE, 1);
	expect_heard(&f, 1);
	/* a flood is told in part, and ends */
	stranger(&f, "10.0.0.2", MESHPROBE_NONCE, 1000);
	env_run(&f.env, 300);
	first = f.b.heard;
	assert_in_range(first, 2, 2 * MESHPROBE_HEARD);
	env_run(&f.env, 1100);
	stranger(&f, "10.0.0.2", MESHPROBE_NONCE, 1);
	expect_heard(&f, first + 1);
	fix_fini(&f);
}

static void
interface_comes_and_goes(void **state)
{
	struct fix f;
	unsigned i;

	(void)state;
	fix_init(&f);
	node_init(&f, &f.a);
	node_init(&f, &f.b);
	assert_false(probe(&f, "10.0.0.2:1", 7));
	for (i = 0; i < 3; i++) {
		lines_up(&f, true);
		f.b.heard = 0;
		f.now = mono_add(f.now, MESHPROBE_LOOK_US);
		second(&f);
		assert_true(probe(&f, "10.0.0.2:1", (uint8_t)i));
		expect_heard(&f, 1);
		lab_enter(f.a.ns);
		lab_do("ip link del mesh0; ip link del line0");
		for (; i < 3 && f.b.heard < 5; f.b.heard++)
			second(&f); /* what is under way goes nowhere */
		f.now = mono_add(f.now, MESHPROBE_LOOK_US);
		second(&f);
		assert_false(probe(&f, "10.0.0.2:1", 9));
	}
	fix_fini(&f);
}

static void
so_many_at_once(void **state)
{
	struct fix f;
	unsigned i;

	(void)state;
	fix_init(&f);
	lines_up(&f, true);
	node_init(&f, &f.a);
	node_init(&f, &f.b);
	for (i = 0; i < MESHPROBE_MAX; i++)
		assert_true(probe(&f, "10.0.0.2:1", (uint8_t)i));
	assert_false(probe(&f, "10.0.0.2:1", 99));
	second(&f);
	second(&f);
	assert_true(probe(&f, "10.0.0.2:1", 99));
	fix_fini(&f);
}

static void
none_at_all(void **state)
{
	(void)state;
	assert_true(mono_is_never(meshprobe_deadline(NULL)));
	meshprobe_tick(NULL, (struct mono){ 5 });
	meshprobe_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(through_the_mesh),
		cmocka_unit_test(not_by_another_line),
		cmocka_unit_test(nonces_only),
		cmocka_unit_test(interface_comes_and_goes),
		cmocka_unit_test(so_many_at_once),
		cmocka_unit_test(none_at_all),
	};
	const char *lacks = lab_lacks();

	if (lacks != NULL) {
		printf("skipped: %s\n", lacks);
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
