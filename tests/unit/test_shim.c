/* The verbs of ntkd-shim against a mesh socket, sound and faulty. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "ntkd-shim/verbs.h"
#include "tests/unit/shim_server.h"

#define CORPUS SRCDIR "/tests/data/ntkd_messages.tsv"
#define ARGS_MAX 24
#define OUT_MAX (1 << 20)

struct fixture {
	char dir[32];
	char sock[64], out[64], msg[64];
	char *text; /* what the verb wrote */
	pid_t server;
};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->dir, "/tmp/test_shim.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->sock, sizeof(f->sock), "%s/mesh.sock", f->dir);
	snprintf(f->out, sizeof(f->out), "%s/out", f->dir);
	snprintf(f->msg, sizeof(f->msg), "%s/msg", f->dir);
	f->text = calloc(1, OUT_MAX);
	f->server = -1;
	*state = f;
	return 0;
}

static void
stop(struct fixture *f)
{
	if (f->server > 0)
		server_stop(f->server);
	f->server = -1;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	stop(f);
	unlink(f->sock);
	unlink(f->out);
	unlink(f->msg);
	rmdir(f->dir);
	free(f->text);
	free(f);
	return 0;
}

static void
slurp(struct fixture *f)
{
	FILE *in = fopen(f->out, "r");
	size_t n;

	assert_non_null(in);
	n = fread(f->text, 1, OUT_MAX - 1, in);
	f->text[n] = '\0';
	fclose(in);
}

/* Runs the verb with its standard output in f->text; the exit code. */
static int
run(struct fixture *f, int (*verb)(int, char **), const char *const *args)
{
	char *argv[ARGS_MAX + 1] = { NULL };
	int argc, rc, saved = dup(STDOUT_FILENO);

	for (argc = 0; args[argc] != NULL; argc++)
		argv[argc] = strdup(args[argc]);
	fflush(stdout);
	assert_non_null(freopen(f->out, "w", stdout));
	optind = 0;
	rc = verb(argc, argv);
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	while (argc > 0)
		free(argv[--argc]);
	slurp(f);
	return rc;
}

static unsigned
lines_with(const char *text, const char *what)
{
	unsigned n = 0;

	for (; (text = strstr(text, what)) != NULL; text += strlen(what))
		n++;
	return n;
}

static void
test_selftest_sound(void **state)
{
	struct fixture *f = *state;
	const char *args[] = { "selftest", "-s", f->sock, NULL };

	f->server = server_start(f->sock, SERVER_SOUND, 3);
	assert_int_equal(run(f, selftest_main, args), SHIM_OK);
	assert_int_equal(lines_with(f->text, "\nok      "), 12);
	assert_int_equal(strncmp(f->text, "ok      ", 8), 0);
	assert_int_equal(lines_with(f->text, "FAILED"), 0);
	assert_non_null(strstr(f->text, "13 checks, 0 failed\n"));
}

struct faulty {
	enum server_fault fault;
	const char *says;
};

static const struct faulty faulty[] = {
	{ SERVER_NO_KEY, "FAILED  HELLO is answered" },
	{ SERVER_SMALL, "FAILED  the largest body is taken" },
	{ SERVER_WRONG_TOKEN, "FAILED  PING is answered" },
	{ SERVER_KNOWN_ONLY, "FAILED  unknown types are skipped" },
	{ SERVER_IGNORES_BAD, "FAILED  values out of range are refused" },
	{ SERVER_CLOSES, "FAILED  HELLO cut at every length" },
	{ SERVER_STAYS, "FAILED  every other record cut at every length" },
	{ SERVER_NO_WHY, "FAILED  unknown attributes" },
	{ SERVER_ANY_ORDER, "FAILED  a record before HELLO is refused" },
	{ SERVER_ANY_VERSION, "FAILED  another version is refused" },
	{ SERVER_SECOND_WINS, "FAILED  a second connection is refused" },
	{ SERVER_BUSY_SILENT, "FAILED  a second connection is refused" },
	{ SERVER_ASKED_ONLY, "FAILED  answers to a REHOOK that nobody sent" },
};

static int
impatient(int argc, char **argv)
{
	assert_int_equal(argc, 3);
	return selftest_run(argv[2], 200);
}

static void
test_selftest_faulty(void **state)
{
	struct fixture *f = *state;
	const char *args[] = { "selftest", "-s", f->sock, NULL };
	size_t i;

	for (i = 0; i < sizeof(faulty) / sizeof(faulty[0]); i++) {
		f->server = server_start(f->sock, faulty[i].fault, 0);
		assert_int_equal(run(f, impatient, args), SHIM_FAILED);
		if (strstr(f->text, faulty[i].says) == NULL)
			fail_msg("%s not in:\n%s", faulty[i].says, f->text);
		stop(f);
	}
	assert_int_equal(run(f, selftest_main, args), SHIM_FAILED);
	assert_string_equal(f->text, "");
}

