# Unit tests of store.
if HAVE_CMOCKA
STORE_TESTS = tests/unit/test_copy tests/unit/test_db tests/unit/test_reader \
	tests/unit/test_store
check_PROGRAMS += $(STORE_TESTS)
TESTS += $(STORE_TESTS)
STORE_LDADD = src/store/libstore.a src/base/libbase.a $(CMOCKA_LIBS) \
	$(SQLITE_LIBS) $(SODIUM_LIBS)
store_made = tests/unit/store_made.c tests/unit/store_made.h
store_rig = tests/unit/store_rig.c tests/unit/store_rig.h $(store_made)

tests_unit_test_copy_SOURCES = tests/unit/test_copy.c $(store_rig)
tests_unit_test_copy_LDADD = $(STORE_LDADD)
tests_unit_test_db_SOURCES = tests/unit/test_db.c $(store_made)
tests_unit_test_db_LDADD = $(STORE_LDADD)
tests_unit_test_reader_SOURCES = tests/unit/test_reader.c $(store_made)
tests_unit_test_reader_LDADD = $(STORE_LDADD)
tests_unit_test_store_SOURCES = tests/unit/test_store.c $(store_rig)
tests_unit_test_store_LDADD = $(STORE_LDADD)
endif
