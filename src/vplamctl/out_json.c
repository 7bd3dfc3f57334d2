#include "vplamctl/out.h"

/* A document: pretty, as people pipe it to less as often as to jq. */
static void
print(struct out *o, struct json_object *res)
{
	fprintf(o->f, "%s\n",
	    json_object_to_json_string_ext(
		res, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
}

/* An event: one line, so that a reader can take them one by one. */
static void
print_line(struct out *o, struct json_object *ev)
{
	fprintf(o->f, "%s\n",
	    json_object_to_json_string_ext(
		ev, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
}

static void
done(struct out *o, const char *text, struct json_object *res)
{
	(void)text;
	print(o, res);
}

static void
fail(struct out *o, struct json_object *err)
{
	struct json_object *doc = json_object_new_object();

	json_object_object_add(doc, "error", json_object_get(err));
	print(o, doc);
	json_object_put(doc);
}

const struct out_ops out_json = {
	.show = print,
	.dump = print,
	.macs = print,
	.routes = print,
	.counters = print,
	.explain = print,
	.mtu = print,
	.rehook_list = print,
	.rehook_plan = print,
	.entry_list = print,
	.entry_sources = print,
	.entry_audit = print,
	.event = print_line,
	.done = done,
	.lines = print,
	.fail = fail,
};
