#include <stdlib.h>
#include <string.h>

#include "base/xmem.h"
#include "vplamctl/cli.h"
#include "vplamctl/client.h"

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

/* Takes over args. The result, which the caller puts, or NULL: it is said. */
static struct json_object *
call(struct cli *cli, struct client *cl, const char *cmd,
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

static struct json_object *
arg_str(const char *name, const char *value)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, name, json_object_new_string(value));
	return o;
}

static struct json_object *
arg_u64(const char *name, uint64_t value)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, name, json_object_new_uint64(value));
	return o;
}

/* One command on a connection of its own; as above. */
static struct json_object *
ask(struct cli *cli, const char *cmd, struct json_object *args)
{
	struct json_object *res;
	struct client cl;

	if (!client_open(&cl, cli->socket)) {
		json_object_put(args);
		cli_fail(cli, cl.code, cl.why);
		return NULL;
	}
	res = call(cli, &cl, cmd, args);
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

/* A list that comes in pages: what to ask for the one behind page, or NULL. */
struct pages {
	const char *cmd, *list;
	struct json_object *(*next)(struct json_object *page);
};

static struct json_object *
next_peers(struct json_object *page)
{
	struct json_object *list = get_obj(page, "peers");
	size_t n = get_len(list);

	if (n == 0 || !get_bool(page, "more"))
		return NULL;
	return arg_u64(
	    "after", get_u64(json_object_array_get_idx(list, n - 1), "id"));
}

static struct json_object *
next_place(struct json_object *page)
{
	const char *next = get_str(page, "next");

	return next[0] == '\0' ? NULL : arg_str("after", next);
}

static const struct pages show_pages = { "show", "peers", next_peers };
static const struct pages macs_pages = { "macs", "macs", next_place };
static const struct pages routes_pages = { "routes", "routes", next_place };

/* The whole on one connection; takes over args. */
static struct json_object *
ask_pages(struct cli *cli, const struct pages *pages, struct json_object *args)
{
	struct json_object *res, *page, *next;
	struct client cl;

	if (!client_open(&cl, cli->socket)) {
		json_object_put(args);
		cli_fail(cli, cl.code, cl.why);
		return NULL;
	}
	res = call(cli, &cl, pages->cmd, args);
	next = res == NULL ? NULL : pages->next(res);
	while (next != NULL) {
		page = call(cli, &cl, pages->cmd, next);
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

static int
show(struct cli *cli, const struct pages *pages, struct json_object *args,
    void (*print)(struct out *, struct json_object *))
{
	struct json_object *res = ask_pages(cli, pages, args);

	if (res == NULL)
		return EXIT_FAIL;
	end_pages(res);
	print(&cli->out, res);
	json_object_put(res);
	return EXIT_OK;
}

static int
ask_and_print(struct cli *cli, const char *cmd, struct json_object *args,
    void (*print)(struct out *, struct json_object *))
{
	struct json_object *res = ask(cli, cmd, args);

	if (res == NULL)
		return EXIT_FAIL;
	print(&cli->out, res);
	json_object_put(res);
	return EXIT_OK;
}

/* {} for "all" or no word. */
static struct json_object *
arg_peer(int argc, char **argv)
{
	if (argc == 0 || strcmp(argv[0], "all") == 0)
		return NULL;
	return arg_str("peer", argv[0]);
}

int
cli_show(struct cli *cli, int argc, char **argv)
{
	return show(cli, &show_pages, arg_peer(argc, argv), cli->out.ops->show);
}

int
cli_dump(struct cli *cli, int argc, char **argv)
{
	cli->out.with_name = argc > 0 && strcmp(argv[0], "all") == 0;
	return show(cli, &show_pages, arg_peer(argc, argv), cli->out.ops->dump);
}

int
cli_macs(struct cli *cli, int argc, char **argv)
{
	(void)argc, (void)argv;
	return show(cli, &macs_pages, NULL, cli->out.ops->macs);
}

int
cli_routes(struct cli *cli, int argc, char **argv)
{
	(void)argc, (void)argv;
	return show(cli, &routes_pages, NULL, cli->out.ops->routes);
}

int
cli_counters(struct cli *cli, int argc, char **argv)
{
	struct json_object *args = json_object_new_object();

	(void)argc, (void)argv;
	json_object_object_add(args, "describe", json_object_new_boolean(true));
	return ask_and_print(cli, "counters", args, cli->out.ops->counters);
}

int
cli_explain(struct cli *cli, int argc, char **argv)
{
	struct json_object *peer = arg_str("peer", argv[0]);

	if (argc == 1)
		return ask_and_print(
		    cli, "explain", peer, cli->out.ops->explain);
	if (strcmp(argv[1], "mtu") == 0)
		return ask_and_print(cli, "mtu", peer, cli->out.ops->mtu);
	json_object_put(peer);
	fputs("usage: vplamctl explain PEER [mtu]\n", cli->out.err);
	return EXIT_USAGE;
}

int
cli_monitor(struct cli *cli, int argc, char **argv)
{
	struct json_object *res, *ev;
	struct client cl;

	(void)argc, (void)argv;
	if (!client_open(&cl, cli->socket))
		return cli_fail(cli, cl.code, cl.why);
	res = call(cli, &cl, "monitor", NULL);
	json_object_put(res);
	while (res != NULL && (ev = client_event(&cl)) != NULL) {
		cli->out.ops->event(&cli->out, ev);
		json_object_put(ev);
		if (fflush(cli->out.f) != 0)
			break;
	}
	if (res != NULL && cl.code != NULL)
		cli_fail(cli, cl.code, cl.why);
	client_close(&cl);
	return EXIT_FAIL; /* it ends by a signal, or by an error */
}

/* Takes over args. */
static int
change(struct cli *cli, const char *cmd, struct json_object *args, char *text)
{
	struct json_object *res = ask(cli, cmd, args);

	if (res != NULL)
		cli->out.ops->done(&cli->out, text, res);
	json_object_put(res);
	free(text);
	return res == NULL ? EXIT_FAIL : EXIT_OK;
}

int
cli_peers_add(struct cli *cli, int argc, char **argv)
{
	struct json_object *args = arg_str("name", argv[0]);
	struct json_object *list = json_object_new_array();
	int i;

	json_object_object_add(
	    args, "public_key", json_object_new_string(argv[1]));
	for (i = 2; i < argc; i++)
		json_object_array_add(list, json_object_new_string(argv[i]));
	json_object_object_add(args, "endpoints", list);
	return change(cli, "peers.add", args,
	    xasprintf("%s is a peer until vplamad restarts; write it to "
		      "peers.d to keep it",
		argv[0]));
}

int
cli_peers_del(struct cli *cli, int argc, char **argv)
{
	(void)argc;
	return change(cli, "peers.del", arg_str("peer", argv[0]),
	    xasprintf("%s is no longer a peer; one that the configuration "
		      "names comes back at the next start",
		argv[0]));
}

int
cli_rehook_list(struct cli *cli, int argc, char **argv)
{
	(void)argc, (void)argv;
	return ask_and_print(
	    cli, "rehook.list", NULL, cli->out.ops->rehook_list);
}

int
cli_rehook_plan(struct cli *cli, int argc, char **argv)
{
	(void)argc;
	return ask_and_print(cli, "rehook.plan", arg_str("peer", argv[0]),
	    cli->out.ops->rehook_plan);
}

/* The word of a person on a demand; takes over text. */
static int
answer(struct cli *cli, const char *cmd, const char *id, char *text)
{
	char *end;
	unsigned long v = strtoul(id, &end, 10);

	if (id[0] < '0' || id[0] > '9' || *end != '\0' || v > UINT32_MAX) {
		free(text);
		fprintf(cli->out.err,
		    "vplamctl: %s: is no id; rehook list has them\n", id);
		return EXIT_USAGE;
	}
	return change(cli, cmd, arg_u64("id", v), text);
}

int
cli_rehook_approve(struct cli *cli, int argc, char **argv)
{
	(void)argc;
	return answer(cli, "rehook.approve", argv[0],
	    xasprintf("demand %s is approved: our gnode moves", argv[0]));
}

int
cli_rehook_refuse(struct cli *cli, int argc, char **argv)
{
	(void)argc;
	return answer(cli, "rehook.refuse", argv[0],
	    xasprintf("demand %s is refused: our gnode stays", argv[0]));
}

int
cli_reload(struct cli *cli, int argc, char **argv)
{
	(void)argc, (void)argv;
	return change(
	    cli, "reload", NULL, xstrdup("the configuration was read again"));
}

int
cli_stop(struct cli *cli, int argc, char **argv)
{
	(void)argc, (void)argv;
	return change(cli, "stop", NULL, xstrdup("vplamad is stopping"));
}
