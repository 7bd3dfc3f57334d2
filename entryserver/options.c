#include "entryserver/options.h"

#include <confuse.h>
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/cfgtext.h"
#include "base/fdutil.h"
#include "base/text.h"
#include "base/xmem.h"

#define FILE_MAX (64u * 1024) /* bytes of the file, NUL included */
#define ROWS_MAX 32
#define OPT_READER " reader" /* leads a callback back; no file can name it */
#define LISTEN_PORT 8469

struct reader {
	long anchor; /* of OPT_READER; first, see reader_of() */
	struct options *options;
	FILE *errors;
	unsigned n_errors;
	int line[ROWS_MAX]; /* where each row was given; 0: nowhere */
};

/* --- what a value may be ------------------------------------------------- */

static const char *
bound_text(const struct option_row *row, const char *text, char *ret)
{
	size_t len = strlen(text);
	const char *why = text_check(text, len);

	if (why != NULL)
		return why;
	if (len < row->least)
		return "is too short";
	if (len > row->most)
		return "is too long";
	memcpy(ret, text, len + 1);
	return NULL;
}

static const char *
parse_text(const struct option_row *row, const char *text, void *ret)
{
	return bound_text(row, text, ret);
}

static const char *
parse_path(const struct option_row *row, const char *text, void *ret)
{
	if (text[0] != '/')
		return "does not begin with /";
	return bound_text(row, text, ret);
}

/* Fit for a page, a text and a shell as it stands; ends in '/'. */
static const char *
parse_url(const struct option_row *row, const char *text, void *ret)
{
	static const char fit[] = "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789-._~:/[]%@+,=";
	size_t len = strlen(text), head = 0;

	if (strncmp(text, "http://", 7) == 0)
		head = 7;
	else if (strncmp(text, "https://", 8) == 0)
		head = 8;
	else
		return "is neither http:// nor https://";
	if (strspn(text, fit) != len)
		return "has a character that no such address has";
	if (text[head] == '/' || text[head] == '\0')
		return "names no host";
	if (len >= row->most)
		return "is too long";
	snprintf(
	    ret, row->most + 1, "%s%s", text, text[len - 1] == '/' ? "" : "/");
	return NULL;
}

/* A name of the DNS, in letters, digits, '-' and '_'. */
static const char *
parse_zone(const struct option_row *row, const char *text, void *ret)
{
	size_t len = strlen(text), label = 0;
	char *zone = ret;

	if (len > 0 && text[len - 1] == '.')
		len--;
	if (len > row->most)
		return "is too long";
	for (size_t i = 0; i < len; i++) {
		bool fits = (text[i] >= 'a' && text[i] <= 'z') ||
		    (text[i] >= 'A' && text[i] <= 'Z') ||
		    (text[i] >= '0' && text[i] <= '9') || text[i] == '-' ||
		    text[i] == '_';

		if (text[i] == '.' ? label == 0 : !fits || label == 63)
			return "is no such name";
		label = text[i] == '.' ? 0 : label + 1;
	}
	memcpy(zone, text, len);
	zone[len] = '\0';
	return NULL;
}

static const char *
parse_number(const struct option_row *row, const char *text, void *ret)
{
	unsigned long v;
	char *end;

	if (text[0] < '0' || text[0] > '9' || strlen(text) > 9)
		return "is no such number";
	v = strtoul(text, &end, 10);
	if (*end != '\0')
		return "is no such number";
	if (v < row->least)
		return "is too small";
	if (v > row->most)
		return "is too large";
	*(uint32_t *)ret = (uint32_t)v;
	return NULL;
}

static const char *
parse_level(const struct option_row *row, const char *text, void *ret)
{
	(void)row;
	return log_level_parse(text, ret) ? NULL : "is none of them";
}

/* ret: the whole struct, as a value adds to two of its members. */
static const char *
parse_listen(const struct option_row *row, const char *text, void *ret)
{
	struct options *o = ret;

	if (o->n_listen == row->most)
		return "is one too many";
	if (!addr_parse(text, LISTEN_PORT, &o->listen[o->n_listen]))
		return "is no address";
	o->n_listen++;
	return NULL;
}

/* --- the table ----------------------------------------------------------- */

#define AT(member) offsetof(struct options, member)
#define BYTES(member) sizeof(((struct options *)NULL)->member) - 1

