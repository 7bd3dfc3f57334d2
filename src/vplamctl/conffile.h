/*
 * What the configuration of this machine's daemon says, as far as vplamctl has
 * to know it; whether it is right is vplamad's to say (--check-config).
 */
#ifndef VPLAM_VPLAMCTL_CONFFILE_H
#define VPLAM_VPLAMCTL_CONFFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/keys.h"

#define CONFFILE_CONFIG "/etc/vplama/vplamad.conf"
#define CONFFILE_KEY "/var/lib/vplama/id.key"
#define CONFFILE_VALUE 512 /* bytes of one value, NUL included */
#define CONFFILE_BYTES (1024 * 1024)

/*
 * A file with its comments blanked, for free(). NULL and *ret_err: 0, and
 * *ret_why says what is wrong with it, else why it cannot be read (an errno).
 */
char *conffile_read(const char *path, int *ret_err, const char **ret_why);

/*
 * The first value of an option outside of blocks; false when it is not there,
 * has no value, or one that is too long.
 */
bool conffile_value(
    const char *text, const char *option, char ret[CONFFILE_VALUE]);

/* A value as the file has to have it, between double quotes. */
bool conffile_quote(const char *value, char *ret, size_t max);

/*
 * The keys of the network of that name, open, or closed by that file (""). NULL
 * or why not, static.
 */
const char *conffile_network(
    struct network *net, const char *name, const char *key_file);

/* The identity in a file of a private key: wipe() it. NULL, or why not. */
const char *conffile_identity(const char *path, struct identity *ret);

#endif
