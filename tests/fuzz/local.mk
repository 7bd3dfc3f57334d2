# Fuzz targets. tests/fuzz/replay_NAME goes over the kept inputs with any compiler,
# tests/fuzz/fuzz_NAME is the same under libFuzzer: `make fuzzers`, HACKING.md.
EXTRA_DIST += tests/fuzz/corpus tests/fuzz/fuzz.h tests/fuzz/feed.h
fuzz_corpus = tests/fuzz/corpus.c tests/fuzz/corpus.h
fuzz_replay = tests/fuzz/replay.c $(fuzz_corpus)
FUZZ_TESTS =
FUZZERS =

# Parsers.
FUZZ_WIRE = src/wire/libwire.a src/base/libbase.a $(JSON_LIBS) \
	$(SODIUM_LIBS) $(QRENCODE_LIBS)
FUZZ_TESTS += tests/fuzz/replay_msg
FUZZERS += tests/fuzz/fuzz_msg
tests_fuzz_replay_msg_SOURCES = $(fuzz_replay) tests/fuzz/fuzz_msg.c
tests_fuzz_replay_msg_LDADD = $(FUZZ_WIRE)
tests_fuzz_fuzz_msg_SOURCES = tests/fuzz/fuzz_msg.c
tests_fuzz_fuzz_msg_LDADD = $(FUZZ_WIRE)
tests_fuzz_fuzz_msg_LDFLAGS = $(fuzz_link)
FUZZ_TESTS += tests/fuzz/replay_frame
FUZZERS += tests/fuzz/fuzz_frame
tests_fuzz_replay_frame_SOURCES = $(fuzz_replay) tests/fuzz/fuzz_frame.c
tests_fuzz_replay_frame_LDADD = $(FUZZ_WIRE)
tests_fuzz_fuzz_frame_SOURCES = tests/fuzz/fuzz_frame.c
tests_fuzz_fuzz_frame_LDADD = $(FUZZ_WIRE)
tests_fuzz_fuzz_frame_LDFLAGS = $(fuzz_link)
FUZZ_TESTS += tests/fuzz/replay_mesh
FUZZERS += tests/fuzz/fuzz_mesh
tests_fuzz_replay_mesh_SOURCES = $(fuzz_replay) tests/fuzz/fuzz_mesh.c
tests_fuzz_replay_mesh_LDADD = $(FUZZ_WIRE)
tests_fuzz_fuzz_mesh_SOURCES = tests/fuzz/fuzz_mesh.c
tests_fuzz_fuzz_mesh_LDADD = $(FUZZ_WIRE)
tests_fuzz_fuzz_mesh_LDFLAGS = $(fuzz_link)
FUZZ_TESTS += tests/fuzz/replay_ctlmsg
FUZZERS += tests/fuzz/fuzz_ctlmsg
tests_fuzz_replay_ctlmsg_SOURCES = $(fuzz_replay) tests/fuzz/fuzz_ctlmsg.c
tests_fuzz_replay_ctlmsg_LDADD = $(FUZZ_WIRE)
tests_fuzz_fuzz_ctlmsg_SOURCES = tests/fuzz/fuzz_ctlmsg.c
tests_fuzz_fuzz_ctlmsg_LDADD = $(FUZZ_WIRE)
tests_fuzz_fuzz_ctlmsg_LDFLAGS = $(fuzz_link)
FUZZ_TESTS += tests/fuzz/replay_eth
FUZZERS += tests/fuzz/fuzz_eth
tests_fuzz_replay_eth_SOURCES = $(fuzz_replay) tests/fuzz/fuzz_eth.c
tests_fuzz_replay_eth_LDADD = $(FUZZ_WIRE)
tests_fuzz_fuzz_eth_SOURCES = tests/fuzz/fuzz_eth.c
tests_fuzz_fuzz_eth_LDADD = $(FUZZ_WIRE)
tests_fuzz_fuzz_eth_LDFLAGS = $(fuzz_link)
FUZZ_TESTS += tests/fuzz/replay_ip
FUZZERS += tests/fuzz/fuzz_ip
tests_fuzz_replay_ip_SOURCES = $(fuzz_replay) tests/fuzz/fuzz_ip.c
tests_fuzz_replay_ip_LDADD = $(FUZZ_WIRE)
tests_fuzz_fuzz_ip_SOURCES = tests/fuzz/fuzz_ip.c
tests_fuzz_fuzz_ip_LDADD = $(FUZZ_WIRE)
tests_fuzz_fuzz_ip_LDFLAGS = $(fuzz_link)
FUZZ_TESTS += tests/fuzz/replay_gso
FUZZERS += tests/fuzz/fuzz_gso
tests_fuzz_replay_gso_SOURCES = $(fuzz_replay) tests/fuzz/fuzz_gso.c
tests_fuzz_replay_gso_LDADD = $(FUZZ_WIRE)
tests_fuzz_fuzz_gso_SOURCES = tests/fuzz/fuzz_gso.c
tests_fuzz_fuzz_gso_LDADD = $(FUZZ_WIRE)
tests_fuzz_fuzz_gso_LDFLAGS = $(fuzz_link)
FUZZ_TESTS += tests/fuzz/replay_netdesc
FUZZERS += tests/fuzz/fuzz_netdesc
tests_fuzz_replay_netdesc_SOURCES = $(fuzz_replay) tests/fuzz/fuzz_netdesc.c
tests_fuzz_replay_netdesc_LDADD = $(FUZZ_WIRE)
tests_fuzz_fuzz_netdesc_SOURCES = tests/fuzz/fuzz_netdesc.c
tests_fuzz_fuzz_netdesc_LDADD = $(FUZZ_WIRE)
tests_fuzz_fuzz_netdesc_LDFLAGS = $(fuzz_link)
FUZZ_TESTS += tests/fuzz/replay_negmsg
FUZZERS += tests/fuzz/fuzz_negmsg
tests_fuzz_replay_negmsg_SOURCES = $(fuzz_replay) tests/fuzz/fuzz_negmsg.c
tests_fuzz_replay_negmsg_LDADD = $(FUZZ_WIRE)
tests_fuzz_fuzz_negmsg_SOURCES = tests/fuzz/fuzz_negmsg.c
tests_fuzz_fuzz_negmsg_LDADD = $(FUZZ_WIRE)
tests_fuzz_fuzz_negmsg_LDFLAGS = $(fuzz_link)
FUZZ_TESTS += tests/fuzz/replay_record
FUZZERS += tests/fuzz/fuzz_record
tests_fuzz_replay_record_SOURCES = $(fuzz_replay) tests/fuzz/fuzz_record.c
tests_fuzz_replay_record_LDADD = $(FUZZ_WIRE)
tests_fuzz_fuzz_record_SOURCES = tests/fuzz/fuzz_record.c
tests_fuzz_fuzz_record_LDADD = $(FUZZ_WIRE)
tests_fuzz_fuzz_record_LDFLAGS = $(fuzz_link)
FUZZ_TESTS += tests/fuzz/replay_uri
FUZZERS += tests/fuzz/fuzz_uri
tests_fuzz_replay_uri_SOURCES = $(fuzz_replay) tests/fuzz/fuzz_uri.c
tests_fuzz_replay_uri_LDADD = $(FUZZ_WIRE) $(ZLIB_LIBS)
tests_fuzz_fuzz_uri_SOURCES = tests/fuzz/fuzz_uri.c
tests_fuzz_fuzz_uri_LDADD = $(FUZZ_WIRE) $(ZLIB_LIBS)
tests_fuzz_fuzz_uri_LDFLAGS = $(fuzz_link)
FUZZ_TESTS += tests/fuzz/replay_entry
FUZZERS += tests/fuzz/fuzz_entry
tests_fuzz_replay_entry_SOURCES = $(fuzz_replay) tests/fuzz/fuzz_entry.c
tests_fuzz_replay_entry_LDADD = $(FUZZ_WIRE)
tests_fuzz_fuzz_entry_SOURCES = tests/fuzz/fuzz_entry.c
tests_fuzz_fuzz_entry_LDADD = $(FUZZ_WIRE)
tests_fuzz_fuzz_entry_LDFLAGS = $(fuzz_link)
FUZZ_TESTS += tests/fuzz/replay_http
FUZZERS += tests/fuzz/fuzz_http
tests_fuzz_replay_http_SOURCES = $(fuzz_replay) tests/fuzz/fuzz_http.c
tests_fuzz_replay_http_LDADD = entryserver/libentryd.a src/base/libbase.a
tests_fuzz_fuzz_http_SOURCES = tests/fuzz/fuzz_http.c
tests_fuzz_fuzz_http_LDADD = entryserver/libentryd.a src/base/libbase.a
tests_fuzz_fuzz_http_LDFLAGS = $(fuzz_link)
fuzz_shim = ntkd-shim/filter.c ntkd-shim/ntk.c ntkd-shim/ntk_ops.c
FUZZ_TESTS += tests/fuzz/replay_ntk
FUZZERS += tests/fuzz/fuzz_ntk
tests_fuzz_replay_ntk_SOURCES = $(fuzz_replay) tests/fuzz/fuzz_ntk.c $(fuzz_shim)
tests_fuzz_replay_ntk_LDADD = src/wire/libwire.a src/base/libbase.a $(ZLIB_LIBS)
tests_fuzz_fuzz_ntk_SOURCES = tests/fuzz/fuzz_ntk.c $(fuzz_shim)
tests_fuzz_fuzz_ntk_LDADD = src/wire/libwire.a src/base/libbase.a $(ZLIB_LIBS)
tests_fuzz_fuzz_ntk_LDFLAGS = $(fuzz_link)
FUZZ_TESTS += tests/fuzz/replay_monitor
FUZZERS += tests/fuzz/fuzz_monitor
tests_fuzz_replay_monitor_SOURCES = $(fuzz_replay) tests/fuzz/fuzz_monitor.c
tests_fuzz_replay_monitor_LDADD = src/priv/libpriv.a src/base/libbase.a \
	$(MNL_LIBS)
