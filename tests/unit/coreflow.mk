# Behaviour tests of the protocol core: real cores on a line in memory.
if HAVE_CMOCKA
coreflow_tests = \
	tests/unit/test_core_connect \
	tests/unit/test_core_strangers \
	tests/unit/test_core_rekey \
	tests/unit/test_core_replay \
	tests/unit/test_core_silence \
	tests/unit/test_core_line \
	tests/unit/test_core_roam \
	tests/unit/test_core_close \
	tests/unit/test_core_fanout \
	tests/unit/test_core_meshtalk \
	tests/unit/test_core_bits \
	tests/unit/test_core_negotiate \
	tests/unit/test_core_fwd \
	tests/unit/test_core_fwdout \
	tests/unit/test_core_pmtu \
	tests/unit/test_core_fwdin \
	tests/unit/test_core_spoof \
	tests/unit/test_core_ports \
	tests/unit/test_core_runs \
	tests/unit/test_core_bounds \
	tests/unit/test_core_guard \
	tests/unit/test_core_exchange \
	tests/unit/test_core_flood \
	tests/unit/test_core_siege \
	tests/unit/test_core_trust \
	tests/unit/test_core_ident \
	tests/unit/test_core_amplify \
	tests/unit/test_nomem \
	tests/unit/test_weight
check_PROGRAMS += $(coreflow_tests)
TESTS += $(coreflow_tests)

coreflow_duo = tests/unit/duo.c tests/unit/duo.h $(test_quiet)
coreflow_evil = $(coreflow_duo) tests/unit/evil.c tests/unit/evil.h
coreflow_party = $(coreflow_duo) tests/unit/party.c tests/unit/party.h
coreflow_libs = src/core/libcore.a src/neg/libneg.a src/book/libbook.a src/wire/libwire.a \
	src/crypto/libcrypto.a src/crypto/libkx.a src/base/libbase.a \
	$(SODIUM_LIBS) $(CMOCKA_LIBS)

tests_unit_test_core_exchange_SOURCES = \
	tests/unit/test_core_exchange.c $(coreflow_party)
tests_unit_test_core_exchange_LDADD = $(coreflow_libs)
tests_unit_test_core_flood_SOURCES = tests/unit/test_core_flood.c \
	$(coreflow_duo)
tests_unit_test_core_flood_LDADD = $(coreflow_libs)
tests_unit_test_core_guard_SOURCES = tests/unit/test_core_guard.c \
	$(coreflow_party)
tests_unit_test_core_guard_LDADD = $(coreflow_libs)
tests_unit_test_core_siege_SOURCES = tests/unit/test_core_siege.c \
	$(coreflow_party)
tests_unit_test_core_siege_LDADD = $(coreflow_libs)
tests_unit_test_nomem_SOURCES = tests/unit/test_nomem.c $(coreflow_party) \
	$(test_starve)
tests_unit_test_nomem_LDADD = $(coreflow_libs)
tests_unit_test_nomem_LDFLAGS = $(AM_LDFLAGS) $(starve_wrap) \
	-Wl,--wrap=xmalloc,--wrap=xcalloc,--wrap=xreallocarray
tests_unit_test_weight_SOURCES = tests/unit/test_weight.c $(test_quiet)
tests_unit_test_weight_LDADD = $(coreflow_libs) $(CIPHER_LIBS)
tests_unit_test_core_trust_SOURCES = tests/unit/test_core_trust.c \
	$(coreflow_party)
tests_unit_test_core_trust_LDADD = $(coreflow_libs)
tests_unit_test_core_connect_SOURCES = tests/unit/test_core_connect.c \
	$(coreflow_duo)
tests_unit_test_core_connect_LDADD = $(coreflow_libs)
tests_unit_test_core_strangers_SOURCES = tests/unit/test_core_strangers.c \
	$(coreflow_duo)
tests_unit_test_core_strangers_LDADD = $(coreflow_libs)
tests_unit_test_core_rekey_SOURCES = tests/unit/test_core_rekey.c \
	$(coreflow_duo)
