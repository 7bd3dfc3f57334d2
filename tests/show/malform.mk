# What tests/show/malformed shoots with.
check_PROGRAMS += tests/show/malform
tests_show_malform_SOURCES = tests/show/malform.c $(fuzz_corpus) $(show_asked) \
	$(test_quiet)
tests_show_malform_LDADD = src/vplamctl/libvplamctl.a \
	src/core/libcore.a src/neg/libneg.a src/book/libbook.a src/wire/libwire.a \
	src/crypto/libcrypto.a src/crypto/libkx.a src/base/libbase.a \
	$(JSON_LIBS) $(SODIUM_LIBS)
