# Unit tests of the entry server.
if HAVE_CMOCKA
ENTRYD_TESTS = tests/unit/test_census
check_PROGRAMS += $(ENTRYD_TESTS)
TESTS += $(ENTRYD_TESTS)
ENTRYD_TEST_LDADD = $(ENTRYD_LDADD) $(CMOCKA_LIBS)
entry_rows = tests/unit/entry_rows.c tests/unit/entry_rows.h

tests_unit_test_census_SOURCES = tests/unit/test_census.c $(entry_rows)
tests_unit_test_census_LDADD = $(ENTRYD_TEST_LDADD)
endif
