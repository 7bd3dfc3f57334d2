#include "vplamad/config.h"

#include <confuse.h>
#include <errno.h>
#include <glob.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/cfgtext.h"
#include "base/fdutil.h"
#include "base/xmem.h"
#include "vplamad/cfgdevice.h"
#include "vplamad/cfgguard.h"
#include "vplamad/cfgtwins.h"
#include "vplamad/option.h"

/*
 * libconfuse hands its callbacks no pointer of ours. It does keep the address
 * of a "simple" integer, also in the copies that it makes for each section, so
 * one that no file has reason to name leads back to the reader around it.
 */
#define OPT_READER " reader"

/* An option of a block whose default is read where the block begins. */
#define OPT_BEGIN " begin"

#define FILE_MAX (1u << 20) /* bytes of a file, NUL included */

struct reader {
	long anchor;	    /* of OPT_READER; first, see reader_of() */
	char begin_text[2]; /* of OPT_BEGIN: a default, whatever it says */
	struct config *cfg;
	struct config_errors *errs;
	struct config_device
	    *device;		  /* block being read; NULL before the first */
	struct config_peer *peer; /* the same */
};

void
config_error(struct config_errors *errs, const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) < 0)
		fatalx("out of memory");
	va_end(ap);
	errs->text = xreallocarray(errs->text, errs->n + 1, sizeof(char *));
	errs->text[errs->n++] = s;
}

void
config_errors_free(struct config_errors *errs)
{
	size_t i;

	for (i = 0; i < errs->n; i++)
		free(errs->text[i]);
	free(errs->text);
	*errs = (struct config_errors){ 0 };
}

static struct reader *
reader_of(cfg_t *cfg)
{
	return (struct reader *)(void *)cfg_getopt(cfg, OPT_READER)
	    ->simple_value.number;
}

/* Syntax, unknown options: libconfuse's own words behind file and line. */
__attribute__((format(printf, 2, 0))) static void
on_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	char text[512];

	vsnprintf(text, sizeof(text), fmt, ap);
	config_error(
	    reader_of(cfg)->errs, "%s:%d: %s", cfg->filename, cfg->line, text);
}

/* What people wrote, fit for a terminal. */
static const char *
show(const char *text, char buf[static 80])
{
	size_t i;

	for (i = 0; text[i] != '\0' && i < 79; i++)
		buf[i] = (unsigned char)text[i] < 0x20 || text[i] == 0x7f
		    ? '?'
		    : text[i];
	buf[i] = '\0';
	return buf;
}

static void
bad_value(struct reader *r, const cfg_t *at, const struct option *o,
    const char *text, const char *why)
{
	char expected[128], shown[80];

	option_expected(o, expected, sizeof(expected));
	show(text, shown);
	if (strstr(why, "; expected ") != NULL) /* it knows better */
		config_error(r->errs, "%s:%d: %s: \"%s\" %s", at->filename,
		    at->line, o->name, shown, why);
	else
		config_error(r->errs, "%s:%d: %s: \"%s\" %s; expected %s",
		    at->filename, at->line, o->name, shown, why, expected);
}

/* Puts one value at its place. */
static void
take_value(struct reader *r, const cfg_t *at, const struct option *o,
    struct given *given, void *base, const char *text, unsigned i)
{
	const char *why;

	if (i == 0 && given->line != 0) {
		given->bad = true;
		config_error(r->errs,
		    "%s:%d: %s: is here again; expected once (line %d)",
		    at->filename, at->line, o->name, given->line);
		return;
	}
	if (i == 0)
		*given = (struct given){ .line = at->line };
	/* A list that is here again goes on from its second value: n counts
	 * too. */
	if (i >= o->values || given->n >= o->values) {
		given->bad = true;
		if (i == o->values)
			config_error(r->errs,
			    "%s:%d: %s: has too many values; expected at "
			    "most %u",
			    at->filename, at->line, o->name, o->values);
		return;
	}
	why = o->type->parse(
	    o, text, (char *)base + o->at + given->n * o->type->size);
	given->bad |= why != NULL;
	if (why == NULL)
		given->n++;
	else
		bad_value(r, at, o, text, why);
}

static const struct option *
find_option(const struct option *table, size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	return NULL;
}

