# A bad line in user space, and what measures it.
check_PROGRAMS += tests/relay/relay tests/relay/udpblast
tests_relay_relay_SOURCES = tests/relay/relay.c \
	tests/relay/weather.c tests/relay/weather.h $(test_tool)
tests_relay_relay_LDADD = src/base/libbase.a $(SODIUM_LIBS)
tests_relay_udpblast_SOURCES = tests/relay/udpblast.c $(test_tool)
tests_relay_udpblast_LDADD = src/base/libbase.a $(SODIUM_LIBS)

dist_check_SCRIPTS += tests/relay/test_relay.sh
TESTS += tests/relay/test_relay.sh