tests_unit_test_core_rekey_LDADD = $(coreflow_libs)
tests_unit_test_core_replay_SOURCES = tests/unit/test_core_replay.c \
	$(coreflow_duo)
tests_unit_test_core_replay_LDADD = $(coreflow_libs)
tests_unit_test_core_silence_SOURCES = tests/unit/test_core_silence.c \
	$(coreflow_duo)
tests_unit_test_core_silence_LDADD = $(coreflow_libs)
tests_unit_test_core_line_SOURCES = tests/unit/test_core_line.c \
	$(coreflow_duo)
tests_unit_test_core_line_LDADD = $(coreflow_libs)
tests_unit_test_core_roam_SOURCES = tests/unit/test_core_roam.c \
	$(coreflow_duo)
tests_unit_test_core_roam_LDADD = $(coreflow_libs)
tests_unit_test_core_close_SOURCES = tests/unit/test_core_close.c \
	$(coreflow_duo)
tests_unit_test_core_close_LDADD = $(coreflow_libs)
tests_unit_test_core_fanout_SOURCES = tests/unit/test_core_fanout.c \
	$(coreflow_duo)
tests_unit_test_core_fanout_LDADD = $(coreflow_libs)
tests_unit_test_core_meshtalk_SOURCES = tests/unit/test_core_meshtalk.c \
	$(coreflow_duo)
tests_unit_test_core_meshtalk_LDADD = $(coreflow_libs)
tests_unit_test_core_negotiate_SOURCES = \
	tests/unit/test_core_negotiate.c $(coreflow_duo)
tests_unit_test_core_negotiate_LDADD = $(coreflow_libs)
tests_unit_test_core_bits_SOURCES = tests/unit/test_core_bits.c \
	$(coreflow_duo)
tests_unit_test_core_bits_LDADD = $(coreflow_libs)
tests_unit_test_core_ports_SOURCES = tests/unit/test_core_ports.c \
	$(coreflow_duo)
tests_unit_test_core_ports_LDADD = $(coreflow_libs)
tests_unit_test_core_runs_SOURCES = tests/unit/test_core_runs.c \
	$(coreflow_duo)
tests_unit_test_core_runs_LDADD = $(coreflow_libs)
tests_unit_test_core_bounds_SOURCES = tests/unit/test_core_bounds.c \
	$(coreflow_duo)
tests_unit_test_core_bounds_LDADD = $(coreflow_libs)
tests_unit_test_core_fwd_SOURCES = tests/unit/test_core_fwd.c \
	$(coreflow_duo)
tests_unit_test_core_fwd_LDADD = $(coreflow_libs)
tests_unit_test_core_fwdout_SOURCES = tests/unit/test_core_fwdout.c \
	$(coreflow_duo)
tests_unit_test_core_fwdout_LDADD = $(coreflow_libs)
tests_unit_test_core_pmtu_SOURCES = tests/unit/test_core_pmtu.c \
	$(coreflow_duo)
tests_unit_test_core_pmtu_LDADD = $(coreflow_libs)
tests_unit_test_core_fwdin_SOURCES = tests/unit/test_core_fwdin.c \
	$(coreflow_evil)
tests_unit_test_core_fwdin_LDADD = $(coreflow_libs)
tests_unit_test_core_spoof_SOURCES = tests/unit/test_core_spoof.c \
	$(coreflow_evil)
tests_unit_test_core_spoof_LDADD = $(coreflow_libs)
tests_unit_test_core_amplify_SOURCES = tests/unit/test_core_amplify.c \
	$(coreflow_party)
tests_unit_test_core_amplify_LDADD = $(coreflow_libs)
tests_unit_test_core_ident_SOURCES = tests/unit/test_core_ident.c \
	$(coreflow_duo) $(test_vectors)
tests_unit_test_core_ident_LDADD = $(coreflow_libs) $(JSON_LIBS)
endif
