/* The line to the Internet changes, in a network namespace of our own. */
#include "io/uplink.h"

#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "tests/unit/udp_side.h"

#define PAUSE_US (100 * MONO_MS)
#define PAUSE_MAX_US (3000 * MONO_MS)
#define REST_US (800 * MONO_MS)

struct fix {
	struct env e;
	struct uplink *u;
	struct hook hook;
	unsigned changes;
	struct mono at;
};

static bool alone; /* in a namespace, and with the programs it needs */

/* True where it worked. */
static bool
sh(const char *cmd)
{
	char text[512];

	snprintf(text, sizeof(text), "PATH=$PATH:/sbin:/usr/sbin; %s", cmd);
	return system(text) == 0; /* NOLINT: a test's own words */
}

static bool
is_ours(void *arg, unsigned index)
{
	char name[IF_NAMESIZE];

	(void)arg;
	return if_indextoname(index, name) != NULL &&
	    strncmp(name, "vpl", 3) == 0;
}

static void
on_changed(void *arg, struct turn *t)
{
	struct fix *f = arg;

	f->changes++;
	f->at = t->now;
}

/* The daemon has a timer for it. */
static void
on_act(void *arg, struct turn *t)
{
	struct fix *f = arg;

	uplink_tick(f->u, t);
}

static void
fix_open(struct fix *f, uint64_t pause_max_us, bool any_table)
{
	const struct uplink_ops ops = { f, is_ours, on_changed, PAUSE_US,
		pause_max_us, REST_US, any_table };

	if (!alone)
		skip();
	memset(f, 0, sizeof(*f));
	env_init(&f->e);
	f->u = uplink_new(f->e.loop, &ops);
	assert_non_null(f->u);
	hook_add(&f->hook, f->e.loop, LOOP_ACT, on_act, f);
	env_run(&f->e, 50); /* what is there */
	assert_int_equal(f->changes, 0);
}

static void
fix_init(struct fix *f)
{
	fix_open(f, PAUSE_US, false);
}

static void
fix_fini(struct fix *f)
{
	hook_del(&f->hook, f->e.loop);
	uplink_free(f->u);
	env_fini(&f->e);
}

/* env_run() ends by a turn at least; the pause is over in this time. */
static unsigned
after(struct fix *f, const char *cmd)
{
	unsigned i, was = f->changes;

	assert_true(sh(cmd));
	for (i = 0; i < 6; i++)
		env_run(&f->e, 50);
	return f->changes - was;
}

static void
what_counts(void **state)
{
	static const struct {
		const char *cmd;
		unsigned told;
	} rows[] = {
		{ "ip addr add 192.0.2.1/24 dev line", 1 },
		{ "ip addr replace 192.0.2.1/24 dev line", 0 },
		{ "ip addr change 192.0.2.1/24 dev line valid_lft 600 "
		  "preferred_lft 500",
		    0 },
		{ "ip -6 addr add 2001:db8::1/64 dev line nodad", 1 },
		{ "ip -6 addr change 2001:db8::1/64 dev line valid_lft 600 "
		  "preferred_lft 500",
		    0 },
		{ "ip route add 198.51.100.0/24 via 192.0.2.9", 0 },
		{ "ip route add default via 192.0.2.9", 1 },
		{ "ip route replace default via 192.0.2.9", 0 },
		{ "ip route replace default via 192.0.2.10", 1 },
		{ "ip route del default", 1 },
		{ "ip link set line alias ppp", 0 },
		{ "ip link set line down", 1 },
		{ "ip link set line up", 1 },
		{ "ip addr del 192.0.2.1/24 dev line", 1 },
		{ "ip link del line", 0 }, /* IPv6 left when it went down */
		/* of no line: no address, a link's own one, the loopback */
		{ "ip link add other type veth peer name rehto", 0 },
		{ "ip link set other up; ip link set rehto up", 0 },
		{ "ip addr add 169.254.7.7/16 scope link dev other", 0 },
		{ "ip addr add 203.0.113.5/32 dev other; ip link del other",
		    1 },
		{ "ip addr add 127.0.0.9/8 dev lo", 0 },
		/* ours */
		{ "ip link add vpl0 type veth peer name vpl1", 0 },
		{ "ip link set vpl0 up; ip link set vpl1 up", 0 },
		{ "ip addr add 10.9.9.1/24 dev vpl0", 0 },
		{ "ip route add default via 10.9.9.2", 0 },
		{ "ip link del vpl0", 0 },
	};
	struct fix f;
	unsigned i, n;

	(void)state;
	if (!alone)
		skip();
	assert_true(sh("ip link add line type veth peer name enil && "
		       "ip link set line up && ip link set enil up"));
	fix_init(&f);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		n = after(&f, rows[i].cmd);
		if (n != rows[i].told)
			fail_msg("%s: told %u times", rows[i].cmd, n);
	}
	fix_fini(&f);
}

