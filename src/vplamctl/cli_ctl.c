#include <stdlib.h>
#include <string.h>

#include "base/xmem.h"
#include "vplamctl/ask.h"

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

static const struct ask_pages show_pages = { "show", "peers", next_peers };
static const struct ask_pages macs_pages = { "macs", "macs", next_place };
static const struct ask_pages routes_pages = { "routes", "routes", next_place };

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
	return ask_all(
	    cli, &show_pages, arg_peer(argc, argv), cli->out.ops->show);
}

int
cli_dump(struct cli *cli, int argc, char **argv)
{
	cli->out.with_name = argc > 0 && strcmp(argv[0], "all") == 0;
	return ask_all(
	    cli, &show_pages, arg_peer(argc, argv), cli->out.ops->dump);
}

int
cli_macs(struct cli *cli, int argc, char **argv)
{
	(void)argc, (void)argv;
	return ask_all(cli, &macs_pages, NULL, cli->out.ops->macs);
}

int
cli_routes(struct cli *cli, int argc, char **argv)
{
	(void)argc, (void)argv;
	return ask_all(cli, &routes_pages, NULL, cli->out.ops->routes);
}

int
cli_counters(struct cli *cli, int argc, char **argv)
{
	struct json_object *args = json_object_new_object();

	(void)argc, (void)argv;
	json_object_object_add(args, "describe", json_object_new_boolean(true));
	return ask_print(cli, "counters", args, cli->out.ops->counters);
}

int
cli_explain(struct cli *cli, int argc, char **argv)
{
	struct json_object *peer = arg_str("peer", argv[0]);

	if (argc == 1)
		return ask_print(cli, "explain", peer, cli->out.ops->explain);
	if (strcmp(argv[1], "mtu") == 0)
		return ask_print(cli, "mtu", peer, cli->out.ops->mtu);
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
	res = ask_on(cli, &cl, "monitor", NULL);
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
	return ask_change(cli, "peers.add", args,
	    xasprintf("%s is a peer until vplamad restarts; write it to "
		      "peers.d to keep it",
		argv[0]));
}

int
cli_peers_del(struct cli *cli, int argc, char **argv)
{
	(void)argc;
	return ask_change(cli, "peers.del", arg_str("peer", argv[0]),
	    xasprintf("%s is no longer a peer; one that the configuration "
		      "names comes back at the next start",
		argv[0]));
}

int
cli_rehook_list(struct cli *cli, int argc, char **argv)
{
	(void)argc, (void)argv;
	return ask_print(cli, "rehook.list", NULL, cli->out.ops->rehook_list);
}

int
cli_rehook_plan(struct cli *cli, int argc, char **argv)
{
	(void)argc;
	return ask_print(cli, "rehook.plan", arg_str("peer", argv[0]),
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
	return ask_change(cli, cmd, arg_u64("id", v), text);
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
	return ask_change(
	    cli, "reload", NULL, xstrdup("the configuration was read again"));
}

int
cli_stop(struct cli *cli, int argc, char **argv)
{
	(void)argc, (void)argv;
	return ask_change(cli, "stop", NULL, xstrdup("vplamad is stopping"));
}
