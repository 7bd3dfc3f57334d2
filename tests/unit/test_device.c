/* What the daemon makes of a device block for the other folders. */
#include "vplamad/device.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "crypto/prim.h"
#include "priv/monitor.h"
#include "vplamad/option.h"

static void
words_are_those_of_the_drivers(void **state)
{
	const struct option *kind = &device_options[DEV_OPT_kind];
	unsigned i;

	(void)state;
	for (i = 0; i < PORT_KINDS; i++)
		assert_string_equal(
		    option_word(kind, i), port_ops((enum port_kind)i)->name);
	assert_null(option_word(kind, PORT_KINDS));
}

/* BLAKE2b-256 of "vplama mac v1", 32 bytes of 1 and "vpl0", as b2sum(1) has it.
 */
static void
mac_comes_from_the_key(void **state)
{
	static const uint8_t hash[5] = { 0xf9, 0xf2, 0x86, 0x80, 0xdf };
	struct config_device one = { .name = "vpl0", .mac = { 1, { 0x02 } } };
	const struct config_device three = { .name = "vpl0",
		.mac = { 3, { 0x02, 0x76, 0x70 } } };
	const struct config_device all = { .name = "vpl0",
		.mac = { 6, { 0xfe, 1, 2, 3, 4, 5 } } };
	uint8_t pk[KEY_LEN], mac[6], other[6];

	(void)state;
	memset(pk, 1, sizeof(pk));
	device_mac(&one, pk, mac);
	assert_int_equal(mac[0], 0x02);
	assert_memory_equal(mac + 1, hash, 5);
	device_mac(&three, pk, mac);
	assert_memory_equal(mac, three.mac.a, 3);
	assert_memory_equal(mac + 3, hash, 3);
	device_mac(&all, pk, mac);
	assert_memory_equal(mac, all.mac.a, 6);
	device_mac(&one, pk, mac);
	pk[31] ^= 1;
	device_mac(&one, pk, other);
	assert_memory_not_equal(mac, other, 6);
	pk[31] ^= 1;
	strcpy(one.name, "vpl1"); /* a second one of ours */
	device_mac(&one, pk, other);
	assert_memory_not_equal(mac, other, 6);
}

static void
monitor_gets_interfaces_only(void **state)
{
	struct config_device dev[3] = {
		{ .name = "vpl0",
		    .kind = PORT_TAP,
		    .mtu = 1400,
		    .mac = { 1, { 0x02 } },
		    .link_speed = 50,
		    .persistent = 1 },
		{ .name = "u", .kind = PORT_UDP },
		{ .name = "p",
		    .kind = PORT_TUN_PER_PEER,
		    .mtu = 9216,
		    .mac = { 1, { 0x02 } } },
	};
	struct config cfg = { .devices = dev, .n_devices = 3, .mark = 77 };
	struct monitor m = { 0 };
	uint8_t mac[6];

	(void)state;
	dev[0].given[DEV_OPT_address].n = 2;
	devices_monitor(&m, &cfg);
	assert_int_equal(m.mark, 77);
	assert_true(m.dev[0].used && m.dev[0].tap && !m.dev[0].per_peer);
	assert_string_equal(m.dev[0].name, "vpl0");
	assert_true(m.dev[0].persistent);
	assert_int_equal(m.dev[0].mtu, 1400);
	assert_int_equal(m.dev[0].speed_mbit, 50);
	assert_ptr_equal(m.dev[0].addr, dev[0].address);
	assert_int_equal(m.dev[0].n_addr, 2);
	device_mac(&dev[0], cfg.id.ed_pk, mac);
	assert_memory_equal(m.dev[0].mac, mac, 6);
	assert_false(m.dev[1].used);
	assert_true(m.dev[2].used && !m.dev[2].tap && m.dev[2].per_peer);
	assert_false(m.dev[2].persistent);
	assert_int_equal(m.dev[2].mtu, 9216);
	assert_false(m.dev[3].used);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_those_of_the_drivers),
		cmocka_unit_test(mac_comes_from_the_key),
		cmocka_unit_test(monitor_gets_interfaces_only),
	};

	if (!crypto_start())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
