# Unit tests of neg.

if HAVE_CMOCKA
NEG_TESTS =
check_PROGRAMS += $(NEG_TESTS)
TESTS += $(NEG_TESTS)
NEG_LDADD = src/neg/libneg.a src/wire/libwire.a src/base/libbase.a \
	$(CMOCKA_LIBS) $(JSON_LIBS) $(SODIUM_LIBS)
endif
