# What fills the store, feeds vplamad and spoils the disk, for
# tests/show/store-faults and tests/show/store-kill.
storekey = tests/show/storekey.c tests/show/storekey.h
check_PROGRAMS += tests/show/store_feed tests/show/store_fill \
	tests/show/store_flip
tests_show_store_feed_SOURCES = tests/show/store_feed.c \
	tests/show/ctlconn.c tests/show/ctlconn.h $(storekey) $(test_tool)
tests_show_store_feed_LDADD = src/crypto/libcrypto.a src/crypto/libkx.a \
	src/wire/libwire.a src/base/libbase.a $(JSON_LIBS) $(SODIUM_LIBS)
tests_show_store_fill_SOURCES = tests/show/store_fill.c $(storekey)
tests_show_store_fill_LDADD = src/store/libstore.a src/book/libbook.a \
	src/crypto/libcrypto.a src/crypto/libkx.a src/wire/libwire.a \
	src/base/libbase.a $(SQLITE_LIBS) $(SODIUM_LIBS)
tests_show_store_flip_SOURCES = tests/show/store_flip.c \
	tests/show/ctlconn.c tests/show/ctlconn.h $(test_tool)
tests_show_store_flip_LDADD = src/wire/libwire.a src/base/libbase.a \
	$(JSON_LIBS) $(SODIUM_LIBS)

# A library to be preloaded: neither hardened as a program nor sanitized.
EXTRA_DIST += tests/show/badio.c
check_DATA += tests/show/badio.so
CLEANFILES += tests/show/badio.so
tests/show/badio.so: tests/show/badio.c
	$(AM_V_CC)$(MKDIR_P) tests/show && $(CC) -D_GNU_SOURCE $(WARN_CFLAGS) \
	    -O1 -fPIC -shared -o $@ $(srcdir)/tests/show/badio.c -ldl
