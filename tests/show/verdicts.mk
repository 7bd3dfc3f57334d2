# What tests/show/verdicts has judged by both sides.
check_PROGRAMS += tests/show/verdicts_random
tests_show_verdicts_random_SOURCES = tests/show/verdicts_random.c \
	tests/sim/mover.c tests/sim/mover.h $(neg_descs)
tests_show_verdicts_random_LDADD = src/neg/libneg.a src/wire/libwire.a \
	src/base/libbase.a $(JSON_LIBS) $(SODIUM_LIBS)
