# What each promise looks like when it is kept, one command each; and what
# they need to build.
EXTRA_DIST += tests/show/lib.sh
dist_noinst_SCRIPTS += scripts/build.sh scripts/install-deps.sh
