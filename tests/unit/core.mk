# Unit tests of core. Each names the files that it needs, so that linking it
# shows that a leaf module needs nothing else of core.
if HAVE_CMOCKA
CORE_TESTS = tests/unit/test_cookie tests/unit/test_dupcache \
	tests/unit/test_fdb tests/unit/test_frag tests/unit/test_handshake \
	tests/unit/test_ratelimit tests/unit/test_replay tests/unit/test_route \
	tests/unit/test_frozen
EXTRA_DIST += tests/data/golden
check_PROGRAMS += $(CORE_TESTS)
TESTS += $(CORE_TESTS)
CORE_LEAF_LDADD = src/wire/libwire.a src/crypto/libcrypto.a \
	src/crypto/libkx.a src/base/libbase.a $(CMOCKA_LIBS) $(JSON_LIBS) \
	$(SODIUM_LIBS)

tests_unit_test_cookie_SOURCES = tests/unit/test_cookie.c \
	$(test_vectors) src/core/cookie.c
tests_unit_test_cookie_LDADD = $(CORE_LEAF_LDADD)
tests_unit_test_dupcache_SOURCES = tests/unit/test_dupcache.c \
	src/core/dupcache.c
tests_unit_test_dupcache_LDADD = $(CORE_LEAF_LDADD)
tests_unit_test_fdb_SOURCES = tests/unit/test_fdb.c src/core/fdb.c
tests_unit_test_fdb_LDADD = $(CORE_LEAF_LDADD)
tests_unit_test_frag_SOURCES = tests/unit/test_frag.c src/core/frag.c
tests_unit_test_frag_LDADD = $(CORE_LEAF_LDADD)
tests_unit_test_handshake_SOURCES = tests/unit/test_handshake.c \
	$(test_vectors) src/core/handshake.c src/core/cookie.c
tests_unit_test_handshake_LDADD = $(CORE_LEAF_LDADD)
tests_unit_test_frozen_SOURCES = tests/unit/test_frozen.c \
	$(test_vectors) src/core/handshake.c src/core/cookie.c \
	src/core/session.c src/core/replay.c
tests_unit_test_frozen_LDADD = $(CORE_LEAF_LDADD)
tests_unit_test_ratelimit_SOURCES = tests/unit/test_ratelimit.c \
	src/core/ratelimit.c
tests_unit_test_ratelimit_LDADD = $(CORE_LEAF_LDADD)
tests_unit_test_replay_SOURCES = tests/unit/test_replay.c src/core/replay.c
tests_unit_test_replay_LDADD = $(CORE_LEAF_LDADD)
tests_unit_test_route_SOURCES = tests/unit/test_route.c src/core/route.c
tests_unit_test_route_LDADD = $(CORE_LEAF_LDADD)
endif
