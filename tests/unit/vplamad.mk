# Unit tests of vplamad.
if HAVE_CMOCKA
vplamad_tests = \
	tests/unit/test_bookrow \
	tests/unit/test_cfgiface \
	tests/unit/test_config \
	tests/unit/test_device \
	tests/unit/test_entry_tell \
	tests/unit/test_node \
	tests/unit/test_entrycheck \
	tests/unit/test_keep \
	tests/unit/test_memory \
	tests/unit/test_rehooker \
	tests/unit/test_routes \
	tests/unit/test_stamp \
	tests/unit/test_trusthook
check_PROGRAMS += $(vplamad_tests)
TESTS += $(vplamad_tests)

vplamad_test_libs = src/vplamad/libvplamad.a src/neg/libneg.a src/book/libbook.a \
	src/wire/libwire.a src/crypto/libcrypto.a \
	src/crypto/libkx.a src/base/libbase.a $(SODIUM_LIBS) $(CONFUSE_LIBS) \
	$(CMOCKA_LIBS)

tests_unit_test_bookrow_SOURCES = tests/unit/test_bookrow.c
tests_unit_test_bookrow_LDADD = $(vplamad_test_libs)

tests_unit_test_cfgiface_SOURCES = tests/unit/test_cfgiface.c
tests_unit_test_cfgiface_LDADD = $(vplamad_test_libs)

tests_unit_test_config_SOURCES = tests/unit/test_config.c
tests_unit_test_config_LDADD = $(vplamad_test_libs)

# All of the daemon but its main().
tests_unit_test_device_SOURCES = tests/unit/test_device.c
tests_unit_test_device_LDADD = $(vplamad_LDADD) $(CMOCKA_LIBS)

TEST_LISTGEN = tests/unit/listgen.c tests/unit/listgen.h \
	tests/unit/recgen.c tests/unit/recgen.h
tests_unit_test_entrycheck_SOURCES = tests/unit/test_entrycheck.c \
	$(TEST_LISTGEN) $(test_starve)
tests_unit_test_entrycheck_LDADD = $(vplamad_test_libs) $(JSON_LIBS)
tests_unit_test_entrycheck_LDFLAGS = $(AM_LDFLAGS) $(starve_wrap)

tests_unit_test_node_SOURCES = tests/unit/test_node.c $(test_starve)
tests_unit_test_node_LDADD = $(vplamad_LDADD) $(CMOCKA_LIBS)
tests_unit_test_node_LDFLAGS = $(AM_LDFLAGS) $(starve_wrap) \
	-Wl,--wrap=resolve_start \
	-Wl,--wrap=resolve_cancel,--wrap=core_peer_add \
	-Wl,--wrap=core_peer_by_id,--wrap=core_peer_endpoints \
	-Wl,--wrap=core_peer_prefixes,--wrap=place_peer,--wrap=place_prefixes \
	-Wl,--wrap=udp_local,--wrap=uplink_has

tests_unit_test_entry_tell_SOURCES = tests/unit/test_entry_tell.c $(IO_ENV)
tests_unit_test_entry_tell_LDADD = $(vplamad_LDADD) $(CMOCKA_LIBS)
tests_unit_test_entry_tell_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=exchange_heard_of

tests_unit_test_keep_SOURCES = tests/unit/test_keep.c $(IO_ENV)
tests_unit_test_keep_LDADD = $(vplamad_LDADD) $(CMOCKA_LIBS)

tests_unit_test_memory_SOURCES = tests/unit/test_memory.c
tests_unit_test_memory_LDADD = src/vplamad/libvplamad.a \
	src/store/libstore.a src/wire/libwire.a src/base/libbase.a \
	$(SQLITE_LIBS) $(JSON_LIBS) $(SODIUM_LIBS) $(CMOCKA_LIBS)
tests_unit_test_rehooker_SOURCES = tests/unit/test_rehooker.c $(IO_ENV) \
	$(test_starve)
tests_unit_test_rehooker_LDADD = $(vplamad_LDADD) $(CMOCKA_LIBS)
tests_unit_test_rehooker_LDFLAGS = $(AM_LDFLAGS) $(starve_wrap)

tests_unit_test_routes_SOURCES = tests/unit/test_routes.c $(test_starve)
tests_unit_test_routes_LDADD = $(vplamad_LDADD) $(CMOCKA_LIBS)
tests_unit_test_routes_LDFLAGS = $(AM_LDFLAGS) $(starve_wrap)

tests_unit_test_stamp_SOURCES = tests/unit/test_stamp.c
tests_unit_test_stamp_LDADD = $(vplamad_test_libs)

tests_unit_test_trusthook_SOURCES = tests/unit/test_trusthook.c $(IO_ENV) \
	$(test_starve)
tests_unit_test_trusthook_LDADD = $(vplamad_LDADD) $(CMOCKA_LIBS)
tests_unit_test_trusthook_LDFLAGS = $(AM_LDFLAGS) $(starve_wrap)

