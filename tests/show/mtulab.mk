# What tests/show/mtu sends with.
check_PROGRAMS += tests/show/mtulab
tests_show_mtulab_SOURCES = tests/show/mtulab.c tests/show/mtulab.h \
	tests/show/mtu_sink.c tests/show/mtu_sweep.c $(test_tool)
tests_show_mtulab_LDADD = src/wire/libwire.a src/base/libbase.a $(SODIUM_LIBS)
