# Not OpenSSL's library of that name: only what calls aead_choose() or a backend
# of it needs that and the others, $(CIPHER_LIBS), behind this.
noinst_LIBRARIES += src/crypto/libcrypto.a src/crypto/libkx.a
src_crypto_libcrypto_a_SOURCES = \
	src/crypto/aead.c src/crypto/aead.h \
	src/crypto/aead_choose.c \
	src/crypto/aead_nonce.h \
	src/crypto/aead_sodium.c \
	src/crypto/keys.c src/crypto/keys.h \
	src/crypto/kx.h src/crypto/kx_rate.c \
	src/crypto/minisign.c src/crypto/minisign.h \
	src/crypto/noise.c src/crypto/noise.h \
	src/crypto/prim.c src/crypto/prim.h \
	src/crypto/sign.c src/crypto/sign.h
if HAVE_OPENSSL
src_crypto_libcrypto_a_SOURCES += src/crypto/aead_openssl.c
else
src_crypto_libcrypto_a_SOURCES += src/crypto/aead_no_openssl.c
endif
if HAVE_IPSECMB
src_crypto_libcrypto_a_SOURCES += src/crypto/aead_ipsecmb.c
else
src_crypto_libcrypto_a_SOURCES += src/crypto/aead_no_ipsecmb.c
endif

# On its own, so that a long simulation can link another in its place.
src_crypto_libkx_a_SOURCES = src/crypto/kx.c
