# Fuzz targets, each replayed over its corpus.
FUZZ_TESTS = tests/fuzz/replay_msg tests/fuzz/replay_frame \
	tests/fuzz/replay_mesh tests/fuzz/replay_ctlmsg \
	tests/fuzz/replay_eth tests/fuzz/replay_ip tests/fuzz/replay_gso \
	tests/fuzz/replay_netdesc tests/fuzz/replay_negmsg \
	tests/fuzz/replay_record tests/fuzz/replay_uri \
	tests/fuzz/replay_entry
check_PROGRAMS += $(FUZZ_TESTS)
TESTS += $(FUZZ_TESTS)
EXTRA_DIST += tests/fuzz/corpus tests/fuzz/fuzz.h
FUZZ_LDADD = src/wire/libwire.a src/base/libbase.a $(JSON_LIBS) \
	$(SODIUM_LIBS)

tests_fuzz_replay_msg_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_TARGET='"msg"'
tests_fuzz_replay_msg_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_msg.c
tests_fuzz_replay_msg_LDADD = $(FUZZ_LDADD)
tests_fuzz_replay_frame_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_TARGET='"frame"'
tests_fuzz_replay_frame_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_frame.c
tests_fuzz_replay_frame_LDADD = $(FUZZ_LDADD)
tests_fuzz_replay_mesh_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_TARGET='"mesh"'
tests_fuzz_replay_mesh_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_mesh.c
tests_fuzz_replay_mesh_LDADD = $(FUZZ_LDADD)
tests_fuzz_replay_ctlmsg_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_TARGET='"ctlmsg"'
tests_fuzz_replay_ctlmsg_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_ctlmsg.c
tests_fuzz_replay_ctlmsg_LDADD = $(FUZZ_LDADD)
tests_fuzz_replay_eth_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_TARGET='"eth"'
tests_fuzz_replay_eth_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_eth.c
tests_fuzz_replay_eth_LDADD = $(FUZZ_LDADD)
tests_fuzz_replay_ip_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_TARGET='"ip"'
tests_fuzz_replay_ip_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_ip.c
tests_fuzz_replay_ip_LDADD = $(FUZZ_LDADD)
tests_fuzz_replay_gso_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_TARGET='"gso"'
tests_fuzz_replay_gso_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_gso.c
tests_fuzz_replay_gso_LDADD = $(FUZZ_LDADD)
tests_fuzz_replay_netdesc_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_TARGET='"netdesc"'
tests_fuzz_replay_netdesc_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_netdesc.c
tests_fuzz_replay_netdesc_LDADD = $(FUZZ_LDADD)
tests_fuzz_replay_negmsg_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_TARGET='"negmsg"'
tests_fuzz_replay_negmsg_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_negmsg.c
tests_fuzz_replay_negmsg_LDADD = $(FUZZ_LDADD)
tests_fuzz_replay_record_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_TARGET='"record"'
tests_fuzz_replay_record_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_record.c
tests_fuzz_replay_record_LDADD = $(FUZZ_LDADD)
tests_fuzz_replay_uri_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_TARGET='"uri"'
tests_fuzz_replay_uri_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_uri.c
tests_fuzz_replay_uri_LDADD = $(FUZZ_LDADD)
tests_fuzz_replay_entry_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_TARGET='"entry"'
tests_fuzz_replay_entry_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_entry.c
tests_fuzz_replay_entry_LDADD = $(FUZZ_LDADD)
