# What tests/show/spread needs: who tells lies to whoever listens, and a look
# into the address book of a daemon.
spread_libs = src/core/libcore.a src/neg/libneg.a src/book/libbook.a \
	src/wire/libwire.a src/crypto/libcrypto.a src/crypto/libkx.a \
	src/base/libbase.a $(SODIUM_LIBS) $(JSON_LIBS)
check_PROGRAMS += tests/show/spread_book tests/show/spread_liar
tests_show_spread_liar_SOURCES = tests/show/spread_liar.c $(test_quiet)
tests_show_spread_liar_LDADD = $(spread_libs)
tests_show_spread_book_SOURCES = tests/show/spread_book.c $(show_asked)
tests_show_spread_book_LDADD = src/vplamctl/libvplamctl.a $(spread_libs)
