# Not OpenSSL's library of that name, which is $(OPENSSL_LIBS): only what calls
# aead_choose() or aead_openssl() needs that one behind this.
noinst_LIBRARIES += src/crypto/libcrypto.a src/crypto/libkx.a
src_crypto_libcrypto_a_SOURCES = \
	src/crypto/aead.c src/crypto/aead.h \
	src/crypto/aead_choose.c \
	src/crypto/aead_nonce.h \
	src/crypto/aead_sodium.c \
	src/crypto/keys.c src/crypto/keys.h \
	src/crypto/kx.h \
	src/crypto/noise.c src/crypto/noise.h \
	src/crypto/prim.c src/crypto/prim.h
if HAVE_OPENSSL
src_crypto_libcrypto_a_SOURCES += src/crypto/aead_openssl.c
else
src_crypto_libcrypto_a_SOURCES += src/crypto/aead_no_openssl.c
endif

# On its own, so that a long simulation can link another in its place.
src_crypto_libkx_a_SOURCES = src/crypto/kx.c
