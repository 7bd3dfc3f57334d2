# Fuzz targets, each replayed over its corpus.
FUZZ_TESTS = tests/fuzz/replay_msg tests/fuzz/replay_frame \
	tests/fuzz/replay_mesh tests/fuzz/replay_ctlmsg
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
