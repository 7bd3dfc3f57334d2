#include "io/port_unix.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fdutil.h"
#include "base/pool.h"
#include "tests/unit/io_env.h"
#include "wire/mesh.h"

#define KEEP 1024

struct fix {
	struct env e;
	struct port_unix *p;
	struct port_handler h;
	unsigned opened, closed, n, runs, want;
	unsigned max_run, max_turn, in_turn, last_turn;
	bool hangup_on_input;
	uint32_t len[KEEP], no[KEEP];
	uint8_t last[MESH_RECORD_MAX];
};

static void
on_open(void *arg, struct turn *t)
{
	struct fix *f = arg;

	assert_non_null(t);
	assert_int_equal(f->opened, f->closed);
	f->opened++;
}

static void
on_input(void *arg, struct run *run, struct turn *t)
{
	struct fix *f = arg;
	unsigned i;

	assert_non_null(t);
	assert_int_equal(f->opened, f->closed + 1);
	assert_true(run->n >= 1);
	f->runs++;
	f->in_turn = f->e.turns == f->last_turn ? f->in_turn : 0;
	f->last_turn = f->e.turns;
	f->in_turn += run->n;
	f->max_run = run->n > f->max_run ? run->n : f->max_run;
	f->max_turn = f->in_turn > f->max_turn ? f->in_turn : f->max_turn;
	for (i = 0; i < run->n; i++) {
		const struct pkt *pk = &run->pkt[i];

		assert_true(f->n < KEEP);
		f->len[f->n] = pk->len;
		memset(pk->p - RUN_HEAD, 0xee, RUN_HEAD);
		memset(pk->p + pk->len, 0xee, RUN_TAIL);
		if (pk->len >= 8)
			memcpy(&f->no[f->n], pk->p + 4, 4);
		memcpy(f->last, pk->p, pk->len);
		f->n++;
	}
	if (f->hangup_on_input)
		port_unix_hangup(f->p);
}

static void
on_close(void *arg, struct turn *t)
{
	struct fix *f = arg;

	assert_non_null(t);
	f->closed++;
	assert_int_equal(f->opened, f->closed);
}

static void
fix_init(struct fix *f)
{
	memset(f, 0, sizeof(*f));
	env_init(&f->e);
	f->h = (struct port_handler){ f, on_open, on_input, on_close };
	assert_int_equal(
	    port_unix_open(&f->p, f->e.loop, &f->e.priv, &f->h, &f->e.cnt), 0);
}

static void
fix_fini(struct fix *f)
{
	port_unix_close(f->p);
	env_fini(&f->e);
}

static bool
is_open(void *arg)
{
	const struct fix *f = arg;

	return f->opened == f->want;
}

static bool
is_closed(void *arg)
{
	const struct fix *f = arg;

	return f->closed == f->want;
}

static bool
has_got(void *arg)
{
	const struct fix *f = arg;

	return f->n >= f->want;
}

static int
dial(struct fix *f)
{
	int fd = unix_connect(f->e.mesh, SOCK_SEQPACKET);

	assert_true(fd >= 0);
	assert_int_equal(fd_nonblock(fd), 0);
	return fd;
}

static int
join(struct fix *f)
{
	int fd = dial(f);

	f->want = f->opened + 1;
	env_until(&f->e, is_open, f);
	return fd;
}

static ssize_t
put(int fd, uint8_t type, uint32_t no, size_t len)
{
	static uint8_t buf[MESH_RECORD_MAX + 100];

	memset(buf, (int)no, len);
	buf[0] = MESH_VERSION;
	buf[1] = type;
	memcpy(buf + 4, &no, 4);
	return send(fd, buf, len, MSG_NOSIGNAL);
}

/* Hands the port one record, as the core does. */
static void
give(struct fix *f, uint8_t type, uint32_t no, size_t len)
{
	struct turn *t = loop_turn(f->e.loop);
	struct run *run = run_new(t->mem);
	struct pkt *pk;

	assert_non_null(run);
	pk = run_add(run, len, t->mem);
	assert_non_null(pk);
	memset(pk->p, (int)no, len);
	pk->p[0] = MESH_VERSION;
	pk->p[1] = type;
	memcpy(pk->p + 4, &no, 4);
	port_unix_send(f->p, run);
	arena_reset(t->mem); /* nothing may be kept */
}

