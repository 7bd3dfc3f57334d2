/* Inputs in files, and what becomes of them when somebody alters them. */
#ifndef VPLAM_TESTS_CORPUS_H
#define VPLAM_TESTS_CORPUS_H

#include <stddef.h>
#include <stdint.h>

#include "tests/rng.h"

#define CORPUS_INPUT 131072 /* bytes of one */
#define CORPUS_INPUTS 4096

struct input {
	uint8_t *p;
	size_t len;
};

struct corpus {
	size_t n;
	struct input in[CORPUS_INPUTS];
};

/*
 * Adds a file, or all files of a folder in the order of their names; nothing
 * when there is no such folder. What fails ends the program.
 */
void corpus_load(struct corpus *c, const char *path);
void corpus_free(struct corpus *c);

/*
 * One to four alterations of the len bytes at p, which has room for
 * CORPUS_INPUT; returns how many there are then.
 */
size_t corpus_mutate(
    const struct corpus *c, uint8_t *p, size_t len, struct rng *r);

#endif
