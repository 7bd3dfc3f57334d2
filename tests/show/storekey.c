#include "tests/show/storekey.h"

#include <stdio.h>

#include "base/log.h"
#include "base/xmem.h"
#include "crypto/keys.h"

#define KEYS_MAX 20000

void
storekey_write(const char *path, size_t n)
{
	FILE *f = fopen(path, "w");
	struct identity id;
	size_t i;

	for (i = 0; f != NULL && i < n; i++) {
		uint8_t seed[KEY_LEN] = { (uint8_t)i, (uint8_t)(i >> 8),
			(uint8_t)(i >> 16), 's' };

		if (!identity_from_seed(seed, &id))
			fatalx("number %zu makes no key", i);
		fwrite(id.ed_pk, 1, KEY_LEN, f);
	}
	if (f == NULL || fclose(f) != 0)
		fatal("%s", path);
}

uint8_t *
storekey_read(const char *path, size_t *ret_n)
{
	FILE *f = fopen(path, "r");
	uint8_t *all = xcalloc(KEYS_MAX, KEY_LEN);

	if (f == NULL)
		fatal("%s", path);
	*ret_n = fread(all, KEY_LEN, KEYS_MAX, f);
	fclose(f);
	return all;
}

struct addr
storekey_addr(const uint8_t key[32], uint32_t version)
{
	const uint8_t ip[4] = { 10, key[0], (uint8_t)(version >> 8),
		(uint8_t)version };

	return addr_from_ip(ip, sizeof(ip), 7469);
}

uint32_t
storekey_version(const struct addr *a)
{
	return (uint32_t)a->ip[14] << 8 | a->ip[15];
}
