# What tests/show/runs carries through the tunnel.
check_PROGRAMS += tests/show/carry
tests_show_carry_SOURCES = tests/show/carry.c $(test_tool)
tests_show_carry_LDADD = src/base/libbase.a $(SODIUM_LIBS)
