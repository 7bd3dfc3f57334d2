/* Lines of the control socket that are no requests, or bad ones. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fdutil.h"
#include "base/log.h"
#include "base/xmem.h"
#include "tests/show/badgram.h"
#include "wire/ctlmsg.h"

#define NESTED 100

struct talk {
	const char *path;
	FILE *in;
	uint64_t refused;
	bool ok;
};

static void
talk_open(struct talk *t)
{
	int fd = unix_connect(t->path, SOCK_STREAM);

	if (fd < 0)
		fatalx("%s: nobody listens", t->path);
	t->in = fdopen(fd, "r+");
	if (t->in == NULL)
		fatal("fdopen");
}

/* Aborts when the daemon hangs up. The caller puts. */
static struct json_object *
reply_to(struct talk *t, const void *line, size_t len)
{
	struct json_object *o = NULL;
	char *reply = NULL;
	size_t size = 0;

	fwrite(line, 1, len, t->in);
	fputc('\n', t->in);
	fflush(t->in);
	if (getline(&reply, &size, t->in) > 0)
		o = json_tokener_parse(reply);
	free(reply);
	if (o == NULL)
		fatalx("no reply to %.*s", len < 200 ? (int)len : 200,
		    (const char *)line);
	return o;
}

static const char *
text_of(struct json_object *reply, const char *name)
{
	struct json_object *err = json_object_object_get(reply, "error");
	const char *s =
	    json_object_get_string(json_object_object_get(err, name));

	return s == NULL ? "" : s;
}

/* An error of that code (NULL: any) whose text names the place. */
static void
refuse(struct talk *t, const void *line, size_t len, const char *code,
    const char *place)
{
	struct json_object *o = reply_to(t, line, len);
	const char *got = text_of(o, "code"), *text = text_of(o, "text");

	t->ok &= holds(
	    !json_object_get_boolean(json_object_object_get(o, "ok")) &&
		got[0] != '\0' && (code == NULL || strcmp(got, code) == 0) &&
		text[0] != '\0' && strstr(text, place) != NULL,
	    "%.*s: %s: %s", len < 200 ? (int)len : 200, (const char *)line, got,
	    text);
	t->refused++;
	json_object_put(o);
}

static void
refuse_text(
    struct talk *t, const char *line, const char *code, const char *place)
{
	refuse(t, line, strlen(line), code, place);
}

/* {"cmd":CMD,"args":{NAME:VALUE}} */
static void
refuse_arg(struct talk *t, const char *cmd, const char *name, const char *value,
    const char *code)
{
	char *line;

	if (asprintf(&line, "{\"cmd\":\"%s\",\"args\":{\"%s\":%s}}", cmd, name,
		value) < 0)
		fatalx("out of memory");
	refuse_text(t, line, code, name);
	free(line);
}

static bool
fits(const char *value, const char *type)
{
	bool text = value[0] == '"';

	if (strcmp(type, "true or false") == 0)
		return strcmp(value, "true") == 0;
	if (strcmp(type, "an array of strings") == 0)
		return strcmp(value, "[]") == 0;
	if (strcmp(type, "a string") == 0)
		return text;
	if (strstr(type, "id") != NULL)
		return text || strcmp(value, "7") == 0;
	return false;
}

static void
argument(struct talk *t, const char *cmd, const char *name, const char *type)
{
	static const char *const values[] = { "null", "true", "7", "-1", "1.5",
		"4294967296", "\"text\"", "\"nul\\u0000\"", "[]", "[1]",
		"[null]", "[[]]", "{}", "{\"a\":1}" };
	size_t i;

	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (!fits(values[i], type) ||
		    (strstr(values[i], "u0000") != NULL))
			refuse_arg(t, cmd, name, values[i], "bad-argument");
}

/* Each command as hello lists it, with all that is wrong about arguments. */
static void
command(struct talk *t, struct json_object *cmd)
{
	struct json_object *args = json_object_object_get(cmd, "args");
	const char *name =
	    json_object_get_string(json_object_object_get(cmd, "name"));
	char line[128], missing[64] = "";
	size_t i;

	refuse_arg(t, name, "no-such-argument", "1", "unknown-argument");
	for (i = 0; i < json_object_array_length(args); i++) {
		struct json_object *arg = json_object_array_get_idx(args, i);
		const char *what =
		    json_object_get_string(json_object_object_get(arg, "name"));

		argument(t, name, what,
		    json_object_get_string(
			json_object_object_get(arg, "type")));
		if (missing[0] == '\0' &&
		    json_object_get_boolean(
			json_object_object_get(arg, "needed")))
			snprintf(missing, sizeof(missing), "%s", what);
	}
	snprintf(line, sizeof(line), "{\"cmd\":\"%s\"}", name);
	if (missing[0] != '\0')
		refuse_text(t, line, "missing-argument", missing);
	snprintf(line, sizeof(line), "{\"cmd\":\"%s\",\"args\":[]}", name);
	refuse_text(t, line, "format", "args");
}

static void
commands(struct talk *t)
{
	struct json_object *hello = reply_to(t, "{\"cmd\":\"hello\"}", 15);
	struct json_object *list = json_object_object_get(
	    json_object_object_get(hello, "result"), "commands");
	size_t i, n = json_object_array_length(list);

	t->ok &= holds(n > 5, "hello lists %zu commands", n);
	figure("commands", n);
	for (i = 0; i < n; i++)
		command(t, json_object_array_get_idx(list, i));
	json_object_put(hello);
}

