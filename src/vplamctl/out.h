/*
 * How vplamctl prints what the daemon said: text for people, JSON for
 * programs. The stable interface is the JSON (doc/control.md).
 */
#ifndef VPLAM_VPLAMCTL_OUT_H
#define VPLAM_VPLAMCTL_OUT_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdio.h>

struct out;

/* Each takes the result of the command of that name, borrowed. */
struct out_ops {
	void (*show)(struct out *o, struct json_object *res);
	void (*dump)(struct out *o, struct json_object *res);
	void (*macs)(struct out *o, struct json_object *res);
	void (*routes)(struct out *o, struct json_object *res);
	void (*counters)(struct out *o, struct json_object *res);
	void (*explain)(struct out *o, struct json_object *res);
	void (*mtu)(struct out *o, struct json_object *res);
	void (*rehook_list)(struct out *o, struct json_object *res);
	void (*rehook_plan)(struct out *o, struct json_object *res);
	void (*entry_list)(struct out *o, struct json_object *res);
	void (*entry_sources)(struct out *o, struct json_object *res);
	void (*entry_audit)(struct out *o, struct json_object *res);
	void (*event)(struct out *o, struct json_object *ev);

	/* A change was made; text says which. */
	void (*done)(struct out *o, const char *text, struct json_object *res);

	/* A result of our own; its "text" are the lines for people. */
	void (*lines)(struct out *o, struct json_object *res);

	/* err: {"code","text","details"} */
	void (*fail)(struct out *o, struct json_object *err);
};

struct out {
	const struct out_ops *ops;
	FILE *f, *err;
	bool colour;
	bool with_name; /* dump: the interface's name in front */
};

extern const struct out_ops out_text;
extern const struct out_ops out_json;

/* Members of an object; "" and 0 and false when not there or null. */
const char *get_str(struct json_object *o, const char *name);
uint64_t get_u64(struct json_object *o, const char *name);
bool get_bool(struct json_object *o, const char *name);
struct json_object *get_obj(struct json_object *o, const char *name);

/* Elements of an array; 0 for anything else. */
size_t get_len(struct json_object *list);

/* The columns of `wg show dump` (out_dump.c). */
void dump_print(FILE *f, struct json_object *res, bool with_name);

#endif
