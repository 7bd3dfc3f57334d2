/* Lines of the control socket: a request taken is one that can be sent. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "wire/ctlmsg.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct ctl_req req, again;
	struct json_object *o;
	const char *why = NULL, *line;

	if (!ctl_req_parse((const char *)p, len, &req, &why)) {
		MUST(why != NULL && req.args == NULL && req.id >= 0);
		return 0;
	}
	MUST(req.args != NULL && req.id >= 0 && req.cmd[0] != '\0');
	o = ctl_request(req.id, req.cmd, json_object_get(req.args));
	line = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN);
	if (strlen(line) < CTL_LINE_MAX) { /* escapes may make it longer */
		MUST(ctl_req_parse(line, strlen(line), &again, &why));
		MUST(again.id == req.id && strcmp(again.cmd, req.cmd) == 0);
		MUST(json_object_object_length(again.args) ==
		    json_object_object_length(req.args));
		ctl_req_fini(&again);
	}
	json_object_put(o);
	ctl_req_fini(&req);
	return 0;
}
