# Store files for the commands that show the entry server.
check_PROGRAMS += tests/show/stock
tests_show_stock_SOURCES = tests/show/stock.c
tests_show_stock_LDADD = src/store/libstore.a src/book/libbook.a \
	src/wire/libwire.a src/crypto/libcrypto.a src/crypto/libkx.a \
	src/base/libbase.a $(SQLITE_LIBS) $(SODIUM_LIBS) $(JSON_LIBS)
