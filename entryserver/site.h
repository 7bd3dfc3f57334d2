/*
 * One edition as the web server has it in memory, shared by all answers that
 * are under way.
 */
#ifndef VPLAM_ENTRYSERVER_SITE_H
#define VPLAM_ENTRYSERVER_SITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "entryserver/files.h"
#include "entryserver/http.h"

#define SITE_EDITION 64
#define SITE_ETAG 20

struct site {
	unsigned refs;
	char edition[SITE_EDITION]; /* name of its folder */
	int64_t modified, valid_until;
	struct {
		char *data; /* owned */
		size_t len;
		char etag[SITE_ETAG]; /* with its quotes */
	} file[FILES];
};

/* Is another edition current in this folder than s (NULL: any)? */
bool site_changed(const struct site *s);

/* The one that is current in this folder, with one reference; or NULL. */
struct site *site_load(void);
struct site *site_ref(struct site *s);
void site_unref(struct site *s); /* NULL is fine */

/* Which file a path names, "/" for the page; FILES: none. */
enum file_id site_find(struct http_text path);

#endif
