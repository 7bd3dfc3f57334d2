# Many real peers in one process: what a vplamad with a thousand of them does.
check_PROGRAMS += tests/swarm/swarm
tests_swarm_swarm_SOURCES = tests/swarm/swarm.c tests/swarm/swarm.h \
	tests/swarm/fan.c tests/swarm/vnode.c $(test_quiet) $(test_tool)
tests_swarm_swarm_LDADD = src/core/libcore.a src/neg/libneg.a \
	src/book/libbook.a src/wire/libwire.a src/crypto/libcrypto.a \
	src/crypto/libkx.a src/base/libbase.a $(SODIUM_LIBS) $(CIPHER_LIBS)
