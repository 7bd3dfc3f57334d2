noinst_LIBRARIES += src/io/libio.a
src_io_libio_a_SOURCES = \
	src/io/ctlsock.c src/io/ctlsock.h \
	src/io/loop.c src/io/loop.h \
	src/io/port_unix.c src/io/port_unix.h \
	src/io/resolve.c src/io/resolve.h \
	src/io/udp.c src/io/udp.h \
	src/io/udp_tx.c src/io/udp_tx.h