/* libconfuse read a value; errors are noted and the parser goes on. */
static int
on_value(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	struct reader *r = reader_of(cfg);
	const char *block = cfg_name(cfg);
	unsigned i = opt->nvalues > 0 ? opt->nvalues - 1 : 0;
	const struct option *o;

	*(const char **)result = value;
	if (cfg_getopt(cfg, opt->name) != opt) {
		/* "peer|endpoint" outside is libconfuse's way to reach in */
		config_error(r->errs,
		    "%s:%d: %s: stands alone; expected in its block",
		    cfg->filename, cfg->line, opt->name);
	} else if (strcmp(block, "peer") == 0) {
		o = find_option(peer_options, PEER_OPT_MAX, opt->name);
		take_value(r, cfg, o, &r->peer->given[o - peer_options],
		    r->peer, value, i);
	} else if (strcmp(block, "device") == 0) {
		o = find_option(device_options, DEV_OPT_MAX, opt->name);
		take_value(r, cfg, o, &r->device->given[o - device_options],
		    r->device, value, i);
	} else {
		o = find_option(options, OPT_MAX, opt->name);
		take_value(
		    r, cfg, o, &r->cfg->given[o - options], r->cfg, value, i);
	}
	return 0;
}

/* The defaults take the same way in as what is written in a file. */
static void
set_defaults(
    const struct option *table, size_t n, struct given *given, void *base)
{
	char text[128], *word, *rest;
	const struct option *o;

	for (o = table; o < table + n; o++, given++) {
		snprintf(text, sizeof(text), "%s", o->def ? o->def : "");
		for (word = strtok_r(text, " ", &rest); word != NULL;
		     word = strtok_r(NULL, " ", &rest))
			if (o->type->parse(o, word,
				(char *)base + o->at +
				    given->n * o->type->size) == NULL)
				given->n++;
	}
}

/* A peer block begins; its title is the name. */
static int
on_peer(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	struct reader *r = reader_of(cfg);
	struct config *c = r->cfg;
	const char *title = cfg_title(cfg);
	const char *why = option_name_check(title, PEER_NAME_MAX);
	char shown[80];

	(void)opt;
	(void)value;
	*(void **)result = NULL;
	c->peers = xreallocarray(c->peers, c->n_peers + 1, sizeof(*c->peers));
	r->peer = &c->peers[c->n_peers++];
	*r->peer = (struct config_peer){ .line = cfg->line,
		.file = xstrdup(cfg->filename) };
	set_defaults(peer_options, PEER_OPT_MAX, r->peer->given, r->peer);
	if (why == NULL)
		strcpy(r->peer->name, title);
	else
		config_error(r->errs,
		    "%s:%d: peer: the name \"%s\" %s; expected 1 to %d bytes "
		    "of UTF-8",
		    cfg->filename, cfg->line, show(title, shown), why,
		    PEER_NAME_MAX);
	return 0;
}

/* A device block begins; its title is the name. */
static int
on_device(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	struct reader *r = reader_of(cfg);
	struct config *c = r->cfg;
	const char *title = cfg_title(cfg);
	const char *why = option_name_check(title, DEVICE_NAME_MAX);
	struct config_device *dev;
	char shown[80];

	(void)opt;
	(void)value;
	*(void **)result = NULL;
	c->devices =
	    xreallocarray(c->devices, c->n_devices + 1, sizeof(*c->devices));
	r->device = dev = &c->devices[c->n_devices++];
	*dev = (struct config_device){ .line = cfg->line };
	set_defaults(device_options, DEV_OPT_MAX, dev->given, dev);
	if (why == NULL)
		strcpy(dev->name, title);
	else
		config_error(r->errs,
		    "%s:%d: device: the name \"%s\" %s; expected 1 to %d "
		    "bytes of UTF-8",
		    cfg->filename, cfg->line, show(title, shown), why,
		    DEVICE_NAME_MAX);
	return 0;
}

/* "listen = {}" calls nobody back. */
static void
find_empty(struct reader *r, cfg_t *cfg)
{
	const struct option *o;

	for (o = options; o < options + OPT_MAX; o++) {
		cfg_opt_t *opt = cfg_getopt(cfg, o->name);

		if ((opt->flags & CFGF_MODIFIED) && cfg_opt_size(opt) == 0)
			config_error(r->errs,
			    "%s: %s: has no value; expected at least one",
			    cfg->filename, o->name);
	}
}

