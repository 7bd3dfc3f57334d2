/* The verbs on what is known of other vnodes, and on how they come to us. */
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/xmem.h"
#include "crypto/keys.h"
#include "vplamctl/ask.h"
#include "vplamctl/invite.h"

#define HOURS 24
#define HOURS_MAX 8760

static struct json_object *
next_entries(struct json_object *page)
{
	struct json_object *list = get_obj(page, "entries");
	size_t n = get_len(list);

	if (n == 0 || !get_bool(page, "more"))
		return NULL;
	return arg_str("after",
	    get_str(json_object_array_get_idx(list, n - 1), "public_key"));
}

int
cli_entry_list(struct cli *cli, int argc, char **argv)
{
	static const struct ask_pages pages = { "entry.list", "entries",
		next_entries };

	(void)argc, (void)argv;
	return ask_all(cli, &pages, NULL, cli->out.ops->entry_list);
}

int
cli_entry_sources(struct cli *cli, int argc, char **argv)
{
	(void)argc, (void)argv;
	return ask_print(
	    cli, "entry.sources", NULL, cli->out.ops->entry_sources);
}

int
cli_entry_audit(struct cli *cli, int argc, char **argv)
{
	(void)argc, (void)argv;
	return ask_print(cli, "entry.audit", NULL, cli->out.ops->entry_audit);
}

int
cli_entry_fetch(struct cli *cli, int argc, char **argv)
{
	(void)argc, (void)argv;
	return ask_change(cli, "entry.fetch", NULL,
	    xstrdup("the lists are being fetched; see vplamctl entry sources"));
}

int
cli_entry_add(struct cli *cli, int argc, char **argv)
{
	struct uri u;
	const char *why;

	(void)argc;
	if (!uri_parse(argv[0], &u, &why)) {
		fprintf(cli->out.err, "vplamctl: the URI %s\n", why);
		return EXIT_USAGE;
	}
	return ask_change(cli, "entry.add", arg_str("uri", argv[0]),
	    xstrdup("it is told to the address book; see vplamctl entry list"));
}

/* NULL and the hours, or what is wrong. */
static const char *
hours_get(const struct cli *cli, unsigned *ret)
{
	const char *text = cli->opt[OPT_HOURS];
	char *end;
	unsigned long v;

	*ret = HOURS;
	if (text == NULL)
		return NULL;
	if (cli->opt[OPT_BEACON] == NULL)
		return "--hours is for --beacon only: a URI does not end";
	v = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || v < 1 ||
	    v > HOURS_MAX)
		return "--hours: expected 1 to 8760";
	*ret = (unsigned)v;
	return NULL;
}

/* Of our addresses the first beside which the network's name has room. */
static bool
beacon_make(struct json_object *self, unsigned hours, struct beacon *b,
    char ret[static BEACON_TEXT])
{
	struct json_object *eps = get_obj(get_obj(self, "record"), "endpoints");
	const char *network = get_str(self, "network");
	size_t i, n = get_len(eps);

	b->ends = (uint32_t)clock_wall() + hours * 3600u;
	if (!key_parse(get_str(self, "public_key"), b->key))
		return false;
	if (strlen(network) < sizeof(b->network))
		strcpy(b->network, network);
	for (i = 0; i < n; i++)
		if (addr_parse(json_object_get_string(
				   json_object_array_get_idx(eps, i)),
			0, &b->ep) &&
		    beacon_write(b, ret))
			return true;
	b->network[0] = '\0';
	return n > 0 &&
	    addr_parse(
		json_object_get_string(json_object_array_get_idx(eps, 0)), 0,
		&b->ep) &&
	    beacon_write(b, ret);
}

static void
add_str(struct json_object *o, const char *name, const char *value)
{
	json_object_object_add(o, name, json_object_new_string(value));
}

static void
add_line(struct json_object *list, const char *text)
{
	json_object_array_add(list, json_object_new_string(text));
}

/* {"beacon","ends","text"}, or NULL: it is said. */
static struct json_object *
beacon_json(struct cli *cli, struct json_object *self, unsigned hours)
{
	char text[BEACON_TEXT], groups[BEACON_GROUPS], *more;
	struct beacon b = { 0 };
	struct json_object *o, *lines;

	if (!beacon_make(self, hours, &b, text)) {
		cli_fail(cli, "no-endpoint",
		    "no address of ours fits a beacon; option advertise names "
		    "one");
		return NULL;
	}
	invite_group(text, groups);
	o = json_object_new_object();
	lines = json_object_new_array();
	add_str(o, "beacon", text);
	json_object_object_add(o, "ends", json_object_new_int64(b.ends));
	json_object_object_add(
	    o, "network_told", json_object_new_boolean(b.network[0] != '\0'));
	add_line(lines, text);
	add_line(lines, groups);
	if (b.network[0] == '\0') {
		more = xasprintf("The network's name does not fit: say it as "
				 "well, for vplamctl join --network \"%s\"",
		    get_str(self, "network"));
		add_line(lines, more);
		free(more);
	}
	json_object_object_add(o, "text", lines);
	return o;
}

static struct json_object *
uri_json(struct cli *cli, struct json_object *self)
{
	const char *uri = get_str(self, "uri");
	struct json_object *o, *lines;

	if (uri[0] == '\0') {
		cli_fail(cli, "no-uri", "what we are does not fit a URI");
		return NULL;
	}
	o = json_object_new_object();
	lines = json_object_new_array();
	add_str(o, "uri", uri);
	add_line(lines, uri);
	json_object_object_add(o, "text", lines);
	return o;
}

/* For people: programs have the text. */
static int
draw(struct cli *cli, const char *text)
{
	struct qr *code = xcalloc(1, sizeof(*code));
	bool ok = qr_make(text, code);

	if (ok)
		invite_draw(&cli->out, code);
	free(code);
	if (ok)
		return EXIT_OK;
	return cli_fail(cli, "no-qr",
	    qr_built_in() ? "it is too long for a QR code"
			  : "this vplamctl was built without libqrencode");
}

/* An invitation to a closed door is worth a word. */
static void
warn_if_closed(struct cli *cli, struct json_object *self)
{
	if (strcmp(get_str(get_obj(self, "record"), "accepts"), "closed") == 0)
		fputs("vplamctl: note: with trust = known only peers that the "
		      "configuration names are let in; name who joins, or set "
		      "another trust\n",
		    cli->out.err);
}

int
cli_invite(struct cli *cli, int argc, char **argv)
{
	bool beacon = cli->opt[OPT_BEACON] != NULL;
	struct json_object *self, *o;
	const char *why;
	unsigned hours;
	int rc = EXIT_OK;

	(void)argc, (void)argv;
	why = hours_get(cli, &hours);
	if (why != NULL) {
		fprintf(cli->out.err, "vplamctl: %s\n", why);
		return EXIT_USAGE;
	}
	self = ask(cli, "entry.self", NULL);
	if (self == NULL)
		return EXIT_FAIL;
	warn_if_closed(cli, self);
	o = beacon ? beacon_json(cli, self, hours) : uri_json(cli, self);
	json_object_put(self);
	if (o == NULL)
		return EXIT_FAIL;
	cli->out.ops->lines(&cli->out, o);
	if (cli->opt[OPT_QR] != NULL && cli->out.ops == &out_text)
		rc = draw(cli, get_str(o, beacon ? "beacon" : "uri"));
	json_object_put(o);
	return rc;
}
