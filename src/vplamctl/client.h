/* The connection to vplamad's control socket. */
#ifndef VPLAM_VPLAMCTL_CLIENT_H
#define VPLAM_VPLAMCTL_CLIENT_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct client {
	FILE *in; /* owns the descriptor */
	int64_t id;
	char why[512]; /* after a failure: for people */
	const char *code;
	char refusal[32]; /* code of what vplamad said unasked */
};

/* Connects and compares versions; false with why and code. */
bool client_open(struct client *cl, const char *path);
void client_close(struct client *cl);

/*
 * Sends a command, takes over args (may be NULL), and waits for the reply,
 * which the caller puts: {"ok",...}. NULL with why and code.
 */
struct json_object *client_call(
    struct client *cl, const char *cmd, struct json_object *args);

/* The next line, however long that takes; NULL at the end of the stream. */
struct json_object *client_event(struct client *cl);

#endif
