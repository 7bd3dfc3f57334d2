/* Routes as the privileged side makes them: what ip says of them. */
#include <errno.h>
#include <net/if.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/prefix.h"
#include "priv/monitor.h"
#include "priv/priv.h"
#include "tests/netns/tunlab.h"

#define IP4 "ip -4 route show table 7469"
#define IP6 "ip -6 route show table 7469"

/* Two tun devices and one per peer; routes go to the first. */
static const struct monitor settings = {
	.dev[2] = { .used = true, .name = "vt" },
	.dev[3] = { .used = true, .name = "vp", .per_peer = true },
	.has_routes = true,
	.route_dev = 2,
	.route = { 7469, 77, 119 },
};

struct fix {
	struct monitor m;
	struct priv pv;
};

static void
fix_init(struct fix *f)
{
	f->m = settings;
	f->pv = (struct priv){ monitor_call, &f->m };
}

static int
open_dev(const struct fix *f, unsigned no, const char *unit)
{
	uint32_t got;
	int fd = priv_tun_open(&f->pv, no, unit, 0, &got);

	assert_true(fd >= 0);
	return fd;
}

static struct prefix
prefix(const char *text)
{
	struct prefix p;

	assert_null(prefix_parse(text, &p));
	return p;
}

static int
add(const struct fix *f, const char *text)
{
	const struct prefix p = prefix(text);

	return priv_route_add(&f->pv, "", &p);
}

static int
del(const struct fix *f, const char *text)
{
	const struct prefix p = prefix(text);

	return priv_route_del(&f->pv, &p);
}

/* How many lines a command prints. */
static unsigned
lines(const char *cmd)
{
	unsigned n = 0;
	FILE *f;
	int c;

	fflush(NULL);
	f = popen(cmd, "r");
	assert_non_null(f);
	while ((c = getc(f)) != EOF)
		n += c == '\n';
	pclose(f);
	return n;
}

static void
come_and_go(void **state)
{
	struct fix f;
	int fd;

	(void)state;
	fix_init(&f);
	fd = open_dev(&f, 2, "");
	assert_int_equal(add(&f, "10.79.0.0/16"), 0);
	assert_int_equal(add(&f, "192.0.2.1"), 0);
	assert_int_equal(add(&f, "fd79::/48"), 0);
	assert_true(lab_says(
	    "10.79.0.0/16 dev vt proto 119 scope link metric 77", IP4));
	assert_true(
	    lab_says("192.0.2.1 dev vt proto 119 scope link metric 77", IP4));
	assert_true(lab_says("fd79::/48 dev vt proto 119 metric 77", IP6));
	assert_int_equal(lines("ip route show proto 119"), 0); /* not in main */
	/* again */
	assert_int_equal(add(&f, "10.79.0.0/16"), 0);
	assert_int_equal(add(&f, "fd79::/48"), 0);
	assert_int_equal(lines(IP4), 2);
	assert_int_equal(lines(IP6), 1);
	assert_int_equal(del(&f, "10.79.0.0/16"), 0);
	assert_int_equal(del(&f, "10.79.0.0/16"), 0);
	assert_int_equal(lines(IP4), 1);
	assert_int_equal(del(&f, "fd79::/48"), 0);
	assert_int_equal(del(&f, "fd79::/48"), 0);
	assert_int_equal(del(&f, "192.0.2.1"), 0);
	assert_int_equal(lines(IP4), 0);
	assert_int_equal(lines(IP6), 0);
	close(fd);
}

