# Unit tests of book.
if HAVE_CMOCKA
BOOK_TESTS = \
	tests/unit/test_book \
	tests/unit/test_book_dials \
	tests/unit/test_book_minutes \
	tests/unit/test_book_pick \
	tests/unit/test_book_room \
	tests/unit/test_book_weapon \
	tests/unit/test_uptime
check_PROGRAMS += $(BOOK_TESTS)
TESTS += $(BOOK_TESTS)
BOOK_LDADD = src/book/libbook.a src/wire/libwire.a src/base/libbase.a \
	$(CMOCKA_LIBS) $(SODIUM_LIBS)
bookrig = tests/unit/bookrig.c tests/unit/bookrig.h

tests_unit_test_book_SOURCES = tests/unit/test_book.c $(bookrig)
tests_unit_test_book_LDADD = $(BOOK_LDADD)
tests_unit_test_book_dials_SOURCES = tests/unit/test_book_dials.c $(bookrig)
tests_unit_test_book_dials_LDADD = $(BOOK_LDADD)
tests_unit_test_book_minutes_SOURCES = tests/unit/test_book_minutes.c $(bookrig)
tests_unit_test_book_minutes_LDADD = $(BOOK_LDADD)
tests_unit_test_book_pick_SOURCES = tests/unit/test_book_pick.c $(bookrig)
tests_unit_test_book_pick_LDADD = $(BOOK_LDADD)
tests_unit_test_book_room_SOURCES = tests/unit/test_book_room.c $(bookrig)
tests_unit_test_book_room_LDADD = $(BOOK_LDADD)
tests_unit_test_book_weapon_SOURCES = tests/unit/test_book_weapon.c $(bookrig)
tests_unit_test_book_weapon_LDADD = $(BOOK_LDADD)
tests_unit_test_uptime_SOURCES = tests/unit/test_uptime.c
tests_unit_test_uptime_LDADD = $(BOOK_LDADD)
endif
