#include "vplamctl/ask.h"

#include <stdlib.h>

int
cli_fail(struct cli *cli, const char *code, const char *text)
{
	struct json_object *err = json_object_new_object();

	json_object_object_add(err, "code", json_object_new_string(code));
	json_object_object_add(err, "text", json_object_new_string(text));
	cli->out.ops->fail(&cli->out, err);
	json_object_put(err);
	return EXIT_FAIL;
}

struct json_object *
ask_on(struct cli *cli, struct client *cl, const char *cmd,
    struct json_object *args)
{
	struct json_object *reply = client_call(cl, cmd, args), *res = NULL;

	if (reply == NULL)
		cli_fail(cli, cl->code, cl->why);
	else if (!get_bool(reply, "ok"))
		cli->out.ops->fail(&cli->out, get_obj(reply, "error"));
	else
		res = json_object_get(get_obj(reply, "result"));
	json_object_put(reply);
	return res;
}

struct json_object *
arg_str(const char *name, const char *value)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, name, json_object_new_string(value));
	return o;
}

struct json_object *
arg_u64(const char *name, uint64_t value)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, name, json_object_new_uint64(value));
	return o;
}

struct json_object *
ask(struct cli *cli, const char *cmd, struct json_object *args)
{
	struct json_object *res;
	struct client cl;

	if (!client_open(&cl, cli->socket)) {
		json_object_put(args);
		cli_fail(cli, cl.code, cl.why);
		return NULL;
	}
	res = ask_on(cli, &cl, cmd, args);
	client_close(&cl);
	return res;
}

/*
 * Appends the list of page to that of res. A page without any is the last,
 * whatever it says of itself.
 */
static bool
add_page(struct json_object *res, struct json_object *page, const char *list)
{
	struct json_object *to = get_obj(res, list);
	struct json_object *from = get_obj(page, list);
	bool some = get_len(to) > 0 && get_len(from) > 0;
	size_t i;

	for (i = 0; some && i < get_len(from); i++)
		json_object_array_add(
		    to, json_object_get(json_object_array_get_idx(from, i)));
	return some;
}

/* The whole on one connection; takes over args. */
static struct json_object *
pages_of(
    struct cli *cli, const struct ask_pages *pages, struct json_object *args)
{
	struct json_object *res, *page, *next;
	struct client cl;

	if (!client_open(&cl, cli->socket)) {
		json_object_put(args);
		cli_fail(cli, cl.code, cl.why);
		return NULL;
	}
	res = ask_on(cli, &cl, pages->cmd, args);
	next = res == NULL ? NULL : pages->next(res);
	while (next != NULL) {
		page = ask_on(cli, &cl, pages->cmd, next);
		if (page == NULL) {
			json_object_put(res);
			res = NULL;
			break;
		}
		next =
		    add_page(res, page, pages->list) ? pages->next(page) : NULL;
		json_object_put(page);
	}
	client_close(&cl);
	return res;
}

/* In one piece now. */
static void
end_pages(struct json_object *res)
{
	if (get_obj(res, "more") != NULL)
		json_object_object_add(
		    res, "more", json_object_new_boolean(false));
	if (get_str(res, "next")[0] != '\0')
		json_object_object_add(res, "next", NULL);
}

int
ask_all(struct cli *cli, const struct ask_pages *pages,
    struct json_object *args, void (*print)(struct out *, struct json_object *))
{
	struct json_object *res = pages_of(cli, pages, args);

	if (res == NULL)
		return EXIT_FAIL;
	end_pages(res);
	print(&cli->out, res);
	json_object_put(res);
	return EXIT_OK;
}

int
ask_print(struct cli *cli, const char *cmd, struct json_object *args,
    void (*print)(struct out *, struct json_object *))
{
	struct json_object *res = ask(cli, cmd, args);

	if (res == NULL)
		return EXIT_FAIL;
	print(&cli->out, res);
	json_object_put(res);
	return EXIT_OK;
}

int
ask_change(
    struct cli *cli, const char *cmd, struct json_object *args, char *text)
{
	struct json_object *res = ask(cli, cmd, args);

	if (res != NULL)
		cli->out.ops->done(&cli->out, text, res);
	json_object_put(res);
	free(text);
	return res == NULL ? EXIT_FAIL : EXIT_OK;
}