/* Into the interface of another peer, in place. */
static void
change_hands(void **state)
{
	const struct prefix p4 = prefix("10.79.0.0/16"),
			    p6 = prefix("fd79::/48");
	struct fix f;
	int a, b;

	(void)state;
	fix_init(&f);
	f.m.route_dev = 3;
	a = open_dev(&f, 3, "a");
	b = open_dev(&f, 3, "b");
	assert_int_equal(priv_route_add(&f.pv, "c", &p4), -ENODEV);
	assert_int_equal(priv_route_add(&f.pv, "a", &p4), 0);
	assert_int_equal(priv_route_add(&f.pv, "a", &p6), 0);
	assert_int_equal(priv_route_add(&f.pv, "b", &p4), 0);
	assert_int_equal(priv_route_add(&f.pv, "b", &p6), 0);
	assert_true(lab_says("10.79.0.0/16 dev vp-b", IP4));
	assert_true(lab_says("fd79::/48 dev vp-b", IP6));
	assert_int_equal(lines(IP4), 1);
	assert_int_equal(lines(IP6), 1);
	assert_int_equal(priv_route_del(&f.pv, &p4), 0);
	assert_int_equal(priv_route_del(&f.pv, &p6), 0);
	assert_int_equal(lines(IP4) + lines(IP6), 0);
	close(a);
	close(b);
}

/* What another program has set is neither replaced nor taken away. */
static void
of_others(void **state)
{
	struct fix f;
	int fd;

	(void)state;
	fix_init(&f);
	fd = open_dev(&f, 2, "");
	lab_do(
	    "ip route add 10.79.0.0/16 dev lo table 7469 metric 77 proto 42");
	lab_do("ip route add fd79::/48 dev lo table 7469 metric 77 proto 42");
	lab_do("ip route add 10.80.0.0/16 dev lo table 7469 metric 9 proto 42");
	lab_do("ip route add 10.81.0.0/16 dev vt metric 77 proto 119");
	lab_do("ip -6 route add fd81::/48 dev vt metric 77 proto 119");
	assert_int_equal(add(&f, "10.79.0.0/16"), -EEXIST);
	assert_int_equal(add(&f, "fd79::/48"), -EEXIST);
	assert_int_equal(add(&f, "10.80.0.0/16"), 0); /* another metric */
	assert_int_equal(add(&f, "10.81.0.0/16"), 0); /* another table */
	assert_int_equal(add(&f, "fd81::/48"), 0);
	assert_int_equal(del(&f, "10.79.0.0/16"), 0);
	assert_int_equal(del(&f, "fd79::/48"), 0);
	assert_int_equal(lines(IP4), 4);
	assert_int_equal(lines(IP6), 2);
	assert_int_equal(priv_route_flush(&f.pv), 0);
	assert_true(lab_says("10.79.0.0/16 dev lo proto babel", IP4));
	assert_true(lab_says("10.80.0.0/16 dev lo proto babel", IP4));
	assert_true(lab_says("fd79::/48 dev lo proto babel", IP6));
	assert_true(lab_says("10.81.0.0/16 dev vt proto 119", "ip route"));
	assert_true(lab_says("fd81::/48 dev vt proto 119", "ip -6 route"));
	assert_int_equal(lines(IP4), 2);
	assert_int_equal(lines(IP6), 1);
	lab_do("ip route flush table 7469; ip -6 route flush table 7469");
	close(fd);
}

/* A device that somebody deletes takes its routes along; they come again. */
static void
device_back(void **state)
{
	struct fix f;
	int fd;

	(void)state;
	fix_init(&f);
	fd = open_dev(&f, 2, "");
	assert_int_equal(add(&f, "10.79.0.0/16"), 0);
	assert_int_equal(add(&f, "fd79::/48"), 0);
	lab_do("ip link del vt");
	assert_int_equal(lines(IP4) + lines(IP6), 0);
	assert_int_equal(add(&f, "10.79.0.0/16"), -ENODEV);
	assert_int_equal(del(&f, "10.79.0.0/16"), 0);
	close(fd);
	fd = open_dev(&f, 2, "");
	lab_do("ip link set vt down");
	assert_int_equal(add(&f, "10.79.0.0/16"), -ENETDOWN);
	lab_do("ip link set vt up");
	assert_int_equal(add(&f, "10.79.0.0/16"), 0);
	assert_int_equal(add(&f, "fd79::/48"), 0);
	assert_int_equal(lines(IP4) + lines(IP6), 2);
	close(fd); /* not persistent: the kernel takes all away */
	assert_int_equal(lines(IP4) + lines(IP6), 0);
}

