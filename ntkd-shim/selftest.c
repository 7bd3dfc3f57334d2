#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xmem.h"
#include "ntkd-shim/probe.h"
#include "ntkd-shim/verbs.h"

/* Where the fields lie (doc/mesh-socket.md). */
#define OFF_VERSION 0
#define OFF_TYPE 1
#define OFF_ZERO 2
#define OFF_HELLO_MIN 4
#define OFF_HELLO_MAX 5
#define OFF_PKT_PROVENANCE 4
#define OFF_PKT_KEY_LEN 6
#define OFF_NETDESC_NETID 27 /* its last byte, of a probe_place() */
#define ANSWER_MS 2000
#define SMALL_MAX 256 /* bytes that every record built here fits */

struct bytes {
	uint8_t p[SMALL_MAX];
	size_t len;
};

struct test {
	struct probe probe;
	char why[PROBE_WHY + 100]; /* what went wrong */
};

static const char key8[8] = "selftest";
static const char body4[4] = "body";

/*
 * A sound record without attributes. Its PKT claims to come from the
 * Internet: vplamad takes it and hands it to nobody.
 */
static struct bytes
sound(uint8_t type)
{
	struct mesh_rec rec = { .type = type };
	struct bytes b;

	if (type == MESH_HELLO) {
		rec.u.hello.min = MESH_VERSION;
		rec.u.hello.max = MESH_VERSION;
		rec.u.hello.body_max = MESH_BODY_MAX;
	} else if (type == MESH_REFUSED) {
		rec.u.refused.code = MESH_REF_BUSY;
	} else if (type == MESH_PKT) {
		rec.u.pkt.provenance = MESH_INTERNET;
		rec.u.pkt.key = (const uint8_t *)key8;
		rec.u.pkt.key_len = sizeof(key8);
		rec.u.pkt.body = (const uint8_t *)body4;
		rec.u.pkt.len = sizeof(body4);
	} else if (type == MESH_PEER_DOWN) {
		rec.u.down.why = MESH_DOWN_DEAD;
	} else {
		probe_place(&rec);
	}
	b.len = probe_record(b.p, sizeof(b.p), &rec);
	return b;
}

static struct bytes
with_byte(struct bytes b, size_t off, unsigned value)
{
	b.p[off] = (uint8_t)value;
	return b;
}

/* Adds an attribute that says it has len bytes and has given of them. */
static struct bytes
with_attr(struct bytes b, unsigned type, unsigned len, size_t given)
{
	struct wr w = wr_of(b.p, sizeof(b.p));

	w.len = b.len;
	wr_be16(&w, (uint16_t)type);
	wr_be16(&w, (uint16_t)len);
	wr_zeros(&w, given);
	b.len = w.len;
	return b;
}

static bool
fail(struct test *t, enum probe_outcome out, const char *what)
{
	char text[PROBE_WHY];

	snprintf(t->why, sizeof(t->why), "%s: %s", what,
	    probe_text(&t->probe, out, text));
	return false;
}

static bool
is_refusal(struct test *t, enum probe_outcome out, unsigned code)
{
	const struct mesh_refused *ref = &t->probe.rec.u.refused;

	return out == PROBE_REFUSED && ref->code == code &&
	    (code != MESH_REF_FORMAT || ref->why[0] != '\0');
}

/* As the first record the bytes must be refused with the code. */
static bool
first_refused(
    struct test *t, const struct bytes *b, unsigned code, const char *what)
{
	enum probe_outcome out = probe_first(&t->probe, b->p, b->len);

	return is_refusal(t, out, code) || fail(t, out, what);
}

/* After HELLO too; a type that only vplamad sends may be ignored. */
static bool
then_refused(
    struct test *t, const struct bytes *b, bool may_ignore, const char *what)
{
	enum probe_outcome out = probe_greet(&t->probe);

	if (out != PROBE_TAKEN)
		return fail(t, out, "HELLO");
	out = probe_poke(&t->probe, b->p, b->len);
	return is_refusal(t, out, MESH_REF_FORMAT) ||
	    (may_ignore && out == PROBE_TAKEN) || fail(t, out, what);
}

