/* What somebody gets who has not shown that he gets what we send him. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/cookie.h"
#include "core/peer.h"
#include "crypto/aead.h"
#include "duo.h"
#include "wire/msg.h"

#define DGRAM_MAX 1500

static const char elsewhere[] = "198.51.100.7:5555";

/* Makes 0 dial 1, which cannot hear it, and returns the initiation. */
static struct duo_dgram
caught_init(struct duo *d, struct duo_tape *tape)
{
	d->tape = tape;
	d->dir[0][1].cut = true;
	duo_peer(d, 0, 1, true);
	d->tape = NULL;
	assert_int_equal(tape->n, 1);
	assert_int_equal(tape->d[0].len, INIT_LEN);
	return tape->d[0];
}

static void
init_two(struct duo *d, uint64_t seed)
{
	duo_init(d, seed);
	duo_start(d, 0, NULL);
	duo_start(d, 1, NULL);
	duo_peer(d, 1, 0, false);
}

/* Cookie first, Diffie-Hellman after; then it connects like anybody. */
static void
test_cookie_round_trip(void **state)
{
	struct duo_tape tape = { 0 }, seen = { 0 };
	struct duo_dgram init;
	uint32_t number = 1;
	struct duo d;

	(void)state;
	init_two(&d, 1);
	init = caught_init(&d, &tape);
	duo_inject(&d, 1, &init.from, init.p, init.len);
	assert_int_equal(duo_cnt(&d, 1, CNT_dh), 0);
	assert_int_equal(duo_cnt(&d, 1, CNT_cookie_sent), 1);
	assert_int_equal(d.end[1].out_bytes, COOKIE_LEN);

	d.dir[0][1].cut = false;
	d.tape = &seen;
	assert_true(duo_wait_up(&d, 1, 0, 100 * MONO_MS));
	/* cookie already on its way; the same initiation again at once */
	assert_true(seen.n >= 2);
	assert_int_equal(seen.d[0].len, INIT_LEN);
	assert_memory_equal(seen.d[0].p, init.p, INIT_LEN - MAC_LEN);
	assert_memory_not_equal(seen.d[0].p + INIT_LEN - MAC_LEN,
	    init.p + INIT_LEN - MAC_LEN, MAC_LEN);
	assert_int_equal(seen.d[1].len, RESP_LEN);
	assert_int_equal(duo_cnt(&d, 0, CNT_cookie_got), 1);
	assert_true(duo_wait_up(&d, 0, 1, 100 * MONO_MS));
	assert_true(duo_carries(&d, 0, 1, &number));
	duo_tape_free(&tape);
	duo_tape_free(&seen);
	duo_fini(&d);
}

/* A pair whose end 0 was killed and dials anew from the address known. */
static struct duo_dgram
known_again(struct duo *d, struct duo_tape *tape, uint64_t seed)
{
	static const uint8_t key[KEY_LEN] = { 1, 2, 3 };
	struct duo_options zero = { .seed = key };

	duo_init(d, seed);
	duo_start(d, 0, &zero);
	duo_start(d, 1, NULL);
	duo_peer(d, 1, 0, false);
	duo_peer(d, 0, 1, true);
	assert_true(duo_wait_up(d, 1, 0, MONO_SEC));
	duo_run(d, 5 * MONO_SEC);
	duo_stop(d, 0);
	duo_start(d, 0, &zero);
	d->end[1].out_n = d->end[1].out_bytes = 0;
	memset(&d->end[1].core.cnt, 0, sizeof(d->end[1].core.cnt));
	return caught_init(d, tape);
}

static void
test_known_endpoint(void **state)
{
	struct duo_tape tape = { 0 };
	struct duo_dgram init;
	struct duo d;

	(void)state;
	init = known_again(&d, &tape, 2);
	duo_inject(&d, 1, &init.from, init.p, init.len);
	assert_int_equal(duo_cnt(&d, 1, CNT_cookie_sent), 0);
	assert_int_equal(duo_cnt(&d, 1, CNT_resp_sent), 1);
	assert_int_equal(d.end[1].out_bytes, RESP_LEN);
	d.dir[0][1].cut = false;
	assert_true(duo_wait_up(&d, 0, 1, 100 * MONO_MS));
	duo_tape_free(&tape);
	duo_fini(&d);
}

static void
test_known_endpoint_wrong_mac2(void **state)
{
	struct duo_tape tape = { 0 };
	struct duo_dgram init;
	struct duo d;

	(void)state;
	init = known_again(&d, &tape, 3);
	init.p[INIT_LEN - 1] ^= 1;
	duo_inject(&d, 1, &init.from, init.p, init.len);
	assert_int_equal(duo_cnt(&d, 1, CNT_cookie_sent), 1);
	assert_int_equal(duo_cnt(&d, 1, CNT_dh), 0);
	assert_int_equal(d.end[1].out_bytes, COOKIE_LEN);
	duo_tape_free(&tape);
	duo_fini(&d);
}

