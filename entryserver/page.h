/* The list as a page for people: index.html, all in one file. */
#ifndef VPLAM_ENTRYSERVER_PAGE_H
#define VPLAM_ENTRYSERVER_PAGE_H

#include <stdio.h>

#include "entryserver/model.h"

/*
 * What the web server sends along as Content-Security-Policy: what the page
 * holds and nothing else.
 */
const char *page_policy(void);

/* Errors of writing are left in out, for ferror(). */
void page_write(const struct model *m, FILE *out);

#endif
