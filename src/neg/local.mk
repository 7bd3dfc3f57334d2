# What two gnodes agree on: pure functions and state without I/O.
noinst_LIBRARIES += src/neg/libneg.a
src_neg_libneg_a_SOURCES = \
	src/neg/channel.h \
	src/neg/neg.h \
	src/neg/show.h \
	src/neg/space.c \
	src/neg/space.h \
	src/neg/verdict.c \
	src/neg/verdict.h
