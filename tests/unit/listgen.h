/* Entry lists that hold, and their signatures, for tests. */
#ifndef VPLAM_TESTS_LISTGEN_H
#define VPLAM_TESTS_LISTGEN_H

#include "crypto/keys.h"
#include "crypto/minisign.h"
#include "tests/rng.h"
#include "vplamad/entrycheck.h"
#include "wire/entry.h"

#define LISTGEN_NETWORK "lab"
#define LISTGEN_NOW INT64_C(1795300000)
#define LISTGEN_VNODES 8

struct listgen {
	struct rng rng;
	struct minisign_key signer;
	struct network net;
	struct identity id[LISTGEN_VNODES];
};

void listgen_init(struct listgen *g, uint64_t seed);

/* Of n of its vnodes, with their own records; entry_fini() it. */
struct entry_list listgen_list(struct listgen *g, unsigned n);

/* A record of that vnode for the network; its length. */
size_t listgen_record(struct listgen *g, const struct identity *id,
    const struct network *net, uint8_t out[RECORD_MAX]);

/* As it is published; the signature names its key. */
struct listgen_file {
	char *text;
	size_t len;
	char sig[MINISIGN_FILE_MAX];
};
struct listgen_file listgen_publish(
    const struct minisign_key *key, const struct entry_list *l);
struct listgen_file listgen_sign(
    const struct minisign_key *key, const char *text, size_t len);
void listgen_file_fini(struct listgen_file *f);

/* What a source is held to that has this signer's key in its configuration. */
struct entry_hold listgen_hold(const struct listgen *g);

#endif
