# Unit tests of neg.

# Descriptors for tests.
neg_descs = tests/unit/descs.c tests/unit/descs.h

# Negotiations on a virtual line.
neg_pair = tests/unit/neg_pair.c tests/unit/neg_pair.h

if HAVE_CMOCKA
NEG_TESTS = \
	tests/unit/test_channel \
	tests/unit/test_neg \
	tests/unit/test_neg_life \
	tests/unit/test_neg_limits \
	tests/unit/test_neg_policy \
	tests/unit/test_neg_thieves \
	tests/unit/test_space \
	tests/unit/test_verdict
check_PROGRAMS += $(NEG_TESTS)
TESTS += $(NEG_TESTS)
NEG_LDADD = src/neg/libneg.a src/wire/libwire.a src/base/libbase.a \
	$(CMOCKA_LIBS) $(JSON_LIBS) $(SODIUM_LIBS)

tests_unit_test_channel_SOURCES = tests/unit/test_channel.c
tests_unit_test_channel_LDADD = $(NEG_LDADD)
tests_unit_test_neg_SOURCES = tests/unit/test_neg.c $(neg_pair)
tests_unit_test_neg_LDADD = $(NEG_LDADD)
tests_unit_test_neg_policy_SOURCES = tests/unit/test_neg_policy.c $(neg_pair)
tests_unit_test_neg_policy_LDADD = $(NEG_LDADD)
tests_unit_test_neg_life_SOURCES = tests/unit/test_neg_life.c $(neg_pair)
tests_unit_test_neg_life_LDADD = $(NEG_LDADD)
tests_unit_test_neg_thieves_SOURCES = tests/unit/test_neg_thieves.c $(neg_pair)
tests_unit_test_neg_thieves_LDADD = $(NEG_LDADD)
tests_unit_test_neg_limits_SOURCES = tests/unit/test_neg_limits.c $(neg_pair)
tests_unit_test_neg_limits_LDADD = $(NEG_LDADD)
tests_unit_test_space_SOURCES = tests/unit/test_space.c $(neg_descs)
tests_unit_test_space_LDADD = $(NEG_LDADD)
tests_unit_test_verdict_SOURCES = tests/unit/test_verdict.c $(neg_descs)
tests_unit_test_verdict_LDADD = $(NEG_LDADD)
endif
