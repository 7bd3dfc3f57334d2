# What tests/show/entry-load and three-days work with.
check_PROGRAMS += tests/show/entry_store tests/show/entry_guests
tests_show_entry_store_SOURCES = tests/show/entry_store.c $(test_tool) \
	tests/unit/entry_rows.c tests/unit/entry_rows.h
tests_show_entry_store_LDADD = src/store/libstore.a src/book/libbook.a \
	src/wire/libwire.a src/crypto/libcrypto.a src/crypto/libkx.a \
	src/base/libbase.a $(SODIUM_LIBS) $(SQLITE_LIBS)
tests_show_entry_guests_SOURCES = tests/show/entry_guests.c $(test_tool)
tests_show_entry_guests_LDADD = src/base/libbase.a $(SODIUM_LIBS)

# A library to be preloaded: neither hardened as a program nor sanitized.
EXTRA_DIST += tests/show/wallclock.c
check_DATA += tests/show/wallclock.so
CLEANFILES += tests/show/wallclock.so
tests/show/wallclock.so: tests/show/wallclock.c
	$(AM_V_CC)$(MKDIR_P) tests/show && $(CC) -D_GNU_SOURCE $(WARN_CFLAGS) \
	    -O1 -fPIC -shared -o $@ $(srcdir)/tests/show/wallclock.c
