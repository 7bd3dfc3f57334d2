noinst_LIBRARIES += src/priv/libpriv.a
src_priv_libpriv_a_SOURCES = \
	src/priv/link.c src/priv/link.h \
	src/priv/monitor.c src/priv/monitor.h \
	src/priv/nl.c src/priv/nl.h \
	src/priv/priv.c src/priv/priv.h \
	src/priv/priv_proto.h \
	src/priv/kroute.c src/priv/kroute.h \
	src/priv/tun.c src/priv/tun.h
