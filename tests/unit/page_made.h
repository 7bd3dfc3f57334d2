/* Models for tests of the page. */
#ifndef VPLAM_TESTS_PAGE_MADE_H
#define VPLAM_TESTS_PAGE_MADE_H

#include "entryserver/model.h"

#define MADE_NOW 1795300000 /* seconds since 1970 */

/* n vnodes as a community may have them; for made_fini(). */
void made_model(struct model *m, unsigned n);
void made_fini(struct model *m);

/* Sets all texts of operator and vnodes to as many bytes of it as fit. */
void made_texts(struct model *m, const char *text);

/* The page, for free(). */
char *made_page(const struct model *m);

#endif
