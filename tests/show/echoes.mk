# Who shoots for tests/show/amplify.
check_PROGRAMS += tests/show/echoes
tests_show_echoes_SOURCES = tests/show/echoes_main.c tests/show/echoes.c \
	tests/show/echoes.h $(show_asked) $(test_tool)
tests_show_echoes_LDADD = src/vplamctl/libvplamctl.a \
	src/core/libcore.a src/neg/libneg.a src/book/libbook.a \
	src/wire/libwire.a src/crypto/libcrypto.a src/crypto/libkx.a \
	src/base/libbase.a $(JSON_LIBS) $(SODIUM_LIBS)