static cfg_opt_t
make_opt(const struct option *o)
{
	cfg_opt_t scalar = CFG_STR_CB(o->name, NULL, CFGF_NODEFAULT, on_value);
	cfg_opt_t list =
	    CFG_STR_LIST_CB(o->name, NULL, CFGF_NODEFAULT, on_value);

	return o->values > 1 ? list : scalar;
}

/* The options of a block: the way back, its begin, and those of the table. */
static void
fill_block(cfg_opt_t *ret, struct reader *r, cfg_callback_t on_begin,
    const struct option *table, size_t n)
{
	cfg_opt_t self = CFG_SIMPLE_INT(OPT_READER, &r->anchor);
	cfg_opt_t begin =
	    CFG_PTR_CB(OPT_BEGIN, NULL, CFGF_NONE, on_begin, NULL);
	cfg_opt_t end = CFG_END();
	size_t i;

	begin.def.parsed = r->begin_text;
	*ret++ = self;
	*ret++ = begin;
	for (i = 0; i < n; i++)
		*ret++ = make_opt(&table[i]);
	*ret = end;
}

/* Hands the text over to libconfuse. */
static bool
parse_text(
    struct reader *r, const char *path, char *text, size_t len, bool peers_only)
{
	cfg_opt_t in_peer[PEER_OPT_MAX + 3], in_device[DEV_OPT_MAX + 3];
	cfg_opt_t self = CFG_SIMPLE_INT(OPT_READER, &r->anchor);
	cfg_opt_t peer = CFG_SEC("peer", in_peer, CFGF_MULTI | CFGF_TITLE);
	cfg_opt_t dev = CFG_SEC("device", in_device, CFGF_MULTI | CFGF_TITLE);
	cfg_opt_t end = CFG_END();
	cfg_opt_t top[OPT_MAX + 4];
	size_t n = 0, i, was = r->errs->n;
	cfg_t *cfg;
	FILE *f;
	bool ok;

	fill_block(in_peer, r, on_peer, peer_options, PEER_OPT_MAX);
	fill_block(in_device, r, on_device, device_options, DEV_OPT_MAX);
	top[n++] = self;
	top[n++] = peer;
	if (!peers_only)
		top[n++] = dev;
	for (i = 0; i < OPT_MAX && !peers_only; i++)
		top[n++] = make_opt(&options[i]);
	top[n] = end;

	r->peer = NULL;
	r->device = NULL;
	cfg = cfg_init(top, CFGF_NONE);
	if (cfg == NULL)
		fatalx("out of memory");
	cfg_set_error_function(cfg, on_error);
	cfg->filename = xstrdup(path);
	f = fmemopen(text, len, "r");
	if (f == NULL)
		fatal("fmemopen");
	ok = cfg_parse_fp(cfg, f) == CFG_SUCCESS;
	/* Of "" for a name libconfuse says nothing: it only stops there. */
	if (!ok && r->errs->n == was)
		config_error(r->errs,
		    "%s:%d: no such option ''; expected the name of one", path,
		    cfg->line);
	if (ok && !peers_only)
		find_empty(r, cfg);
	fclose(f);
	cfg_free(cfg);
	return ok;
}

/*
 * Reads one file; those of the folder hold peer blocks only. False when it
 * was not read to its end.
 */
static bool
read_file(struct reader *r, const char *path, bool peers_only)
{
	char *text = xmalloc(FILE_MAX);
	ssize_t len = file_read(path, text, FILE_MAX);
	const char *why;
	int line;
	bool ok = false;

	if (len < 0) {
		config_error(r->errs, "%s: cannot be read: %s", path,
		    strerror((int)-len));
	} else {
		why = cfgtext_prepare(text, (size_t)len, &line);
		if (why != NULL)
			config_error(
			    r->errs, "%s:%d: there is %s", path, line, why);
		else
			ok = len == 0 ||
			    parse_text(r, path, text, (size_t)len, peers_only);
	}
	free(text);
	return ok;
}

