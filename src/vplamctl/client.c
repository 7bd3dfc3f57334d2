#include "vplamctl/client.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/fdutil.h"
#include "vplamctl/out.h"
#include "wire/ctlmsg.h"

#define REPLY_TIMEOUT_S 10

static bool fail(struct client *cl, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static bool
fail(struct client *cl, const char *code, const char *fmt, ...)
{
	va_list ap;

	cl->code = code;
	va_start(ap, fmt);
	vsnprintf(cl->why, sizeof(cl->why), fmt, ap);
	va_end(ap);
	return false;
}

static bool
connect_failure(struct client *cl, const char *path, int err)
{
	switch (err) {
	case ENOENT:
	case ECONNREFUSED:
		return fail(cl, "not-running",
		    "vplamad is not running, or its control socket is "
		    "elsewhere (-s): %s: %s",
		    path, strerror(err));
	case EACCES:
	case EPERM:
		return fail(cl, "no-permission",
		    "not allowed to use the control socket (root and the group "
		    "of the socket are): %s: %s",
		    path, strerror(err));
	default:
		return fail(cl, "connect", "cannot connect to %s: %s", path,
		    strerror(err));
	}
}

/* How long a read may take; 0: as long as it wants. */
static void
set_timeout(struct client *cl, time_t seconds)
{
	struct timeval tv = { .tv_sec = seconds };

	setsockopt(fileno(cl->in), SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
}

static bool
send_line(struct client *cl, struct json_object *req)
{
	const char *text =
	    json_object_to_json_string_ext(req, JSON_C_TO_STRING_PLAIN);
	size_t len = strlen(text), at = 0;
	struct iovec iov[2];

	if (len + 1 > CTL_LINE_MAX)
		return fail(cl, "too-long", "the request is too long");
	while (at < len + 1) {
		struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };
		ssize_t n;

		iov[0].iov_base = (char *)(uintptr_t)text + at;
		iov[0].iov_len = len - at;
		iov[1].iov_base = (char *)(uintptr_t) "\n";
		iov[1].iov_len = 1;
		n = sendmsg(fileno(cl->in), &msg, MSG_NOSIGNAL);
		if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
			return true; /* it may have said why, and that is read
					next */
		if (n < 0 && errno != EINTR)
			return fail(cl, "gone", "cannot write to vplamad: %s",
			    strerror(errno));
		at += n < 0 ? 0 : (size_t)n;
	}
	return true;
}

static struct json_object *
read_line(struct client *cl)
{
	struct json_object *o;
	char *text = NULL;
	size_t max = 0;

	errno = 0;
	if (getline(&text, &max, cl->in) < 0) {
		free(text);
		if (errno == EAGAIN)
			fail(cl, "timeout",
			    "vplamad has not answered for %d seconds",
			    REPLY_TIMEOUT_S);
		else
			fail(cl, "gone",
			    "vplamad closed the connection: it has ended, "
			    "or has too many clients");
		return NULL;
	}
	o = json_tokener_parse(text);
	free(text);
	if (!json_object_is_type(o, json_type_object)) {
		json_object_put(o);
		fail(cl, "format", "what answers there is not vplamad");
		return NULL;
	}
	return o;
}

/*
 * An error that answers no request, id 0: vplamad does not want to talk to us
 * at all, and closes.
 */
static bool
is_refusal(struct client *cl, struct json_object *reply)
{
	struct json_object *err = get_obj(reply, "error");

	if (get_u64(reply, "id") != 0 || err == NULL)
		return false;
	snprintf(cl->refusal, sizeof(cl->refusal), "%s", get_str(err, "code"));
	fail(cl, cl->refusal, "%s", get_str(err, "text"));
	return true;
}

struct json_object *
client_call(struct client *cl, const char *cmd, struct json_object *args)
{
	struct json_object *req = ctl_request(++cl->id, cmd, args);
	struct json_object *reply = NULL;

	if (send_line(cl, req))
		reply = read_line(cl);
	json_object_put(req);
	if (reply == NULL || (int64_t)get_u64(reply, "id") == cl->id)
		return reply;
	if (!is_refusal(cl, reply))
		fail(cl, "format", "what answers there is not vplamad");
	json_object_put(reply);
	return NULL;
}

/* Another version may mean other things by the same words. */
static bool
check_version(struct client *cl)
{
	struct json_object *reply = client_call(cl, "hello", NULL);
	struct json_object *res;
	bool ok;

	if (reply == NULL)
		return false;
	res = get_obj(reply, "result");
	ok = get_u64(res, "version") == CTL_VERSION;
	if (!ok)
		fail(cl, "version",
		    "vplamad (%s) speaks version %" PRIu64
		    " of the control protocol, this vplamctl version %d: "
		    "install both from one release",
		    get_str(res, "daemon"), get_u64(res, "version"),
		    CTL_VERSION);
	json_object_put(reply);
	return ok;
}

bool
client_open(struct client *cl, const char *path)
{
	int fd = unix_connect(path, SOCK_STREAM);

	*cl = (struct client){ 0 };
	if (fd < 0)
		return connect_failure(cl, path, -fd);
	cl->in = fdopen(fd, "r");
	if (cl->in == NULL) {
		close(fd);
		return fail(cl, "connect", "out of memory");
	}
	set_timeout(cl, REPLY_TIMEOUT_S);
	if (check_version(cl))
		return true;
	client_close(cl);
	return false;
}

void
client_close(struct client *cl)
{
	if (cl->in != NULL)
		fclose(cl->in);
	cl->in = NULL;
}

struct json_object *
client_event(struct client *cl)
{
	set_timeout(cl, 0);
	return read_line(cl);
}
