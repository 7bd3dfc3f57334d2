/* The options of options.def as tables, and the types that read their text. */
#ifndef VPLAM_VPLAMAD_OPTION_H
#define VPLAM_VPLAMAD_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct option;

struct option_type {
	const char *expected; /* for messages */
	size_t size;	      /* bytes of one value */

	/* NULL, or what is wrong with text (static); then *ret is untouched. */
	const char *(*parse)(
	    const struct option *o, const char *text, void *ret);
	void (*print)(const struct option *o, const void *value, FILE *out);

	const char *const *words; /* that it may be, NULL ends; or NULL */
};

struct option {
	const char *name;
	const struct option_type *type;
	long long least, most;
	unsigned values;
	const char *def;
	const char *unit;
	bool reload;
	const char *help;
	size_t at; /* offset of the first value in its struct */
};

extern const struct option options[];	     /* OPT_MAX; of struct config */
extern const struct option device_options[]; /* of struct config_device */
extern const struct option peer_options[];   /* of struct config_peer */

/* The peer's name is no option but is checked alike; NULL or what is wrong. */
const char *option_name_check(const char *name, size_t max);

/* The word behind a value of an option that is one of several words. */
const char *option_word(const struct option *o, uint32_t v);

/* What a good value looks like: "a number from 2 to 120 (seconds)". */
void option_expected(const struct option *o, char *buf, size_t len);

/* "name = value" or "name = { value, value }" and a newline. */
void option_print(const struct option *o, const void *base, unsigned n,
    const char *indent, FILE *out);

/* A text in double quotes as the parser reads it back. */
void option_quote(const char *text, FILE *out);

#endif
