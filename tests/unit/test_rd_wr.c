#include "base/rd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/wr.h"
#include "tests/rng.h"

static const uint8_t bytes[] = { 1, 2, 3, 4, 5, 6, 7, 8 };

static void
integers(void **state)
{
	struct rd r = rd_of(bytes, 8);
	uint8_t v8;
	uint16_t v16;
	uint32_t v32;
	uint64_t v64;

	(void)state;
	assert_true(rd_u8(&r, &v8) && v8 == 1);
	assert_true(rd_be16(&r, &v16) && v16 == 0x0203);
	assert_true(rd_le16(&r, &v16) && v16 == 0x0504);
	assert_false(rd_end(&r));
	assert_true(rd_skip(&r, 3) && rd_end(&r));
	r = rd_of(bytes, 8);
	assert_true(rd_be32(&r, &v32) && v32 == 0x01020304);
	assert_true(rd_le32(&r, &v32) && v32 == 0x08070605);
	r = rd_of(bytes, 8);
	assert_true(rd_be64(&r, &v64) && v64 == 0x0102030405060708);
	r = rd_of(bytes, 8);
	assert_true(rd_le64(&r, &v64) && v64 == 0x0807060504030201);
	assert_true(rd_end(&r));
}

/* Each get by its number: whether it works on r; *zero if its output is. */
static bool
get(int which, struct rd *r, bool *zero)
{
	uint8_t v8 = 0xff, b3[3] = { 1, 1, 1 };
	uint16_t v16 = 0xff;
	uint32_t v32 = 0xff;
	uint64_t v64 = 0xff;
	const uint8_t *ref = bytes;
	struct rd sub = rd_of(bytes, 8);
	bool ok;

	*zero = true;
	switch (which) {
	case 0:
		ok = rd_u8(r, &v8);
		*zero = v8 == 0;
		return ok;
	case 1:
	case 2:
		ok = which == 1 ? rd_be16(r, &v16) : rd_le16(r, &v16);
		*zero = v16 == 0;
		return ok;
	case 3:
	case 4:
		ok = which == 3 ? rd_be32(r, &v32) : rd_le32(r, &v32);
		*zero = v32 == 0;
		return ok;
	case 5:
	case 6:
		ok = which == 5 ? rd_be64(r, &v64) : rd_le64(r, &v64);
		*zero = v64 == 0;
		return ok;
	case 7:
		ok = rd_bytes(r, b3, 3);
		*zero = b3[0] == 0 && b3[1] == 0 && b3[2] == 0;
		return ok;
	case 8:
		ok = rd_ref(r, &ref, 3);
		*zero = ref == NULL;
		return ok;
	case 9:
		ok = rd_sub(r, &sub, 3);
		*zero = sub.left == 0 && sub.bad;
		return ok;
	default:
		return rd_skip(r, 3);
	}
}

static const size_t get_len[] = { 1, 2, 2, 4, 4, 8, 8, 3, 3, 3, 3 };
#define N_GETS ((int)(sizeof(get_len) / sizeof(get_len[0])))

/* A get that fails zeroes its output, and everything behind it fails too. */
static void
short_input(void **state)
{
	int i, j;

	(void)state;
	for (i = 0; i < N_GETS; i++) {
		size_t len;

		for (len = 0; len <= 8; len++) {
			uint8_t *copy = malloc(len > 0 ? len : 1);
			struct rd r = rd_of(copy, len);
			bool zero, ok;

			assert_non_null(copy);
			memcpy(copy, bytes, len);
			ok = get(i, &r, &zero);
			assert_int_equal(ok, len >= get_len[i]);
			assert_int_equal(rd_end(&r), len == get_len[i]);
			if (!ok) {
				assert_true(zero);
				for (j = 0; j < N_GETS; j++) {
					assert_false(get(j, &r, &zero));
					assert_true(zero);
				}
				assert_false(rd_zeros(&r, 0));
				assert_false(rd_skip(&r, 0));
			}
			free(copy);
		}
	}
}

static void
zero_bytes(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i <= 8; i++) {
		uint8_t p[8] = { 0 };
		struct rd r = rd_of(p, 8);

		if (i < 8)
			p[i] = 0x10;
		assert_int_equal(rd_zeros(&r, 8), i == 8);
		assert_int_equal(rd_end(&r), i == 8);
		r = rd_of(p, 8);
		assert_false(rd_zeros(&r, 9));
	}
}

