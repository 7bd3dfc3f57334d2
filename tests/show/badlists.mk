# What tests/show/bad-lists needs: lists with defects, servers with worse, and
# somebody who asks a daemon meanwhile.
check_PROGRAMS += tests/show/bad_lists tests/show/bad_http tests/show/ctl_ask
tests_show_bad_lists_SOURCES = tests/show/bad_lists.c \
	tests/unit/listgen.c tests/unit/listgen.h \
	tests/unit/recgen.c tests/unit/recgen.h
tests_show_bad_lists_LDADD = src/vplamad/libvplamad.a src/wire/libwire.a \
	src/crypto/libcrypto.a src/crypto/libkx.a src/base/libbase.a \
	$(SODIUM_LIBS) $(JSON_LIBS)
tests_show_bad_http_SOURCES = tests/show/bad_http.c
tests_show_bad_http_LDADD = src/base/libbase.a $(SODIUM_LIBS) $(ZLIB_LIBS)
tests_show_ctl_ask_SOURCES = tests/show/ctl_ask.c $(show_asked)
tests_show_ctl_ask_LDADD = src/vplamctl/libvplamctl.a src/wire/libwire.a \
	src/crypto/libcrypto.a src/crypto/libkx.a src/base/libbase.a \
	$(JSON_LIBS) $(SODIUM_LIBS)
