# Who sits on the line of tests/show/replay.
check_PROGRAMS += tests/show/again
tests_show_again_SOURCES = tests/show/again.c tests/show/again_line.c \
	tests/show/again.h $(show_asked) $(test_tool)
tests_show_again_LDADD = src/vplamctl/libvplamctl.a src/wire/libwire.a \
	src/crypto/libcrypto.a src/crypto/libkx.a src/base/libbase.a \
	$(JSON_LIBS) $(SODIUM_LIBS)
