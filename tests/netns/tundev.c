/* Devices as the privileged side makes them: what ip and ethtool say of it. */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "priv/monitor.h"
#include "priv/priv.h"
#include "priv/tun.h"
#include "tests/netns/tunlab.h"
#include "tests/unit/sock.h"

#define ALL (PRIV_TUN_VNET | PRIV_TUN_TSO | PRIV_TUN_USO)

static struct prefix addrs[] = {
	{ PREFIX_IPV4, 24, { 10, 9, 0, 1 } },
	{ PREFIX_IPV6, 64, { 0xfd, 9, [15] = 1 } },
};

static const struct monitor_dev plain = {
	.used = true,
	.name = "vt",
	.mac = { 0x02, 0x11, 0x22, 0x33, 0x44, 0x55 },
	.mtu = 1400,
};

static int
dev_open(const struct monitor_dev *d, const char *unit, uint32_t want,
    uint32_t *ret_offload)
{
	struct monitor m = { .dev[3] = *d };
	struct priv pv = { monitor_call, &m };

	return priv_tun_open(&pv, 3, unit, want, ret_offload);
}

static void
tap_is_set_up(void **state)
{
	struct monitor_dev d = plain;
	uint32_t got = 0;
	int fd;

	(void)state;
	d.tap = true;
	d.addr = addrs;
	d.n_addr = 2;
	d.speed_mbit = 50;
	fd = dev_open(&d, "", ALL, &got);
	assert_true(fd >= 0);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_true(lab_says("02:11:22:33:44:55", "ip link show vt"));
	assert_true(lab_says("mtu 1400", "ip link show vt"));
	assert_true(lab_says(",UP>", "ip link show vt"));
	assert_true(lab_says("NO-CARRIER", "ip link show vt"));
	assert_true(lab_says("0", "cat /sys/class/net/vt/carrier"));
	assert_true(lab_says("inet 10.9.0.1/24", "ip -4 addr show vt"));
	assert_true(lab_says("fd09::1/64", "ip -6 addr show vt"));
	assert_false(lab_says("tentative", "ip -6 addr show vt"));
	assert_true(lab_says("10.9.0.0/24", "ip -4 route"));
	assert_true(lab_says("50Mb/s", "ethtool vt"));
	assert_true(lab_says("Duplex: Full", "ethtool vt"));
	assert_true(lab_says("Auto-negotiation: off", "ethtool vt"));
	/* a lower limit has the kernel cut what it forwards to single packets
	 */
	assert_true(lab_says("gso_max_segs 65535", "ip -d link show vt"));
	assert_true(got & PRIV_TUN_VNET);
	close(fd);
	assert_int_equal(if_nametoindex("vt"), 0);
}

static void
tun_is_set_up(void **state)
{
	struct monitor_dev d = plain;
	uint32_t got = 0;
	int fd;

	(void)state;
	d.addr = addrs;
	d.n_addr = 2;
	fd = dev_open(&d, "", 0, &got);
	assert_true(fd >= 0);
	assert_int_equal(got, 0);
	assert_true(lab_says("POINTOPOINT", "ip link show vt"));
	assert_true(lab_says("mtu 1400", "ip link show vt"));
	assert_true(lab_says("NO-CARRIER", "ip link show vt"));
	assert_true(lab_says("inet 10.9.0.1/24", "ip -4 addr show vt"));
	assert_true(lab_says("fd09::1/64", "ip -6 addr show vt"));
	/* of the MAC, and no other */
	assert_true(lab_says("fe80::11:22ff:fe33:4455/64", "ip -6 addr show"));
	assert_true(
	    lab_says("1\n", "ip -o -6 addr show dev vt | grep -c fe80"));
	close(fd);
}

static void
offloads_as_asked(void **state)
{
	static const uint32_t want[] = { 0, PRIV_TUN_VNET,
		PRIV_TUN_VNET | PRIV_TUN_TSO, PRIV_TUN_VNET | PRIV_TUN_USO, ALL,
		PRIV_TUN_TSO, PRIV_TUN_USO };
	struct monitor_dev d = plain;
	size_t i;

	(void)state;
	d.persistent = true; /* what the last one had must not stay */
	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		bool vnet = (want[i] & PRIV_TUN_VNET) != 0;
		uint32_t got = 99;
		int fd = dev_open(&d, "", want[i], &got);

		assert_true(fd >= 0);
		assert_int_equal(got & ~(vnet ? want[i] : 0), 0);
		assert_int_equal(
		    got & PRIV_TUN_TSO, vnet ? want[i] & PRIV_TUN_TSO : 0);
		assert_true(
		    lab_says(got & PRIV_TUN_VNET ? "tx-checksumming: on"
						 : "tx-checksumming: off",
			"ethtool -k vt"));
		assert_true(lab_says(got & PRIV_TUN_TSO
			? "tcp-segmentation-offload: on"
			: "tcp-segmentation-offload: off",
		    "ethtool -k vt"));
		assert_true(
		    lab_says(got & PRIV_TUN_USO ? "tx-udp-segmentation: on"
						: "tx-udp-segmentation: off",
			"ethtool -k vt"));
		close(fd);
	}
	lab_do("ip link del vt");
}

