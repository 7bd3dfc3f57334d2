# Unit tests of ntkd-shim.
EXTRA_DIST += tests/data/README tests/data/ntkd_messages.tsv \
	tests/data/ntkd_hooks.tsv
if HAVE_CMOCKA
SHIM_TESTS = tests/unit/test_ntk tests/unit/test_ntk_ops \
	tests/unit/test_corpus tests/unit/test_ambassador \
	tests/unit/test_amb_life tests/unit/test_amb_captures \
	tests/unit/test_client tests/unit/test_shim tests/unit/test_filter
check_PROGRAMS += $(SHIM_TESTS)
TESTS += $(SHIM_TESTS)
SHIM_LDADD = ntkd-shim/libshim.a src/wire/libwire.a src/base/libbase.a \
	$(ZLIB_LIBS) $(CMOCKA_LIBS)

tests_unit_test_ntk_SOURCES = tests/unit/test_ntk.c
tests_unit_test_ntk_LDADD = $(SHIM_LDADD)
tests_unit_test_ntk_ops_SOURCES = tests/unit/test_ntk_ops.c
tests_unit_test_ntk_ops_LDADD = $(SHIM_LDADD)
AMB_RIG = tests/unit/amb_rig.c tests/unit/amb_rig.h
tests_unit_test_ambassador_SOURCES = tests/unit/test_ambassador.c $(AMB_RIG)
tests_unit_test_ambassador_LDADD = $(SHIM_LDADD)
tests_unit_test_amb_life_SOURCES = tests/unit/test_amb_life.c $(AMB_RIG)
tests_unit_test_amb_life_LDADD = $(SHIM_LDADD)
tests_unit_test_amb_captures_SOURCES = tests/unit/test_amb_captures.c $(AMB_RIG)
tests_unit_test_amb_captures_LDADD = $(SHIM_LDADD)
tests_unit_test_corpus_SOURCES = tests/unit/test_corpus.c
tests_unit_test_corpus_LDADD = $(SHIM_LDADD)
tests_unit_test_filter_SOURCES = tests/unit/test_filter.c
tests_unit_test_filter_LDADD = $(SHIM_LDADD)
tests_unit_test_client_SOURCES = tests/unit/test_client.c
tests_unit_test_client_LDADD = $(SHIM_LDADD)
tests_unit_test_shim_SOURCES = tests/unit/test_shim.c \
	tests/unit/shim_server.c tests/unit/shim_server.h
tests_unit_test_shim_LDADD = $(SHIM_LDADD)
endif