static ssize_t
get(int fd, uint8_t *ret_type, uint32_t *ret_no)
{
	static uint8_t buf[MESH_RECORD_MAX];
	ssize_t n = recv(fd, buf, sizeof(buf), 0);

	if (n >= 8) {
		*ret_type = buf[1];
		memcpy(ret_no, buf + 4, 4);
	}
	return n;
}

static void
expect_refused(int fd, uint16_t code)
{
	struct mesh_rec rec;
	const char *field;
	uint8_t buf[256];
	ssize_t n = recv(fd, buf, sizeof(buf), 0);

	assert_true(n > 0);
	assert_int_equal(mesh_parse(buf, (size_t)n, &rec, &field), MESH_OK);
	assert_int_equal(rec.type, MESH_REFUSED);
	assert_int_equal(rec.u.refused.code, code);
	assert_true(rec.u.refused.why[0] != '\0');
	assert_int_equal(recv(fd, buf, sizeof(buf), 0), 0); /* and the end */
}

static void
second_is_refused(void **state)
{
	struct fix f;
	int a, b;

	(void)state;
	fix_init(&f);
	a = join(&f);
	b = dial(&f);
	put(b, MESH_HELLO, 1, 20); /* does not hide the answer */
	env_run(&f.e, 30);
	expect_refused(b, MESH_REF_BUSY);
	assert_int_equal(f.e.cnt.v[CNT_mesh_refused], 1);
	assert_int_equal(f.n, 0);
	close(b);
	f.want = 1; /* the first goes on */
	put(a, MESH_PING, 5, 8);
	env_until(&f.e, has_got, &f);
	close(a);
	f.want = 1;
	env_until(&f.e, is_closed, &f);
	fix_fini(&f);
}

/* It dies and is back before we have looked: no refusal. */
static void
restart_is_no_second(void **state)
{
	struct fix f;
	int fd;

	(void)state;
	fix_init(&f);
	fd = join(&f);
	put(fd, MESH_PING, 42, 8);
	close(fd);
	fd = join(&f);
	assert_int_equal(f.n, 1); /* its last words were heard */
	assert_int_equal(f.no[0], 42);
	assert_int_equal(f.closed, 1);
	assert_int_equal(f.e.cnt.v[CNT_mesh_refused], 0);
	close(fd);
	fix_fini(&f);
}

static void
record_lengths(void **state)
{
	static const size_t len[] = { 8, 100, 65535, 65536, MESH_RECORD_MAX };
	struct fix f;
	unsigned i;
	int fd;

	(void)state;
	fix_init(&f);
	fd = join(&f);
	for (i = 0; i < 5; i++) {
		assert_int_equal(put(fd, MESH_PKT, i, len[i]), len[i]);
		f.want = i + 1;
		env_until(&f.e, has_got, &f);
		assert_int_equal(f.len[i], len[i]);
		assert_int_equal(f.no[i], i);
		assert_int_equal(f.last[len[i] - 1], len[i] > 8 ? i : 0);
	}
	/* nothing at all is a record too, and not the end */
	assert_int_equal(send(fd, "", 0, 0), 0);
	f.want = 6;
	env_until(&f.e, has_got, &f);
	assert_int_equal(f.len[5], 0);
	assert_int_equal(f.closed, 0);
	close(fd);
	fix_fini(&f);
}

static void
too_long_is_refused(void **state)
{
	struct fix f;
	int fd;

	(void)state;
	fix_init(&f);
	fd = join(&f);
	put(fd, MESH_PKT, 1, 30);
	put(fd, MESH_PKT, 2, MESH_RECORD_MAX + 1);
	put(fd, MESH_PKT, 3, 30);
	f.want = 1;
	env_until(&f.e, is_closed, &f);
	assert_int_equal(f.n, 1);
	assert_int_equal(f.e.cnt.v[CNT_mesh_bad], 1);
	expect_refused(fd, MESH_REF_FORMAT);
	close(fd);
	close(join(&f)); /* the place is free */
	fix_fini(&f);
}