static unsigned
carrier_changes(void)
{
	FILE *f = fopen("/sys/class/net/vt/carrier_changes", "r");
	unsigned n = 0;

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%u", &n), 1);
	fclose(f);
	return n;
}

/* A daemon that comes again finds the interface as routes know it. */
static void
persistent_or_not(void **state)
{
	struct monitor_dev d = plain;
	uint32_t got;
	unsigned index, changes;
	int fd;

	(void)state;
	d.tap = d.persistent = true;
	d.addr = addrs;
	d.n_addr = 2;
	fd = dev_open(&d, "", ALL, &got);
	assert_true(fd >= 0);
	index = if_nametoindex("vt");
	close(fd);
	changes = carrier_changes();
	assert_int_equal(if_nametoindex("vt"), index);
	lab_do("ip route add 10.77.0.0/16 via 10.9.0.2");
	fd = dev_open(&d, "", ALL, &got);
	assert_true(fd >= 0);
	assert_int_equal(if_nametoindex("vt"), index);
	assert_true(lab_says("10.77.0.0/16", "ip -4 route"));
	assert_int_equal(carrier_changes(), changes); /* not even for a blink */
	assert_true(lab_says("fd09::1/64", "ip -6 addr show vt"));
	assert_true(lab_says("NO-CARRIER", "ip link show vt"));
	close(fd);
	/* with another key; and not for ever any more */
	d.mac[5] = 0x66;
	d.persistent = false;
	fd = dev_open(&d, "", ALL, &got);
	assert_true(fd >= 0);
	assert_true(lab_says("02:11:22:33:44:66", "ip link show vt"));
	assert_true(lab_says(",UP>", "ip link show vt"));
	close(fd);
	assert_int_equal(if_nametoindex("vt"), 0);
}

/* Who added an address is what Linux notes from 5.18 on. */
static bool
notes_who_added(void)
{
	unsigned major, minor;
	struct utsname un;

	assert_int_equal(uname(&un), 0);
	assert_int_equal(sscanf(un.release, "%u.%u", &major, &minor), 2);
	return major > 5 || (major == 5 && minor >= 18);
}

/* Addresses that the configuration has no more go; what others added stays. */
static void
dropped_addresses(void **state)
{
	static struct prefix moved = { PREFIX_IPV4, 24, { 10, 9, 0, 7 } };
	struct monitor_dev d = plain;
	uint32_t got;
	unsigned tap;
	int fd;

	(void)state;
	if (!notes_who_added()) {
		print_message("skipped: needs Linux 5.18\n");
		skip();
	}
	for (tap = 0; tap < 2; tap++) {
		d.tap = tap != 0;
		d.persistent = true;
		d.addr = addrs;
		d.n_addr = 2;
		fd = dev_open(&d, "", ALL, &got);
		assert_true(fd >= 0);
		close(fd);
		lab_do("ip addr add 10.50.0.1/24 dev vt");
		lab_do("ip addr add fd50::1/64 dev vt");
		d.n_addr = 1;
		fd = dev_open(&d, "", ALL, &got);
		assert_true(fd >= 0);
		assert_true(lab_says("10.9.0.1/24", "ip addr show vt"));
		assert_false(lab_says("fd09::1/64", "ip addr show vt"));
		assert_true(lab_says("10.50.0.1/24", "ip addr show vt"));
		assert_true(lab_says("fd50::1/64", "ip addr show vt"));
		assert_true(d.tap ||
		    lab_says("fe80::11:22ff:fe33:4455", "ip addr show vt"));
		close(fd);
		d.addr = &moved;
		fd = dev_open(&d, "", ALL, &got);
		assert_true(fd >= 0);
		assert_true(lab_says("10.9.0.7/24", "ip addr show vt"));
		assert_false(lab_says("10.9.0.1/24", "ip addr show vt"));
		close(fd);
		d.n_addr = 0;
		d.persistent = false;
		fd = dev_open(&d, "", ALL, &got);
		assert_true(fd >= 0);
		assert_false(lab_says("10.9.0.7/24", "ip addr show vt"));
		assert_true(lab_says("10.50.0.1/24", "ip addr show vt"));
		close(fd);
		assert_int_equal(if_nametoindex("vt"), 0);
	}
}

