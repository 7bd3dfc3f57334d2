/* Asking the daemon. What goes wrong is printed as the chosen format wants. */
#ifndef VPLAM_VPLAMCTL_ASK_H
#define VPLAM_VPLAMCTL_ASK_H

#include <stdint.h>

#include "vplamctl/cli.h"
#include "vplamctl/client.h"

/* Arguments with one member. */
struct json_object *arg_str(const char *name, const char *value);
struct json_object *arg_u64(const char *name, uint64_t value);

/*
 * One command, on that connection or on one of its own. Both take over args
 * and give the result, which the caller puts, or NULL: it is said.
 */
struct json_object *ask_on(struct cli *cli, struct client *cl, const char *cmd,
    struct json_object *args);
struct json_object *ask(
    struct cli *cli, const char *cmd, struct json_object *args);

/* A list that comes in pages: what to ask for the one behind page, or NULL. */
struct ask_pages {
	const char *cmd, *list;
	struct json_object *(*next)(struct json_object *page);
};

/*
 * These take over args as well, and return an exit code: all pages in one, or
 * the result, printed; a change made, and text, which is freed, says which.
 */
int ask_all(struct cli *cli, const struct ask_pages *pages,
    struct json_object *args,
    void (*print)(struct out *, struct json_object *));
int ask_print(struct cli *cli, const char *cmd, struct json_object *args,
    void (*print)(struct out *, struct json_object *));
int ask_change(
    struct cli *cli, const char *cmd, struct json_object *args, char *text);

#endif
