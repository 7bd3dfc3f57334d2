#include "vplamad/stamp.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fdutil.h"

#define STAMP_TEXT 24		      /* 20 digits, a newline, NUL */
#define STAMP_MAX (UINT64_C(1) << 53) /* more is no time of this world */

static int
stamp_path(const char *dir, char *buf, size_t len)
{
	return snprintf(buf, len, "%s/stamp", dir) < (int)len ? 0
							      : -ENAMETOOLONG;
}

int
stamp_load(const char *dir, uint64_t *ret)
{
	char path[512], text[STAMP_TEXT], *end;
	int rc = stamp_path(dir, path, sizeof(path));
	unsigned long long v;
	ssize_t n;

	if (rc < 0)
		return rc;
	n = file_read(path, text, sizeof(text));
	if (n == -ENOENT) {
		*ret = 0;
		return 0;
	}
	if (n < 0)
		return (int)n;
	v = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || strcmp(end, "\n") != 0 ||
	    v > STAMP_MAX)
		return -EBADMSG;
	*ret = v;
	return 0;
}

int
stamp_save(const char *dir, uint64_t stamp_ms)
{
	char path[512], text[STAMP_TEXT];
	int rc = stamp_path(dir, path, sizeof(path));

	if (rc < 0)
		return rc;
	if (stamp_ms > STAMP_MAX - STAMP_AHEAD_MS)
		return -ERANGE;
	snprintf(
	    text, sizeof(text), "%" PRIu64 "\n", stamp_ms + STAMP_AHEAD_MS);
	return file_write(path, text, strlen(text), 0600);
}
