/* One request on its way through the table of commands: inside ctl only. */
#ifndef VPLAM_CTL_CALL_H
#define VPLAM_CTL_CALL_H

#include <json-c/json.h>
#include <stdbool.h>

#include "ctl/ctl.h"

struct ctl_call {
	const struct ctl *ctl;
	enum ctl_role role;
	struct turn *t;
	struct json_object *args; /* checked against the command's list */
	bool monitor;		  /* the client wants the events from now on */

	/* Filled in by call_fail(). */
	const char *code;
	char text[256];
	struct json_object *details; /* owned; an array of strings, or NULL */
};

enum ctl_type { ARG_STRING, ARG_BOOL, ARG_ID, ARG_PEER, ARG_STRINGS };

struct ctl_arg {
	const char *name; /* NULL ends a list */
	enum ctl_type type;
	bool needed;
};

#define CTL_ARGS 4 /* most arguments of a command, and the end of the list */

struct ctl_cmd {
	const char *name;
	enum ctl_role role;
	struct json_object *(*run)(struct ctl_call *call); /* NULL: failed */
	const char *usage;
	struct ctl_arg args[CTL_ARGS];
};

/* "an array of strings", for people. */
const char *ctl_type_text(enum ctl_type type);

/* The commands, and how many (cmd.c). */
const struct ctl_cmd *ctl_cmds(size_t *ret_n);

/* Says why the command fails; returns NULL for its caller to return. */
struct json_object *call_fail(struct ctl_call *call, const char *code,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* An argument, or NULL when the client left it out. */
struct json_object *call_arg(const struct ctl_call *call, const char *name);

/* The peer that argument "peer" names; NULL after call_fail(). */
struct peer *call_peer(struct ctl_call *call);

/* The device ports, as in "devices" of `show` (cmd_fwd.c). */
struct json_object *devices_json(const struct ctl_call *call);

struct json_object *cmd_hello(struct ctl_call *call);
struct json_object *cmd_show(struct ctl_call *call);
struct json_object *cmd_counters(struct ctl_call *call);
struct json_object *cmd_explain(struct ctl_call *call);
struct json_object *cmd_mtu(struct ctl_call *call);
struct json_object *cmd_macs(struct ctl_call *call);
struct json_object *cmd_routes(struct ctl_call *call);
struct json_object *cmd_monitor(struct ctl_call *call);
struct json_object *cmd_peers_add(struct ctl_call *call);
struct json_object *cmd_peers_del(struct ctl_call *call);
struct json_object *cmd_rehook_list(struct ctl_call *call);
struct json_object *cmd_rehook_plan(struct ctl_call *call);
struct json_object *cmd_rehook_approve(struct ctl_call *call);
struct json_object *cmd_rehook_refuse(struct ctl_call *call);
struct json_object *cmd_entry_list(struct ctl_call *call);
struct json_object *cmd_entry_self(struct ctl_call *call);
struct json_object *cmd_entry_sources(struct ctl_call *call);
struct json_object *cmd_entry_audit(struct ctl_call *call);
struct json_object *cmd_entry_add(struct ctl_call *call);
struct json_object *cmd_entry_fetch(struct ctl_call *call);
struct json_object *cmd_entry_revoke(struct ctl_call *call);
struct json_object *cmd_identity_ask(struct ctl_call *call);
struct json_object *cmd_identity_answer(struct ctl_call *call);
struct json_object *cmd_reload(struct ctl_call *call);
struct json_object *cmd_stop(struct ctl_call *call);

#endif
