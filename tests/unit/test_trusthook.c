/* The program that lets peers in: shell scripts, asked about keys. */
#include "vplamad/trusthook.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fdutil.h"
#include "base/log.h"
#include "core/trust.h"
#include "crypto/keys.h"
#include "tests/starve.h"
#include "tests/unit/io_env.h"

#define LIMIT_MS 5000

struct fix {
	struct env env;
	struct trusthook *h;
	char path[160], out[160];
	unsigned words;
	int class[256]; /* by the first byte of the key */
};

static void
on_word(void *arg, const uint8_t x_pk[KEY_LEN], int class, struct turn *t)
{
	struct fix *f = arg;

	assert_non_null(t);
	f->words++;
	assert_int_equal(f->class[x_pk[0]], 99); /* once each */
	f->class[x_pk[0]] = class;
}

static void
forget(struct fix *f)
{
	unsigned i;

	f->words = 0;
	for (i = 0; i < 256; i++)
		f->class[i] = 99;
}

static void
fix_init(struct fix *f)
{
	*f = (struct fix){ .words = 0 };
	forget(f);
	env_init(&f->env);
	snprintf(f->path, sizeof(f->path), "%s/hook", f->env.dir);
	snprintf(f->out, sizeof(f->out), "%s/out", f->env.dir);
	f->h = trusthook_new(f->env.loop, f->path, on_word, f);
}

static void
fix_fini(struct fix *f)
{
	trusthook_free(f->h);
	unlink(f->path);
	unlink(f->out);
	env_fini(&f->env);
}

static void
script(struct fix *f, const char *body)
{
	char text[1024];

	snprintf(text, sizeof(text), "#!/bin/sh\nout=%s\n%s\n", f->out, body);
	assert_int_equal(file_write(f->path, text, strlen(text), 0755), 0);
}

static void
ask_about(struct fix *f, uint8_t who)
{
	uint8_t key[KEY_LEN];
	struct addr a;

	memset(key, who, sizeof(key));
	assert_true(addr_parse("[2001:db8::7]:4711", 0, &a));
	trusthook_ask(f->h, key, &a);
}

static void
act(struct fix *f, unsigned limit_ms)
{
	trusthook_act(f->h, limit_ms, loop_turn(f->env.loop));
}

static bool
has_word(void *arg)
{
	const struct fix *f = arg;

	return f->words > 0;
}

static bool
has_all_words(void *arg)
{
	const struct fix *f = arg;

	return f->words == TRUST_PENDING;
}

static int
word(struct fix *f, const char *body, unsigned limit_ms)
{
	forget(f);
	script(f, body);
	ask_about(f, 7);
	assert_int_equal(f->words, 0);
	act(f, limit_ms);
	env_until(&f->env, has_word, f);
	act(f, limit_ms); /* it is not asked again */
	assert_int_equal(f->words, 1);
	return f->class[7];
}

static void
words(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f);
	act(&f, LIMIT_MS); /* nothing to ask */
	assert_int_equal(word(&f, "exit 0", LIMIT_MS), CLASS_MEMBER);
	assert_int_equal(word(&f, "exit 10", LIMIT_MS), CLASS_STRANGER);
	assert_int_equal(word(&f, "exit 1", LIMIT_MS), TRUST_REFUSED);
	assert_int_equal(word(&f, "exit 11", LIMIT_MS), TRUST_REFUSED);
	assert_int_equal(word(&f, "exit 255", LIMIT_MS), TRUST_REFUSED);
	assert_int_equal(word(&f, "kill -9 $$", LIMIT_MS), TRUST_UNSAID);
	assert_int_equal(word(&f, "sleep 100", 100), TRUST_UNSAID);
	assert_int_equal(word(&f, "exit 0", LIMIT_MS), CLASS_MEMBER);
	fix_fini(&f);
	trusthook_free(NULL);
}

static void
what_it_gets(void **state)
{
	char key[KEY_TEXT], want[128], got[256];
	uint8_t raw[KEY_LEN];
	struct fix f;

	(void)state;
	fix_init(&f);
	assert_int_equal(setenv("VPLAMA_SECRET", "x", 1), 0);
	assert_int_equal(word(&f,
			     "echo $VPLAMA_KEY $VPLAMA_ADDRESS $# "
			     "${VPLAMA_SECRET-none} ${HOME-none} >$out",
			     LIMIT_MS),
	    CLASS_MEMBER);
	memset(raw, 7, sizeof(raw));
	key_format(raw, key);
	snprintf(
	    want, sizeof(want), "%s [2001:db8::7]:4711 0 none none\n", key);
	assert_true(file_read(f.out, got, sizeof(got)) >= 0);
	assert_string_equal(got, want);
	fix_fini(&f);
}

