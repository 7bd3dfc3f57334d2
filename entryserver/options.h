/* The configuration of vplama-entryd: one table, one file. */
#ifndef VPLAM_ENTRYSERVER_OPTIONS_H
#define VPLAM_ENTRYSERVER_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/addr.h"
#include "base/log.h"
#include "entryserver/model.h"

#define OPTIONS_PATH "/etc/vplama/entryd.conf"
#define OPTIONS_PATH_MAX 200
#define OPTIONS_LISTEN 8
#define OPTIONS_ZONE 200 /* leaves room for the names below it */
#define OPTIONS_USER 32

struct options {
	char store[OPTIONS_PATH_MAX + 1]; /* vplamad's, only read */
	char out[OPTIONS_PATH_MAX + 1];	  /* folder of what is published */
	char list_key[OPTIONS_PATH_MAX + 1];
	char base_url[MODEL_URL + 1]; /* ends in '/' */
	char publisher[ENTRY_PUBLISHER + 1];
	char title[MODEL_TITLE + 1];
	char contact[MODEL_CONTACT + 1];
	char dns_zone[OPTIONS_ZONE + 1]; /* without dots at the ends */
	char user[OPTIONS_USER + 1];	 /* of the publisher */
	char web_user[OPTIONS_USER + 1];
	struct addr listen[OPTIONS_LISTEN];
	unsigned n_listen;
	uint32_t interval, fresh, valid; /* seconds */
	uint32_t max_entries;
	uint32_t clients, clients_per_address; /* connections */
	uint32_t rate;			       /* requests a second */
	enum log_level log_level;
};

/*
 * What one option is; the table ends at a NULL name. least and most bound the
 * bytes of a text and the value of a number.
 */
struct option_row {
	const char *name;
	const char *(*parse)(
	    const struct option_row *row, const char *text, void *ret);
	const char *expected; /* for messages: "a path that begins with /" */
	uint32_t least, most;
	const char *def; /* NULL: must be given */
	const char *unit;
	size_t at; /* in struct options */
};

/* The first row of the table. */
const struct option_row *option_rows(void);

/*
 * Reads the file. Each error goes to errors as one line, "FILE:LINE: OPTION:
 * what is wrong; expected what"; returns how many there were.
 */
unsigned options_load(const char *path, struct options *ret, FILE *errors);

#endif
