/* What interfaces for one peer each are called, and how many there may be. */
#include "vplamad/cfgdevice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmem.h"
#include "core/fwd.h"

static void
called(const char *stem, const char *peer, uint8_t key, const char *want)
{
	char name[IFNAME_MAX + 1];
	uint8_t pk[KEY_LEN];

	memset(pk, key, sizeof(pk));
	iface_of_peer(stem, peer, pk, name);
	assert_string_equal(name, want);
	assert_true(ifname_ok(name, IFNAME_MAX));
}

/*
 * zn3ea: BLAKE2b-256 of "vplama interface v1" and 32 bytes of 1, as b2sum(1)
 * has it, five bytes of it by five bits each.
 */
static void
names(void **state)
{
	(void)state;
	called("pp", "island", 1, "pp-island");
	called("pp", "island", 2, "pp-island");
	called("pp", "twelve_signs", 1, "pp-twelve_signs");
	called("pp", "thirteen_sign", 1, "pp-zn3ea");
	called("p", "thirteen_sign", 1, "p-thirteen_sign");
	called("pp", "has space", 1, "pp-zn3ea");
	called("pp", "a/b", 1, "pp-zn3ea");
	called("pp", "%d", 1, "pp-zn3ea");
	called("pp", "isl\xc3\xa4nd", 1, "pp-zn3ea");
	called("pp", "..", 1, "pp-zn3ea");
	called("pp", "", 1, "pp-zn3ea");
	called("ninesigns", "fives", 1, "ninesigns-fives");
	called("ninesigns", "sixsix", 1, "ninesigns-zn3ea");
}

static size_t
errors_with(size_t n_peers, const enum port_kind *kinds, size_t n_kinds,
    char text[static 256])
{
	static const char *const titles[] = { "aa", "bb", "cc" };
	struct config_device dev[3] = { { .line = 11 }, { .line = 12 },
		{ .line = 13 } };
	struct config_peer *peers = xcalloc(n_peers + 1, sizeof(*peers));
	struct config cfg = { .path = "conf",
		.devices = dev,
		.n_devices = n_kinds,
		.peers = peers,
		.n_peers = n_peers };
	struct config_errors errs = { 0 };
	size_t i;

	for (i = 0; i < n_kinds; i++) {
		dev[i].kind = kinds[i];
		strcpy(dev[i].name, titles[i]);
	}
	for (i = 0; i < n_peers; i++) {
		snprintf(peers[i].name, sizeof(peers[i].name), "p%zu", i);
		peers[i].public_key[0] = (uint8_t)i;
		peers[i].given[PEER_OPT_public_key].n = 1;
	}
	ifaces_check(&cfg, &errs);
	snprintf(text, 256, "%s", errs.n > 0 ? errs.text[0] : "");
	i = errs.n;
	config_errors_free(&errs);
	free(peers);
	return i;
}

static void
as_many_as_the_core_takes(void **state)
{
	static const enum port_kind one[] = { PORT_TUN_PER_PEER };
	static const enum port_kind two[] = { PORT_TUN_PER_PEER, PORT_TAP };
	static const enum port_kind three[] = { PORT_TAP, PORT_TUN_PER_PEER,
		PORT_TUN_PER_PEER };
	char text[256];

	(void)state;
	assert_int_equal(errors_with(FWD_PORTS, one, 1, text), 0);
	assert_int_equal(errors_with(FWD_PORTS + 1, one, 1, text), 1);
	assert_string_equal(text,
	    "conf:11: device \"aa\": with one for each of 65 peers there are "
	    "65; expected at most 64 in all");
	assert_int_equal(errors_with(FWD_PORTS - 1, two, 2, text), 0);
	assert_int_equal(errors_with(FWD_PORTS, two, 2, text), 1);
	assert_string_equal(text,
	    "conf:12: device \"bb\": is number 65, since others have one for "
	    "each peer; expected at most 64");
	assert_int_equal(errors_with(31, three, 3, text), 0);
	assert_int_equal(errors_with(32, three, 3, text), 1);
	assert_string_equal(text,
	    "conf:13: device \"cc\": with one for each of 32 peers there are "
	    "65; expected at most 64 in all");
	assert_int_equal(errors_with(1000, two + 1, 1, text), 0);
}

/* What show and explain name a device by is one name for all kinds. */
static void
no_name_twice(void **state)
{
	static const enum port_kind kinds[] = { PORT_TAP, PORT_UDP,
		PORT_STDIO };
	struct config_device dev[2] = { { .line = 11 }, { .line = 12 } };
	char file[] = "more";
	struct config_peer peer = { .name = "bob",
		.line = 21,
		.file = file,
		.given[PEER_OPT_public_key].n = 1 };
	struct config cfg = { .path = "conf",
		.devices = dev,
		.n_devices = 2,
		.peers = &peer,
		.n_peers = 1 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct config_errors errs = { 0 };

		dev[0].kind = kinds[i];
		dev[1].kind = PORT_TUN_PER_PEER;
		strcpy(dev[0].name, "mesh-bob");
		strcpy(dev[1].name, "mesh");
		ifaces_check(&cfg, &errs);
		assert_int_equal(errs.n, 1);
		assert_string_equal(errs.text[0],
		    "more:21: peer \"bob\": the name mesh-bob of its interface "
		    "is that of device \"mesh-bob\" (conf:11) too; expected "
		    "another name");
		config_errors_free(&errs);
		strcpy(dev[0].name, "mesh-bo");
		ifaces_check(&cfg, &errs);
		assert_int_equal(errs.n, 0);
		/* too long to be that of an interface */
		strcpy(dev[0].name, "mesh-bob-and-carol");
		dev[0].kind = PORT_UDP;
		ifaces_check(&cfg, &errs);
		assert_int_equal(errs.n, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(as_many_as_the_core_takes),
		cmocka_unit_test(no_name_twice),
	};

	if (!crypto_start())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
