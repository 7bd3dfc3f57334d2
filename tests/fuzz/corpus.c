#include "tests/fuzz/corpus.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/fuzz/fuzz.h"

static void
load_file(struct corpus *c, const char *path)
{
	static uint8_t whole[CORPUS_INPUT];
	FILE *f = fopen(path, "rb");
	struct input *in = &c->in[c->n];

	MUST(f != NULL);
	MUST(c->n < CORPUS_INPUTS);
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

void
corpus_load(struct corpus *c, const char *path)
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

void
corpus_free(struct corpus *c)
{
	while (c->n > 0)
		free(c->in[--c->n].p);
}

static size_t
grow(uint8_t *p, size_t len, struct rng *r)
{
	size_t more = 1 + rng_below(r, 20);

	if (len + more > CORPUS_INPUT)
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

size_t
corpus_mutate(const struct corpus *c, uint8_t *p, size_t len, struct rng *r)
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
