# Unit tests of ctl and vplamctl.
if HAVE_CMOCKA
CTL_TESTS = tests/unit/test_ctl tests/unit/test_ctl_entry \
	tests/unit/test_ctl_identity \
	tests/unit/test_explain \
	tests/unit/test_vplamctl tests/unit/test_vplamctl_entry \
	tests/unit/test_vplamctl_out
check_PROGRAMS += $(CTL_TESTS)
TESTS += $(CTL_TESTS)

CTLNODE = tests/unit/ctlnode.c tests/unit/ctlnode.h $(test_quiet)
CTL_LDADD = src/ctl/libctl.a src/core/libcore.a src/neg/libneg.a src/book/libbook.a \
	src/crypto/libcrypto.a src/crypto/libkx.a \
	src/wire/libwire.a src/base/libbase.a \
	$(CMOCKA_LIBS) $(SODIUM_LIBS) $(JSON_LIBS)

tests_unit_test_ctl_SOURCES = tests/unit/test_ctl.c $(CTLNODE) $(test_starve)
tests_unit_test_ctl_LDADD = $(CTL_LDADD)
tests_unit_test_ctl_LDFLAGS = $(AM_LDFLAGS) $(starve_wrap)
tests_unit_test_ctl_entry_SOURCES = tests/unit/test_ctl_entry.c $(CTLNODE) $(test_starve)
tests_unit_test_ctl_entry_LDADD = $(CTL_LDADD)
tests_unit_test_ctl_entry_LDFLAGS = $(AM_LDFLAGS) $(starve_wrap)
tests_unit_test_ctl_identity_SOURCES = tests/unit/test_ctl_identity.c \
	$(CTLNODE)
tests_unit_test_ctl_identity_LDADD = $(CTL_LDADD)
tests_unit_test_explain_SOURCES = tests/unit/test_explain.c $(CTLNODE)
tests_unit_test_explain_LDADD = $(CTL_LDADD)

# Runs the program, so that has to be there.
CTLRUN = tests/unit/ctlrun.c tests/unit/ctlrun.h
tests_unit_test_vplamctl_SOURCES = tests/unit/test_vplamctl.c \
	tests/unit/ctltext.h $(CTLRUN)
tests_unit_test_vplamctl_entry_SOURCES = tests/unit/test_vplamctl_entry.c \
	$(CTLRUN)
tests_unit_test_vplamctl_entry_LDADD = $(tests_unit_test_vplamctl_LDADD)
tests_unit_test_vplamctl_LDADD = \
	src/vplamctl/libvplamctl.a \
	src/crypto/libcrypto.a src/crypto/libkx.a \
	src/wire/libwire.a src/base/libbase.a \
	$(CMOCKA_LIBS) $(SODIUM_LIBS) $(JSON_LIBS)
tests_unit_test_vplamctl_out_SOURCES = tests/unit/test_vplamctl_out.c \
	tests/unit/ctltext.h
tests_unit_test_vplamctl_out_LDADD = $(tests_unit_test_vplamctl_LDADD)
endif