/* What comes together is told once, soon; more of it, after a pause. */
static void
together(void **state)
{
	struct mono start;
	struct fix f;

	(void)state;
	if (!alone)
		skip();
	assert_true(sh("ip link add line type veth peer name enil && "
		       "ip link set line up && ip link set enil up"));
	fix_init(&f);
	env_run(&f.e, 200);
	start = clock_boot();
	assert_int_equal(after(&f,
			     "ip addr add 192.0.2.1/24 dev line && "
			     "ip addr add 192.0.2.2/24 dev line && "
			     "ip route add default via 192.0.2.9"),
	    1);
	assert_in_range(mono_since(start, f.at), UPLINK_WAIT_US,
	    UPLINK_WAIT_US + 1500 * MONO_MS);
	assert_true(sh("ip link del line"));
	env_run(&f.e, 100);
	fix_fini(&f);
}

/* Whose line never rests is told less and less often, until it rests. */
static void
flapping(void **state)
{
	const char *flap = "ip addr add 192.0.2.1/24 dev line && "
			   "ip addr del 192.0.2.1/24 dev line";
	struct mono start;
	struct fix f;
	uint64_t us;
	unsigned n;

	(void)state;
	if (!alone)
		skip();
	assert_true(sh("ip link add line type veth peer name enil && "
		       "ip link set line up && ip link set enil up"));
	fix_open(&f, PAUSE_MAX_US, false);
	start = clock_boot();
	do {
		assert_true(sh(flap));
		env_run(&f.e, 50);
		us = mono_since(start, clock_boot());
	} while (us < 4000 * MONO_MS);
	/* at 0.1, 0.2, 0.4, 0.8, 1.6, 3.2 s and then each 3 s */
	assert_in_range(f.changes, 4, 6 + us / PAUSE_MAX_US);
	assert_true(sh(flap));
	start = clock_boot();
	n = f.changes;
	for (us = 0; us < REST_US + 400 * MONO_MS; us += 50 * MONO_MS)
		env_run(&f.e, 50);
	assert_int_equal(f.changes, n + 1); /* it rests */
	assert_true(mono_since(start, f.at) < REST_US + 300 * MONO_MS);
	assert_int_equal(after(&f, "ip addr add 192.0.2.1/24 dev line"), 1);
	assert_int_equal(after(&f, "ip addr del 192.0.2.1/24 dev line"), 1);
	assert_true(sh("ip link del line"));
	fix_fini(&f);
}

static bool
has(const struct fix *f, const char *text)
{
	struct addr a;

	assert_true(addr_parse(text, 7469, &a));
	return uplink_has(f->u, &a);
}

/* Of any interface, also of ours. */
static void
addresses(void **state)
{
	struct fix f;

	(void)state;
	if (!alone)
		skip();
	assert_true(sh("ip link add vpl0 type veth peer name vpl1 && "
		       "ip link set vpl0 up && ip link set vpl1 up && "
		       "ip addr add 192.0.2.1/24 dev vpl0 && "
		       "ip -6 addr add 2001:db8::1/64 dev vpl0 nodad"));
	fix_init(&f);
	assert_true(has(&f, "192.0.2.1"));
	assert_true(has(&f, "2001:db8::1"));
	assert_false(has(&f, "192.0.2.2"));
	assert_false(has(&f, "2001:db8::"));
	assert_int_equal(after(&f, "ip addr add 192.0.2.2/24 dev vpl0"), 0);
	assert_true(has(&f, "192.0.2.2"));
	assert_true(sh("ip link del vpl0"));
	env_run(&f.e, 50);
	assert_false(has(&f, "192.0.2.1"));
	assert_false(has(&f, "2001:db8::1"));
	fix_fini(&f);
}

