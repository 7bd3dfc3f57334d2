# Unit tests of the entry server's page.
if HAVE_CMOCKA
PAGE_TESTS = tests/unit/test_page tests/unit/test_page_hostile
check_PROGRAMS += $(PAGE_TESTS)
TESTS += $(PAGE_TESTS)
PAGE_LDADD = entryserver/libpage.a src/wire/libwire.a \
	src/crypto/libcrypto.a src/crypto/libkx.a src/base/libbase.a \
	$(CMOCKA_LIBS) $(JSON_LIBS) $(SODIUM_LIBS) $(QRENCODE_LIBS) \
	$(CONFUSE_LIBS)
page_made = tests/unit/page_made.c tests/unit/page_made.h

tests_unit_test_page_SOURCES = tests/unit/test_page.c $(page_made)
tests_unit_test_page_LDADD = $(PAGE_LDADD)
tests_unit_test_page_hostile_SOURCES = tests/unit/test_page_hostile.c \
	$(page_made)
tests_unit_test_page_hostile_LDADD = $(PAGE_LDADD)
endif