/* The kernel takes a network's other addresses away with the first of them. */
static void
dropped_within_a_network(void **state)
{
	static struct prefix three[] = {
		{ PREFIX_IPV4, 24, { 10, 9, 0, 1 } },
		{ PREFIX_IPV4, 24, { 10, 9, 0, 2 } },
		{ PREFIX_IPV4, 24, { 10, 9, 0, 3 } },
	};
	struct monitor_dev d = plain;
	uint32_t got;
	int fd;

	(void)state;
	lab_do("sysctl -qw net.ipv4.conf.all.promote_secondaries=0 "
	       "net.ipv4.conf.default.promote_secondaries=0");
	d.persistent = true;
	d.addr = three;
	d.n_addr = 3;
	fd = dev_open(&d, "", ALL, &got);
	assert_true(fd >= 0);
	assert_true(lab_says("10.9.0.2/24 scope global secondary", "ip addr"));
	close(fd);
	lab_do("ip addr add 10.9.0.50/24 dev vt");
	d.addr = &three[2];
	d.n_addr = 1;
	fd = dev_open(&d, "", ALL, &got);
	assert_true(fd >= 0);
	assert_false(lab_says("10.9.0.1/24", "ip addr show vt"));
	assert_false(lab_says("10.9.0.2/24", "ip addr show vt"));
	assert_true(lab_says("10.9.0.3/24", "ip addr show vt"));
	assert_true(lab_says("10.9.0.50/24", "ip addr show vt"));
	assert_true(lab_says("10.9.0.0/24", "ip -4 route"));
	close(fd);
	d.n_addr = 0;
	d.persistent = false;
	fd = dev_open(&d, "", ALL, &got);
	assert_true(fd >= 0);
	assert_false(lab_says("10.9.0.3/24", "ip addr show vt"));
	assert_true(lab_says("10.9.0.50/24", "ip addr show vt"));
	close(fd);
}

/*
 * One link-local address of its own, whatever it had before. That of a TAP is
 * the kernel's, which makes it with the carrier.
 */
static void
dropped_link_local(void **state)
{
	static struct prefix ll = { PREFIX_IPV6, 64, { 0xfe, 0x80, [15] = 9 } };
	struct monitor_dev d = plain;
	uint32_t got;
	unsigned tap;
	int fd;

	(void)state;
	for (tap = 0; tap < 2; tap++) {
		d = plain;
		d.tap = tap != 0;
		d.persistent = true;
		d.addr = &ll;
		d.n_addr = 1;
		fd = dev_open(&d, "", ALL, &got);
		assert_true(fd >= 0);
		assert_true(lab_says("fe80::9/64", "ip addr show vt"));
		close(fd);
		d.n_addr = 0;
		fd = dev_open(&d, "", ALL, &got);
		assert_true(fd >= 0);
		assert_false(lab_says("fe80::9/64", "ip addr show vt"));
		assert_true(d.tap ||
		    lab_says("fe80::11:22ff:fe33:4455", "ip addr show vt"));
		close(fd);
		d.mac[5] = 0x66; /* another key */
		d.persistent = false;
		fd = dev_open(&d, "", ALL, &got);
		assert_true(fd >= 0);
		assert_false(
		    lab_says("fe80::11:22ff:fe33:4455", "ip addr show vt"));
		assert_true(d.tap ||
		    lab_says("fe80::11:22ff:fe33:4466", "ip addr show vt"));
		close(fd);
	}
}

static void
one_for_each_peer(void **state)
{
	struct monitor_dev d = plain;
	uint32_t got;
	int a, b;

	(void)state;
	d.per_peer = true;
	a = dev_open(&d, "island", ALL, &got);
	b = dev_open(&d, "twelve_signs", ALL, &got);
	assert_true(a >= 0 && b >= 0);
	assert_int_not_equal(if_nametoindex("vt-island"), 0);
	assert_int_not_equal(if_nametoindex("vt-twelve_signs"), 0);
	assert_int_equal(dev_open(&d, "island", ALL, &got), -EBUSY);
	assert_int_equal(
	    dev_open(&d, "thirteen_sign", ALL, &got), -ENAMETOOLONG);
	strcpy(d.name, "thirteen_signs");
	assert_int_equal(dev_open(&d, "1", ALL, &got), -ENAMETOOLONG);
	close(a);
	close(b);
}