/* Default routes that were there before us. */
static void
routes_of_before(void **state)
{
	struct fix f;

	(void)state;
	if (!alone)
		skip();
	assert_true(sh("ip link add line type veth peer name enil && "
		       "ip link set line up && ip link set enil up && "
		       "ip addr add 192.0.2.1/24 dev line && "
		       "ip route add default via 192.0.2.9 && "
		       "ip link add vpl0 type veth peer name vpl1 && "
		       "ip link set vpl0 up && ip link set vpl1 up && "
		       "ip addr add 10.9.9.1/24 dev vpl0 && "
		       "ip route add default via 10.9.9.2 metric 7"));
	fix_init(&f);
	assert_int_equal(after(&f, "ip route del default via 10.9.9.2"), 0);
	assert_int_equal(after(&f, "ip route del default via 192.0.2.9"), 1);
	assert_true(sh("ip link del line; ip link del vpl0"));
	fix_fini(&f);
}

static const struct {
	const char *cmd;
	unsigned told;
} hops[] = {
	/* all of them ours */
	{ "ip route add default nexthop via 10.9.9.2 dev vpl0 "
	  "nexthop via 10.9.8.2 dev vpl2",
	    0 },
	{ "ip route replace default nexthop via 10.9.9.3 dev vpl0 "
	  "nexthop via 10.9.8.2 dev vpl2",
	    0 },
	{ "ip route del default", 0 },
	{ "ip -6 route add default nexthop via fd00:9::2 dev vpl0 "
	  "nexthop via fd00:8::2 dev vpl2",
	    0 },
	{ "ip -6 route del default", 0 },
	/* one of a line: it is there, is another, and goes */
	{ "ip route add default nexthop via 10.9.9.2 dev vpl0 "
	  "nexthop via 192.0.2.9 dev line",
	    1 },
	{ "ip route replace default nexthop via 10.9.9.3 dev vpl0 "
	  "nexthop via 192.0.2.9 dev line",
	    0 },
	{ "ip route replace default nexthop via 10.9.9.3 dev vpl0 "
	  "nexthop via 192.0.2.10 dev line",
	    1 },
	{ "ip route replace default via 10.9.9.3", 1 },
	{ "ip route replace default nexthop via 192.0.2.10 dev line "
	  "nexthop via 192.0.2.9 dev line",
	    1 },
	{ "ip route replace default via 192.0.2.9", 1 },
	{ "ip route replace default via 192.0.2.10", 1 },
	{ "ip route replace default via 192.0.2.9", 1 },
	{ "ip route del default", 1 },
	{ "ip -6 route add default nexthop via 2001:db8::9 dev line "
	  "nexthop via fd00:8::2 dev vpl2",
	    1 },
	{ "ip -6 route del default via fd00:8::2 dev vpl2", 0 },
	{ "ip -6 route del default", 1 },
};

/* All hops of a route of several count, each as a route of its own. */
static void
by_several_hops(void **state)
{
	struct fix f;
	unsigned i, n;

	(void)state;
	if (!alone)
		skip();
	assert_true(sh("ip link add line type veth peer name enil && "
		       "ip link add vpl0 type veth peer name vpl1 && "
		       "ip link add vpl2 type veth peer name vpl3 && "
		       "for i in line enil vpl0 vpl1 vpl2 vpl3; do "
		       "ip link set $i up; done && "
		       "ip addr add 192.0.2.1/24 dev line && "
		       "ip addr add 10.9.9.1/24 dev vpl0 && "
		       "ip addr add 10.9.8.1/24 dev vpl2 && "
		       "ip -6 addr add 2001:db8::1/64 dev line nodad && "
		       "ip -6 addr add fd00:9::1/64 dev vpl0 nodad && "
		       "ip -6 addr add fd00:8::1/64 dev vpl2 nodad"));
	fix_init(&f);
	for (i = 0; i < sizeof(hops) / sizeof(hops[0]); i++) {
		n = after(&f, hops[i].cmd);
		if (n != hops[i].told)
			fail_msg("%s: told %u times", hops[i].cmd, n);
	}
	assert_true(sh("ip link del line; ip link del vpl0; ip link del vpl2"));
	fix_fini(&f);
}

