/*
 * Signatures of files in minisign's formats (prehashed "ED": Ed25519 over
 * BLAKE2b-512, and a trusted comment under a second signature), so that
 * `minisign -V` checks what we write and we check what `minisign -S` writes.
 */
#ifndef VPLAM_CRYPTO_MINISIGN_H
#define VPLAM_CRYPTO_MINISIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/prim.h"

#define MINISIGN_ID 8
#define MINISIGN_COMMENT 256   /* bytes of a comment, NUL included */
#define MINISIGN_KEY_TEXT 57   /* the line of a public key, NUL included */
#define MINISIGN_FILE_MAX 1024 /* any of the three files */

struct minisign_pub {
	uint8_t id[MINISIGN_ID];
	uint8_t pk[KEY_LEN];
};

struct minisign_key { /* a secret: wipe() it */
	struct minisign_pub pub;
	uint8_t sk[64];
};

void minisign_generate(struct minisign_key *ret);

/* One line of base64, as in URLs: "RW...". */
bool minisign_pub_parse(const char *text, struct minisign_pub *ret);
void minisign_pub_format(
    const struct minisign_pub *pub, char ret[static MINISIGN_KEY_TEXT]);

/* The whole files, NUL-terminated; the secret one as `minisign -G -W` has it,
 * without a passphrase. */
void minisign_pub_file(
    const struct minisign_pub *pub, char ret[static MINISIGN_FILE_MAX]);
void minisign_key_file(
    const struct minisign_key *key, char ret[static MINISIGN_FILE_MAX]);

/* Reads either; one with a passphrase is refused. *ret_why is static. */
bool minisign_pub_file_parse(const char *text, size_t len,
    struct minisign_pub *ret, const char **ret_why);
bool minisign_key_file_parse(const char *text, size_t len,
    struct minisign_key *ret, const char **ret_why);

/* The text of a .minisig; trusted: one line that is signed along. */
void minisign_sign(const struct minisign_key *key, const void *p, size_t len,
    const char *trusted, char ret[static MINISIGN_FILE_MAX]);

/*
 * pub NULL: whichever key signed, by its own word in *ret_id (the caller has
 * to find the key; then only the form is checked). ret_trusted may be NULL.
 */
bool minisign_verify(const struct minisign_pub *pub, const void *p, size_t len,
    const char *sig, size_t sig_len, uint8_t ret_id[MINISIGN_ID],
    char ret_trusted[MINISIGN_COMMENT], const char **ret_why);

#endif