static void
refused(void **state)
{
	static struct prefix mac = { PREFIX_MAC, 48, { 2 } };
	static struct prefix foreign = { PREFIX_IPV4, 33, { 10 } };
	struct monitor_dev d = plain;
	uint32_t got = 99;
	int fd = dev_open(&d, "", ALL, &got);

	(void)state;
	assert_true(fd >= 0);
	got = 99;
	assert_int_equal(dev_open(&d, "", ALL, &got), -EBUSY);
	close(fd);
	strcpy(d.name, "lo");
	assert_int_equal(dev_open(&d, "", ALL, &got), -EEXIST);
	strcpy(d.name, "a/b");
	assert_int_equal(dev_open(&d, "", ALL, &got), -EINVAL);
	strcpy(d.name, "vt");
	d.n_addr = 1;
	d.addr = &mac;
	assert_int_equal(dev_open(&d, "", ALL, &got), -EINVAL);
	d.addr = &foreign;
	assert_int_equal(dev_open(&d, "", ALL, &got), -EINVAL);
	d.n_addr = 0;
	d.mtu = 20;
	assert_int_equal(dev_open(&d, "", ALL, &got), -EINVAL);
	assert_int_equal(got, 99);
	assert_int_equal(if_nametoindex("vt"), 0);
}

static void
without_ipv6(void **state)
{
	struct monitor_dev d = plain;
	int ns = lab_ns(), fd;
	uint32_t got;

	lab_do("sysctl -qw net.ipv6.conf.all.disable_ipv6=1 "
	       "net.ipv6.conf.default.disable_ipv6=1");
	d.addr = addrs;
	d.n_addr = 1;
	fd = dev_open(&d, "", ALL, &got);
	assert_true(fd >= 0);
	assert_true(lab_says("10.9.0.1/24", "ip addr show vt"));
	close(fd);
	d.n_addr = 2; /* asked for, so its lack is an error */
	fd = dev_open(&d, "", ALL, &got);
	assert_true(fd < 0);
	assert_int_equal(if_nametoindex("vt"), 0);
	close(ns);
	lab_enter(*(int *)*state);
}

static void
marked_sockets(void **state)
{
	struct monitor m = { .mark = 0xcafe,
		.listen = { sock_addr("127.0.0.1") },
		.n_listen = 1 };
	struct priv pv = { monitor_call, &m };
	int fd = priv_udp_bind(&pv, 0, PRIV_UDP_HANDSHAKE, 0);
	int mark = 0;
	socklen_t len = sizeof(mark);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_MARK, &mark, &len), 0);
	assert_int_equal(mark, 0xcafe);
	close(fd);
	m.mark = 0;
	fd = priv_udp_bind(&pv, 0, PRIV_UDP_HANDSHAKE, 0);
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_MARK, &mark, &len), 0);
	assert_int_equal(mark, 0);
	close(fd);
}

/* To its interface alone, whatever the routes say. */
static void
bound_sockets(void **state)
{
	struct monitor m = { .bind_dev = "vx",
		.listen = { sock_addr("0.0.0.0") },
		.n_listen = 1 };
	struct priv pv = { monitor_call, &m };
	char name[IFNAMSIZ] = "";
	socklen_t len = sizeof(name);
	int fd;

	(void)state;
	assert_int_equal(priv_udp_bind(&pv, 0, PRIV_UDP_HANDSHAKE, 0), -ENODEV);
	lab_do("ip link add vx type veth peer name vy");
	fd = priv_udp_bind(&pv, 0, PRIV_UDP_HANDSHAKE, 0);
	assert_true(fd >= 0);
	assert_int_equal(
	    getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, &len), 0);
	assert_string_equal(name, "vx");
	close(fd);
	lab_do("ip link del vx");
}

/* What a user without privileges is told. */
static void
no_privileges(void **state)
{
	struct monitor m = { .mark = 1,
		.dev[0] = plain,
		.listen = { sock_addr("127.0.0.1") },
		.n_listen = 1 };
	struct priv pv = { monitor_call, &m };
	int status = -1;
	pid_t pid = fork();
	uint32_t got;

	(void)state;
	if (pid == 0) {
		bool ok = setuid(65534) == 0;

		ok = ok && priv_tun_open(&pv, 0, "", ALL, &got) == -EPERM;
		ok = ok && priv_udp_bind(&pv, 0, 0, 0) == -EPERM;
		_exit(!ok);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tap_is_set_up),
		cmocka_unit_test(tun_is_set_up),
		cmocka_unit_test(offloads_as_asked),
		cmocka_unit_test(persistent_or_not),
		cmocka_unit_test(dropped_addresses),
		cmocka_unit_test(dropped_within_a_network),
		cmocka_unit_test(dropped_link_local),
		cmocka_unit_test(one_for_each_peer),
		cmocka_unit_test(refused),
		cmocka_unit_test(marked_sockets),
		cmocka_unit_test(bound_sockets),
		cmocka_unit_test(no_privileges),
	};
	static int ns;
	const struct CMUnitTest v4_only[] = {
		cmocka_unit_test_prestate(without_ipv6, &ns),
	};
	const char *lack = lab_lacks();
	int failed;

	if (lack != NULL) {
		printf("skipped: %s\n", lack);
		return 77;
	}
	ns = lab_ns();
	lab_sys();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	failed += cmocka_run_group_tests(v4_only, NULL, NULL);
	close(ns);
	return failed;
}