static const struct option_row rows[] = {
	{ "store", parse_path, "a path that begins with /", 1, BYTES(store),
	    "/var/lib/vplama/store.db", "bytes", AT(store) },
	{ "out", parse_path, "a path that begins with /", 1, BYTES(out),
	    "/var/lib/vplama-entryd/out", "bytes", AT(out) },
	{ "list-key", parse_path, "a path that begins with /", 1,
	    BYTES(list_key), "/etc/vplama/entryd.key", "bytes", AT(list_key) },
	{ "base-url", parse_url, "http://HOST/ or https://HOST/, with a path",
	    1, BYTES(base_url), NULL, "bytes", AT(base_url) },
	{ "publisher", parse_text, "a text", 0, BYTES(publisher), "", "bytes",
	    AT(publisher) },
	{ "title", parse_text, "a text", 1, BYTES(title), "Ways in", "bytes",
	    AT(title) },
	{ "contact", parse_text, "a text", 0, BYTES(contact), "", "bytes",
	    AT(contact) },
	{ "dns-zone", parse_zone, "a domain name", 0, BYTES(dns_zone), "",
	    "bytes", AT(dns_zone) },
	{ "user", parse_text, "a user's name", 1, BYTES(user), "vplama-entryd",
	    "bytes", AT(user) },
	{ "web-user", parse_text, "a user's name", 1, BYTES(web_user),
	    "vplama-web", "bytes", AT(web_user) },
	{ "listen", parse_listen, "ADDRESS:PORT", 1, OPTIONS_LISTEN,
	    "127.0.0.1:8469 [::1]:8469", "", 0 },
	{ "interval", parse_number, "a number", 10, 3600, "600", "seconds",
	    AT(interval) },
	{ "fresh", parse_number, "a number", 60, 86400, "3600", "seconds",
	    AT(fresh) },
	{ "valid", parse_number, "a number", 300, 604800, "86400", "seconds",
	    AT(valid) },
	{ "max-entries", parse_number, "a number", 1, ENTRY_SERVERS, "1024", "",
	    AT(max_entries) },
	{ "clients", parse_number, "a number", 1, 4096, "512", "",
	    AT(clients) },
	{ "clients-per-address", parse_number, "a number", 1, 4096, "16", "",
	    AT(clients_per_address) },
	{ "rate", parse_number, "a number", 1, 100000, "20",
	    "requests a second", AT(rate) },
	{ "log-level", parse_level, "error, warn, info or debug", 0, 0, "info",
	    "", AT(log_level) },
	{ .name = NULL },
};
_Static_assert(sizeof(rows) / sizeof(rows[0]) <= ROWS_MAX, "");

const struct option_row *
option_rows(void)
{
	return rows;
}

static const char *
parse_row(const struct option_row *row, const char *text, struct options *o)
{
	return row->parse(row, text, (char *)o + row->at);
}

static bool
is_list(const struct option_row *row)
{
	return row->parse == parse_listen;
}

/* --- the file ------------------------------------------------------------ */

static struct reader *
reader_of(cfg_t *cfg)
{
	return (struct reader *)(void *)cfg_getopt(cfg, OPT_READER)
	    ->simple_value.number;
}

__attribute__((format(printf, 2, 3))) static void
complain(struct reader *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(r->errors, fmt, ap);
	va_end(ap);
	fputc('\n', r->errors);
	r->n_errors++;
}

/* Syntax, unknown options: libconfuse's own words behind file and line. */
__attribute__((format(printf, 2, 0))) static void
on_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	char text[512];

	vsnprintf(text, sizeof(text), fmt, ap);
	complain(reader_of(cfg), "%s:%d: %s", cfg->filename, cfg->line, text);
}

/* "a number from 10 to 3600 (seconds)", "a text of 1 to 64 bytes". */
static void
put_expected(const struct option_row *row, char *buf, size_t max)
{
	if (row->parse == parse_number)
		snprintf(buf, max, "%s from %u to %u%s%s%s", row->expected,
		    row->least, row->most, row->unit[0] ? " (" : "", row->unit,
		    row->unit[0] ? ")" : "");
	else if (row->parse == parse_level)
		snprintf(buf, max, "%s", row->expected);
	else if (is_list(row))
		snprintf(buf, max, "%u to %u %s", row->least, row->most,
		    row->expected);
	else
		snprintf(buf, max, "%s of %u to %u bytes", row->expected,
		    row->least, row->most);
}

static void
refuse(struct reader *r, const cfg_t *cfg, const struct option_row *row,
    const char *text, const char *why)
{
	char shown[64], expected[128];
	size_t i;

	for (i = 0; text[i] != '\0' && i < sizeof(shown) - 1; i++)
		shown[i] = (unsigned char)text[i] < 0x20 || text[i] == 0x7f
		    ? '?'
		    : text[i];
	shown[i] = '\0';
	put_expected(row, expected, sizeof(expected));
	complain(r, "%s:%d: %s: \"%s\" %s; expected %s", cfg->filename,
	    cfg->line, row->name, shown, why, expected);
}

