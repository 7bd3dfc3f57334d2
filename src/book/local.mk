# The address book: pure functions and state without I/O.
noinst_LIBRARIES += src/book/libbook.a
src_book_libbook_a_SOURCES = \
	src/book/book.h \
	src/book/uptime.h
