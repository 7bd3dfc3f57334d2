# What tests/show/nomem preloads: neither hardened as a program nor sanitized.
EXTRA_DIST += tests/show/starver.c
check_DATA += tests/show/starver.so
CLEANFILES += tests/show/starver.so
tests/show/starver.so: tests/show/starver.c
	$(AM_V_CC)$(MKDIR_P) tests/show && $(CC) -D_GNU_SOURCE $(WARN_CFLAGS) \
	    -Wno-missing-prototypes -O1 -fPIC -shared -fno-builtin -o $@ \
	    $(srcdir)/tests/show/starver.c