static void
envelopes(struct talk *t)
{
	static const char whole[] =
	    "{\"id\":7,\"cmd\":\"explain\",\"args\":{\"peer\":\"nobody\"}}";
	static const char *const bad[] = { "", "x", "[]", "7", "null", "\"x\"",
		"{}", "{} {}", "{\"id\":1}", "{\"cmd\":null}", "{\"cmd\":7}",
		"{\"cmd\":\"\"}", "{\"cmd\":[]}",
		"{\"id\":-1,\"cmd\":\"show\"}", "{\"id\":1.5,\"cmd\":\"show\"}",
		"{\"id\":\"1\",\"cmd\":\"show\"}",
		"{\"id\":18446744073709551616,\"cmd\":\"show\"}",
		"{\"cmd\":\"show\",\"more\":1}", "{\"cmd\":\"show\"}x",
		"{\"cmd\":\"show\",}", "{'cmd':'show'}" };
	size_t i;

	for (i = 1; i < strlen(whole); i++)
		refuse(t, whole, i, "format", "");
	refuse_text(t, whole, "no-such-peer", "nobody");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refuse_text(t, bad[i], "format", "");
	refuse_text(t, "{\"cmd\":\"no.such\"}", "unknown-command", "no.such");
	refuse_text(t, "{\"cmd\":\"SHOW\"}", "unknown-command", "SHOW");
	refuse(t, "{\"cmd\":\"sh\0w\"}", 14, "format", "");
}

/* Bytes that are no UTF-8, one at a time and in pairs. */
static void
not_utf8(struct talk *t, unsigned step)
{
	char line[] = "{\"cmd\":\"show\",\"args\":{\"peer\":\"xx\"}}";
	char *at = strchr(line, 'x');
	unsigned v;

	for (v = 0x80; v <= 0xff; v += step > 8 ? 8 : step) {
		at[0] = (char)v;
		at[1] = 'x';
		refuse(t, line, sizeof(line) - 1, "format", "");
		at[1] = (char)0xff;
		refuse(t, line, sizeof(line) - 1, "format", "");
	}
	for (v = 0; v < 0x20; v++) {
		if (v == '\n')
			continue;
		at[0] = (char)v;
		at[1] = 'x';
		refuse(t, line, sizeof(line) - 1, NULL, "");
	}
}

static void
long_texts(struct talk *t)
{
	static const size_t lens[] = { 65, 300, 60000 };
	size_t i;

	for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		char *text = xcalloc(1, lens[i] + 3);

		memset(text, 'x', lens[i] + 2);
		text[0] = text[lens[i] + 1] = '"';
		refuse_arg(t, "explain", "peer", text, "no-such-peer");
		refuse_arg(t, "show", "peer", text, "no-such-peer");
		text[lens[i] + 1] = '\0';
		refuse_text(t, text, "format", "");
		free(text);
	}
}

static void
deep(struct talk *t)
{
	char line[8 * NESTED] = "{\"cmd\":\"show\",\"args\":{\"peer\":";
	size_t n = strlen(line);

	memset(line + n, '[', NESTED);
	memset(line + n + NESTED, ']', NESTED);
	strcpy(line + n + 2 * NESTED, "}}");
	refuse_text(t, line, "format", "deep");
}

/* A line over the limit: one error, and the connection ends. */
static void
oversized(struct talk *t)
{
	static const size_t lens[] = { CTL_LINE_MAX, CTL_LINE_MAX + 1, 200000 };
	size_t i;

	for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		char *line = xcalloc(1, lens[i]), *reply = NULL;
		size_t size = 0;
		ssize_t n;

		fclose(t->in);
		talk_open(t);
		memset(line, 'x', lens[i]);
		(void)send(fileno(t->in), line, lens[i], MSG_NOSIGNAL);
		n = getline(&reply, &size, t->in);
		t->ok &= holds(n > 0 && strstr(reply, "\"too-long\"") != NULL,
		    "a line of %zu bytes: %s", lens[i], n > 0 ? reply : "?");
		t->ok &= holds(getline(&reply, &size, t->in) <= 0,
		    "a connection goes on after a line of %zu bytes", lens[i]);
		t->refused++;
		free(reply);
		free(line);
	}
}

bool
bad_ctl(const struct args *a)
{
	struct talk t = { .path = a->control, .ok = true };
	struct counters before, after;
	struct client ctl;
	uint64_t n;

	ctl_connect(&ctl, a->control);
	counters_get(&ctl, &before);
	talk_open(&t);
	commands(&t);
	envelopes(&t);
	not_utf8(&t, a->step);
	long_texts(&t);
	deep(&t);
	oversized(&t);
	fclose(t.in);
	counters_get(&ctl, &after);
	n = after.v[CNT_ctl_bad] - before.v[CNT_ctl_bad];
	figure("lines_sent", t.refused);
	figure("lines_refused", n);
	client_close(&ctl);
	t.ok &= holds(n == t.refused, "ctl_bad is not %llu",
	    (unsigned long long)t.refused);
	return t.ok;
}