static bool
then_taken(struct test *t, const struct bytes *b, const char *what)
{
	enum probe_outcome out = probe_poke(&t->probe, b->p, b->len);

	return out == PROBE_TAKEN || fail(t, out, what);
}

static bool
greet(struct test *t)
{
	enum probe_outcome out = probe_greet(&t->probe);

	return out == PROBE_TAKEN || fail(t, out, "HELLO");
}

static bool
check_hello(struct test *t)
{
	const struct mesh_hello *hello = &t->probe.rec.u.hello;
	static const uint8_t none[sizeof(hello->key)];

	if (!greet(t))
		return false;
	if (hello->min != MESH_VERSION || hello->max != MESH_VERSION)
		return fail(t, PROBE_TAKEN, "no version was chosen");
	if (memcmp(hello->key, none, sizeof(none)) == 0)
		return fail(t, PROBE_TAKEN, "HELLO has no public key");
	if (hello->body_max == 0 || hello->body_max > MESH_BODY_MAX)
		return fail(t, PROBE_TAKEN, "HELLO.body_max out of range");
	return true;
}

/* A PKT with a body of len bytes, from the Internet like the small ones. */
static enum probe_outcome
poke_body(struct test *t, size_t len)
{
	size_t head = mesh_pkt_head_len(0);
	uint8_t *p = xcalloc(1, head + len);
	struct mesh_pkt pkt = {
		.provenance = MESH_INTERNET, .key = p, .len = len
	};
	enum probe_outcome out;

	mesh_pkt_head(p, &pkt);
	out = probe_poke(&t->probe, p, head + len);
	free(p);
	return out;
}

static bool
check_limits(struct test *t)
{
	enum probe_outcome out;

	if (!greet(t))
		return false;
	out = poke_body(t, t->probe.rec.u.hello.body_max);
	if (out != PROBE_TAKEN)
		return fail(t, out, "a body of HELLO.body_max bytes");
	out = poke_body(t, MESH_BODY_MAX + 1);
	if (!is_refusal(t, out, MESH_REF_FORMAT))
		return fail(t, out, "a body over 64 KiB");
	return true;
}

static bool
check_ping(struct test *t)
{
	struct bytes pong = sound(MESH_PONG);
	unsigned i;

	if (!greet(t))
		return false;
	for (i = 0; i < 20; i++)
		if (!then_taken(t, &pong, "PING"))
			return false;
	return true;
}

static bool
check_unknown(struct test *t)
{
	static const unsigned type[] = { 24, 63, 100, 128, 200, 255 };
	struct bytes ping = sound(MESH_PING), b;
	size_t i;

	if (!greet(t))
		return false;
	for (i = 0; i < sizeof(type) / sizeof(type[0]); i++) {
		b = with_byte(ping, OFF_TYPE, type[i]);
		if (!then_taken(t, &b, "unknown type with a body"))
			return false;
		b.len = MESH_HEAD;
		if (!then_taken(t, &b, "unknown type without a body"))
			return false;
	}
	return true;
}

static bool
check_attributes(struct test *t)
{
	struct bytes pong = sound(MESH_PONG), b;

	if (!greet(t))
		return false;
	b = with_attr(pong, 0x7ffe, 5, 5);
	if (!then_taken(t, &b, "unknown attribute"))
		return false;
	b = with_attr(pong, MESH_ATTR_MUST | 0x7ffe, 5, 5);
	if (!then_refused(t, &b, false, "unknown attribute that must be known"))
		return false;
	b = with_attr(pong, 0x7ffe, 6, 5);
	if (!then_refused(t, &b, false, "attribute longer than the record"))
		return false;
	b = with_attr(sound(MESH_HELLO), MESH_ATTR_NAME, MESH_TEXT_MAX + 1,
	    MESH_TEXT_MAX + 1);
	return first_refused(t, &b, MESH_REF_FORMAT, "name too long");
}

static bool
check_truncated_first(struct test *t)
{
	struct bytes b = sound(MESH_HELLO);
	char what[64];

	while (--b.len > 0) {
		snprintf(what, sizeof(what), "HELLO cut to %zu bytes", b.len);
		if (!first_refused(t, &b, MESH_REF_FORMAT, what))
			return false;
	}
	return true;
}

