# The simulator: the shipped core, virtual time. Long runs link a hashed
# stand-in for X25519 and say so in their output.
check_PROGRAMS += tests/sim/vplama-sim tests/sim/vplama-sim-hashed
sim_sources = \
	tests/sim/descjson.c tests/sim/descjson.h \
	tests/sim/kx_name.h \
	tests/sim/lasting.c tests/sim/lasting.h \
	tests/sim/loss.c tests/sim/loss.h \
	tests/sim/main.c \
	tests/sim/mover.c tests/sim/mover.h \
	tests/sim/neg_check.c tests/sim/neg_check.h \
	tests/sim/neg_naive.c tests/sim/neg_naive.h \
	tests/sim/neg_node.c tests/sim/neg_node.h \
	tests/sim/neg_plan.c tests/sim/neg_plan.h \
	tests/sim/neg_store.c \
	tests/sim/neg_world.c tests/sim/neg_world.h \
	tests/sim/negotiate.c tests/sim/negotiate.h \
	tests/sim/neg_cores.c tests/sim/neg_cores.h \
	tests/sim/node.c tests/sim/node.h \
	tests/sim/number.c tests/sim/number.h \
	tests/sim/pairline.c tests/sim/pairline.h \
	tests/sim/place.c tests/sim/place.h \
	tests/sim/syb_crowd.c tests/sim/syb_crowd.h \
	tests/sim/syb_naive.c \
	tests/sim/syb_node.c tests/sim/syb_node.h \
	tests/sim/sybil.c tests/sim/sybil.h \
	tests/sim/verdict.c tests/sim/verdict.h \
	tests/sim/world.c tests/sim/world.h $(test_quiet)
sim_libs = src/core/libcore.a src/neg/libneg.a src/book/libbook.a src/wire/libwire.a \
	src/crypto/libcrypto.a

tests_sim_vplama_sim_SOURCES = $(sim_sources)
tests_sim_vplama_sim_LDADD = $(sim_libs) src/crypto/libkx.a \
	src/base/libbase.a $(JSON_LIBS) $(SODIUM_LIBS)

tests_sim_vplama_sim_hashed_SOURCES = $(sim_sources) tests/sim/kx_hashed.c
tests_sim_vplama_sim_hashed_CPPFLAGS = $(AM_CPPFLAGS) -DSIM_HASHED=1
tests_sim_vplama_sim_hashed_LDADD = $(sim_libs) src/base/libbase.a \
	$(JSON_LIBS) $(SODIUM_LIBS)

TESTS += tests/sim/test_lasting.sh tests/sim/test_negotiate.sh tests/sim/test_sim.sh \
	tests/sim/test_sybil.sh tests/sim/test_verdict.sh
EXTRA_DIST += tests/sim/test_lasting.sh tests/sim/test_negotiate.sh tests/sim/test_sim.sh \
	tests/sim/test_sybil.sh tests/sim/test_verdict.sh \
	tests/data/verdicts.expected tests/data/verdicts.jsonl
