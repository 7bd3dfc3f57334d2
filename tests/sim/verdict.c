#include "verdict.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "descjson.h"
#include "tests/sim/mover.h"

/* One line of input. */
struct question {
	struct json_object *id; /* borrowed; NULL is null */
	struct verdict_facts facts;
	struct netdesc i, r;
};

/* --- the question --------------------------------------------------------- */

/* The whole line is one object, and nothing else but white space is. */
static struct json_object *
parse_line(const char *line, size_t len)
{
	struct json_tokener *tok = json_tokener_new();
	struct json_object *o = NULL;
	size_t end;

	if (tok == NULL || len > INT32_MAX)
		fatalx("no memory");
	json_tokener_set_flags(
	    tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	o = json_tokener_parse_ex(tok, line, (int)len);
	end = json_tokener_get_parse_end(tok);
	json_tokener_free(tok);
	if (o != NULL &&
	    (!json_object_is_type(o, json_type_object) ||
		end + strspn(line + end, " \t\r\n") != len)) {
		json_object_put(o);
		return NULL;
	}
	return o;
}

static bool
get_rule(struct json_object *o, struct fault *f, enum verdict_rule *ret)
{
	struct json_object *v;
	const char *s;

	if (!json_object_object_get_ex(o, "rule", &v))
		return true;
	s = json_object_is_type(v, json_type_string) ? json_object_get_string(v)
						     : "";
	if (strcmp(s, "seed") != 0 && strcmp(s, "size") != 0)
		return fault_set(f, "", "rule", "\"seed\" or \"size\"");
	*ret = strcmp(s, "size") == 0 ? RULE_SIZE : RULE_SEED;
	return true;
}

static bool
get_side(struct json_object *o, const char *name, struct fault *f,
    struct netdesc *ret)
{
	struct json_object *side = json_object_object_get(o, name);
	char where[32];

	if (!json_object_is_type(side, json_type_object))
		return fault_set(f, "", name, "an object");
	snprintf(where, sizeof(where), "%s.", name);
	return descjson_read(side, where, f, ret);
}

static bool
check_side(const char *where, struct fault *f, const struct netdesc *d)
{
	const char *field = netdesc_check(d, NETDESC_TUNNEL);

	return field == NULL ||
	    fault_set(f, where, field, descjson_expected(field));
}

/*
 * Gnodes of different address spaces never get as far as to compare what they
 * have in them: then it is not looked at here either.
 */
static bool
question_read(struct json_object *o, struct fault *f, struct question *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->id = json_object_object_get(o, "id");
	if (!get_rule(o, f, &ret->facts.rule) ||
	    !json_get_bool(
		o, "", "known_before", f, &ret->facts.known_before) ||
	    !get_side(o, "initiator", f, &ret->i) ||
	    !get_side(o, "responder", f, &ret->r))
		return false;
	return !topology_equal(&ret->i.topo, &ret->r.topo) ||
	    (check_side("initiator.", f, &ret->i) &&
		check_side("responder.", f, &ret->r));
}

static void
question_fini(struct question *q)
{
	netdesc_fini(&q->i);
	netdesc_fini(&q->r);
}

/* --- where the mover would go --------------------------------------------- */

static uint32_t
smallest(void *arg, uint32_t n)
{
	(void)arg;
	(void)n;
	return 0;
}

static struct json_object *
chosen_json(const struct question *q, const struct verdict *v)
{
	const struct topology *topo = &q->i.topo;
	struct mover_space s;
	struct taken taken;
	char text[CLAIM_TEXT];
	struct claim to;

	if (!mover_space(&q->i, &q->r, v, &s))
		return NULL;
	taken = (struct taken){ s.taken, s.n };
	if (space_choose(topo, &s.from, v->level, &taken, smallest, NULL,
		&to) == CHOOSE_FULL)
		return json_object_new_string("FULL");
	return json_object_new_string(claim_format(topo, &to, text));
}

/* --- the answer ----------------------------------------------------------- */

/* Takes over o. */
static void
put_line(struct json_object *o)
{
	puts(json_object_to_json_string_ext(
	    o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
}

static struct json_object *
third_json(const struct verdict *v)
{
	char text[32];

	if (v->known < 0)
		return NULL;
	snprintf(text, sizeof(text), "%" PRIx64, v->third);
	return json_object_new_string(text);
}

static void
answer(const struct question *q)
{
	struct json_object *o = json_object_new_object();
	struct verdict v;

	verdict_of(&q->i, &q->r, &q->facts, &v);
	json_object_object_add(o, "id", json_object_get(q->id));
	json_object_object_add(
	    o, "result", json_object_new_string(verdict_name(v.kind)));
	json_object_object_add(o, "level",
	    v.level == VERDICT_NO_LEVEL ? NULL : json_object_new_int(v.level));
	json_object_object_add(
	    o, "who", json_object_new_string(mover_name(v.who)));
	json_object_object_add(o, "teller",
	    v.teller == MOVE_NOBODY
		? NULL
		: json_object_new_string(mover_name(v.teller)));
	json_object_object_add(o, "third", third_json(&v));
	json_object_object_add(o, "why", json_object_new_string(v.why));
	json_object_object_add(o, "chosen", chosen_json(q, &v));
	put_line(o);
}

static void
complain(int64_t line, const struct fault *f)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "line", json_object_new_int64(line));
	json_object_object_add(o, "error", json_object_new_string(f->text));
	put_line(o);
}

/* False: the line was bad. */
static bool
judge_line(const char *line, size_t len, int64_t number)
{
	struct json_object *o = parse_line(line, len);
	struct fault f = { "" };
	struct question q;
	bool ok;

	if (o == NULL) {
		fault_set(&f, "", "line", "a JSON object");
		complain(number, &f);
		return false;
	}
	ok = question_read(o, &f, &q);
	if (ok)
		answer(&q);
	else
		complain(number, &f);
	question_fini(&q);
	json_object_put(o);
	return ok;
}

/* False: one line at least was bad. */
static bool
judge_all(FILE *in)
{
	char *line = NULL;
	size_t size = 0;
	int64_t number = 0;
	bool ok = true;
	ssize_t len;

	while ((len = getline(&line, &size, in)) >= 0) {
		number++;
		if (strspn(line, " \t\r\n") == (size_t)len)
			continue;
		if (!judge_line(line, (size_t)len, number))
			ok = false;
	}
	free(line);
	return ok;
}

int
verdict_main(int argc, char **argv)
{
	FILE *in = stdin;
	bool ok;

	if (argc > 2) {
		fputs("usage: vplama-sim verdict [FILE]\n", stderr);
		return 2;
	}
	if (argc == 2 && strcmp(argv[1], "-") != 0) {
		in = fopen(argv[1], "re");
		if (in == NULL)
			fatal("%s", argv[1]);
	}
	ok = judge_all(in);
	if (ferror(in))
		fatal("%s", argc == 2 ? argv[1] : "standard input");
	if (in != stdin)
		fclose(in);
	if (fflush(stdout) != 0)
		fatal("standard output");
	return ok ? 0 : 1;
}