/* Under load everybody gets one; it costs a round trip, not the tunnel. */
static void
test_under_load(void **state)
{
	struct duo_tape tape = { 0 };
	struct duo_dgram init;
	struct duo d;

	(void)state;
	init = known_again(&d, &tape, 4);
	core_note_load(&d.end[1].core, d.now);
	duo_inject(&d, 1, &init.from, init.p, init.len);
	assert_int_equal(duo_cnt(&d, 1, CNT_cookie_sent), 1);
	assert_int_equal(duo_cnt(&d, 1, CNT_dh), 0);
	d.dir[0][1].cut = false;
	assert_true(duo_wait_up(&d, 0, 1, 100 * MONO_MS));

	/* Held for a second. */
	duo_run(&d, 2 * MONO_SEC);
	duo_inject(&d, 1, &init.from, init.p, init.len);
	assert_int_equal(duo_cnt(&d, 1, CNT_cookie_sent), 1);
	duo_tape_free(&tape);
	duo_fini(&d);
}

static void
test_forged_mac1(void **state)
{
	struct duo_tape tape = { 0 };
	struct addr from[2];
	struct duo_dgram init;
	struct duo d;
	unsigned i;

	(void)state;
	init = known_again(&d, &tape, 5);
	from[0] = init.from;
	from[1] = duo_addr(elsewhere);
	init.p[INIT_NOMACS] ^= 0x80;
	for (i = 0; i < 2; i++)
		duo_inject(&d, 1, &from[i], init.p, init.len);
	assert_int_equal(duo_cnt(&d, 1, CNT_mac1_bad), 2);
	assert_int_equal(duo_cnt(&d, 1, CNT_dh), 0);
	assert_int_equal(d.end[1].out_n, 0);
	duo_tape_free(&tape);
	duo_fini(&d);
}

/* A cookie is for its address and port, and for about two minutes. */
static void
test_cookie_of_another(void **state)
{
	struct duo_tape tape = { 0 }, seen = { 0 };
	struct duo_dgram init;
	struct addr other = duo_addr(elsewhere), port;
	const uint8_t *paid;
	struct duo d;

	(void)state;
	init_two(&d, 6);
	init = caught_init(&d, &tape);
	d.tape = &seen;
	duo_inject(&d, 1, &init.from, init.p, init.len);
	duo_run(&d, 15 * MONO_MS); /* the cookie comes back; still cut */
	assert_int_equal(seen.n, 2);
	paid = seen.d[1].p;
	port = init.from;
	port.port++;
	duo_inject(&d, 1, &other, paid, INIT_LEN);
	duo_inject(&d, 1, &port, paid, INIT_LEN);
	assert_int_equal(duo_cnt(&d, 1, CNT_dh), 0);
	assert_int_equal(duo_cnt(&d, 1, CNT_cookie_sent), 3);
	d.tape = NULL;
	duo_run(&d, 131 * (uint64_t)MONO_SEC);
	duo_inject(&d, 1, &init.from, paid, INIT_LEN);
	assert_int_equal(duo_cnt(&d, 1, CNT_cookie_sent), 4);
	assert_int_equal(duo_cnt(&d, 1, CNT_dh), 0);
	duo_tape_free(&tape);
	duo_tape_free(&seen);
	duo_fini(&d);
}

/* Its public key alone gets no byte out of a closed network. */
static void
test_closed_network(void **state)
{
	static const uint8_t ours[KEY_LEN] = { 7 }, theirs[KEY_LEN] = { 8 };
	struct duo_options closed = { .netkey = ours };
	struct duo_options other[2] = { { .netkey = theirs }, { 0 } };
	uint32_t number = 1;
	struct duo d;
	unsigned i;

	(void)state;
	for (i = 0; i < 2; i++) {
		duo_init(&d, 7 + i);
		duo_start(&d, 0, &other[i]);
		duo_start(&d, 1, &closed);
		duo_peer(&d, 1, 0, false); /* not even when it is configured */
		duo_peer(&d, 0, 1, true);
		duo_run(&d, 60 * (uint64_t)MONO_SEC);
		assert_true(d.end[0].out_n > 10);
		assert_int_equal(d.end[1].out_n, 0);
		assert_int_equal(duo_cnt(&d, 1, CNT_mac1_bad), d.end[0].out_n);
		duo_fini(&d);
	}
	duo_pair(&d, 9, &closed);
	assert_true(duo_carries(&d, 0, 1, &number));
	duo_fini(&d);
}

/* In an open one a key that is not configured gets cookies and no more. */
static void
test_unconfigured_key(void **state)
{
	struct duo_tape tape = { 0 };
	struct duo d;
	size_t i;

	(void)state;
	duo_init(&d, 10);
	duo_start(&d, 0, NULL);
	duo_start(&d, 1, NULL);
	d.tape = &tape;
	duo_peer(&d, 0, 1, true);
	duo_run(&d, 30 * (uint64_t)MONO_SEC);
	assert_true(duo_cnt(&d, 1, CNT_init_unknown) > 0);
	assert_int_equal(duo_cnt(&d, 1, CNT_resp_sent), 0);
	for (i = 0; i < tape.n; i++)
		if (addr_equal(&tape.d[i].from, &d.end[1].face))
			assert_int_equal(tape.d[i].len, COOKIE_LEN);
	duo_tape_free(&tape);
	duo_fini(&d);
}

