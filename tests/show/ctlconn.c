#include "tests/show/ctlconn.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fdutil.h"
#include "base/xmem.h"
#include "tests/tool.h"
#include "wire/ctlmsg.h"

#define TRY_US 2000
#define ANSWER_MS 10000

bool
ctlconn_open(struct ctlconn *c, const char *path, unsigned ms)
{
	struct mono end = mono_add(tool_now(), (uint64_t)ms * MONO_MS);

	*c = (struct ctlconn){ .fd = -1 };
	for (;;) {
		c->fd = unix_connect(path, SOCK_STREAM);
		if (c->fd >= 0)
			return true;
		if (mono_due(end, tool_now()))
			return false;
		usleep(TRY_US);
	}
}

void
ctlconn_close(struct ctlconn *c)
{
	if (c->fd >= 0)
		close(c->fd);
	free(c->buf);
	*c = (struct ctlconn){ .fd = -1 };
}

bool
ctlconn_send(struct ctlconn *c, const char *cmd, struct json_object *args)
{
	struct json_object *req = ctl_request(1, cmd, args);
	const char *text =
	    json_object_to_json_string_ext(req, JSON_C_TO_STRING_PLAIN);
	size_t len = strlen(text), at = 0;
	char *line = xmalloc(len + 1);
	ssize_t n = 0;

	memcpy(line, text, len);
	line[len] = '\n';
	while (n >= 0 && at <= len) {
		n = send(c->fd, line + at, len + 1 - at, MSG_NOSIGNAL);
		at += n > 0 ? (size_t)n : 0;
	}
	free(line);
	json_object_put(req);
	return n >= 0;
}

/* True: there is a whole line; *ret_next is behind it. */
static bool
whole_line(const struct ctlconn *c, size_t *ret_next)
{
	const char *end = c->len > 0 ? memchr(c->buf, '\n', c->len) : NULL;

	if (end == NULL)
		return false;
	*ret_next = (size_t)(end - c->buf) + 1;
	return true;
}

static bool
read_more(struct ctlconn *c)
{
	ssize_t n;

	if (c->room - c->len < 65536) {
		c->room = c->room * 2 + 131072;
		c->buf = xreallocarray(c->buf, c->room, 1);
	}
	n = recv(c->fd, c->buf + c->len, c->room - c->len, 0);
	c->len += n > 0 ? (size_t)n : 0;
	return n > 0;
}

struct json_object *
ctlconn_line(struct ctlconn *c, unsigned wait_ms, bool *ret_end)
{
	struct pollfd p = { .fd = c->fd, .events = POLLIN };
	struct json_object *o;
	size_t next;

	*ret_end = false;
	while (!whole_line(c, &next)) {
		if (poll(&p, 1, (int)wait_ms) <= 0)
			return NULL;
		if (!read_more(c)) {
			*ret_end = true;
			return NULL;
		}
	}
	c->buf[next - 1] = '\0';
	o = json_tokener_parse(c->buf);
	c->len -= next;
	memmove(c->buf, c->buf + next, c->len);
	return o;
}

struct json_object *
ctlconn_ask(struct ctlconn *c, const char *cmd, struct json_object *args)
{
	struct json_object *reply, *result = NULL;
	bool end;

	if (!ctlconn_send(c, cmd, args))
		return NULL;
	reply = ctlconn_line(c, ANSWER_MS, &end);
	if (reply != NULL &&
	    json_object_object_get_ex(reply, "result", &result))
		json_object_get(result);
	json_object_put(reply);
	return result;
}
