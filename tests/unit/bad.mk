# The exhaustive bit flips: two whole cores, real datagrams between them.
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_bitflip
TESTS += tests/unit/test_bitflip
tests_unit_test_bitflip_SOURCES = tests/unit/test_bitflip.c
tests_unit_test_bitflip_LDADD = src/core/libcore.a src/neg/libneg.a src/book/libbook.a src/wire/libwire.a \
	src/crypto/libcrypto.a src/crypto/libkx.a src/base/libbase.a \
	$(CMOCKA_LIBS) $(JSON_LIBS) $(SODIUM_LIBS)
endif
