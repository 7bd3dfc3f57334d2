#include "entryserver/site.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fdutil.h"
#include "base/xmem.h"
#include "crypto/prim.h"

/* Where current leads to; "": nowhere that can be. */
static void
current_edition(char ret[static SITE_EDITION])
{
	ssize_t len = readlink(FILES_CURRENT, ret, SITE_EDITION);

	if (len < 0 || len == SITE_EDITION)
		len = 0;
	ret[len] = '\0';
	if (strchr(ret, '/') != NULL)
		ret[0] = '\0';
}

bool
site_changed(const struct site *s)
{
	char edition[SITE_EDITION];

	current_edition(edition);
	return edition[0] != '\0' &&
	    (s == NULL || strcmp(s->edition, edition) != 0);
}

static bool
load_file(struct site *s, enum file_id id)
{
	char path[2 * SITE_EDITION], *data = xmalloc(FILES_BYTES);
	uint8_t hash[8];
	ssize_t len;

	snprintf(path, sizeof(path), "%s/%s", s->edition, file_kind(id)->name);
	len = file_read(path, data, FILES_BYTES);
	if (len < 0) {
		free(data);
		return false;
	}
	s->file[id].len = (size_t)len;
	s->file[id].data = xreallocarray(data, (size_t)len + 1, 1);
	blake2b(
	    hash, sizeof(hash), NULL, s->file[id].data, (size_t)len, NULL, 0);
	snprintf(s->file[id].etag, SITE_ETAG,
	    "\"%02x%02x%02x%02x%02x%02x%02x\"", hash[0], hash[1], hash[2],
	    hash[3], hash[4], hash[5], hash[6]);
	return true;
}

struct site *
site_load(void)
{
	struct site *s = xcalloc(1, sizeof(*s));
	struct stat st;
	bool ok;

	s->refs = 1;
	current_edition(s->edition);
	ok = s->edition[0] != '\0' && stat(s->edition, &st) == 0;
	for (enum file_id id = 0; ok && id < FILES; id++)
		ok = load_file(s, id);
	if (ok) {
		s->modified = st.st_mtime;
		ok = sscanf(s->file[FILE_HEALTH].data, "valid-until %" SCNd64,
			 &s->valid_until) == 1;
	}
	if (!ok) {
		site_unref(s);
		return NULL;
	}
	return s;
}

struct site *
site_ref(struct site *s)
{
	s->refs++;
	return s;
}

void
site_unref(struct site *s)
{
	if (s == NULL || --s->refs > 0)
		return;
	for (unsigned i = 0; i < FILES; i++)
		free(s->file[i].data);
	free(s);
}

enum file_id
site_find(struct http_text path)
{
	enum file_id id;

	if (path.len == 1)
		return FILE_PAGE;
	for (id = 0; id < FILES; id++)
		if (path.len == strlen(file_kind(id)->name) + 1 &&
		    memcmp(path.p + 1, file_kind(id)->name, path.len - 1) == 0)
			break;
	return id;
}
