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

static enum colour
list_colour(const char *state)
{
	if (strcmp(state, "good") == 0)
		return GREEN;
	return strcmp(state, "failed") == 0 ? RED : YELLOW;
}

static void
put_signer(struct out *o, struct json_object *l)
{
	const char *signer = get_str(l, "signer");

	pen_label(o, "signer");
	pen_text(o->f, signer[0] != '\0' ? signer : "nobody yet");
	if (signer[0] != '\0' && !get_bool(l, "key_configured"))
		fputs(", the first that was seen; \"#KEY\" behind the URL "
		      "would say it beforehand",
		    o->f);
	fputc('\n', o->f);
}

/* Of the last good list. */
static void
put_said(struct out *o, struct json_object *l)
{
	char text[HUMAN_TEXT];

	pen_label(o, "last list");
	if (get_u64(l, "good_at") == 0) {
		fputs("none\n", o->f);
		return;
	}
	fputs(human_date((int64_t)get_u64(l, "generated"), text), o->f);
	if (get_str(l, "publisher")[0] != '\0') {
		fputs(", by ", o->f);
		pen_text(o->f, get_str(l, "publisher"));
	}
	fprintf(o->f, ", serial %" PRIu64 "\n", get_u64(l, "serial"));
	pen_line(o, "valid until",
	    human_date((int64_t)get_u64(l, "valid_until"), text));
	pen_label(o, "vnodes");
	fprintf(o->f, "%" PRIu64 ", of which %" PRIu64 " count",
	    get_u64(l, "vnodes"), get_u64(l, "counted"));
	if (get_u64(l, "bad_records") > 0)
		fprintf(o->f,
		    "; %" PRIu64 " left out, not signed by themselves",
		    get_u64(l, "bad_records"));
	fputc('\n', o->f);
}

static void
put_source(struct out *o, struct json_object *l)
{
	const char *state = get_str(l, "state");
	char text[HUMAN_TEXT];

	pen_label(o, "state");
	pen_colour(o, list_colour(state));
	pen_text(o->f, state);
	pen_colour(o, PLAIN);
	if (get_str(l, "why")[0] != '\0') {
		fputs(": ", o->f);
		pen_text(o->f, get_str(l, "why"));
	}
	if (get_u64(l, "fails") > 1)
		fprintf(
		    o->f, ", %" PRIu64 " times in a row", get_u64(l, "fails"));
	fputc('\n', o->f);
	put_signer(o, l);
	put_said(o, l);
	if (get_obj(l, "next_in") != NULL) {
		pen_label(o, "next look");
		fprintf(
		    o->f, "in %s\n", human_span(get_u64(l, "next_in"), text));
	}
}

/* How long it was watched, how much of it was there, how far away it is. */
static void
put_measure(struct out *o, struct json_object *m)
{
	uint64_t seen = get_u64(m, "observed_seconds");
	uint64_t rtt = get_u64(m, "rtt_us");
	char text[HUMAN_TEXT];

	put_percent(o, get_obj(m, "uptime_30d"));
	snprintf(text, sizeof(text), "%.1f d", (double)seen / 86400);
	pen_cell(o, seen > 0 ? text : "-", 8);
	pen_cell(o, rtt > 0 ? human_rtt(rtt, text) : "-", 9);
}

static void
put_audited(struct out *o, struct json_object *v)
{
	struct json_object *says = get_obj(v, "says");
	struct json_object *measured = get_obj(v, "measured");
	const char *name = get_str(v, "name");
	char key[64];

	snprintf(key, sizeof(key), "%.12s", get_str(v, "public_key"));
	fputs("  ", o->f);
	pen_cell(o, name[0] != '\0' ? name : key, 16);
	pen_cell(o,
	    says == NULL	       ? "-"
		: get_bool(says, "up") ? "up"
				       : "down",
	    6);
	put_measure(o, says);
	pen_cell(o, get_bool(measured, "reached") ? "answers" : "silent", 8);
	put_measure(o, measured);
	fputc('\n', o->f);
}

static void
put_audit(struct out *o, struct json_object *l)
{
	struct json_object *vnodes = get_obj(l, "vnodes");
	size_t i;

	pen_label(o, "vnodes");
	fprintf(o->f,
	    "%" PRIu64 " listed: %" PRIu64 " have answered us, %" PRIu64
	    " are silent, %" PRIu64 " were not tried\n",
	    get_u64(l, "vnodes_listed"), get_u64(l, "reached"),
	    get_u64(l, "silent"), get_u64(l, "untried"));
	if (get_len(vnodes) > 0)
		fprintf(o->f,
		    "  %-16s  %-6s  %-6s  %-8s  %-9s  %-8s  %-6s  %-8s  %s\n",
		    "vnode", "listed", "30 d", "watched", "rtt", "here", "30 d",
		    "watched", "rtt");
	for (i = 0; i < get_len(vnodes); i++)
		put_audited(o, json_object_array_get_idx(vnodes, i));
	if (get_bool(l, "more"))
		fputs("  and more\n", o->f);
}

/* Each with a heading. */
static void
put_lists(struct out *o, struct json_object *lists,
    void (*put)(struct out *o, struct json_object *l))
{
	size_t i;

	if (get_len(lists) == 0)
		fputs("no list of vnodes is configured; option entry\n", o->f);
	for (i = 0; i < get_len(lists); i++) {
		struct json_object *l = json_object_array_get_idx(lists, i);

		if (i > 0)
			fputc('\n', o->f);
		pen_heading(o, CYAN, "list", get_str(l, "source"));
		put(o, l);
	}
}

void
entry_text_sources(struct out *o, struct json_object *res)
{
	put_lists(o, get_obj(res, "sources"), put_source);
}

void
entry_text_audit(struct out *o, struct json_object *res)
{
	put_lists(o, get_obj(res, "lists"), put_audit);
}