tests_fuzz_fuzz_monitor_SOURCES = tests/fuzz/fuzz_monitor.c
tests_fuzz_fuzz_monitor_LDADD = src/priv/libpriv.a src/base/libbase.a \
	$(MNL_LIBS)
tests_fuzz_fuzz_monitor_LDFLAGS = $(fuzz_link)
FUZZ_CONFIG = src/vplamad/libvplamad.a src/neg/libneg.a src/book/libbook.a \
	src/wire/libwire.a src/crypto/libcrypto.a src/crypto/libkx.a \
	src/base/libbase.a $(SODIUM_LIBS) $(CONFUSE_LIBS)
FUZZ_TESTS += tests/fuzz/replay_config
FUZZERS += tests/fuzz/fuzz_config
tests_fuzz_replay_config_SOURCES = $(fuzz_replay) tests/fuzz/fuzz_config.c
tests_fuzz_replay_config_LDADD = $(FUZZ_CONFIG)
tests_fuzz_fuzz_config_SOURCES = tests/fuzz/fuzz_config.c
tests_fuzz_fuzz_config_LDADD = $(FUZZ_CONFIG)
tests_fuzz_fuzz_config_LDFLAGS = $(fuzz_link)

# Whole cores, on the line of tests/unit/duo.h.
if HAVE_CMOCKA
FUZZ_CORE = src/core/libcore.a src/neg/libneg.a src/book/libbook.a \
	src/wire/libwire.a src/crypto/libcrypto.a src/crypto/libkx.a \
	src/base/libbase.a $(SODIUM_LIBS) $(CMOCKA_LIBS)
