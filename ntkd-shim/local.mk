# The client library for mesh daemons, what it knows of ntkd.
noinst_LIBRARIES += ntkd-shim/libshim.a
ntkd_shim_libshim_a_SOURCES = \
	ntkd-shim/client.c ntkd-shim/client.h \
	ntkd-shim/corpus.c ntkd-shim/corpus.h \
	ntkd-shim/ntk.c ntkd-shim/ntk.h