static void
crash_with_routes(const struct fix *f)
{
	char text[PREFIX_TEXT];
	unsigned i;

	(void)open_dev(f, 2, "");
	for (i = 0; i < 400; i++) {
		snprintf(text, sizeof(text), "10.%u.%u.0/24", 100 + i / 200,
		    i % 200);
		assert_int_equal(add(f, text), 0);
	}
	assert_int_equal(add(f, "fd79::/48"), 0);
	raise(SIGKILL);
}

/* A persistent device keeps what a killed daemon had; the next one sweeps. */
static void
after_kill(void **state)
{
	struct fix f;
	int status, fd;
	pid_t pid;

	(void)state;
	fix_init(&f);
	f.m.dev[2].persistent = true;
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		crash_with_routes(&f);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_int_equal(lines(IP4), 400);
	assert_int_equal(lines(IP6), 1);
	/* as it was set, and by hand under our number */
	lab_do("ip route add 10.9.0.0/16 dev vt table 7469 proto 119");
	lab_do("ip -6 route add fd9::/48 dev lo table 7469 proto 119 metric 5");
	lab_do("ip route add default dev vt table 7469 proto 119 metric 8");
	assert_int_equal(priv_route_flush(&f.pv), 0);
	assert_int_equal(lines(IP4) + lines(IP6), 0);
	assert_int_equal(priv_route_flush(&f.pv), 0);
	f.m.dev[2].persistent = false;
	fd = open_dev(&f, 2, "");
	close(fd);
}

static void
main_table(void **state)
{
	struct fix f;
	int fd;

	(void)state;
	fix_init(&f);
	f.m.route.table = 254;
	fd = open_dev(&f, 2, "");
	lab_do("ip route add 10.7.0.0/16 dev vt");
	assert_int_equal(add(&f, "10.79.0.0/16"), 0);
	assert_true(lab_says("10.79.0.0/16 dev vt proto 119", "ip route"));
	assert_int_equal(priv_route_flush(&f.pv), 0);
	assert_false(lab_says("10.79.0.0/16", "ip route"));
	assert_true(lab_says("10.7.0.0/16", "ip route"));
	f.m.route.table = UINT32_MAX; /* nobody has used it */
	assert_int_equal(priv_route_flush(&f.pv), 0);
	assert_int_equal(add(&f, "10.79.0.0/16"), 0);
	assert_int_equal(lines("ip route show table 4294967295"), 1);
	close(fd);
}

static void
without_ipv6(void **state)
{
	struct fix f;
	int fd;

	(void)state;
	lab_do("sysctl -qw net.ipv6.conf.all.disable_ipv6=1 "
	       "net.ipv6.conf.default.disable_ipv6=1");
	fix_init(&f);
	fd = open_dev(&f, 2, "");
	assert_int_equal(add(&f, "10.79.0.0/16"), 0);
	assert_true(add(&f, "fd79::/48") < 0);
	assert_int_equal(del(&f, "fd79::/48"), 0);
	assert_int_equal(priv_route_flush(&f.pv), 0);
	assert_int_equal(lines(IP4), 0);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(come_and_go), cmocka_unit_test(change_hands),
		cmocka_unit_test(of_others), cmocka_unit_test(device_back),
		cmocka_unit_test(after_kill), cmocka_unit_test(main_table),
		cmocka_unit_test(without_ipv6), /* last: it stays */
	};
	const char *lacks = lab_lacks();
	int ns, failed;

	if (lacks != NULL) {
		printf("skipped: %s\n", lacks);
		return 77;
	}
	ns = lab_ns();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	close(ns);
	return failed;
}
