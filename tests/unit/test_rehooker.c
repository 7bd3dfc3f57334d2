/* Programs that move a gnode: shell scripts, run and judged. */
#include "vplamad/rehooker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
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
#include "tests/starve.h"
#include "tests/unit/io_env.h"

struct fix {
	struct env env;
	struct rehooker *h;
	char path[160], out[160];
	unsigned ends;
	uint32_t id;
	bool ok;
};

static const struct rehooker_order order = { 7, "10.79.0.0/16", "10.2.0.0/16",
	12 };

static void
fix_init(struct fix *f)
{
	*f = (struct fix){ .ends = 0 };
	env_init(&f->env);
	f->h = rehooker_new(f->env.loop);
	snprintf(f->path, sizeof(f->path), "%s/hook", f->env.dir);
	snprintf(f->out, sizeof(f->out), "%s/out", f->env.dir);
}

static void
fix_fini(struct fix *f)
{
	rehooker_free(f->h);
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
on_done(void *arg, uint32_t id, bool ok, struct turn *t)
{
	struct fix *f = arg;

	assert_non_null(t);
	f->ends++;
	f->id = id;
	f->ok = ok;
}

static bool
has_ended(void *arg)
{
	const struct fix *f = arg;

	return f->ends > 0;
}

static int
run(struct fix *f, unsigned timeout_ms)
{
	f->ends = 0;
	return rehooker_run(f->h, f->path, timeout_ms, &order, on_done, f);
}

/* Runs it to its end. */
static bool
result(struct fix *f, const char *body)
{
	script(f, body);
	assert_int_equal(run(f, REHOOKER_MS), 0);
	assert_int_equal(f->ends, 0);
	env_until(&f->env, has_ended, f);
	assert_int_equal(f->ends, 1);
	assert_int_equal(f->id, 7);
	return f->ok;
}

static void
expect_out(const struct fix *f, const char *want)
{
	char buf[1024];

	assert_true(file_read(f->out, buf, sizeof(buf)) >= 0);
	assert_string_equal(buf, want);
}

static void
what_it_gets(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f);
	assert_int_equal(setenv("VPLAMA_SECRET", "x", 1), 0);
	assert_true(result(&f,
	    "echo $VPLAMA_REHOOK_ID $VPLAMA_FROM $VPLAMA_TO $VPLAMA_COUNT "
	    "$# ${VPLAMA_SECRET-none} ${HOME-none} >$out; ls / >/dev/null"));
	expect_out(&f, "7 10.79.0.0/16 10.2.0.0/16 12 0 none none\n");
	/* no input, no descriptor of ours, SIGPIPE ends it */
	assert_true(result(&f,
	    "{ read x || echo empty; ls -l /proc/$$/fd | grep -c anon_inode; "
	    "sh -c 'kill -PIPE $$'; echo $?; } >$out 2>&1"));
	expect_out(&f, "empty\n0\n141\n");
	fix_fini(&f);
}

static void
how_it_ends(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f);
	assert_true(result(&f, "exit 0"));
	assert_false(result(&f, "exit 1"));
	assert_false(result(&f, "exit 255"));
	assert_false(result(&f, "kill -9 $$"));
	assert_false(result(&f, "kill -15 $$"));
	fix_fini(&f);
}

static void
cannot_be_run(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f);
	assert_int_equal(run(&f, REHOOKER_MS), -ENOENT);
	assert_int_equal(file_write(f.path, "x", 1, 0644), 0);
	assert_int_equal(run(&f, REHOOKER_MS), -EACCES);
	assert_true(result(&f, "exit 0")); /* nothing is in the way */
	fix_fini(&f);
}

/* Wherever memory ends it does not begin, and nothing is in the way. */
static void
without_memory(void **state)
{
	unsigned n = 0;
	struct fix f;
	int rc;

	(void)state;
	fix_init(&f);
	script(&f, "exit 0");
	do {
		starve(++n, STARVE_ALL);
		rc = run(&f, REHOOKER_MS);
		starve_end();
		assert_true(rc == 0 || rc == -ENOMEM);
	} while (rc != 0);
	assert_true(n > 5); /* its environment, the job */
	env_until(&f.env, has_ended, &f);
	assert_true(f.ok);
	assert_true(result(&f, "exit 0"));
	fix_fini(&f);
}