FUZZ_TESTS += tests/fuzz/replay_dgram
FUZZERS += tests/fuzz/fuzz_dgram
tests_fuzz_replay_dgram_SOURCES = $(fuzz_replay) tests/fuzz/fuzz_dgram.c $(test_starve) $(coreflow_party)
tests_fuzz_replay_dgram_LDADD = $(FUZZ_CORE)
tests_fuzz_fuzz_dgram_SOURCES = tests/fuzz/fuzz_dgram.c $(test_starve) $(coreflow_party)
tests_fuzz_fuzz_dgram_LDADD = $(FUZZ_CORE)
tests_fuzz_fuzz_dgram_LDFLAGS = $(fuzz_link) $(starve_wrap)
tests_fuzz_replay_dgram_LDFLAGS = $(AM_LDFLAGS) $(starve_wrap)
FUZZ_TESTS += tests/fuzz/replay_inner
FUZZERS += tests/fuzz/fuzz_inner
tests_fuzz_replay_inner_SOURCES = $(fuzz_replay) tests/fuzz/fuzz_inner.c $(test_starve) $(coreflow_party)
tests_fuzz_replay_inner_LDADD = $(FUZZ_CORE)
tests_fuzz_fuzz_inner_SOURCES = tests/fuzz/fuzz_inner.c $(test_starve) $(coreflow_party)
tests_fuzz_fuzz_inner_LDADD = $(FUZZ_CORE)
tests_fuzz_fuzz_inner_LDFLAGS = $(fuzz_link) $(starve_wrap)
tests_fuzz_replay_inner_LDFLAGS = $(AM_LDFLAGS) $(starve_wrap)
FUZZ_TESTS += tests/fuzz/replay_envelope
FUZZERS += tests/fuzz/fuzz_envelope
tests_fuzz_replay_envelope_SOURCES = $(fuzz_replay) tests/fuzz/fuzz_envelope.c $(coreflow_duo)
tests_fuzz_replay_envelope_LDADD = $(FUZZ_CORE)
tests_fuzz_fuzz_envelope_SOURCES = tests/fuzz/fuzz_envelope.c $(coreflow_duo)
tests_fuzz_fuzz_envelope_LDADD = $(FUZZ_CORE)
tests_fuzz_fuzz_envelope_LDFLAGS = $(fuzz_link)
FUZZ_TESTS += tests/fuzz/replay_ident
FUZZERS += tests/fuzz/fuzz_ident
tests_fuzz_replay_ident_SOURCES = $(fuzz_replay) tests/fuzz/fuzz_ident.c $(coreflow_duo)
tests_fuzz_replay_ident_LDADD = $(FUZZ_CORE)
tests_fuzz_fuzz_ident_SOURCES = tests/fuzz/fuzz_ident.c $(coreflow_duo)
tests_fuzz_fuzz_ident_LDADD = $(FUZZ_CORE)
tests_fuzz_fuzz_ident_LDFLAGS = $(fuzz_link)
FUZZ_TESTS += tests/fuzz/replay_talk
FUZZERS += tests/fuzz/fuzz_talk
tests_fuzz_replay_talk_SOURCES = $(fuzz_replay) tests/fuzz/fuzz_talk.c $(coreflow_duo)
tests_fuzz_replay_talk_LDADD = $(FUZZ_CORE)
tests_fuzz_fuzz_talk_SOURCES = tests/fuzz/fuzz_talk.c $(coreflow_duo)
tests_fuzz_fuzz_talk_LDADD = $(FUZZ_CORE)
tests_fuzz_fuzz_talk_LDFLAGS = $(fuzz_link)
FUZZ_TESTS += tests/fuzz/replay_pair
FUZZERS += tests/fuzz/fuzz_pair
tests_fuzz_replay_pair_SOURCES = $(fuzz_replay) tests/fuzz/fuzz_pair.c $(test_starve) $(coreflow_duo)
tests_fuzz_replay_pair_LDADD = $(FUZZ_CORE)
tests_fuzz_fuzz_pair_SOURCES = tests/fuzz/fuzz_pair.c $(test_starve) $(coreflow_duo)
tests_fuzz_fuzz_pair_LDADD = $(FUZZ_CORE)
tests_fuzz_fuzz_pair_LDFLAGS = $(fuzz_link) $(starve_wrap)
tests_fuzz_replay_pair_LDFLAGS = $(AM_LDFLAGS) $(starve_wrap)
FUZZ_TESTS += tests/fuzz/replay_ctl
FUZZERS += tests/fuzz/fuzz_ctl
tests_fuzz_replay_ctl_SOURCES = $(fuzz_replay) tests/fuzz/fuzz_ctl.c $(CTLNODE)
tests_fuzz_replay_ctl_LDADD = $(CTL_LDADD)
tests_fuzz_fuzz_ctl_SOURCES = tests/fuzz/fuzz_ctl.c $(CTLNODE)
tests_fuzz_fuzz_ctl_LDADD = $(CTL_LDADD)
tests_fuzz_fuzz_ctl_LDFLAGS = $(fuzz_link)
endif

check_PROGRAMS += $(FUZZ_TESTS)
TESTS += $(FUZZ_TESTS)
if ENABLE_FUZZER
fuzz_link = $(AM_LDFLAGS) -fsanitize=fuzzer
EXTRA_PROGRAMS += $(FUZZERS)
fuzzers: $(FUZZERS)
else
fuzz_link = $(AM_LDFLAGS)
fuzzers:
	@echo "configure with CC=clang --enable-fuzzer for these" >&2; exit 1
endif
phony += fuzzers
