/* Vnodes that find each other: real cores, real tunnels, real signatures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/xmem.h"
#include "core/peer_send.h"
#include "tests/unit/party.h"

static struct party *
party_of(uint64_t seed, enum trust_mode mode)
{
	static struct party p;

	party_init(&p, seed, mode);
	return &p;
}

/* Ends 1 to n - 1 know nobody but 0. */
static void
one_is_known(struct party *p, unsigned n)
{
	unsigned i;

	party_start(p, 0, n);
	for (i = 1; i < n; i++)
		party_tell(p, i, 0);
}

static void
meshes(enum trust_mode mode, uint64_t seed)
{
	struct party *p = party_of(seed, mode);

	one_is_known(p, 6);
	assert_true(party_wait_meshed(p, 6, 10 * MONO_SEC));
	party_fini(p);
}

static void
six_with_one_address_known(void **state)
{
	(void)state;
	meshes(TRUST_OPEN, 1);
	meshes(TRUST_SECRET, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(six_with_one_address_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
