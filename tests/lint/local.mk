# Checks of the sources themselves; they need nothing but POSIX tools, and
# clang-format where it is there.
LINT_TESTS = tests/lint/layers.sh tests/lint/sizes.sh tests/lint/format.sh \
	tests/lint/words.sh tests/lint/selftest.sh
dist_check_SCRIPTS += $(LINT_TESTS)
TESTS += $(LINT_TESTS)
EXTRA_DIST += .clang-format

format:
	cd $(top_srcdir) && for d in src ntkd-shim entryserver tests; do \
	    [ ! -d $$d ] || find $$d -name '*.[ch]'; \
	done | xargs $${CLANG_FORMAT:-clang-format} -i
phony += format
