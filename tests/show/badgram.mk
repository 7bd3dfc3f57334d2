# What tests/show/bad-input shoots with.
show_asked = tests/show/asked.c tests/show/asked.h
check_PROGRAMS += tests/show/badgram
tests_show_badgram_SOURCES = tests/show/badgram.c tests/show/badgram.h \
	tests/show/bad_ctl.c tests/show/bad_frames.c tests/show/bad_mesh.c \
	tests/show/bad_udp.c tests/show/bad_udp.h $(show_asked)
tests_show_badgram_LDADD = ntkd-shim/libshim.a src/vplamctl/libvplamctl.a \
	src/core/libcore.a src/neg/libneg.a src/book/libbook.a src/wire/libwire.a src/crypto/libcrypto.a \
	src/crypto/libkx.a src/base/libbase.a $(JSON_LIBS) $(SODIUM_LIBS)
