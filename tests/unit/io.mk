# Unit tests of io and priv: real sockets.
EXTRA_DIST += tests/unit/io_env.h tests/unit/port_peer.h
if HAVE_CMOCKA
IO_TESTS = tests/unit/test_priv tests/unit/test_loop tests/unit/test_udp \
	tests/unit/test_port_unix tests/unit/test_ctlsock \
	tests/unit/test_resolve tests/unit/test_port \
	tests/unit/test_port_dgram tests/unit/test_port_stream \
	tests/unit/test_port_fd tests/unit/test_port_tun \
	tests/unit/test_udp_offload tests/unit/test_fetch \
	tests/unit/test_fetch_local tests/unit/test_uplink tests/unit/test_worker
check_PROGRAMS += $(IO_TESTS)
TESTS += $(IO_TESTS)
IO_LDADD = src/io/libio.a src/priv/libpriv.a src/wire/libwire.a \
	src/base/libbase.a $(CMOCKA_LIBS) $(EVENT_LIBS) $(JSON_LIBS) \
	$(SODIUM_LIBS) $(MNL_LIBS)
IO_ENV = tests/unit/io_env.c
TEST_SOCK = tests/unit/sock.c tests/unit/sock.h
UDP_SIDE = tests/unit/udp_side.c tests/unit/udp_side.h $(IO_ENV) $(TEST_SOCK)

tests_unit_test_priv_SOURCES = tests/unit/test_priv.c $(TEST_SOCK)
tests_unit_test_priv_LDADD = src/priv/libpriv.a src/base/libbase.a \
	$(CMOCKA_LIBS) $(SODIUM_LIBS) $(MNL_LIBS)
tests_unit_test_loop_SOURCES = tests/unit/test_loop.c
tests_unit_test_loop_LDADD = $(IO_LDADD)
tests_unit_test_udp_SOURCES = tests/unit/test_udp.c $(UDP_SIDE)
tests_unit_test_udp_LDADD = $(IO_LDADD)
tests_unit_test_udp_offload_SOURCES = tests/unit/test_udp_offload.c $(UDP_SIDE)
tests_unit_test_udp_offload_LDADD = $(IO_LDADD)
tests_unit_test_port_unix_SOURCES = tests/unit/test_port_unix.c $(IO_ENV)
tests_unit_test_port_unix_LDADD = $(IO_LDADD)
tests_unit_test_port_tun_SOURCES = tests/unit/test_port_tun.c $(IO_ENV)
tests_unit_test_port_tun_LDADD = $(IO_LDADD)
tests_unit_test_port_tun_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=writev,--wrap=read
tests_unit_test_ctlsock_SOURCES = tests/unit/test_ctlsock.c $(IO_ENV)
tests_unit_test_ctlsock_LDADD = $(IO_LDADD)
tests_unit_test_resolve_SOURCES = tests/unit/test_resolve.c $(IO_ENV)
tests_unit_test_resolve_LDADD = $(IO_LDADD)
PORT_PEER = tests/unit/port_peer.c $(IO_ENV)
tests_unit_test_port_SOURCES = tests/unit/test_port.c $(PORT_PEER)
tests_unit_test_port_LDADD = $(IO_LDADD)
tests_unit_test_port_dgram_SOURCES = tests/unit/test_port_dgram.c \
	$(PORT_PEER) $(TEST_SOCK)
tests_unit_test_port_dgram_LDADD = $(IO_LDADD)
tests_unit_test_port_stream_SOURCES = tests/unit/test_port_stream.c \
	$(PORT_PEER) $(TEST_SOCK)
tests_unit_test_port_stream_LDADD = $(IO_LDADD)
tests_unit_test_port_fd_SOURCES = tests/unit/test_port_fd.c $(PORT_PEER)
tests_unit_test_port_fd_LDADD = $(IO_LDADD)
FETCH_RIG = tests/unit/fetch_rig.c tests/unit/fetch_rig.h $(IO_ENV)
tests_unit_test_fetch_SOURCES = tests/unit/test_fetch.c $(FETCH_RIG)
tests_unit_test_fetch_LDADD = $(IO_LDADD)
tests_unit_test_uplink_SOURCES = tests/unit/test_uplink.c $(UDP_SIDE)
tests_unit_test_uplink_LDADD = $(IO_LDADD)
tests_unit_test_worker_SOURCES = tests/unit/test_worker.c $(IO_ENV)
tests_unit_test_worker_LDADD = $(IO_LDADD)
tests_unit_test_fetch_local_SOURCES = tests/unit/test_fetch_local.c \
	$(FETCH_RIG)
tests_unit_test_fetch_local_LDADD = $(IO_LDADD)
tests_unit_test_fetch_local_CPPFLAGS = $(AM_CPPFLAGS)
if HAVE_CURL
tests_unit_test_fetch_local_CPPFLAGS += -DHAVE_CURL
endif
endif
