/*
 * Runs one fuzz target over its corpus: each file once, then seeded mutations
 * of one after the other, so that `make check` exercises the parsers with any
 * compiler. They end with their number or with the time they have: half a
 * second of the processor, or FUZZ_SECONDS. The same ones come first each time.
 * Arguments name files or folders to take instead. replay_NAME is of the target
 * NAME.
 */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tests/rng.h"

#define INPUT_MAX 131072
#define INPUTS_MAX 4096
#define ROUNDS 10000	/* mutations of each input, at most */
#define HANG_SECONDS 60 /* without an end of one input: SIGALRM ends us */

struct input {
	uint8_t *p;
	size_t len;
};

struct corpus {
	size_t n;
	struct input in[INPUTS_MAX];
};

static void
load_file(struct corpus *c, const char *path)
{
	static uint8_t whole[INPUT_MAX];
	FILE *f = fopen(path, "rb");
	struct input *in = &c->in[c->n];

	MUST(f != NULL);
	MUST(c->n < INPUTS_MAX);
	in->len = fread(whole, 1, sizeof(whole), f);
	MUST(ferror(f) == 0);
	fclose(f);
	in->p = malloc(in->len + 1);
	MUST(in->p != NULL);
	memcpy(in->p, whole, in->len);
	c->n++;
}

static int
visible(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static void
load(struct corpus *c, const char *path)
{
	struct dirent **list;
	struct stat st;
	char file[4096];
	int i, n;

	if (stat(path, &st) == 0 && !S_ISDIR(st.st_mode)) {
		load_file(c, path);
		return;
	}
	n = scandir(path, &list, visible, alphasort); /* the same each time */
	for (i = 0; i < n; i++) {
		snprintf(file, sizeof(file), "%s/%s", path, list[i]->d_name);
		load_file(c, file);
		free(list[i]);
	}
	if (n >= 0)
		free(list);
}

/* In a buffer of its very length, so that ASan sees a step past the end. */
static void
run_one(const uint8_t *p, size_t len)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);

	MUST(copy != NULL);
	memcpy(copy, p, len);
	MUST(LLVMFuzzerTestOneInput(copy, len) == 0);
	free(copy);
}

static size_t
grow(uint8_t *p, size_t len, struct rng *r)
{
	size_t more = 1 + rng_below(r, 20);

	if (len + more > INPUT_MAX)
		return len;
	rng_fill(r, p + len, more);
	return len + more;
}

/* From some place on, the bytes of another input. */
static size_t
splice(uint8_t *p, size_t len, const struct corpus *c, struct rng *r)
{
	const struct input *other = &c->in[rng_below(r, c->n)];
	size_t at = rng_below(r, (len < other->len ? len : other->len) + 1);

	memcpy(p + at, other->p + at, other->len - at);
	return other->len;
}

static size_t
mutate(uint8_t *p, size_t len, const struct corpus *c, struct rng *r)
{
	static const uint8_t edges[] = { 0, 1, 0x7f, 0x80, 0xff, '"', '{',
		'[' };
	size_t n, at;

	for (n = 1 + rng_below(r, 4); n > 0; n--) {
		at = len > 0 ? rng_below(r, len) : 0;
		switch (len > 0 ? rng_below(r, 6) : 4) {
		case 0:
			p[at] ^= (uint8_t)(1u << rng_below(r, 8));
			break;
		case 1:
			p[at] = edges[rng_below(r, sizeof(edges))];
			break;
		case 2:
			p[at] = (uint8_t)rng_next(r);
			break;
		case 3:
			len = at; /* cut */
			break;
		case 4:
			len = grow(p, len, r);
			break;
		default:
			len = splice(p, len, c, r);
		}
	}
	return len;
}

static double
seconds_used(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

/* All as they are; returns how many mutations there was time for. */
static unsigned long
replay(const struct corpus *c, struct rng *r, double until)
{
	uint8_t *work = malloc(INPUT_MAX);
	unsigned long n = 0;
	size_t i, len;
	int round;

	MUST(work != NULL);
	for (i = 0; i < c->n; i++) {
		alarm(HANG_SECONDS);
		run_one(c->in[i].p, c->in[i].len);
	}
	for (round = 0; round < ROUNDS; round++) {
		for (i = 0; i < c->n && seconds_used() < until; i++) {
			alarm(HANG_SECONDS);
			len = c->in[i].len;
			memcpy(work, c->in[i].p, len);
			run_one(work, mutate(work, len, c, r));
			n++;
		}
	}
	alarm(0);
	free(work);
	return n;
}

static const char *
target_name(void)
{
	const char *at = strrchr(program_invocation_short_name, '_');

	return at != NULL ? at + 1 : program_invocation_short_name;
}

int
main(int argc, char **argv)
{
	const char *top = getenv("TOP_SRCDIR"), *time = getenv("FUZZ_SECONDS");
	struct rng r = rng_seeded(20);
	static struct corpus c;
	unsigned long n;
	char dir[4096];
	size_t i;
	int arg;

	for (arg = 1; arg < argc; arg++)
		load(&c, argv[arg]);
	if (argc < 2) {
		snprintf(dir, sizeof(dir), "%s/tests/fuzz/corpus/%s",
		    top != NULL ? top : ".", target_name());
		load(&c, dir);
	}
	if (c.n == 0) {
		fprintf(stderr, "no inputs; set TOP_SRCDIR to the sources\n");
		return 1;
	}
	n = replay(&c, &r, time != NULL ? strtod(time, NULL) : 0.5);
	printf("%s: %zu inputs, %lu mutations\n", target_name(), c.n, n);
	for (i = 0; i < c.n; i++)
		free(c.in[i].p);
	return 0;
}
