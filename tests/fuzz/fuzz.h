/*
 * What a fuzz target offers. Each target is a file with this one function; it
 * runs under tests/fuzz/replay.c, or under libFuzzer as that file says.
 */
#ifndef VPLAM_TESTS_FUZZ_H
#define VPLAM_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Always 0; aborts when a property does not hold. */
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

#define MUST(x)                                                             \
	do {                                                                \
		if (!(x)) {                                                 \
			fprintf(                                            \
			    stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x); \
			abort();                                            \
		}                                                           \
	} while (0)

#endif
