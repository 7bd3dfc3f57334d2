# Unit tests of base.
if HAVE_CMOCKA
BASE_TESTS = tests/unit/test_rd_wr tests/unit/test_run tests/unit/test_addr \
	tests/unit/test_htab tests/unit/test_heap tests/unit/test_pool \
	tests/unit/test_fdutil tests/unit/test_log tests/unit/test_prefix \
	tests/unit/test_base64 tests/unit/test_text tests/unit/test_xmem
check_PROGRAMS += $(BASE_TESTS)
TESTS += $(BASE_TESTS)
BASE_LDADD = src/base/libbase.a $(CMOCKA_LIBS) $(SODIUM_LIBS)

tests_unit_test_rd_wr_SOURCES = tests/unit/test_rd_wr.c
tests_unit_test_rd_wr_LDADD = $(BASE_LDADD)
tests_unit_test_run_SOURCES = tests/unit/test_run.c
tests_unit_test_run_LDADD = $(BASE_LDADD)
tests_unit_test_addr_SOURCES = tests/unit/test_addr.c
tests_unit_test_addr_LDADD = $(BASE_LDADD)
tests_unit_test_htab_SOURCES = tests/unit/test_htab.c
tests_unit_test_htab_LDADD = $(BASE_LDADD)
tests_unit_test_xmem_SOURCES = tests/unit/test_xmem.c
tests_unit_test_xmem_LDADD = $(BASE_LDADD)
tests_unit_test_heap_SOURCES = tests/unit/test_heap.c
tests_unit_test_heap_LDADD = $(BASE_LDADD)
tests_unit_test_pool_SOURCES = tests/unit/test_pool.c
tests_unit_test_pool_LDADD = $(BASE_LDADD)
tests_unit_test_fdutil_SOURCES = tests/unit/test_fdutil.c
tests_unit_test_fdutil_LDADD = $(BASE_LDADD)
tests_unit_test_log_SOURCES = tests/unit/test_log.c
tests_unit_test_log_LDADD = $(BASE_LDADD)
tests_unit_test_prefix_SOURCES = tests/unit/test_prefix.c
tests_unit_test_prefix_LDADD = $(BASE_LDADD)
tests_unit_test_base64_SOURCES = tests/unit/test_base64.c
tests_unit_test_base64_LDADD = $(BASE_LDADD)
tests_unit_test_text_SOURCES = tests/unit/test_text.c
tests_unit_test_text_LDADD = $(BASE_LDADD)
endif
