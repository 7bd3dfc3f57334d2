# Unit tests of io and priv: real sockets.
if HAVE_CMOCKA
IO_TESTS = tests/unit/test_priv
check_PROGRAMS += $(IO_TESTS)
TESTS += $(IO_TESTS)

tests_unit_test_priv_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_priv_SOURCES = tests/unit/test_priv.c
tests_unit_test_priv_LDADD = src/priv/libpriv.a src/base/libbase.a \
	$(CMOCKA_LIBS) $(SODIUM_LIBS)
endif