/* Whoever began us may have left SIGCHLD ignored: then nobody is let in. */
static void
nobody_knows(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f);
	assert_true(signal(SIGCHLD, SIG_IGN) != SIG_ERR);
	assert_true(word(&f, "exit 10", LIMIT_MS) < 0);
	assert_true(word(&f, "exit 0", LIMIT_MS) < 0);
	assert_true(word(&f, "sleep 100", 100) < 0);
	assert_true(signal(SIGCHLD, SIG_DFL) != SIG_ERR);
	assert_int_equal(word(&f, "exit 0", LIMIT_MS), CLASS_MEMBER);
	fix_fini(&f);
}

static bool
is_gone(void *arg)
{
	const pid_t *pid = arg;

	return kill(*pid, 0) < 0 && errno == ESRCH;
}

/* What it leaves behind ends with it. */
static void
left_behind(void **state)
{
	char text[32];
	unsigned i;
	struct fix f;
	pid_t pid;

	(void)state;
	fix_init(&f);
	assert_int_equal(
	    word(&f, "sleep 100 & echo $! >$out; exit 10", LIMIT_MS),
	    CLASS_STRANGER);
	assert_true(file_read(f.out, text, sizeof(text)) > 0);
	pid = (pid_t)strtol(text, NULL, 10);
	for (i = 0; i < 500 && !is_gone(&pid); i++)
		env_run(&f.env, 10);
	assert_true(is_gone(&pid));
	fix_fini(&f);
}

/* What the log has of a hook that prints a line. */
static void
logs(struct fix *f, enum log_level level, char *ret, size_t max)
{
	int saved = dup(STDERR_FILENO), fd;
	char path[200];

	snprintf(path, sizeof(path), "%s/log", f->env.dir);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	assert_true(saved >= 0 && fd >= 0);
	log_init("test", level);
	assert_true(dup2(fd, STDERR_FILENO) >= 0);
	(void)word(f, "echo hello; exit 10", LIMIT_MS);
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	close(saved);
	close(fd);
	assert_true(file_read(path, ret, max) >= 0);
	unlink(path);
}

/* Strangers run it as often as they like: not in everybody's log. */
static void
what_it_says(void **state)
{
	char text[512];
	struct fix f;

	(void)state;
	fix_init(&f);
	logs(&f, LOG_LV_INFO, text, sizeof(text));
	assert_string_equal(text, "");
	logs(&f, LOG_LV_DEBUG, text, sizeof(text));
	assert_non_null(strstr(text, "trust-hook: hello"));
	log_init("test", LOG_LV_INFO);
	fix_fini(&f);
}

/* It cannot be run: nobody is let in, and nobody is asked within the core. */
static void
not_there(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f);
	ask_about(&f, 1);
	ask_about(&f, 2);
	assert_int_equal(f.words, 0);
	act(&f, LIMIT_MS);
	assert_int_equal(f.words, 2);
	assert_int_equal(f.class[1], TRUST_UNSAID);
	assert_int_equal(f.class[2], TRUST_UNSAID);
	fix_fini(&f);
}

/* Nothing is said of whom there is no memory for; the next one is asked. */
static void
without_memory(void **state)
{
	unsigned n;
	struct fix f;

	(void)state;
	fix_init(&f);
	script(&f, "exit 0");
	for (n = 1; n <= 3; n++) {
		ask_about(&f, (uint8_t)n);
		starve(n, n);
		act(&f, LIMIT_MS);
		starve_end();
		assert_int_equal(f.words, n);
		assert_int_equal(f.class[n], TRUST_UNSAID);
	}
	ask_about(&f, 4);
	act(&f, LIMIT_MS);
	assert_int_equal(f.words, 3);
	fix_fini(&f);
}

/* As many as there may be, side by side; one more is dropped. */
static void
many(void **state)
{
	struct fix f;
	unsigned i;

	(void)state;
	fix_init(&f);
	script(&f, "exit 10");
	for (i = 0; i < TRUST_PENDING; i++)
		ask_about(&f, (uint8_t)i);
	ask_about(&f, TRUST_PENDING);
	act(&f, LIMIT_MS);
	ask_about(&f, TRUST_PENDING);
	act(&f, LIMIT_MS);
	env_until(&f.env, has_all_words, &f);
	env_run(&f.env, 20);
	assert_int_equal(f.words, TRUST_PENDING);
	for (i = 0; i < TRUST_PENDING; i++)
		assert_int_equal(f.class[i], CLASS_STRANGER);
	assert_int_equal(f.class[TRUST_PENDING], 99);
	ask_about(&f, 200); /* there is room again */
	act(&f, LIMIT_MS);
	fix_fini(&f); /* in the middle of one */
	assert_int_equal(f.words, TRUST_PENDING);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words),
		cmocka_unit_test(what_it_gets),
		cmocka_unit_test(nobody_knows),
		cmocka_unit_test(what_it_says),
		cmocka_unit_test(left_behind),
		cmocka_unit_test(not_there),
		cmocka_unit_test(without_memory),
		cmocka_unit_test(many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
