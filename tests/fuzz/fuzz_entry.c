/* Lists of vnodes: what parses is in bounds, is written, and parses the same.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "wire/entry.h"

static void
try_server(const struct entry_server *s)
{
	unsigned i;

	MUST(s->n_ep >= 1 && s->n_ep <= RECORD_ENDPOINTS);
	MUST(s->n_prefix <= RECORD_PREFIXES && s->record_len <= RECORD_MAX);
	MUST(s->accepts < ACCEPTS_KINDS);
	for (i = 0; i < s->n_ep; i++)
		MUST(addr_routable(&s->ep[i]));
	for (i = 0; i < ENTRY_DAYS; i++)
		MUST(s->day[i] <= 100 || s->day[i] == ENTRY_NO_DAY);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct entry_list l, again;
	char *once, *twice;
	const char *why;
	size_t n, m;
	unsigned i;

	if (!entry_parse((const char *)p, len, &l, &why)) {
		MUST(why != NULL && l.server == NULL && l.n == 0);
		return 0;
	}
	MUST(l.n <= ENTRY_SERVERS && l.network[0] != '\0');
	for (i = 0; i < l.n; i++)
		try_server(&l.server[i]);
	once = entry_write(&l, &n);
	MUST(entry_parse(once, n, &again, &why) && again.n == l.n);
	twice = entry_write(&again, &m);
	MUST(n == m && memcmp(once, twice, n) == 0);
	free(once);
	free(twice);
	entry_fini(&l);
	entry_fini(&again);
	return 0;
}
