#include "tests/unit/store_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <dirent.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "tests/folder.h"
#include "tests/unit/store_made.h"

int
rig_enter(void **state)
{
	char dir[32];

	if (!folder_make(dir) || chdir(dir) < 0)
		return -1;
	*state = strdup(dir);
	return 0;
}

int
rig_leave(void **state)
{
	struct dirent *e;
	DIR *d = opendir(".");
	int rc;

	(void)chmod(".", 0700);
	while ((e = readdir(d)) != NULL)
		(void)unlink(e->d_name);
	closedir(d);
	rc = chdir("/") < 0 || rmdir(*state) < 0;
	free(*state);
	return rc;
}

unsigned
rig_files(const char *head)
{
	struct dirent *e;
	DIR *d = opendir(".");
	unsigned n = 0;

	while ((e = readdir(d)) != NULL)
		n += strncmp(e->d_name, head, strlen(head)) == 0;
	closedir(d);
	return n;
}

double
rig_now(void)
{
	return (double)clock_mono().us / MONO_SEC;
}

void
rig_hold(void *arg, const struct store_rec *rec)
{
	struct held *h = arg;
	unsigned who;
	uint32_t n = made_check(rec, &who);

	if (rec->kind == STORE_MOVE) {
		assert_true(h->moves < RIG_MOVES);
		h->move[h->moves++] = n;
		return;
	}
	assert_true(who < RIG_WHO);
	assert_int_equal(h->n[rec->kind][who], 0); /* each once */
	h->n[rec->kind][who] = n;
}

void
rig_same(const struct held *a, const struct held *b)
{
	assert_memory_equal(a->n, b->n, sizeof(a->n));
	assert_int_equal(a->moves, b->moves);
	assert_memory_equal(a->move, b->move, a->moves * sizeof(a->move[0]));
}

struct store *
rig_opens(
    struct held *h, unsigned every_ms, unsigned retry_ms, unsigned waiting)
{
	const struct store_config cfg = { "db", every_ms, retry_ms, waiting };
	struct store *s;

	memset(h, 0, sizeof(*h));
	s = store_open(&cfg, rig_hold, h);
	assert_non_null(s);
	return s;
}

uint64_t
rig_put(struct store *s, enum store_kind kind, unsigned who, uint32_t n)
{
	struct made m;

	made_init(&m, kind, who, n);
	return store_put(s, &m.rec);
}

bool
rig_comes(struct store *s, uint64_t ticket, double seconds)
{
	struct pollfd p = { .fd = store_fd(s), .events = POLLIN };
	double end = rig_now() + seconds;

	while (store_committed(s) < ticket) {
		double left = end - rig_now();

		if (left <= 0 || poll(&p, 1, (int)(left * 1000) + 1) < 0)
			return false;
	}
	return true;
}

void
rig_scribble(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");
	unsigned i;

	assert_non_null(f);
	for (i = 0; i < 500; i++)
		fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

char *
rig_stderr_of(int saved, FILE *f)
{
	char *text = calloc(1, 65536);

	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(f);
	assert_true(fread(text, 1, 65535, f) < 65535);
	fclose(f);
	return text;
}

int
rig_to_file(FILE **ret)
{
	int saved = dup(STDERR_FILENO);

	*ret = tmpfile();
	assert_non_null(*ret);
	fflush(stderr);
	dup2(fileno(*ret), STDERR_FILENO);
	return saved;
}

unsigned
rig_lines(const char *text)
{
	unsigned n = 0;

	for (; *text != '\0'; text++)
		n += *text == '\n';
	return n;
}
