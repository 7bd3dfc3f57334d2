# Tests in network namespaces: "make check-root". Without root each says so
# and counts as skipped.
ROOT_TESTS = tests/netns/test_topo.sh
dist_check_SCRIPTS += $(ROOT_TESTS)
EXTRA_DIST += tests/netns/topo.sh

check-root:
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(ROOT_TESTS)'
.PHONY: check-root
