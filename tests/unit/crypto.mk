# Unit tests of crypto.
if HAVE_CMOCKA
crypto_tests = \
	tests/unit/test_aead \
	tests/unit/test_golden_keys \
	tests/unit/test_keys \
	tests/unit/test_kx \
	tests/unit/test_kx_hashed \
	tests/unit/test_minisign \
	tests/unit/test_noise \
	tests/unit/test_prim \
	tests/unit/test_sign
check_PROGRAMS += $(crypto_tests)
TESTS += $(crypto_tests)

# Readers of the vectors, for tests of other folders too.
test_vectors = tests/unit/vectors.c tests/unit/vectors.h

# Without X25519: keys.c needs one of the two.
crypto_test_libs = src/crypto/libcrypto.a src/base/libbase.a \
	$(SODIUM_LIBS) $(CMOCKA_LIBS)
crypto_test_kx_libs = src/crypto/libcrypto.a src/crypto/libkx.a \
	src/base/libbase.a $(SODIUM_LIBS) $(JSON_LIBS) $(CMOCKA_LIBS)

tests_unit_test_aead_SOURCES = tests/unit/test_aead.c $(test_vectors)
tests_unit_test_aead_LDADD = $(crypto_test_kx_libs) $(CIPHER_LIBS)
tests_unit_test_golden_keys_SOURCES = tests/unit/test_golden_keys.c \
	$(test_vectors)
tests_unit_test_golden_keys_LDADD = $(crypto_test_kx_libs)
tests_unit_test_keys_SOURCES = tests/unit/test_keys.c $(test_vectors)
tests_unit_test_keys_LDADD = $(crypto_test_kx_libs)
tests_unit_test_kx_SOURCES = tests/unit/test_kx.c $(test_vectors)
tests_unit_test_kx_LDADD = $(crypto_test_kx_libs)
tests_unit_test_kx_hashed_SOURCES = tests/unit/test_kx_hashed.c \
	tests/sim/kx_hashed.c
tests_unit_test_kx_hashed_LDADD = $(crypto_test_libs)
tests_unit_test_noise_SOURCES = tests/unit/test_noise.c $(test_vectors)
tests_unit_test_noise_LDADD = $(crypto_test_kx_libs)
tests_unit_test_prim_SOURCES = tests/unit/test_prim.c $(test_vectors)
tests_unit_test_prim_LDADD = $(crypto_test_kx_libs)
tests_unit_test_sign_SOURCES = tests/unit/test_sign.c
tests_unit_test_sign_LDADD = $(crypto_test_kx_libs)
tests_unit_test_minisign_SOURCES = tests/unit/test_minisign.c
tests_unit_test_minisign_LDADD = $(crypto_test_kx_libs)
endif
