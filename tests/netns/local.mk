# Tests in network namespaces: "make check-root". Without root each says so
# and counts as skipped.
ROOT_TESTS = tests/netns/test_loop.sh tests/netns/test_topo.sh \
	tests/netns/test_roam.sh \
	tests/netns/test_routes.sh tests/netns/test_store.sh \
	tests/netns/test_tun.sh tests/netns/test_udp.sh
dist_check_SCRIPTS += $(ROOT_TESTS)
EXTRA_DIST += tests/netns/topo.sh tests/netns/mesh.sh tests/netns/ntkd.sh \
	tests/netns/guest.sh
dist_noinst_SCRIPTS += tests/netns/batman.sh tests/netns/ntkd_alone.sh

check-root:
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(ROOT_TESTS)'
phony += check-root

# Two ends of io/udp in two namespaces.
check_PROGRAMS += tests/netns/udpline
tests_netns_udpline_SOURCES = tests/netns/udpline.c $(test_tool)
tests_netns_udpline_LDADD = src/io/libio.a src/priv/libpriv.a \
	src/wire/libwire.a src/base/libbase.a $(EVENT_LIBS) $(JSON_LIBS) \
	$(SODIUM_LIBS) $(MNL_LIBS)

# A stand-in mesh daemon.
check_PROGRAMS += tests/netns/meshd
tests_netns_meshd_SOURCES = tests/netns/meshd.c tests/netns/meshd.h \
	tests/netns/meshpass.c tests/netns/link.c \
	tests/netns/ledger.c tests/netns/ledger.h \
	tests/netns/meshpkt.c tests/netns/meshpkt.h $(test_tool)
tests_netns_meshd_LDADD = src/wire/libwire.a src/base/libbase.a $(SODIUM_LIBS)
dist_check_SCRIPTS += tests/netns/test_meshd.sh
TESTS += tests/netns/test_meshd.sh

# Another, that has addresses and can move.
check_PROGRAMS += tests/netns/gnoded
tests_netns_gnoded_SOURCES = tests/netns/gnoded.c
tests_netns_gnoded_LDADD = ntkd-shim/libshim.a src/wire/libwire.a \
	src/base/libbase.a $(SODIUM_LIBS)

# Devices with nothing but a port on top.
if HAVE_CMOCKA
check_PROGRAMS += tests/netns/tundev tests/netns/tunport \
	tests/netns/kroutes tests/netns/meshline tests/netns/linkup
tunlab = tests/netns/tunlab.c tests/netns/tunlab.h
tests_netns_tundev_SOURCES = tests/netns/tundev.c $(tunlab) $(TEST_SOCK)
tests_netns_tundev_LDADD = src/priv/libpriv.a src/base/libbase.a \
	$(CMOCKA_LIBS) $(SODIUM_LIBS) $(MNL_LIBS)
tests_netns_kroutes_SOURCES = tests/netns/kroutes.c $(tunlab)
tests_netns_kroutes_LDADD = $(tests_netns_tundev_LDADD)
tests_netns_linkup_SOURCES = tests/netns/linkup.c $(tunlab) $(IO_ENV)
tests_netns_linkup_LDADD = $(IO_LDADD)
tests_netns_meshline_SOURCES = tests/netns/meshline.c $(tunlab) $(IO_ENV)
tests_netns_meshline_LDADD = $(IO_LDADD)
tests_netns_tunport_SOURCES = tests/netns/tunport.c $(tunlab) $(IO_ENV)
tests_netns_tunport_LDADD = $(IO_LDADD)

# The store on a disk of its own.
check_PROGRAMS += tests/netns/storedisk
tests_netns_storedisk_SOURCES = tests/netns/storedisk.c $(store_made)
tests_netns_storedisk_LDADD = $(STORE_LDADD)
endif

# A scripted ntkd, one from a capture, and a vplamad that does what it is told.
check_PROGRAMS += tests/netns/fake_ntkd tests/netns/ntk_play \
	tests/netns/standin
tests_netns_fake_ntkd_SOURCES = tests/netns/fake_ntkd.c \
	tests/netns/fakelink.c tests/netns/fakelink.h $(test_tool)
tests_netns_fake_ntkd_LDADD = ntkd-shim/libshim.a src/wire/libwire.a \
	src/base/libbase.a $(SODIUM_LIBS) $(ZLIB_LIBS)
tests_netns_ntk_play_SOURCES = tests/netns/ntk_play.c \
	tests/netns/fakelink.c tests/netns/fakelink.h $(test_tool)
tests_netns_ntk_play_LDADD = $(tests_netns_fake_ntkd_LDADD)
tests_netns_standin_SOURCES = tests/netns/standin.c $(test_tool)
tests_netns_standin_LDADD = src/wire/libwire.a src/base/libbase.a \
	$(SODIUM_LIBS)
