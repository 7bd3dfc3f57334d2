/*
 * Runs one fuzz target over its corpus: each file once, then seeded mutations
 * of one after the other, so that `make check` exercises the parsers with any
 * compiler. They end with their number or with the time they have: a third of a
 * second of the processor, or FUZZ_SECONDS. The same ones come first each time.
 * Arguments name files or folders to take instead. replay_NAME is of the target
 * NAME.
 */
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/fuzz/corpus.h"

#define ROUNDS 10000	/* mutations of each input, at most */
#define HANG_SECONDS 60 /* without an end of one input: SIGALRM ends us */

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

static double
seconds_used(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

/* All as they are; returns how many mutations there was time for. */
static unsigned long
replay(const struct corpus *c, struct rng *r, double until)
{
	uint8_t *work = malloc(CORPUS_INPUT);
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
			run_one(work, corpus_mutate(c, work, len, r));
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
	int arg;

	for (arg = 1; arg < argc; arg++)
		corpus_load(&c, argv[arg]);
	if (argc < 2) {
		snprintf(dir, sizeof(dir), "%s/tests/fuzz/corpus/%s",
		    top != NULL ? top : ".", target_name());
		corpus_load(&c, dir);
	}
	if (c.n == 0) {
		fprintf(stderr, "no inputs; set TOP_SRCDIR to the sources\n");
		return 1;
	}
	n = replay(&c, &r, time != NULL ? strtod(time, NULL) : 0.3);
	printf("%s: %zu inputs, %lu mutations\n", target_name(), c.n, n);
	corpus_free(&c);
	return 0;
}