static void
sub_readers(void **state)
{
	struct rd r = rd_of(bytes, 8), sub;
	uint32_t v;
	uint16_t v16;

	(void)state;
	assert_true(rd_sub(&r, &sub, 2));
	assert_int_equal(sub.left, 2);
	assert_false(rd_be32(&sub, &v)); /* not past its own end */
	assert_true(rd_be16(&r, &v16) && v16 == 0x0304); /* r is unharmed */
	assert_true(rd_sub(&r, &sub, 0) && rd_end(&sub));
	assert_false(rd_sub(&r, &sub, 5));
	assert_false(rd_end(&sub));
}

static void
writer_bounds(void **state)
{
	uint8_t p[33];
	size_t max;

	(void)state;
	for (max = 0; max <= 32; max++) {
		struct wr w = wr_of(p, max);

		memset(p, 0xee, sizeof(p));
		wr_u8(&w, 1);
		wr_be16(&w, 2);
		wr_be32(&w, 3);
		wr_le64(&w, 4);
		wr_bytes(&w, bytes, 8);
		wr_zeros(&w, 9);
		assert_int_equal(wr_ok(&w), max == 32);
		assert_true(w.len <= max);
		assert_int_equal(p[max], 0xee);
		wr_bytes(&w, NULL, 0); /* sticky */
		assert_int_equal(wr_ok(&w), max == 32);
	}
}

static void
wrong_once_wrong_for_good(void **state)
{
	uint8_t p[4] = { 9, 9, 9, 9 };
	struct wr w = wr_of(p, 4);

	(void)state;
	wr_be64(&w, 1);
	wr_u8(&w, 1); /* would fit, but something is missing before it */
	assert_false(wr_ok(&w));
	assert_int_equal(w.len, 0);
	assert_memory_equal(p, "\x9\x9\x9\x9", 4);
}

/* Writes the low bytes of v as the integer that kind names. */
static void
put_kind(struct wr *w, unsigned kind, uint64_t v)
{
	switch (kind) {
	case 0:
		wr_u8(w, (uint8_t)v);
		break;
	case 1:
		wr_be16(w, (uint16_t)v);
		break;
	case 2:
		wr_le16(w, (uint16_t)v);
		break;
	case 3:
		wr_be32(w, (uint32_t)v);
		break;
	case 4:
		wr_le32(w, (uint32_t)v);
		break;
	case 5:
		wr_be64(w, v);
		break;
	default:
		wr_le64(w, v);
	}
}

static void
check_kind(struct rd *r, unsigned kind, uint64_t v)
{
	uint8_t v8;
	uint16_t v16;
	uint32_t v32;
	uint64_t v64;

	switch (kind) {
	case 0:
		assert_true(rd_u8(r, &v8) && v8 == (uint8_t)v);
		break;
	case 1:
		assert_true(rd_be16(r, &v16) && v16 == (uint16_t)v);
		break;
	case 2:
		assert_true(rd_le16(r, &v16) && v16 == (uint16_t)v);
		break;
	case 3:
		assert_true(rd_be32(r, &v32) && v32 == (uint32_t)v);
		break;
	case 4:
		assert_true(rd_le32(r, &v32) && v32 == (uint32_t)v);
		break;
	case 5:
		assert_true(rd_be64(r, &v64) && v64 == v);
		break;
	default:
		assert_true(rd_le64(r, &v64) && v64 == v);
	}
}

/* What is written is read back; kinds and values at random. */
static void
round_trips(void **state)
{
	struct rng rnd = rng_seeded(10);
	int i, j;

	(void)state;
	for (i = 0; i < 2000; i++) {
		uint8_t p[200];
		uint64_t value[20];
		unsigned kind[20];
		struct wr w = wr_of(p, sizeof(p));
		struct rd r;

		for (j = 0; j < 20; j++) {
			kind[j] = (unsigned)rng_below(&rnd, 7);
			value[j] = rng_next(&rnd);
			put_kind(&w, kind[j], value[j]);
		}
		assert_true(wr_ok(&w));
		r = rd_of(p, w.len);
		for (j = 0; j < 20; j++)
			check_kind(&r, kind[j], value[j]);
		assert_true(rd_end(&r));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers),
		cmocka_unit_test(short_input),
		cmocka_unit_test(zero_bytes),
		cmocka_unit_test(sub_readers),
		cmocka_unit_test(writer_bounds),
		cmocka_unit_test(wrong_once_wrong_for_good),
		cmocka_unit_test(round_trips),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
