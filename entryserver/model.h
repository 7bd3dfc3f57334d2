/*
 * What is published at one time: the list, and what the page says around it.
 * JSON, text, zone and page are made of this alone.
 */
#ifndef VPLAM_ENTRYSERVER_MODEL_H
#define VPLAM_ENTRYSERVER_MODEL_H

#include "wire/entry.h"
#include "wire/uri.h"

#define MODEL_TITLE 64
#define MODEL_CONTACT 128
#define MODEL_URL 256

/*
 * Texts of the operator are UTF-8 without control characters, those of the
 * servers as in a record: none is safe in HTML as it stands.
 */
struct model {
	struct entry_list list;
	char title[MODEL_TITLE + 1];
	char contact[MODEL_CONTACT + 1]; /* of who publishes; "": not given */
	char base_url[MODEL_URL + 1];	 /* where entry.json is, ends in '/' */
	char key[SOURCE_KEY_TEXT];	 /* signs the list; "": not signed */
	unsigned reached; /* vnodes that answered this one, ever */
	unsigned lasting; /* of them in contact for more than three days */
	unsigned up;	  /* of those listed */
};

/* "vpla://..." of one of those listed. False: it does not fit. */
bool model_uri(const struct model *m, const struct entry_server *s,
    char out[static URI_TEXT]);

#endif