/* A folder that is not there has no files; any other trouble is one. */
static int
on_glob_error(const char *path, int err)
{
	(void)path;
	return err != ENOENT;
}

/* peers.d/(name).conf beside the main file. */
static void
read_folder(struct reader *r, const char *path)
{
	const char *slash = strrchr(path, '/');
	int dir = slash != NULL ? (int)(slash - path) + 1 : 0;
	char *pattern = xasprintf("%.*speers.d/*.conf", dir, path);
	glob_t found;
	size_t i;
	int rc = glob(pattern, 0, on_glob_error, &found);

	if (rc != 0 && rc != GLOB_NOMATCH)
		config_error(r->errs, "%.*speers.d: cannot be read", dir, path);
	for (i = 0; rc == 0 && i < found.gl_pathc; i++)
		(void)read_file(r, found.gl_pathv[i], true);
	globfree(&found);
	free(pattern);
}

/* "file:line: option", or without a line for a default. */
static const char *
place(const struct config *cfg, enum option_id id, char *buf, size_t len)
{
	if (cfg->given[id].line != 0)
		snprintf(buf, len, "%s:%d: %s", cfg->path, cfg->given[id].line,
		    options[id].name);
	else
		snprintf(buf, len, "%s: %s", cfg->path, options[id].name);
	return buf;
}

static void
load_identity(struct config *cfg, struct config_errors *errs)
{
	uint8_t seed[KEY_LEN];
	const char *why;
	char at[PATH_TEXT + 64];

	if (cfg->given[OPT_private_key_file].bad)
		return; /* has been told; the default is not meant */
	place(cfg, OPT_private_key_file, at, sizeof(at));
	if (!key_file_load(cfg->private_key_file, seed, &why))
		config_error(
		    errs, "%s: %s: %s", at, cfg->private_key_file, why);
	else if (!identity_from_seed(seed, &cfg->id))
		config_error(errs,
		    "%s: %s: is no usable key; expected one that vplamctl "
		    "genkey made",
		    at, cfg->private_key_file);
	wipe(seed, sizeof(seed));
}

static void
load_network(struct config *cfg, struct config_errors *errs)
{
	uint8_t key[KEY_LEN];
	const char *why;
	char at[PATH_TEXT + 64];

	if (cfg->network_key_file[0] == '\0')
		network_open(&cfg->net, cfg->network, strlen(cfg->network));
	else if (key_file_load(cfg->network_key_file, key, &why))
		network_closed(&cfg->net, key);
	else
		config_error(errs, "%s: %s: %s",
		    place(cfg, OPT_network_key_file, at, sizeof(at)),
		    cfg->network_key_file, why);
	wipe(key, sizeof(key));
}

static void
check_rate(const struct config *cfg, struct config_errors *errs)
{
	const struct given *given = &cfg->given[OPT_fanout_rate];
	char at[PATH_TEXT + 64];

	if (given->bad)
		return; /* has been told */
	place(cfg, OPT_fanout_rate, at, sizeof(at));
	if (given->n == 1)
		config_error(errs,
		    "%s: has one value; expected two: per origin, and in all",
		    at);
	else if (cfg->fanout_rate[0] > cfg->fanout_rate[1])
		config_error(errs,
		    "%s: %u for one origin exceeds %u in all; expected no more",
		    at, cfg->fanout_rate[0], cfg->fanout_rate[1]);
}

static void
check_options(const struct config *cfg, struct config_errors *errs)
{
	char at[PATH_TEXT + 64];

	if (cfg->given[OPT_network].line == 0)
		config_error(errs,
		    "%s: is missing; expected the name of the "
		    "network to join",
		    place(cfg, OPT_network, at, sizeof(at)));
	check_rate(cfg, errs);
	offload_check(cfg, errs);
	trust_check(cfg, errs);
	if (strcmp(cfg->mesh_socket, cfg->control_socket) == 0)
		config_error(errs,
		    "%s: is the mesh socket too; expected "
		    "another path",
		    place(cfg, OPT_control_socket, at, sizeof(at)));
}

