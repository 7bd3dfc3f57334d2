/*
 * Envelope of the control socket (doc/control.md): one JSON object per line,
 * bounded in length and depth, shared by vplamad and vplamctl.
 */
#ifndef VPLAM_WIRE_CTLMSG_H
#define VPLAM_WIRE_CTLMSG_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CTL_VERSION 1
#define CTL_LINE_MAX 65536 /* bytes of a request, newline included */
#define CTL_DEPTH_MAX 8

struct ctl_req {
	int64_t id; /* echoed in the reply; 0 when the request had none */
	char cmd[32];
	struct json_object *args; /* an object, never NULL; owned */
};

/*
 * Parses one line (no newline). On failure false, *ret_why says what was
 * expected, and ret->id is the id if one could be read.
 */
bool ctl_req_parse(
    const char *line, size_t len, struct ctl_req *ret, const char **ret_why);
void ctl_req_fini(struct ctl_req *req);

/* Takes over result. The caller puts the reply. */
struct json_object *ctl_reply(int64_t id, struct json_object *result);
struct json_object *ctl_error(int64_t id, const char *code, const char *text);

/* A request for vplamctl to send; takes over args (may be NULL). */
struct json_object *ctl_request(
    int64_t id, const char *cmd, struct json_object *args);

#endif
