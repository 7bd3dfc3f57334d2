/*
 * The configuration, the files of peers.d beside it and key files: read from a
 * folder of our own. What loads is printed, and reads back to the same; what
 * does not says why. "--- NAME" begins another file; @DIR@ is the folder.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fdutil.h"
#include "crypto/prim.h"
#include "vplamad/config.h"

#define SEED0 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
#define SEED9 "CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=\n"
#define MARK "--- "

/* Names that an input may give a file; all go at the end. */
static const char *const names[] = { "vplamad.conf", "peers.d/a.conf",
	"peers.d/b.conf", "odd.key" };
#define NAMES (sizeof(names) / sizeof(names[0]))

static char dir[64];

static void
path_to(const char *name, char path[128])
{
	snprintf(path, 128, "%s/%s", dir, name);
}

static void
put(const char *name, const char *text, size_t len, mode_t mode)
{
	char path[128];

	path_to(name, path);
	MUST(file_write(path, text, len, mode) == 0);
}

static void
clean_up(void)
{
	static const char *const all[] = { "vplamad.conf", "peers.d/a.conf",
		"peers.d/b.conf", "odd.key", "id.key", "net.key", "peers.d",
		"" };
	char path[128];
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		path_to(all[i], path);
		remove(path);
	}
}

static void
make_folder(void)
{
	char path[128];

	MUST(crypto_start());
	umask(022);
	strcpy(dir,
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm/vplama.XXXXXX"
					  : "/tmp/vplama.XXXXXX");
	MUST(mkdtemp(dir) != NULL);
	atexit(clean_up);
	path_to("peers.d", path);
	MUST(mkdir(path, 0755) == 0);
	put("id.key", SEED0, strlen(SEED0), 0600);
	put("net.key", SEED9, strlen(SEED9), 0600);
}

/* @DIR@ becomes the folder; the caller frees. */
static char *
with_dir(const char *text, size_t len, size_t *ret_len)
{
	static const char what[] = "@DIR@";
	char *ret = NULL;
	FILE *f = open_memstream(&ret, ret_len);
	const char *hit;

	MUST(f != NULL);
	while ((hit = memmem(text, len, what, strlen(what))) != NULL) {
		fwrite(text, 1, (size_t)(hit - text), f);
		fputs(dir, f);
		len -= (size_t)(hit - text) + strlen(what);
		text = hit + strlen(what);
	}
	fwrite(text, 1, len, f);
	fclose(f);
	return ret;
}

static void
put_part(const char *name, const char *text, size_t len)
{
	size_t n, i;
	char *s;

	for (i = 0; i < NAMES && strcmp(name, names[i]) != 0; i++)
		;
	if (i == NAMES)
		return;
	s = with_dir(text, len, &n);
	put(name, s, n, 0600);
	free(s);
}

static void
lay_out(const char *text, size_t len)
{
	char name[32] = "vplamad.conf", path[128];
	const char *end, *line;
	size_t i, n;

	for (i = 0; i < NAMES; i++) {
		path_to(names[i], path);
		unlink(path);
	}
	for (;;) {
		end = memmem(text, len, "\n" MARK, 1 + strlen(MARK));
		n = end != NULL ? (size_t)(end - text) + 1 : len;
		put_part(name, text, n);
		if (end == NULL)
			return;
		text += n + strlen(MARK);
		len -= n + strlen(MARK);
		line = memchr(text, '\n', len);
		n = line != NULL ? (size_t)(line - text) : len;
		snprintf(
		    name, sizeof(name), "%.*s", (int)(n < 31 ? n : 31), text);
		n += line != NULL;
		text += n;
		len -= n;
	}
}

static char *
printed(const struct config *cfg, size_t *ret_len)
{
	char *ret = NULL;
	FILE *f = open_memstream(&ret, ret_len);

	MUST(f != NULL);
	config_print(cfg, f);
	fclose(f);
	return ret;
}

/*
 * *ret: what is printed, or NULL; also where the file names no key. The usual
 * one need not be there to check a configuration; one that it names, must.
 */
static void
load(char **ret, size_t *ret_len)
{
	struct config_errors errs = { 0 };
	struct config cfg;
	char path[128];

	path_to("vplamad.conf", path);
	*ret = NULL;
	if (config_load(path, &cfg, &errs)) {
		MUST(errs.n == 0);
		config_warnings(&cfg, &errs);
		if (cfg.given[OPT_private_key_file].line != 0)
			*ret = printed(&cfg, ret_len);
		config_free(&cfg);
	} else {
		MUST(errs.n > 0);
	}
	config_errors_free(&errs);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	char *once, *twice, path[128];
	size_t n, m, i;

	if (dir[0] == '\0')
		make_folder();
	lay_out((const char *)p, len);
	load(&once, &n);
	if (once == NULL)
		return 0;
	for (i = 1; i < NAMES; i++) {
		path_to(names[i], path);
		if (strstr(names[i], ".conf") != NULL)
			unlink(path); /* it is printed as one file */
	}
	put("vplamad.conf", once, n, 0644);
	load(&twice, &m);
	MUST(twice != NULL && m == n && memcmp(once, twice, n) == 0);
	free(once);
	free(twice);
	return 0;
}