static bool
only_from_vplamad(uint8_t type)
{
	return type == MESH_REFUSED || type == MESH_PEER_UP ||
	    type == MESH_PEER_DOWN || type == MESH_PEER_RTT;
}

/* Who does not negotiate addresses may skip these. */
static bool
of_negotiation(uint8_t type)
{
	return type >= MESH_NETDESC && type <= MESH_ROUTE;
}

/* A record of the type at every length below its own. */
static bool
cut_refused(struct test *t, uint8_t type)
{
	struct bytes b = sound(type);
	char what[64];

	if (type == MESH_PKT) /* a shorter body is a body, too */
		b.len -= sizeof(body4) - 1;
	while (--b.len > 0) {
		/* Below the head the type is not there or not sure. */
		bool ignore =
		    (only_from_vplamad(type) || of_negotiation(type)) &&
		    b.len >= MESH_HEAD;

		snprintf(what, sizeof(what), "%s cut to %zu bytes",
		    mesh_type_name(type), b.len);
		if (!then_refused(t, &b, ignore, what))
			return false;
	}
	return true;
}

static bool
check_truncated(struct test *t)
{
	uint8_t type;

	for (type = MESH_REFUSED; type <= MESH_PONG; type++)
		if (!cut_refused(t, type))
			return false;
	for (type = MESH_NETDESC; type <= MESH_ROUTE; type++)
		if (!cut_refused(t, type))
			return false;
	return true;
}

/*
 * No sound NETDESC: it would be believed. Answers that nobody waits for are
 * of no effect, and what goes the other way is refused, if it is known.
 */
static bool
check_negotiation(struct test *t)
{
	static const uint8_t answer[] = { MESH_REHOOK_DONE,
		MESH_REHOOK_FAILED };
	static const uint8_t from_vplamad[] = { MESH_REHOOK, MESH_ROUTE };
	struct bytes b;
	size_t i;

	for (i = 0; i < sizeof(answer); i++) {
		b = sound(answer[i]);
		if (!greet(t) || !then_taken(t, &b, mesh_type_name(answer[i])))
			return false;
	}
	for (i = 0; i < sizeof(from_vplamad); i++) {
		b = sound(from_vplamad[i]);
		if (!then_refused(t, &b, true, mesh_type_name(from_vplamad[i])))
			return false;
	}
	b = with_byte(sound(MESH_NETDESC), OFF_NETDESC_NETID, 1);
	return then_refused(t, &b, true, "NETDESC.netid = 1");
}

/* Every value from lo to 255 of the byte at off. */
static bool
all_refused(
    struct test *t, uint8_t type, size_t off, unsigned lo, const char *field)
{
	char what[64];
	unsigned v;

	for (v = lo; v <= UINT8_MAX; v++) {
		struct bytes b = with_byte(sound(type), off, v);

		snprintf(what, sizeof(what), "%s = %u", field, v);
		if (!then_refused(t, &b, false, what))
			return false;
	}
	return true;
}

static bool
check_ranges(struct test *t)
{
	struct bytes hello = sound(MESH_HELLO), b;

	b = with_byte(hello, OFF_HELLO_MIN, 0);
	if (!first_refused(t, &b, MESH_REF_FORMAT, "HELLO.min = 0"))
		return false;
	b = with_byte(with_byte(hello, OFF_HELLO_MIN, 2), OFF_HELLO_MAX, 1);
	if (!first_refused(t, &b, MESH_REF_FORMAT, "HELLO.max < HELLO.min"))
		return false;
	b = with_byte(sound(MESH_PING), OFF_ZERO, 1);
	if (!then_refused(t, &b, false, "zero field = 1"))
		return false;
	return all_refused(t, MESH_PKT, OFF_PKT_PROVENANCE, MESH_INTERNET + 1,
		   "PKT.provenance") &&
	    all_refused(
		t, MESH_PKT, OFF_PKT_KEY_LEN, MESH_KEY_MAX + 1, "PKT.key_len");
}

static bool
check_order(struct test *t)
{
	static const uint8_t type[] = { MESH_PKT, MESH_PING, MESH_PONG };
	size_t i;

	for (i = 0; i < sizeof(type); i++) {
		struct bytes b = sound(type[i]);

		if (!first_refused(
			t, &b, MESH_REF_ORDER, mesh_type_name(type[i])))
			return false;
	}
	return true;
}

