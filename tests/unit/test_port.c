#include "io/port.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/port_peer.h"

static void
names(void **state)
{
	static const char *const all[PORT_KINDS] = { "tap", "tun",
		"tun-per-peer", "dummy", "stdio", "udp", "tcp", "unix-stream",
		"unix-dgram", "unix-seqpacket", "fd" };
	static const char *const none[] = { "", "ta", "tapp", "TAP", " tap",
		"tun-per", "unix", "unix-", "stdin" };
	enum port_kind kind = PORT_KINDS;
	unsigned i;

	(void)state;
	for (i = 0; i < PORT_KINDS; i++) {
		assert_string_equal(port_ops(i)->name, all[i]);
		assert_non_null(port_ops(i)->open);
		assert_true(port_kind_parse(all[i], &kind));
		assert_int_equal(kind, i);
	}
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		kind = PORT_KINDS;
		assert_false(port_kind_parse(none[i], &kind));
		assert_int_equal(kind, PORT_KINDS);
	}
}

static void
dummy_drops(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f, PORT_DUMMY);
	assert_int_equal(fix_open(&f), 0);
	assert_ptr_equal(f.p->ops, port_ops(PORT_DUMMY));
	assert_int_equal(f.p->no, 7);
	fix_give(&f, 0, 64, 1514);
	fix_give(&f, 0, 1, 14);
	assert_int_equal(fix_count(&f, CNT_port_drop), 65);
	assert_int_equal(fix_count(&f, CNT_port_tx), 0);
	env_run(&f.e, 5);
	assert_int_equal(f.n, 0);
	fix_fini(&f);
}

/* 192.0.2.1 to 192.0.2.2 by UDP, with the sum of the pseudo-header alone. */
static const uint8_t partial[] = { 0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2,
	0x08, 0x00, 0x45, 0, 0, 30, 0, 0, 0, 0, 64, 17, 0xf6, 0xcb, 192, 0, 2,
	1, 192, 0, 2, 2, 0x10, 0x00, 0x20, 0x00, 0, 10, 0x84, 0x1f, 0xab,
	0xcd };

/* Sum of all 16-bit words, carries added in: 0xffff where a checksum holds. */
static unsigned
sum(const uint8_t *p, size_t len, unsigned from)
{
	size_t i;

	for (i = 0; i < len; i += 2)
		from += (unsigned)p[i] << 8 | p[i + 1];
	while (from > 0xffff)
		from = (from & 0xffff) + (from >> 16);
	return from;
}

static void
checksums_are_finished(void **state)
{
	struct run run = { 0 };
	struct arena mem;
	struct pkt *pk;

	(void)state;
	arena_init(&mem, 4096);
	pk = run_add(&run, sizeof(partial), &mem);
	memcpy(pk->p, partial, sizeof(partial));
	pk->flags = PKT_CSUM;
	pk = run_add(&run, sizeof(partial), &mem);
	memcpy(pk->p, partial, sizeof(partial));
	port_finish(&run, true);
	pk = &run.pkt[0];
	assert_int_equal(pk->flags & PKT_CSUM, 0);
	assert_int_equal(sum(pk->p + 34, 10, 0x841f), 0xffff);
	assert_memory_equal(pk->p, partial, 40);
	/* nobody said that this one is partial */
	assert_memory_equal(run.pkt[1].p, partial, sizeof(partial));
	arena_fini(&mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(dummy_drops),
		cmocka_unit_test(checksums_are_finished),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
