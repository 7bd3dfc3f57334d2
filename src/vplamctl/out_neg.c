/* The negotiation of addresses, as text. */
#include <inttypes.h>
#include <string.h>

#include "vplamctl/human.h"
#include "vplamctl/out_neg.h"
#include "vplamctl/pen.h"

void
neg_text_self(struct out *o, struct json_object *neg)
{
	if (neg == NULL)
		return;
	pen_label(o, "addresses");
	pen_list(o, get_obj(neg, "claims"));
	if (get_bool(neg, "stable"))
		fputs(", stable", o->f);
	if (strcmp(get_str(neg, "role"), "idle") != 0) {
		fputs(", ", o->f);
		pen_text(o->f, get_str(neg, "role"));
	}
	fputc('\n', o->f);
}

static enum colour
state_colour(const char *state)
{
	if (strcmp(state, "up") == 0 || strcmp(state, "same") == 0)
		return GREEN;
	return strcmp(state, "held") == 0 || strcmp(state, "topo") == 0
	    ? RED
	    : YELLOW;
}

void
neg_text_link(struct out *o, struct json_object *neg)
{
	const char *state = get_str(neg, "state");

	if (neg == NULL || get_obj(neg, "claims") == NULL)
		return;
	pen_label(o, "addresses");
	pen_list(o, get_obj(neg, "claims"));
	fputs(", ", o->f);
	pen_colour(o, state_colour(state));
	pen_text(o->f, state);
	pen_colour(o, PLAIN);
	if (get_str(neg, "why")[0] != '\0') {
		fprintf(o->f, " (%s: ",
		    get_bool(neg, "said_by_peer") ? "the peer" : "we");
		pen_text(o->f, get_str(neg, "why"));
		fputc(')', o->f);
	}
	fputc('\n', o->f);
	if (get_len(get_obj(neg, "routes")) > 0) {
		pen_label(o, "routed to it");
		pen_list(o, get_obj(neg, "routes"));
		fputc('\n', o->f);
	}
}

/* The peer's name, or as much of its key as tells it from others. */
static void
put_whom(struct out *o, struct json_object *d)
{
	char key[17];

	if (get_str(d, "peer")[0] != '\0') {
		pen_cell(o, get_str(d, "peer"), 16);
		return;
	}
	snprintf(key, sizeof(key), "%s", get_str(d, "public_key"));
	pen_cell(o, key, 16);
}

void
neg_text_list(struct out *o, struct json_object *res)
{
	struct json_object *list = get_obj(res, "demands");
	char text[HUMAN_TEXT], id[16];
	size_t i;

	if (get_len(list) > 0)
		fprintf(o->f, "%-8s  %-16s  %-20s  %-8s  %s\n", "id", "from",
		    "our addresses", "state", "when, why not at once");
	for (i = 0; i < get_len(list); i++) {
		struct json_object *d = json_object_array_get_idx(list, i);

		snprintf(id, sizeof(id), "%" PRIu64, get_u64(d, "id"));
		pen_cell(o, id, 8);
		put_whom(o, d);
		pen_cell(o, get_str(d, "claim"), 20);
		pen_cell(o, get_str(d, "state"), 8);
		fputs(human_ago(get_u64(d, "age_seconds"), text), o->f);
		if (get_str(d, "why")[0] != '\0') {
			fputs(", ", o->f);
			pen_text(o->f, get_str(d, "why"));
		}
		fputc('\n', o->f);
	}
}

static void
put_move(struct out *o, struct json_object *res)
{
	if (get_str(res, "to")[0] == '\0') {
		if (strcmp(get_str(res, "who"), "us") == 0)
			pen_line(o, "to", "no free addresses");
		return;
	}
	pen_label(o, "from");
	pen_text(o->f, get_str(res, "from"));
	fputs(" to ", o->f);
	pen_text(o->f, get_str(res, "to"));
	fprintf(o->f, ", one of %" PRIu64 " free\n", get_u64(res, "free"));
}

static void
put_consent(struct out *o, struct json_object *res)
{
	pen_label(o, "of itself");
	if (get_bool(res, "of_itself")) {
		fputs("yes\n", o->f);
		return;
	}
	fputs("no: ", o->f);
	pen_text(o->f, get_str(res, "why_not"));
	if (get_u64(res, "demand") == 0 && get_bool(res, "person"))
		fputs("; rehook approve can, when rehook list has it", o->f);
	fputc('\n', o->f);
}

/* What else could be done. */
static void
put_otherwise(struct out *o, struct json_object *res)
{
	struct json_object *list = get_obj(res, "otherwise");
	size_t i;

	if (get_u64(res, "demand") != 0) {
		pen_label(o, "or");
		fprintf(o->f, "rehook approve %" PRIu64 "\n",
		    get_u64(res, "demand"));
	}
	for (i = 0; i < get_len(list); i++)
		pen_line(o, "or",
		    json_object_get_string(json_object_array_get_idx(list, i)));
}

void
neg_text_plan(struct out *o, struct json_object *res)
{
	const char *who = get_str(res, "who");

	pen_heading(o, YELLOW, "peer", get_str(res, "name"));
	pen_line(o, "verdict", get_str(res, "verdict"));
	pen_line(o, "because", get_str(res, "because"));
	pen_line(o, "who moves", who);
	if (get_u64(res, "nodes") != 0) {
		pen_label(o, "nodes");
		fprintf(o->f, "%" PRIu64 "\n", get_u64(res, "nodes"));
	}
	if (strcmp(who, "us") == 0) {
		put_move(o, res);
		put_consent(o, res);
	}
	put_otherwise(o, res);
}