static bool
check_version(struct test *t)
{
	static const unsigned version[] = { 0, 2, 255 };
	struct bytes hello = sound(MESH_HELLO), b;
	enum probe_outcome out;
	size_t i;

	for (i = 0; i < sizeof(version) / sizeof(version[0]); i++) {
		b = with_byte(hello, OFF_VERSION, version[i]);
		if (!first_refused(t, &b, MESH_REF_VERSION, "head of record"))
			return false;
	}
	b = with_byte(with_byte(hello, OFF_HELLO_MIN, 2), OFF_HELLO_MAX, 255);
	if (!first_refused(t, &b, MESH_REF_VERSION, "HELLO from 2 on"))
		return false;
	b = with_byte(hello, OFF_HELLO_MAX, 255);
	out = probe_first(&t->probe, b.p, b.len);
	if (out != PROBE_TAKEN || t->probe.rec.u.hello.max != MESH_VERSION)
		return fail(t, out, "HELLO for 1 to 255 must choose 1");
	return true;
}

static bool
check_busy(struct test *t)
{
	struct probe *second = xmalloc(sizeof(*second));
	struct bytes hello = sound(MESH_HELLO), pong = sound(MESH_PONG);
	enum probe_outcome out = PROBE_ABSENT;
	bool ok;

	if (!greet(t)) {
		free(second);
		return false;
	}
	probe_init(second, t->probe.path, t->probe.answer_ms);
	if (probe_open(second)) {
		probe_send(second, hello.p, hello.len);
		out = probe_expect(second, MESH_HELLO);
	}
	ok =
	    out == PROBE_REFUSED && second->rec.u.refused.code == MESH_REF_BUSY;
	t->probe.rec = second->rec; /* for the message */
	if (!ok)
		fail(t, out, "second connection");
	probe_close(second);
	free(second);
	return ok && then_taken(t, &pong, "PING on the first connection");
}

struct check {
	const char *name;
	bool (*run)(struct test *t);
};

static const struct check checks[] = {
	{ "HELLO is answered, with a key and a version", check_hello },
	{ "the largest body is taken, a larger one refused", check_limits },
	{ "PING is answered with its token", check_ping },
	{ "unknown types are skipped", check_unknown },
	{ "unknown attributes are skipped unless they must be known",
	    check_attributes },
	{ "HELLO cut at every length is refused", check_truncated_first },
	{ "every other record cut at every length is refused",
	    check_truncated },
	{ "values out of range are refused", check_ranges },
	{ "answers to a REHOOK that nobody sent are of no effect",
	    check_negotiation },
	{ "a record before HELLO is refused", check_order },
	{ "another version is refused", check_version },
	{ "a second connection is refused, the first stays", check_busy },
	{ "after all that a new connection is accepted", check_hello },
};

static bool
run_check(const struct check *check, struct test *t)
{
	bool ok = check->run(t);

	if (ok)
		printf("ok      %s\n", check->name);
	else
		printf("FAILED  %s: %s\n", check->name, t->why);
	fflush(stdout);
	return ok;
}

int
selftest_run(const char *sock, int answer_ms)
{
	struct test *t = xcalloc(1, sizeof(*t));
	unsigned failed = 0;
	size_t i, n = sizeof(checks) / sizeof(checks[0]);

	probe_init(&t->probe, sock, answer_ms);
	if (!probe_open(&t->probe)) {
		log_warn("%s", sock);
		free(t);
		return SHIM_FAILED;
	}
	for (i = 0; i < n; i++)
		failed += !run_check(&checks[i], t);
	printf("%zu checks, %u failed\n", n, failed);
	probe_close(&t->probe);
	free(t);
	return failed == 0 ? SHIM_OK : SHIM_FAILED;
}

int
selftest_main(int argc, char **argv)
{
	const char *sock = SHIM_SOCKET;
	int ch;

	while ((ch = getopt(argc, argv, "s:")) != -1) {
		if (ch != 's')
			return SHIM_USAGE;
		sock = optarg;
	}
	return optind == argc ? selftest_run(sock, ANSWER_MS) : SHIM_USAGE;
}