/* Bytes that went to the stranger so far. */
static size_t
to_stranger(const struct duo *d)
{
	size_t i, sum = 0;

	for (i = 0; i < d->stray.n; i++)
		sum += d->stray.d[i].len;
	return sum;
}

static void
offer(struct duo *d, const uint8_t *p, size_t len)
{
	struct addr from = duo_addr(elsewhere);

	duo_inject(d, 1, &from, p, len);
	if (to_stranger(d) > len)
		fail_msg("type %u, %zu bytes: %zu in answer",
		    len > 0 ? p[0] : 0, len, to_stranger(d));
	duo_tape_free(&d->stray);
}

static void
test_amplification_any(void **state)
{
	struct rng r = rng_seeded(11);
	uint8_t p[DGRAM_MAX], msg[DGRAM_MAX];
	struct duo d;
	unsigned type;
	uint64_t before;
	size_t len;

	(void)state;
	duo_pair(&d, 11, NULL);
	before = duo_cnt(&d, 1, CNT_cookie_sent);
	rng_fill(&r, p, sizeof(p));
	for (type = 0; type <= UINT8_MAX; type++) {
		for (len = 0; len <= DGRAM_MAX; len++) {
			memcpy(msg, p, len);
			if (len > 0)
				msg[0] = (uint8_t)type;
			if (len > 4) {
				msg[1] = VPL_VERSION;
				msg[2] = msg[3] = 0;
			}
			if (len >= INIT_NOMACS + MAC_LEN)
				mac1_write(
				    d.end[1].core.mac1key, msg, INIT_NOMACS);
			offer(&d, msg, len);
		}
	}
	/* Only the 168 bytes of an initiation were worth an answer. */
	assert_int_equal(duo_cnt(&d, 1, CNT_cookie_sent), 1 + before);
	duo_fini(&d);
}

static bool
keep_only(struct duo *d, const struct duo_end *from, const struct addr *to,
    const uint8_t *p, size_t len)
{
	(void)d, (void)to, (void)p, (void)len;
	return from->nr != 0;
}

/* All that a real peer said, cut at each length and drawn out. */
static void
test_amplification_real(void **state)
{
	struct duo_tape tape = { 0 };
	uint8_t msg[DGRAM_MAX] = { 0 };
	struct duo d;
	size_t i, len;

	(void)state;
	duo_init(&d, 12);
	duo_start(&d, 0, NULL);
	duo_start(&d, 1, NULL);
	duo_peer(&d, 1, 0, false);
	d.tape = &tape;
	duo_peer(&d, 0, 1, true);
	assert_true(duo_wait_up(&d, 0, 1, MONO_SEC));
	d.tap = keep_only; /* fresh packets that 1 has never seen */
	duo_say_nr(&d, 0, 1);
	duo_run(&d, 40 * (uint64_t)MONO_SEC);
	d.tap = NULL;
	d.tape = NULL;
	assert_true(tape.n > 8);
	for (i = 0; i < tape.n; i++) {
		for (len = 0; len < tape.d[i].len; len++)
			offer(&d, tape.d[i].p, len);
		memset(msg, 0, sizeof(msg));
		memcpy(msg, tape.d[i].p, tape.d[i].len);
		for (len = tape.d[i].len + 1; len <= DGRAM_MAX; len += 7)
			offer(&d, msg, len);
		offer(&d, tape.d[i].p, tape.d[i].len);
	}
	duo_tape_free(&tape);
	duo_fini(&d);
}

/* A peer's own packet from a new address: never more back than came. */
static void
test_amplification_roaming(void **state)
{
	struct duo_tape tape = { 0 };
	struct addr from = duo_addr(elsewhere);
	size_t i, got = 0;
	struct duo d;

	(void)state;
	duo_pair(&d, 13, NULL);
	d.tap = keep_only;
	d.tape = &tape;
	duo_run(&d, 40 * (uint64_t)MONO_SEC);
	d.tape = NULL;
	assert_true(tape.n > 5);
	for (i = 0; i < tape.n; i++) {
		if (!addr_equal(&tape.d[i].from, &d.end[0].face))
			continue;
		duo_inject(&d, 1, &from, tape.d[i].p, tape.d[i].len);
		got += tape.d[i].len;
		duo_run(&d, 300 * MONO_MS);
		assert_true(to_stranger(&d) <= got);
	}
	assert_true(to_stranger(&d) > 0);
	duo_tape_free(&tape);
	duo_fini(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cookie_round_trip),
		cmocka_unit_test(test_known_endpoint),
		cmocka_unit_test(test_known_endpoint_wrong_mac2),
		cmocka_unit_test(test_under_load),
		cmocka_unit_test(test_forged_mac1),
		cmocka_unit_test(test_cookie_of_another),
		cmocka_unit_test(test_closed_network),
		cmocka_unit_test(test_unconfigured_key),
		cmocka_unit_test(test_amplification_any),
		cmocka_unit_test(test_amplification_real),
		cmocka_unit_test(test_amplification_roaming),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