/* A flood of records is taken in portions. */
static void
portions(void **state)
{
	struct fix f;
	uint32_t sent = 0;
	unsigned i;
	int fd;

	(void)state;
	fix_init(&f);
	fd = join(&f);
	while (sent < 300) {
		while (sent < 300 && put(fd, MESH_PKT, sent, 40) > 0)
			sent++;
		f.want = sent;
		env_until(&f.e, has_got, &f);
	}
	for (i = 0; i < 300; i++)
		assert_int_equal(f.no[i], i);
	assert_true(f.max_run <= PORT_RECORDS);
	assert_true(f.max_turn <= PORT_RECORDS);
	f.max_turn = 0;
	for (i = 0; i < 4; i++) /* large ones count by their bytes */
		put(fd, MESH_PKT, i, 40000);
	f.want = f.n + 2;
	env_until(&f.e, has_got, &f);
	assert_true(f.max_turn <= 2);
	close(fd);
	fix_fini(&f);
}

/* Fills the kernel's queue and ours; returns how many PKT were given. */
static uint32_t
stuff(struct fix *f, uint32_t n, size_t len)
{
	uint32_t i;

	for (i = 0; i < n; i++)
		give(f, MESH_PKT, i, len);
	return n;
}

static void
slow_reader_loses_oldest(void **state)
{
	uint32_t n, no = 0, last = 0, got = 0, gaps = 0;
	uint8_t type = 0;
	struct fix f;
	bool up = false;
	int fd;

	(void)state;
	fix_init(&f);
	fd = join(&f);
	give(&f, MESH_PEER_UP, 0, 60);
	n = stuff(&f, 600, 500);
	give(&f, MESH_PEER_DOWN, n, 12); /* kept, though it came late */
	n = stuff(&f, 2000, 500);
	assert_true(f.e.cnt.v[CNT_mesh_out_drop] > 0);
	assert_int_equal(f.closed, 0);
	for (;;) {
		ssize_t len = get(fd, &type, &no);

		if (len < 0) {
			env_run(&f.e, 10);
			len = get(fd, &type, &no);
		}
		if (len < 0)
			break;
		if (type == MESH_PEER_DOWN)
			up = true;
		if (type != MESH_PKT)
			continue;
		got++;
		gaps += no != last + 1;
		last = no;
	}
	assert_true(up);
	assert_int_equal(last, 1999); /* the newest */
	assert_true(gaps <= 3);
	assert_int_equal(got + f.e.cnt.v[CNT_mesh_out_drop], 2600);
	close(fd);
	fix_fini(&f);
}

/* Not more than a megabyte of ours waits, whatever is sent. */
static void
queue_counts_bytes(void **state)
{
	struct fix f;
	uint8_t type;
	uint32_t no;
	size_t bytes = 0;
	ssize_t n;
	int fd;

	(void)state;
	fix_init(&f);
	fd = join(&f);
	stuff(&f, 200, 60000);
	for (;;) {
		n = get(fd, &type, &no);
		if (n < 0) {
			env_run(&f.e, 10);
			n = get(fd, &type, &no);
		}
		if (n < 0)
			break;
		bytes += (size_t)n;
	}
	assert_true(bytes >= 900000);
	assert_true(bytes <= PORT_QUEUE_BYTES + 1000000); /* the kernel's */
	assert_int_equal(bytes / 60000 + f.e.cnt.v[CNT_mesh_out_drop], 200);
	close(fd);
	fix_fini(&f);
}

/* Without the state it would be wrong about peers for ever. */
static void
state_is_never_dropped(void **state)
{
	struct fix f;
	unsigned i;
	int fd;

	(void)state;
	fix_init(&f);
	fd = join(&f);
	stuff(&f, 3000, 20);
	for (i = 0; i < PORT_QUEUE_BYTES / 1024; i++) /* just as much */
		give(&f, MESH_PEER_UP, i, 1024 - sizeof(struct pbuf));
	env_run(&f.e, 5);
	assert_int_equal(f.closed, 0);
	give(&f, MESH_PKT, 0, 20); /* gives way itself */
	env_run(&f.e, 5);
	assert_int_equal(f.closed, 0);
	give(&f, MESH_PEER_DOWN, 0, 12);
	assert_int_equal(f.closed, 0); /* not from within a send */
	f.want = 1;
	env_until(&f.e, is_closed, &f);
	close(fd);
	close(join(&f));
	fix_fini(&f);
}

/* A mesh daemon that joins a vnode with many peers: nothing is read meanwhile.
 */
