# Who wants a gnode's place, for tests/show/hostile.
check_PROGRAMS += tests/show/hostile_negs
tests_show_hostile_negs_SOURCES = tests/show/hostile_main.c tests/show/hostile.h \
	tests/show/hostile_attacks.c tests/show/hostile_foe.c \
	tests/show/hostile_stage.c $(neg_pair)
tests_show_hostile_negs_CPPFLAGS = $(AM_CPPFLAGS) -DLINE_SIDES=9 \
	-DLINE_RECORDS=512
tests_show_hostile_negs_LDADD = src/neg/libneg.a src/wire/libwire.a \
	src/base/libbase.a $(JSON_LIBS) $(SODIUM_LIBS)
