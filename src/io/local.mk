noinst_LIBRARIES += src/io/libio.a
src_io_libio_a_SOURCES = \
	src/io/ctlsock.c src/io/ctlsock.h \
	src/io/fetch.c src/io/fetch.h src/io/fetch_part.h \
	src/io/fetch_cmd.c \
	src/io/fetch_dns.c src/io/fetch_dns.h \
	src/io/fetch_file.c \
	src/io/fetch_http.c \
	src/io/fetch_thread.c src/io/fetch_thread.h \
	src/io/hosts.c src/io/hosts.h \
	src/io/linkwatch.c src/io/linkwatch.h \
	src/io/loop.c src/io/loop.h \
	src/io/meshprobe.c src/io/meshprobe.h \
	src/io/port.c src/io/port.h \
	src/io/port_dgram.c src/io/port_dgram.h \
	src/io/port_dummy.c src/io/port_dummy.h \
	src/io/port_fd.c src/io/port_fd.h \
	src/io/port_link.c src/io/port_link.h \
	src/io/port_stream.c src/io/port_stream.h \
	src/io/port_tun.c src/io/port_tun.h \
	src/io/port_unix.c src/io/port_unix.h \
	src/io/resolve.c src/io/resolve.h \
	src/io/spawn.c src/io/spawn.h \
	src/io/udp.c src/io/udp.h \
	src/io/udp_rx.c src/io/udp_rx.h \
	src/io/udp_tx.c src/io/udp_tx.h \
	src/io/uplink.c src/io/uplink.h \
	src/io/worker.c src/io/worker.h
if HAVE_CURL
src_io_libio_a_SOURCES += src/io/fetch_curl.c
else
src_io_libio_a_SOURCES += src/io/fetch_no_curl.c
endif
