# A flood of handshakes, for tests/show/flood.
check_PROGRAMS += tests/flood/flood
tests_flood_flood_SOURCES = tests/flood/flood.c tests/flood/flood.h \
	tests/flood/forged.c tests/flood/pace.c tests/flood/pool.c \
	tests/flood/real.c $(test_raw) $(test_tool)
tests_flood_flood_LDADD = src/core/libcore.a src/neg/libneg.a \
	src/book/libbook.a src/wire/libwire.a src/crypto/libcrypto.a \
	src/crypto/libkx.a src/base/libbase.a $(SODIUM_LIBS)
