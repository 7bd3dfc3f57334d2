/* A connection to the control socket over which much goes at once. */
#ifndef VPLAM_TESTS_SHOW_CTLCONN_H
#define VPLAM_TESTS_SHOW_CTLCONN_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

struct ctlconn {
	int fd; /* -1: none */
	char *buf;
	size_t len, room;
};

/* Tries until somebody answers; false: nobody does within the time. */
bool ctlconn_open(struct ctlconn *c, const char *path, unsigned ms);
void ctlconn_close(struct ctlconn *c);

/* Does not wait for an answer. Takes over args, which may be NULL. */
bool ctlconn_send(struct ctlconn *c, const char *cmd, struct json_object *args);

/*
 * The next line that has come whole, for json_object_put(), or NULL; waits at
 * most so long for more of it. *ret_end: the other side has closed.
 */
struct json_object *ctlconn_line(
    struct ctlconn *c, unsigned wait_ms, bool *ret_end);

/* A command and the result of its reply, for json_object_put(), or NULL. */
struct json_object *ctlconn_ask(
    struct ctlconn *c, const char *cmd, struct json_object *args);

#endif
