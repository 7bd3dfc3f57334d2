# The client library for mesh daemons, what it knows of ntkd, the program.
noinst_LIBRARIES += ntkd-shim/libshim.a
ntkd_shim_libshim_a_SOURCES = \
	ntkd-shim/amb.h ntkd-shim/amb_conn.c ntkd-shim/amb_flood.c \
	ntkd-shim/amb_place.c ntkd-shim/amb_radar.c ntkd-shim/amb_rehook.c \
	ntkd-shim/ambassador.c ntkd-shim/ambassador.h \
	ntkd-shim/child.c ntkd-shim/child.h \
	ntkd-shim/client.c ntkd-shim/client.h \
	ntkd-shim/corpus.c ntkd-shim/corpus.h \
	ntkd-shim/data.c ntkd-shim/data.h \
	ntkd-shim/filter.c ntkd-shim/filter.h \
	ntkd-shim/loop.c ntkd-shim/loop.h \
	ntkd-shim/netns.c ntkd-shim/netns.h \
	ntkd-shim/nl.c ntkd-shim/nl.h \
	ntkd-shim/ntk.c ntkd-shim/ntk.h \
	ntkd-shim/ntk_ops.c ntkd-shim/ntk_ops.h \
	ntkd-shim/probe.c ntkd-shim/probe.h \
	ntkd-shim/replay.c \
	ntkd-shim/report.c ntkd-shim/report.h \
	ntkd-shim/run.c ntkd-shim/runopt.c ntkd-shim/runopt.h \
	ntkd-shim/selftest.c \
	ntkd-shim/sock.c ntkd-shim/sock.h \
	ntkd-shim/verbs.c ntkd-shim/verbs.h \
	ntkd-shim/watch.c ntkd-shim/watch.h

sbin_PROGRAMS += ntkd-shim/ntkd-shim
ntkd_shim_ntkd_shim_SOURCES = ntkd-shim/main.c
ntkd_shim_ntkd_shim_LDADD = \
	ntkd-shim/libshim.a src/wire/libwire.a src/base/libbase.a \
	$(MNL_LIBS) $(ZLIB_LIBS)

dist_man_MANS += doc/ntkd-shim.8
