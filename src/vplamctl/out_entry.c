#include "vplamctl/out_entry.h"

#include <inttypes.h>
#include <string.h>

#include "vplamctl/human.h"
#include "vplamctl/pen.h"

/* What it calls itself, else the beginning of its key. */
static void
put_who(struct out *o, struct json_object *e)
{
	const char *name = get_str(get_obj(e, "record"), "name");
	char text[64];

	snprintf(text, sizeof(text), "%.12s", get_str(e, "public_key"));
	pen_cell(o, name[0] != '\0' ? name : text, 16);
}

static const char *
where(struct json_object *e)
{
	struct json_object *eps = get_obj(e, "endpoints");

	if (get_str(e, "proven")[0] != '\0')
		return get_str(e, "proven");
	if (get_len(eps) == 0)
		return "-";
	return json_object_get_string(json_object_array_get_idx(eps, 0));
}

static const char *
state(struct json_object *e)
{
	if (get_bool(e, "live"))
		return get_bool(e, "anchor") ? "tunnel, anchor" : "tunnel";
	if (get_bool(e, "reached"))
		return get_bool(e, "anchor") ? "known, anchor" : "known";
	return "heard of";
}

static void
put_percent(struct out *o, struct json_object *v)
{
	char text[24] = "-";

	if (v != NULL)
		snprintf(text, sizeof(text), "%d%%", json_object_get_int(v));
	pen_cell(o, text, 6);
}

void
entry_text_list(struct out *o, struct json_object *res)
{
	struct json_object *list = get_obj(res, "entries");
	char text[HUMAN_TEXT];
	size_t i;

	if (get_len(list) == 0) {
		fputs("no other vnode is known\n", o->f);
		return;
	}
	fprintf(o->f, "%-16s  %-14s  %-28s  %-7s  %-6s  %-9s  %s\n", "vnode",
	    "state", "address", "told by", "30 d", "rtt", "watched for");
	for (i = 0; i < get_len(list); i++) {
		struct json_object *e = json_object_array_get_idx(list, i);
		uint64_t rtt = get_u64(e, "rtt_us");

		put_who(o, e);
		pen_cell(o, state(e), 14);
		pen_cell(o, where(e), 28);
		pen_cell(o, get_str(e, "told_by"), 7);
		put_percent(o, get_obj(e, "uptime_30d"));
		pen_cell(o, rtt > 0 ? human_rtt(rtt, text) : "-", 9);
		fprintf(o->f, "%s\n",
		    human_span(get_u64(e, "observed_seconds"), text));
	}
}

static void put_members(struct out *o, struct json_object *v, int depth);

/* "what_it_is" as "what it is". */
static void
put_name(struct out *o, const char *name, int depth)
{
	fprintf(o->f, "%*s", 2 * depth, "");
	for (; *name != '\0'; name++)
		fputc(*name == '_' ? ' ' : *name, o->f);
	fputs(": ", o->f);
}

static void
put_value(struct out *o, struct json_object *v, int depth)
{
	bool nested = json_object_is_type(v, json_type_object) ||
	    (get_len(v) > 0 &&
		json_object_is_type(
		    json_object_array_get_idx(v, 0), json_type_object));

	if (nested) {
		fputc('\n', o->f);
		put_members(o, v, depth + 1);
		return;
	}
	if (json_object_is_type(v, json_type_array))
		pen_list(o, v);
	else if (json_object_is_type(v, json_type_boolean))
		fputs(json_object_get_boolean(v) ? "yes" : "no", o->f);
	else
		pen_text(o->f, v == NULL ? "-" : json_object_get_string(v));
	fputc('\n', o->f);
}

static void
put_members(struct out *o, struct json_object *v, int depth)
{
	size_t i;

	for (i = 0; i < get_len(v); i++) {
		if (i > 0)
			fputc('\n', o->f);
		put_members(o, json_object_array_get_idx(v, i), depth);
	}
	if (!json_object_is_type(v, json_type_object))
		return;
	json_object_object_foreach(v, name, member)
	{
		put_name(o, name, depth);
		put_value(o, member, depth);
	}
}

/* Each with a heading, and all that is said of it. */
static void
put_lists(struct out *o, struct json_object *lists)
{
	size_t i;

	if (get_len(lists) == 0)
		fputs("no list of vnodes is configured; option entry\n", o->f);
	for (i = 0; i < get_len(lists); i++) {
		struct json_object *l = json_object_array_get_idx(lists, i);

		if (i > 0)
			fputc('\n', o->f);
		pen_heading(o, CYAN, "list", get_str(l, "source"));
		if (!json_object_is_type(l, json_type_object))
			continue;
		json_object_object_foreach(l, name, member)
		{
			if (strcmp(name, "source") == 0)
				continue;
			put_name(o, name, 1);
			put_value(o, member, 1);
		}
	}
}

void
entry_text_sources(struct out *o, struct json_object *res)
{
	put_lists(o, get_obj(res, "sources"));
}

void
entry_text_audit(struct out *o, struct json_object *res)
{
	put_lists(o, get_obj(res, "lists"));
}