static void
all_peers_at_once(void **state)
{
	const uint32_t peers = 5000;
	uint32_t no = 0, next = 0;
	uint8_t type = 0;
	struct fix f;
	int fd;

	(void)state;
	fix_init(&f);
	fd = join(&f);
	for (; next < peers; next++)
		give(&f, MESH_PEER_UP, next, 120);
	for (next = 0; next < peers; next++) {
		if (get(fd, &type, &no) < 0) {
			env_run(&f.e, 10);
			assert_true(get(fd, &type, &no) > 0);
		}
		assert_int_equal(type, MESH_PEER_UP);
		assert_int_equal(no, next);
	}
	assert_int_equal(f.closed, 0);
	assert_int_equal(f.e.cnt.v[CNT_mesh_out_drop], 0);
	close(fd);
	fix_fini(&f);
}

static void
hangup_after_flush(void **state)
{
	uint8_t type = 0;
	uint32_t no = 0, got = 0;
	struct fix f;
	int fd;

	(void)state;
	fix_init(&f);
	fd = join(&f);
	f.hangup_on_input = true;
	stuff(&f, 200, 4000); /* some wait in our queue */
	assert_int_equal(f.e.cnt.v[CNT_mesh_out_drop], 0);
	put(fd, MESH_PKT, 1, 20);
	f.want = 1;
	env_until(&f.e, has_got, &f);
	give(&f, MESH_PKT, 999, 20); /* too late */
	put(fd, MESH_PKT, 2, 20);
	while (f.closed == 0) {
		while (get(fd, &type, &no) > 0)
			assert_int_equal(no, got++);
		env_run(&f.e, 5);
	}
	while (get(fd, &type, &no) > 0)
		assert_int_equal(no, got++);
	assert_int_equal(got, 200);
	assert_int_equal(f.n, 1); /* read no more after the hangup */
	assert_int_equal(recv(fd, &type, 1, 0), 0);
	close(fd);
	fix_fini(&f);
}

/* Told to go, it neither reads nor goes: the next one takes its place. */
static void
hangup_frees_the_place(void **state)
{
	struct fix f;
	int fd, other;

	(void)state;
	fix_init(&f);
	fd = join(&f);
	stuff(&f, 600, 1000);
	port_unix_hangup(f.p);
	env_run(&f.e, 20);
	assert_int_equal(f.closed, 0);
	other = join(&f);
	assert_int_equal(f.closed, 1);
	assert_int_equal(f.e.cnt.v[CNT_mesh_refused], 0);
	close(fd);
	close(other);
	fix_fini(&f);
}

/* Nobody there, or just gone: nothing happens, nothing leaks. */
static void
sending_to_nobody(void **state)
{
	struct fix f;
	int fd;

	(void)state;
	fix_init(&f);
	give(&f, MESH_PKT, 1, 20);
	port_unix_hangup(f.p);
	fd = join(&f);
	close(fd);
	give(&f, MESH_PKT, 1, 20);
	give(&f, MESH_PKT, 2, 20);
	assert_int_equal(f.closed, 0);
	f.want = 1;
	env_until(&f.e, is_closed, &f);
	assert_int_equal(f.e.cnt.v[CNT_mesh_out_drop], 1);
	fix_fini(&f);
}

static void
socket_file(void **state)
{
	struct port_unix *other = NULL;
	struct stat st;
	struct fix f;

	(void)state;
	fix_init(&f);
	assert_int_equal(stat(f.e.mesh, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	assert_int_equal(
	    port_unix_open(&other, f.e.loop, &f.e.priv, &f.h, &f.e.cnt),
	    -EADDRINUSE);
	assert_null(other);
	fix_fini(&f); /* its folder must be empty */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(second_is_refused),
		cmocka_unit_test(restart_is_no_second),
		cmocka_unit_test(record_lengths),
		cmocka_unit_test(too_long_is_refused),
		cmocka_unit_test(portions),
		cmocka_unit_test(slow_reader_loses_oldest),
		cmocka_unit_test(queue_counts_bytes),
		cmocka_unit_test(state_is_never_dropped),
		cmocka_unit_test(all_peers_at_once),
		cmocka_unit_test(hangup_after_flush),
		cmocka_unit_test(hangup_frees_the_place),
		cmocka_unit_test(sending_to_nobody),
		cmocka_unit_test(socket_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
