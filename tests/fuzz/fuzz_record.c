/* A row of items: what parses is written, and parses the same. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "wire/record.h"

static void
try_record(const uint8_t *p, size_t len)
{
	uint8_t once[RECORD_MAX], twice[RECORD_MAX];
	struct record r, again;
	const uint8_t *sig;
	size_t n, wrote;
	unsigned i;

	if (!record_parse(p, len, &r, &n, &sig))
		return;
	MUST(n + RECORD_SIG == len && sig == p + n);
	MUST(r.n_ep <= RECORD_ENDPOINTS && r.n_prefix <= RECORD_PREFIXES);
	for (i = 0; i < r.n_ep; i++)
		MUST(addr_routable(&r.ep[i]));
	MUST(strlen(r.name) <= RECORD_NAME);
	MUST(strlen(r.contact) <= RECORD_CONTACT);
	wrote = record_write(&r, once);
	MUST(wrote > 0 && wrote <= n); /* what is unknown went */
	memset(once + wrote, 0, RECORD_SIG);
	MUST(record_parse(once, wrote + RECORD_SIG, &again, &n, &sig));
	MUST(record_write(&again, twice) == wrote);
	MUST(memcmp(once, twice, wrote) == 0);
	(void)record_in_time(&r, RECORD_EPOCH + 1);
}

static void
try_revoke(const uint8_t *p, size_t len)
{
	uint8_t out[REVOKE_LEN];
	const uint8_t *sig;
	struct revoke r;

	if (!revoke_parse(p, len, &r, &sig))
		return;
	revoke_write(&r, out);
	MUST(len == REVOKE_LEN && sig == p + len - RECORD_SIG);
	MUST(memcmp(out, p, len - RECORD_SIG) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct rd rd = rd_of(p, len);
	const uint8_t *item;
	uint8_t kind, want;
	size_t n;

	while (item_next(&rd, &kind, &item, &n)) {
		MUST(n > 0 && kind == item[0]);
		try_record(item, n);
		try_revoke(item, n);
		MUST(!ask_parse(item, n, &want) ||
		    (want >= 1 && want <= RECORD_ASK));
	}
	try_record(p, len);
	return 0;
}
