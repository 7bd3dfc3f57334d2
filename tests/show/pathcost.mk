# What tests/show/profile counts the instructions of.
if HAVE_CMOCKA
check_PROGRAMS += tests/show/pathcost
tests_show_pathcost_SOURCES = tests/show/pathcost.c tests/unit/gso_made.c \
	tests/unit/gso_made.h $(coreflow_duo)
tests_show_pathcost_LDADD = $(coreflow_libs) $(CIPHER_LIBS)
endif
