# Unit tests of the entry server.
if HAVE_CMOCKA
ENTRYD_TESTS = tests/unit/test_census tests/unit/test_entry_options \
	tests/unit/test_entry_out tests/unit/test_guests tests/unit/test_http \
	tests/unit/test_round tests/unit/test_web
check_PROGRAMS += $(ENTRYD_TESTS)
TESTS += $(ENTRYD_TESTS)
ENTRYD_TEST_LDADD = $(ENTRYD_LDADD) $(CMOCKA_LIBS)

tests_unit_test_census_SOURCES = tests/unit/test_census.c \
	tests/unit/entry_rows.c tests/unit/entry_rows.h
tests_unit_test_census_LDADD = $(ENTRYD_TEST_LDADD)
tests_unit_test_entry_options_SOURCES = tests/unit/test_entry_options.c
tests_unit_test_entry_options_LDADD = $(ENTRYD_TEST_LDADD)
tests_unit_test_entry_out_SOURCES = tests/unit/test_entry_out.c \
	tests/unit/entry_made.c tests/unit/entry_made.h
tests_unit_test_entry_out_LDADD = $(ENTRYD_TEST_LDADD)
tests_unit_test_guests_SOURCES = tests/unit/test_guests.c
tests_unit_test_guests_LDADD = $(ENTRYD_TEST_LDADD)
tests_unit_test_http_SOURCES = tests/unit/test_http.c
tests_unit_test_http_LDADD = $(ENTRYD_TEST_LDADD)
tests_unit_test_round_SOURCES = tests/unit/test_round.c \
	tests/unit/entry_rows.c tests/unit/entry_rows.h
tests_unit_test_round_LDADD = $(ENTRYD_TEST_LDADD)
tests_unit_test_web_SOURCES = tests/unit/test_web.c \
	tests/unit/entry_made.c tests/unit/entry_made.h
tests_unit_test_web_LDADD = $(ENTRYD_TEST_LDADD)
endif
dist_check_SCRIPTS += tests/unit/test_entryd.sh
TESTS += tests/unit/test_entryd.sh