# Writes what the daemon says now to the .ok files; look at the difference.
update-golden: update-golden-config
update-golden-config: tests/unit/test_config
	UPDATE_GOLDEN=1 tests/unit/test_config
endif

vplamad_golden = \
	tests/golden/config/device-macs.in \
	tests/golden/config/device-macs.ok \
	tests/golden/config/device-values.in \
	tests/golden/config/device-values.ok \
	tests/golden/config/devices.in \
	tests/golden/config/devices.ok \
	tests/golden/config/devices-bad.in \
	tests/golden/config/devices-bad.ok \
	tests/golden/config/devices-bad2.in \
	tests/golden/config/devices-bad2.ok \
	tests/golden/config/devices-bad3.in \
	tests/golden/config/devices-bad3.ok \
	tests/golden/config/devices-more.in \
	tests/golden/config/devices-more.ok \
	tests/golden/config/ifaces.in \
	tests/golden/config/ifaces.ok \
	tests/golden/config/bind-own.in \
	tests/golden/config/bind-own.ok \
	tests/golden/config/guard.in \
	tests/golden/config/guard.ok \
	tests/golden/config/guard-bound.in \
	tests/golden/config/guard-bound.ok \
	tests/golden/config/narrow.in \
	tests/golden/config/narrow.ok \
	tests/golden/config/neg.in tests/golden/config/neg.ok \
	tests/golden/config/neg-bad.in \
	tests/golden/config/neg-bad.ok \
	tests/golden/config/neg-claims.in \
	tests/golden/config/neg-claims.ok \
	tests/golden/config/neg-mesh.in \
	tests/golden/config/neg-mesh.ok \
	tests/golden/config/neg-netid.in \
	tests/golden/config/neg-netid.ok \
	tests/golden/config/neg-netid2.in \
	tests/golden/config/neg-netid2.ok \
	tests/golden/config/offload.in \
	tests/golden/config/offload.ok \
	tests/golden/config/offload-vnet.in \
	tests/golden/config/offload-vnet.ok \
	tests/golden/config/prefixes.in \
	tests/golden/config/prefixes.ok \
	tests/golden/config/folder.in tests/golden/config/folder.ok \
	tests/golden/config/full.in tests/golden/config/full.ok \
	tests/golden/config/keyfiles.in tests/golden/config/keyfiles.ok \
	tests/golden/config/least.in tests/golden/config/least.ok \
	tests/golden/config/locals.in \
	tests/golden/config/locals.ok \
	tests/golden/config/modes.in \
	tests/golden/config/modes.ok \
	tests/golden/config/mtu-small.in \
	tests/golden/config/mtu-small.ok \
	tests/golden/config/names.in tests/golden/config/names.ok \
	tests/golden/config/nothing.in tests/golden/config/nothing.ok \
	tests/golden/config/empty.in tests/golden/config/empty.ok \
	tests/golden/config/no-name.in tests/golden/config/no-name.ok \
	tests/golden/config/numbers.in tests/golden/config/numbers.ok \
	tests/golden/config/peers.in tests/golden/config/peers.ok \
	tests/golden/config/syntax.in tests/golden/config/syntax.ok \
	tests/golden/config/trust-bad.in \
	tests/golden/config/trust-bad.ok \
	tests/golden/config/trust-hook.in \
	tests/golden/config/trust-hook.ok \
	tests/golden/config/trust-hook2.in \
	tests/golden/config/trust-hook2.ok \
	tests/golden/config/trust-places.in \
	tests/golden/config/trust-places.ok \
	tests/golden/config/trust-places2.in \
	tests/golden/config/trust-places2.ok \
	tests/golden/config/trust-places3.in \
	tests/golden/config/trust-places3.ok \
	tests/golden/config/trust-places4.in \
	tests/golden/config/trust-places4.ok \
	tests/golden/config/trust-places5.in \
	tests/golden/config/trust-places5.ok \
	tests/golden/config/trust-secret.in \
	tests/golden/config/trust-secret.ok \
	tests/golden/config/trust-secret2.in \
	tests/golden/config/trust-secret2.ok \
	tests/golden/config/torn.in tests/golden/config/torn.ok \
	tests/golden/config/unknown.in tests/golden/config/unknown.ok \
	tests/golden/config/values.in tests/golden/config/values.ok \
	tests/golden/config/words.in tests/golden/config/words.ok
EXTRA_DIST += $(vplamad_golden)

# Runs the built programs.
dist_check_SCRIPTS += tests/unit/test_vplamad.sh \
	tests/unit/test_vplamad_device.sh tests/unit/test_vplamad_peers.sh \
	tests/unit/test_vplamad_entry.sh tests/unit/test_vplamad_connect.sh \
	tests/unit/test_doc_devices.sh
TESTS += tests/unit/test_vplamad.sh tests/unit/test_vplamad_device.sh \
	tests/unit/test_vplamad_entry.sh tests/unit/test_vplamad_peers.sh \
	tests/unit/test_vplamad_connect.sh \
	tests/unit/test_doc_devices.sh
EXTRA_DIST += tests/unit/vplamad.sh