/* Tables that only rules for others lead to; unless there may be such rules. */
static void
tables_of_others(void **state)
{
	static const struct {
		const char *cmd;
		unsigned told, told_all;
	} rows[] = {
		{ "ip route add default via 192.0.2.9 table 42", 0, 1 },
		{ "ip route del default table 42", 0, 1 },
		{ "ip route add default via 192.0.2.9 table 4242", 0, 1 },
		{ "ip route del default table 4242", 0, 1 },
		{ "ip route add default via 192.0.2.9 table default", 1, 1 },
		{ "ip route del default table default", 1, 1 },
		{ "ip route add default via 192.0.2.9 table local", 1, 1 },
		{ "ip route del default table local", 1, 1 },
		{ "ip -6 route add default via 2001:db8::9 table 42", 0, 1 },
		{ "ip -6 route del default table 42", 0, 1 },
		{ "ip -6 route add default via 2001:db8::9", 1, 1 },
		{ "ip -6 route del default", 1, 1 },
	};
	struct fix f;
	unsigned i, all, n;

	(void)state;
	if (!alone)
		skip();
	assert_true(sh("ip link add line type veth peer name enil && "
		       "ip link set line up && ip link set enil up && "
		       "ip addr add 192.0.2.1/24 dev line && "
		       "ip -6 addr add 2001:db8::1/64 dev line nodad"));
	for (all = 0; all < 2; all++) {
		fix_open(&f, PAUSE_US, all == 1);
		for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			n = after(&f, rows[i].cmd);
			if (n != (all == 1 ? rows[i].told_all : rows[i].told))
				fail_msg("%s: told %u times", rows[i].cmd, n);
		}
		fix_fini(&f);
	}
	assert_true(sh("ip link del line"));
}

/* More news than the socket holds: told, and all is known again. */
static void
overrun(void **state)
{
	struct fix f;
	unsigned n;

	(void)state;
	if (!alone)
		skip();
	assert_true(sh("ip link add line type veth peer name enil && "
		       "ip link set line up && ip link set enil up"));
	fix_init(&f);
	n = after(&f,
	    "for i in `seq 250`; do for k in 1 2 3 4; do "
	    "echo addr add 10.$k.$i.1/24 dev line; done; done | "
	    "ip -batch - && for i in `seq 250`; do for k in 1 2 3; do "
	    "echo addr del 10.$k.$i.1/24 dev line; done; done | ip -batch -");
	assert_in_range(n, 1, 2);
	assert_int_equal(after(&f, "ip addr del 10.4.7.1/24 dev line"), 1);
	assert_true(sh("ip link del line"));
	fix_fini(&f);
}

/* Which of the listen addresses were bound again. */
struct binds {
	struct env *e;
	unsigned n[2];
};

static void
counted(void *arg, const struct priv_req *req, struct priv_reply *ret)
{
	struct binds *b = arg;

	assert_in_range(req->listen, 0, 1);
	b->n[req->listen]++;
	monitor_call(&b->e->monitor, req, ret);
}

/* One address that is late does not keep the others from being heard. */
static void
late_address(void **state)
{
	struct binds b = { 0 };
	struct priv pv = { counted, &b };
	struct side *s;
	struct env e;

	(void)state;
	if (!alone)
		skip();
	assert_true(sh("ip link add line type veth peer name enil && "
		       "ip link set line up && ip link set enil up && "
		       "ip addr add 192.0.2.1/24 dev line && "
		       "ip addr add 192.0.2.2/24 dev line"));
	env_init(&e);
	b.e = &e;
	strcpy(e.monitor.bind_dev, "line");
	s = side_new(&e, "192.0.2.1", "192.0.2.2");
	assert_int_equal(udp_mend(s->u, &pv), 0);
	assert_int_equal(b.n[0] + b.n[1], 0);
	assert_true(sh("ip link del line && "
		       "ip link add line type veth peer name enil && "
		       "ip link set line up && ip link set enil up && "
		       "ip addr add 192.0.2.2/24 dev line"));
	assert_int_equal(udp_mend(s->u, &pv), -EADDRNOTAVAIL);
	assert_true(b.n[1] > 0);
	b.n[1] = 0;
	assert_true(sh("ip addr add 192.0.2.1/24 dev line"));
	assert_int_equal(udp_mend(s->u, &pv), 0);
	assert_int_equal(b.n[1], 0); /* it had been mended */
	side_free(s);
	env_fini(&e);
	assert_true(sh("ip link del line"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_counts),
		cmocka_unit_test(together),
		cmocka_unit_test(flapping),
		cmocka_unit_test(routes_of_before),
		cmocka_unit_test(addresses),
		cmocka_unit_test(by_several_hops),
		cmocka_unit_test(tables_of_others),
		cmocka_unit_test(overrun),
		cmocka_unit_test(late_address),
	};

	alone = unshare(CLONE_NEWNET) == 0 &&
	    sh("ip link set lo up && ip link add one type veth peer name two "
	       "&& "
	       "ip link del one");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