/* libconfuse read a value. */
static int
on_value(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	struct reader *r = reader_of(cfg);
	const struct option_row *row = rows;
	bool more = opt->nvalues > 1; /* of a list */
	const char *why;
	size_t i;

	*(const char **)result = value;
	while (strcmp(row->name, opt->name) != 0)
		row++;
	i = (size_t)(row - rows);
	if (!more && r->line[i] != 0) {
		complain(r, "%s:%d: %s: is here again; expected once (line %d)",
		    cfg->filename, cfg->line, row->name, r->line[i]);
		return 0;
	}
	if (!more && is_list(row))
		r->options->n_listen = 0; /* the default is not meant */
	r->line[i] = cfg->line;
	why = parse_row(row, value, r->options);
	if (why != NULL)
		refuse(r, cfg, row, value, why);
	return 0;
}

static void
set_defaults(struct options *o)
{
	char text[128], *word, *rest;

	for (const struct option_row *row = rows; row->name != NULL; row++) {
		if (row->def == NULL)
			continue;
		if (!is_list(row)) {
			parse_row(row, row->def, o);
			continue;
		}
		snprintf(text, sizeof(text), "%s", row->def);
		for (word = strtok_r(text, " ", &rest); word != NULL;
		     word = strtok_r(NULL, " ", &rest))
			parse_row(row, word, o);
	}
}

/* "listen = {}" calls nobody back. */
static void
find_empty(struct reader *r, cfg_t *cfg)
{
	for (const struct option_row *row = rows; row->name != NULL; row++) {
		cfg_opt_t *opt = cfg_getopt(cfg, row->name);

		if (is_list(row) && (opt->flags & CFGF_MODIFIED) &&
		    cfg_opt_size(opt) == 0)
			complain(r,
			    "%s: %s: has no value; expected at least one",
			    cfg->filename, row->name);
	}
}

static void
read_options(struct reader *r, const char *path, char *text, size_t len)
{
	cfg_opt_t self = CFG_SIMPLE_INT(OPT_READER, &r->anchor);
	cfg_opt_t end = CFG_END(), opts[ROWS_MAX + 2];
	const struct option_row *row = rows;
	size_t n = 0;
	cfg_t *cfg;
	FILE *f;

	opts[n++] = self;
	for (; row->name != NULL; row++) {
		cfg_opt_t one =
		    CFG_STR_CB(row->name, NULL, CFGF_NODEFAULT, on_value);
		cfg_opt_t list =
		    CFG_STR_LIST_CB(row->name, NULL, CFGF_NODEFAULT, on_value);

		opts[n++] = is_list(row) ? list : one;
	}
	opts[n] = end;
	cfg = cfg_init(opts, CFGF_NONE);
	f = fmemopen(text, len, "r");
	if (cfg == NULL || f == NULL)
		fatalx("out of memory");
	cfg_set_error_function(cfg, on_error);
	cfg->filename = xstrdup(path);
	if (cfg_parse_fp(cfg, f) == CFG_SUCCESS)
		find_empty(r, cfg);
	fclose(f);
	cfg_free(cfg);
}

static void
read_file(struct reader *r, const char *path)
{
	char *text = xmalloc(FILE_MAX);
	ssize_t len = file_read(path, text, FILE_MAX);
	const char *why = NULL;
	int line = 0;

	if (len >= 0)
		why = cfgtext_prepare(text, (size_t)len, &line);
	if (len < 0)
		complain(
		    r, "%s: cannot be read: %s", path, strerror((int)-len));
	else if (why != NULL)
		complain(r, "%s:%d: there is %s", path, line, why);
	else if (len > 0)
		read_options(r, path, text, (size_t)len);
	free(text);
}

/* Where a row was given, or the file. */
static const char *
place(const struct reader *r, const char *path, const char *name, char *buf,
    size_t max)
{
	const struct option_row *row = rows;
	int line;

	while (strcmp(row->name, name) != 0)
		row++;
	line = r->line[row - rows];
	if (line != 0)
		snprintf(buf, max, "%s:%d: %s", path, line, name);
	else
		snprintf(buf, max, "%s: %s", path, name);
	return buf;
}

static void
check_all(struct reader *r, const char *path)
{
	const struct options *o = r->options;
	char at[OPTIONS_PATH_MAX + 64];

	for (const struct option_row *row = rows; row->name != NULL; row++)
		if (row->def == NULL && r->line[row - rows] == 0)
			complain(r, "%s: %s: is missing; expected %s", path,
			    row->name, row->expected);
	if (o->fresh > o->valid)
		complain(r,
		    "%s: %u seconds exceed those of valid (%u); expected no "
		    "more",
		    place(r, path, "fresh", at, sizeof(at)), o->fresh,
		    o->valid);
	if (o->interval > o->fresh)
		complain(r,
		    "%s: %u seconds exceed those of fresh (%u); expected no "
		    "more",
		    place(r, path, "interval", at, sizeof(at)), o->interval,
		    o->fresh);
}

unsigned
options_load(const char *path, struct options *ret, FILE *errors)
{
	struct reader r = { .options = ret, .errors = errors };

	*ret = (struct options){ 0 };
	set_defaults(ret);
	read_file(&r, path);
	if (r.n_errors == 0)
		check_all(&r, path);
	return r.n_errors;
}