static void
check_peer(
    const struct config *cfg, struct config_peer *p, struct config_errors *errs)
{
	const char *why;

	if (p->given[PEER_OPT_public_key].line == 0)
		config_error(errs,
		    "%s:%d: public-key: is missing; expected "
		    "one in the block of peer \"%s\"",
		    p->file, p->line, p->name);
	if (p->given[PEER_OPT_public_key].n > 0) {
		key_to_x25519(p->public_key, p->x_pk);
		if (equal_ct(p->public_key, cfg->id.ed_pk, KEY_LEN))
			config_error(errs,
			    "%s:%d: public-key: is our own; "
			    "expected the peer's",
			    p->file, p->given[PEER_OPT_public_key].line);
	}
	if (p->pair_psk_file[0] != '\0' &&
	    !key_file_load(p->pair_psk_file, p->pair_psk, &why))
		config_error(errs, "%s:%d: pair-psk-file: %s: %s", p->file,
		    p->given[PEER_OPT_pair_psk_file].line, p->pair_psk_file,
		    why);
}

bool
config_load(const char *path, struct config *ret, struct config_errors *errs)
{
	struct config cfg = { 0 };
	struct reader r = { .begin_text = "x", .cfg = &cfg, .errs = errs };
	struct twins *twins;
	size_t i;
	bool whole;

	if (strlen(path) >= sizeof(cfg.path)) {
		config_error(errs, "%s: the path is too long", path);
		return false;
	}
	strcpy(cfg.path, path);
	set_defaults(options, OPT_MAX, cfg.given, &cfg);
	whole = read_file(&r, path, false);
	read_folder(&r, path);
	if (whole) { /* else what lacks may stand in the rest */
		check_options(&cfg, errs);
		load_identity(&cfg, errs);
		load_network(&cfg, errs);
	}
	devices_check(&cfg, errs);
	twins = twins_new(cfg.n_peers);
	for (i = 0; i < cfg.n_peers; i++) {
		check_peer(&cfg, &cfg.peers[i], errs);
		twins_check(twins, &cfg.peers[i], errs);
	}
	twins_free(twins);
	ifaces_check(&cfg, errs);
	prefixes_check(&cfg, errs);
	claims_check(&cfg, errs);
	routes_check(&cfg, errs);
	tunnels_check(&cfg, errs);
	if (cfg.given[OPT_mtu].line == 0)
		cfg.mtu = devices_mtu(&cfg);
	if (errs->n > 0)
		config_free(&cfg);
	else
		*ret = cfg;
	wipe(&cfg, sizeof(cfg));
	return errs->n == 0;
}

void
config_free(struct config *cfg)
{
	size_t i;

	for (i = 0; i < cfg->n_peers; i++) {
		free(cfg->peers[i].file);
		wipe(&cfg->peers[i], sizeof(cfg->peers[i]));
	}
	free(cfg->devices);
	free(cfg->peers);
	wipe(cfg, sizeof(*cfg));
}

/* A block with its options, but for those that say nothing in it. */
static void
print_block(const char *what, const char *name, const struct option *table,
    size_t n, const struct given *given, const void *base,
    bool (*has)(const void *base, size_t i), FILE *out)
{
	size_t i;

	fprintf(out, "\n%s ", what);
	option_quote(name, out);
	fputs(" {\n", out);
	for (i = 0; i < n; i++)
		if (has(base, i))
			option_print(&table[i], base, given[i].n, "\t", out);
	fputs("}\n", out);
}

static bool
always(const void *base, size_t i)
{
	(void)base;
	(void)i;
	return true;
}

static bool
has_meaning(const void *base, size_t i)
{
	return device_has(base, (enum device_option_id)i);
}

void
config_print(const struct config *cfg, FILE *out)
{
	size_t i;

	for (i = 0; i < OPT_MAX; i++)
		option_print(&options[i], cfg, cfg->given[i].n, "", out);
	for (i = 0; i < cfg->n_devices; i++) {
		const struct config_device *dev = &cfg->devices[i];

		print_block("device", dev->name, device_options, DEV_OPT_MAX,
		    dev->given, dev, has_meaning, out);
	}
	for (i = 0; i < cfg->n_peers; i++) {
		const struct config_peer *p = &cfg->peers[i];

		print_block("peer", p->name, peer_options, PEER_OPT_MAX,
		    p->given, p, always, out);
	}
}
