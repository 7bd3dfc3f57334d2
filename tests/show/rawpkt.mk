# What tests/show/modes shoots with.
check_PROGRAMS += tests/show/rawpkt
tests_show_rawpkt_SOURCES = tests/show/rawpkt.c tests/show/rawpkt.h \
	tests/show/raw_flood.c tests/show/raw_mirror.c $(test_raw) \
	$(show_asked)
tests_show_rawpkt_LDADD = src/vplamctl/libvplamctl.a src/wire/libwire.a \
	src/base/libbase.a $(JSON_LIBS) $(SODIUM_LIBS)