static void
too_long(void **state)
{
	struct fix f;
	char pid[32];

	(void)state;
	fix_init(&f);
	script(&f, "sleep 100 & echo $! >$out; trap '' TERM; wait");
	assert_int_equal(run(&f, 300), 0);
	assert_int_equal(run(&f, 300), -EBUSY);
	env_until(&f.env, has_ended, &f);
	assert_int_equal(f.ends, 1);
	assert_false(f.ok);
	/* what it had started has gone along (or is about to) */
	assert_true(file_read(f.out, pid, sizeof(pid)) > 0);
	env_run(&f.env, 100);
	if (kill(atoi(pid), 0) == 0) { /* a zombie, where nobody buries it */
		char cmd[64];

		snprintf(cmd, sizeof(cmd), "grep -q 'State:.Z' /proc/%d/status",
		    atoi(pid));
		assert_int_equal(system(cmd), 0);
	}
	fix_fini(&f);
}

static void
stopped(void **state)
{
	struct fix f;

	(void)state;
	fix_init(&f);
	script(&f, "sleep 100");
	assert_int_equal(run(&f, REHOOKER_MS), 0);
	rehooker_stop(f.h, 8); /* another one */
	assert_int_equal(run(&f, REHOOKER_MS), -EBUSY);
	rehooker_stop(f.h, 7);
	rehooker_stop(f.h, 7);
	/* the next one need not wait */
	assert_true(result(&f, "exit 0"));
	env_run(&f.env, 100);
	assert_int_equal(f.ends, 1);
	/* or in the middle of one */
	script(&f, "sleep 100");
	assert_int_equal(run(&f, REHOOKER_MS), 0);
	fix_fini(&f);
	assert_int_equal(f.ends, 0);
}

/* Standard error of this process goes to a file meanwhile; how many lines with
 * the text it has. */
static unsigned
logged(struct fix *f, const char *body, const char *text)
{
	char name[200], line[1024];
	int saved = dup(STDERR_FILENO), fd;
	unsigned n = 0;
	FILE *in;

	snprintf(name, sizeof(name), "%s/log", f->env.dir);
	fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
	assert_true(saved >= 0 && fd >= 0);
	fflush(stderr);
	assert_true(dup2(fd, STDERR_FILENO) >= 0);
	(void)result(f, body);
	fflush(stderr);
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	close(saved);
	close(fd);
	in = fopen(name, "r");
	assert_non_null(in);
	while (fgets(line, sizeof(line), in) != NULL)
		n += strstr(line, text) != NULL;
	fclose(in);
	unlink(name);
	return n;
}

static void
what_it_says(void **state)
{
	struct fix f;

	(void)state;
	log_init("test", LOG_LV_INFO);
	fix_init(&f);
	assert_int_equal(
	    logged(&f, "echo one; echo two >&2; printf three", "rehook-hook: "),
	    3);
	assert_int_equal(
	    logged(&f, "printf 'a\\033[1mb\\377\\n'", ": a?[1mb?\n"), 1);
	assert_int_equal(logged(&f, "echo; echo; exit 3", "rehook-hook:"), 1);
	assert_int_equal(logged(&f, "exit 3", "exit code 3"), 1);
	/* a flood */
	assert_int_equal(logged(&f,
			     "i=0; while [ $i -lt 500 ]; do echo flood; "
			     "i=$((i + 1)); done",
			     ": flood"),
	    REHOOKER_LINES);
	assert_int_equal(
	    logged(&f, "head -c 100000 /dev/zero", "more lines"), 1);
	/* who runs on with its output is not waited for */
	assert_int_equal(logged(&f, "sleep 3 & echo x", ": x"), 1);
	fix_fini(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_gets),
		cmocka_unit_test(how_it_ends),
		cmocka_unit_test(cannot_be_run),
		cmocka_unit_test(without_memory),
		cmocka_unit_test(too_long),
		cmocka_unit_test(stopped),
		cmocka_unit_test(what_it_says),
	};

	int fd;

	for (fd = 3; fd < 256; fd++) /* of whoever has started us */
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
