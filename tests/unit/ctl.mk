# Unit tests of ctl and vplamctl.
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_ctl tests/unit/test_vplamctl
TESTS += tests/unit/test_ctl tests/unit/test_vplamctl

tests_unit_test_ctl_SOURCES = tests/unit/test_ctl.c
tests_unit_test_ctl_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_ctl_LDADD = \
	src/ctl/libctl.a src/core/libcore.a \
	src/crypto/libcrypto.a src/crypto/libkx.a \
	src/wire/libwire.a src/base/libbase.a \
	$(CMOCKA_LIBS) $(SODIUM_LIBS) $(JSON_LIBS)

# Runs the program, so that has to be there.
tests_unit_test_vplamctl_SOURCES = tests/unit/test_vplamctl.c
tests_unit_test_vplamctl_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_vplamctl_LDADD = \
	src/vplamctl/libvplamctl.a \
	src/crypto/libcrypto.a src/crypto/libkx.a \
	src/wire/libwire.a src/base/libbase.a \
	$(CMOCKA_LIBS) $(SODIUM_LIBS) $(JSON_LIBS)
endif
