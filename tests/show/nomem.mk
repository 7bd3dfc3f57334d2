# What tests/show/nomem preloads: neither hardened as a program nor sanitized.
EXTRA_DIST += tests/show/nomem.c
check_DATA += tests/show/nomem.so
CLEANFILES += tests/show/nomem.so
tests/show/nomem.so: tests/show/nomem.c
	$(AM_V_CC)$(MKDIR_P) tests/show && $(CC) -D_GNU_SOURCE $(WARN_CFLAGS) \
	    -Wno-missing-prototypes -O1 -fPIC -shared -fno-builtin -o $@ \
	    $(srcdir)/tests/show/nomem.c
