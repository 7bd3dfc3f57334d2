# Tests: what `make check` runs needs no root; `make check-root` makes network
# namespaces.

# So that check-root can name tests that `make check` does not run.
TEST_EXTENSIONS = .sh

# For every program, so that those which compile the same source share its
# object.
AM_CPPFLAGS += $(CMOCKA_CFLAGS) -DSRCDIR='"$(abs_top_srcdir)"'
AM_TESTS_ENVIRONMENT = TOP_SRCDIR='$(abs_top_srcdir)'; \
	TOP_BUILDDIR='$(abs_top_builddir)'; \
	export TOP_SRCDIR TOP_BUILDDIR;

EXTRA_DIST += tests/entrycopy.h tests/folder.h tests/rng.h
EXTRA_DIST += tests/model/README.md tests/model/pair.pml

# What the programs below tests/relay and tests/netns share.
test_tool = tests/tool.c tests/tool.h

# And what sends past the network stack.
test_raw = tests/rawsock.c tests/rawsock.h

# And callbacks of a core that do nothing.
test_quiet = tests/quiet.c tests/quiet.h

# Memory that runs out where a test says so.
test_starve = tests/starve.c tests/starve.h
starve_wrap = -Wl,--wrap=try_malloc,--wrap=try_calloc \
	-Wl,--wrap=try_aligned_alloc,--wrap=try_reallocarray \
	-Wl,--wrap=try_strdup,--wrap=try_asprintf

include tests/unit/base.mk
include tests/unit/crypto.mk
include tests/unit/wire.mk
include tests/unit/neg.mk
include tests/unit/book.mk
include tests/unit/store.mk
include tests/unit/core.mk
include tests/unit/coreflow.mk
include tests/unit/io.mk
include tests/unit/ctl.mk
include tests/unit/shim.mk
include tests/unit/vplamad.mk
include tests/unit/page.mk
include tests/unit/entryd.mk
include tests/unit/bad.mk
include tests/sim/local.mk
include tests/swarm/local.mk
include tests/relay/local.mk
include tests/netns/local.mk
include tests/bench/local.mk
include tests/show/local.mk
include tests/show/badgram.mk
include tests/show/again.mk
include tests/show/echoes.mk
include tests/show/rawpkt.mk
include tests/show/malform.mk
include tests/show/mtulab.mk
include tests/show/carry.mk
include tests/show/pathcost.mk
include tests/show/pest.mk
include tests/show/hostile.mk
include tests/show/spread.mk
include tests/show/badlists.mk
include tests/show/stock.mk
include tests/show/entrylab.mk
include tests/show/nomem.mk
include tests/show/store.mk
include tests/show/verdicts.mk
include tests/lint/local.mk
include tests/lint/docs.mk
include tests/flood/local.mk
include tests/fuzz/local.mk
