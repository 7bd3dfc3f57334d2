#include "entryserver/publish.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fdutil.h"
#include "crypto/prim.h"
#include "entryserver/jail.h"

#define RETRY_S 60 /* after a round that made no edition */
#define OPEN_FILES 64

bool
publish_key(const struct options *o, struct minisign_key *ret,
    char why[static ROUND_WHY])
{
	char text[MINISIGN_FILE_MAX];
	ssize_t len = file_read(o->list_key, text, sizeof(text));
	const char *what = "";
	bool ok =
	    len > 0 && minisign_key_file_parse(text, (size_t)len, ret, &what);

	if (len < 0)
		what = strerror((int)-len);
	if (!ok)
		snprintf(why, ROUND_WHY,
		    "%s: %s; expected a key that vplama-entryd genkey made",
		    o->list_key, what);
	wipe(text, sizeof(text));
	return ok;
}

static void
publish_once(
    const struct options *o, const struct minisign_key *key, bool *failing)
{
	uint64_t last = release_serial(o->out);
	char why[ROUND_WHY];
	struct round r;
	int rc;

	if (!round_make(&r, o, key, (uint64_t)clock_wall(), last, why)) {
		if (!*failing)
			log_warnx("the last list stays: %s", why);
		*failing = true;
		return;
	}
	rc = release_publish(&r.release, o->out, r.serial);
	if (rc == 0)
		log_info("list %" PRIu64 ": %u servers, %u of them up",
		    r.serial, r.listed, r.up);
	else if (!*failing)
		log_warnx("%s: cannot be written: %s", o->out, strerror(-rc));
	*failing = rc != 0;
	round_fini(&r);
}

void
publish_run(const struct options *o)
{
	struct minisign_key key;
	char why[ROUND_WHY];
	bool failing = false;

	/* Before the jail: the file may be root's. */
	if (!publish_key(o, &key, why))
		fatalx("%s", why);
	jail_enter(&(struct jail){
	    .user = o->user, .files = OPEN_FILES, .groups = true });
	for (;;) {
		publish_once(o, &key, &failing);
		sleep(failing && o->interval > RETRY_S ? RETRY_S : o->interval);
	}
}

bool
publish_export(const struct options *o, const char *dir)
{
	uint64_t here = release_serial(dir), last = release_serial(o->out);
	struct minisign_key key;
	char why[ROUND_WHY];
	struct round r;
	bool ok;
	int rc;

	if (!publish_key(o, &key, why)) {
		log_warnx("%s", why);
		return false;
	}
	ok = round_make(&r, o, &key, (uint64_t)clock_wall(),
	    here > last ? here : last, why);
	wipe(&key, sizeof(key));
	if (!ok) {
		log_warnx("nothing is exported: %s", why);
		return false;
	}
	rc = release_export(&r.release, dir);
	if (rc != 0)
		log_warnx("%s: cannot be written: %s", dir, strerror(-rc));
	else
		log_info("list %" PRIu64 ": %u servers, %u of them up",
		    r.serial, r.listed, r.up);
	round_fini(&r);
	return rc == 0;
}

/* Never over a file that is there: it may be a key in use. */
static bool
write_new(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	size_t len = strlen(text);
	bool ok = fd >= 0 && write(fd, text, len) == (ssize_t)len;

	if (fd >= 0 && close(fd) < 0)
		ok = false;
	if (!ok)
		log_warn("%s", path);
	if (fd >= 0 && !ok)
		unlink(path);
	return ok;
}

bool
publish_genkey(const char *path)
{
	char secret[MINISIGN_FILE_MAX], pub[MINISIGN_FILE_MAX];
	char line[MINISIGN_KEY_TEXT], pub_path[PATH_MAX];
	struct minisign_key key;
	bool ok = false;

	if (snprintf(pub_path, sizeof(pub_path), "%s.pub", path) >=
	    (int)sizeof(pub_path)) {
		log_warnx("%s: is too long a path", path);
		return false;
	}
	minisign_generate(&key);
	minisign_key_file(&key, secret);
	minisign_pub_file(&key.pub, pub);
	minisign_pub_format(&key.pub, line);
	if (write_new(path, secret, 0600)) {
		ok = write_new(pub_path, pub, 0644);
		if (!ok)
			unlink(path);
	}
	if (ok)
		printf("%s\n", line);
	wipe(&key, sizeof(key));
	wipe(secret, sizeof(secret));
	return ok;
}
