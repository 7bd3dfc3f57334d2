# What two gnodes agree on: pure functions and state without I/O.
noinst_LIBRARIES += src/neg/libneg.a
src_neg_libneg_a_SOURCES = \
	src/neg/act.h \
	src/neg/budget.c \
	src/neg/budget.h \
	src/neg/channel.c \
	src/neg/channel.h \
	src/neg/demand.c \
	src/neg/demand.h \
	src/neg/eval.c \
	src/neg/gate.c \
	src/neg/gate.h \
	src/neg/greet.c \
	src/neg/link.c \
	src/neg/link.h \
	src/neg/lose.c \
	src/neg/neg.c \
	src/neg/neg.h \
	src/neg/own.c \
	src/neg/past.c \
	src/neg/past.h \
	src/neg/record.h \
	src/neg/routes.c \
	src/neg/show.c \
	src/neg/show.h \
	src/neg/space.c \
	src/neg/space.h \
	src/neg/stable.c \
	src/neg/taken.c \
	src/neg/talk.c \
	src/neg/times.h \
	src/neg/verdict.c \
	src/neg/verdict.h \
	src/neg/win.c
