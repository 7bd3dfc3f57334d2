# The address book: pure functions and state without I/O.
noinst_LIBRARIES += src/book/libbook.a
src_book_libbook_a_SOURCES = \
	src/book/act.h \
	src/book/book.c \
	src/book/book.h \
	src/book/dials.c \
	src/book/evict.c \
	src/book/hear.c \
	src/book/minutes.c \
	src/book/pick.c \
	src/book/proven.c \
	src/book/proven.h \
	src/book/revoked.c \
	src/book/room.c \
	src/book/tell.c \
	src/book/trial.c \
	src/book/uptime.c \
	src/book/uptime.h