/* Each sent body comes back once from each peer, under its name. */
static void
check_bodies(const char *text, unsigned times)
{
	const char *line = text;

	while ((line = strstr(line, "sent ")) != NULL) {
		const char *body = strstr(line, " body=");
		size_t len = strcspn(body, "\n") + 1;
		char *one = strndup(body, len);

		assert_int_equal(lines_with(text, one), times);
		free(one);
		line = body;
	}
}

static void
test_replay(void **state)
{
	struct fixture *f = *state;
	const char *args[] = { "replay", "-s", f->sock, "-c",
		"chain3_link1-2,two64_link1-2.pcap", "-r", "500", "-n", "3",
		"-p", "2", "-d", "0", "-w", "1", CORPUS, NULL };

	f->server = server_start(f->sock, SERVER_SOUND, 2);
	assert_int_equal(run(f, replay_main, args), SHIM_OK);
	assert_int_equal(lines_with(f->text, "sent "), 24);
	assert_int_equal(lines_with(f->text, "received "), 48);
	assert_int_equal(
	    lines_with(f->text, " name=p1 endpoint=192.0.2.1:7469\n"), 1);
	assert_int_equal(lines_with(f->text, " peer=1 name=p1 key="), 24);
	assert_int_equal(lines_with(f->text, " peer=2 name=p2 key="), 24);
	assert_int_equal(lines_with(f->text, " peer=0 name=- key="), 24);
	assert_non_null(
	    strstr(f->text, " sent=24 received=48 connection=held\n"));
	check_bodies(f->text, 3);
}

/* The first round is byte for byte what was recorded. */
static void
test_replay_bytes(void **state)
{
	struct fixture *f = *state;
	const char *args[] = { "replay", "-s", f->sock, "-c", "two64_link1-2",
		"-d", "0", "-w", "0", "-o", f->msg, CORPUS, NULL };
	FILE *in;
	size_t n;

	f->server = server_start(f->sock, SERVER_SOUND, 1);
	assert_int_equal(run(f, replay_main, args), SHIM_OK);
	assert_string_equal(f->text, "");
	in = fopen(f->msg, "r");
	assert_non_null(in);
	n = fread(f->text, 1, OUT_MAX - 1, in);
	f->text[n] = '\0';
	fclose(in);
	assert_non_null(strstr(f->text,
	    " peer=0 name=- key=100000000101cacfcf len=52 "
	    "body=6e746b0000000102100000001b000000000000000000000000ca01ffcf"
	    "0000000e00000000010000010000cf0000000000000001\n"));
}

static void
test_replay_lost(void **state)
{
	struct fixture *f = *state;
	const char *args[] = { "replay", "-s", f->sock, "-c", "two64_link1-2",
		"-d", "0", "-w", "0", "-r", "100", CORPUS, NULL };

	f->server = server_start(f->sock, SERVER_DROPS, 1);
	assert_int_equal(run(f, replay_main, args), SHIM_FAILED);
	assert_true(lines_with(f->text, "lost ") >= 1);
	assert_int_equal(lines_with(f->text, "sent "), 3);
	assert_int_equal(lines_with(f->text, " connection=lost\n"), 1);
}

static void
test_replay_nobody(void **state)
{
	struct fixture *f = *state;
	const char *args[] = { "replay", "-s", f->sock, "-t", "1", "-p", "3",
		CORPUS, NULL };

	assert_int_equal(run(f, replay_main, args), SHIM_FAILED);
	f->server = server_start(f->sock, SERVER_SOUND, 2); /* one too few */
	assert_int_equal(run(f, replay_main, args), SHIM_FAILED);
	assert_int_equal(lines_with(f->text, "sent "), 0);
	assert_int_equal(lines_with(f->text, "peer_up "), 2);
}

static void
test_usage(void **state)
{
	struct fixture *f = *state;
	static const char *const bad[][6] = {
		{ "replay" },
		{ "replay", "a", "b" },
		{ "replay", "-x", "a" },
		{ "replay", "-r", "0", "a" },
		{ "replay", "-r", "-1", "a" },
		{ "replay", "-r", "1000001", "a" },
		{ "replay", "-n", "0", "a" },
		{ "replay", "-n", "1x", "a" },
		{ "replay", "-p", "", "a" },
		{ "replay", "-t", "0", "a" },
		{ "replay", "-w", " 1", "a" },
		{ "replay", "-w" },
		{ "replay", "-w", "99999999999999999999999", "a" },
	};
	static const char *const self[][4] = {
		{ "selftest", "x" },
		{ "selftest", "-s" },
		{ "selftest", "-x" },
	};
	const char *missing[] = { "replay", "/nowhere", NULL };
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(run(f, replay_main, bad[i]), SHIM_USAGE);
	for (i = 0; i < sizeof(self) / sizeof(self[0]); i++)
		assert_int_equal(run(f, selftest_main, self[i]), SHIM_USAGE);
	assert_int_equal(run(f, replay_main, missing), SHIM_FAILED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_selftest_sound),
		TEST(test_selftest_faulty),
		TEST(test_replay),
		TEST(test_replay_bytes),
		TEST(test_replay_lost),
		TEST(test_replay_nobody),
		TEST(test_usage),
	};

	log_init("test_shim", LOG_LV_WARN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
