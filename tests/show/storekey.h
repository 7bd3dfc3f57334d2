/* Vnodes that a number tells, for what fills a store and what asks for them. */
#ifndef VPLAM_TESTS_SHOW_STOREKEY_H
#define VPLAM_TESTS_SHOW_STOREKEY_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

/*
 * A file of valid public keys, each made with its keypair: making so many takes
 * longer than what is to be shown with them.
 */
void storekey_write(const char *path, size_t n);

/* The keys in it, 32 bytes each, for free(). */
uint8_t *storekey_read(const char *path, size_t *ret_n);

/*
 * An address of that vnode which tells a version below 65536, and the version.
 * Those of several vnodes are in many networks.
 */
struct addr storekey_addr(const uint8_t key[32], uint32_t version);
uint32_t storekey_version(const struct addr *a);

#endif
