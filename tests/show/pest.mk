# What besieges a daemon in tests/show/stuck.
check_PROGRAMS += tests/show/pest
tests_show_pest_SOURCES = tests/show/pest.c $(test_tool)
tests_show_pest_LDADD = src/base/libbase.a $(SODIUM_LIBS)
