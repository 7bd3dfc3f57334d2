/* A peer by its address alone: it is asked for its key, which is then held to.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/xmem.h"
#include "vplamctl/ask.h"
#include "vplamctl/conffile.h"
#include "vplamctl/join.h"
#include "wire/uri.h"

#define LOOK_NS 100000000 /* between two looks at what became of it */
#define LOOKS 300	  /* names may take long, and then it asks six times */
#define PLACE_TEXT (URI_HOST + 10)
#define NO_KEY "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

/* An invitation of which all is known but the key. */
static bool
place_parse(const char *text, struct uri *u)
{
	const char *why;
	char *uri;
	bool ok;

	if (strpbrk(text, "@?/") != NULL)
		return false;
	uri = xasprintf("vpla://" NO_KEY "@%s", text);
	ok = uri_parse(uri, u, &why);
	free(uri);
	return ok;
}

/* As the configuration has it. */
static void
place_format(const struct uri *u, char ret[static PLACE_TEXT])
{
	const struct uri_endpoint *ep = &u->ep[0];

	snprintf(ret, PLACE_TEXT,
	    strchr(ep->host, ':') != NULL ? "[%s]:%u" : "%s:%u", ep->host,
	    ep->port);
}

static bool
is_over(struct json_object *res)
{
	const char *state = get_str(res, "state");

	return strcmp(state, "known") == 0 || strcmp(state, "failed") == 0;
}

/* The outcome of a query, for the caller to put; NULL: it is said. */
static struct json_object *
outcome(struct cli *cli, struct client *cl, uint64_t id)
{
	const struct timespec pause = { .tv_nsec = LOOK_NS };
	struct json_object *res;
	unsigned i;

	for (i = 0; i < LOOKS; i++) {
		res = ask_on(cli, cl, "identity.answer", arg_u64("id", id));
		if (res == NULL || is_over(res))
			return res;
		json_object_put(res);
		nanosleep(&pause, NULL);
	}
	cli_fail(cli, "timeout", "vplamad has come to no end with it");
	return NULL;
}

/* Whoever is at place shows its key; false: it is said why not. */
static bool
ask_key(
    struct cli *cli, struct client *cl, const char *place, uint8_t ret[KEY_LEN])
{
	struct json_object *res =
	    ask_on(cli, cl, "identity.ask", arg_str("endpoint", place));
	uint64_t id = get_u64(res, "id");
	bool ok = false;
	char *text;

	json_object_put(res);
	res = id != 0 ? outcome(cli, cl, id) : NULL;
	if (strcmp(get_str(res, "state"), "known") == 0) {
		ok = key_parse(get_str(res, "public_key"), ret);
	} else if (res != NULL) {
		text = xasprintf("%s: %s", place, get_str(res, "why"));
		cli_fail(cli, "no-identity", text);
		free(text);
	}
	json_object_put(res);
	return ok;
}

static void
say(struct json_object *lines, char *text)
{
	json_object_array_add(lines, json_object_new_string(text));
	free(text);
}

/* As an invitation: what follows is the same. */
static int
pin(struct cli *cli, const struct uri *u, const char *place)
{
	struct json_object *lines = json_object_new_array();
	char text[URI_TEXT], key[KEY_TEXT];
	int rc = EXIT_FAIL;

	key_format(u->key, key);
	say(lines, xasprintf("%s shows the key %s", place, key));
	say(lines,
	    xstrdup("nobody vouches for it: compare it with what its operator "
		    "says"));
	if (uri_write(u, text))
		rc = join_by(cli, text, place, lines);
	else
		rc = cli_fail(cli, "refused", "the address is too long");
	json_object_put(lines);
	return rc;
}

/* The configuration of the daemon that asked, unless another is named. */
static bool
take_daemon(struct cli *cli, struct client *cl, struct uri *u, char **config)
{
	struct json_object *res = ask_on(cli, cl, "show", NULL);

	if (res == NULL)
		return false;
	snprintf(u->network, sizeof(u->network), "%s",
	    get_str(get_obj(res, "node"), "network"));
	*config = xstrdup(get_str(get_obj(res, "daemon"), "config"));
	if (cli->opt[OPT_CONFIG] == NULL && (*config)[0] != '\0')
		cli->opt[OPT_CONFIG] = *config;
	json_object_put(res);
	return true;
}

int
cli_connect(struct cli *cli, int argc, char **argv)
{
	char place[PLACE_TEXT], *config = NULL;
	struct client cl;
	struct uri u;
	bool ok;
	int rc = EXIT_FAIL;

	(void)argc;
	if (!place_parse(argv[0], &u))
		return cli_fail(cli, "refused",
		    "that is no address; expected host:port or "
		    "[IPv6 address]:port");
	place_format(&u, place);
	if (cli->opt[OPT_TOFU] == NULL)
		return cli_fail(cli, "key-needed",
		    "its public key is needed: get it from its operator "
		    "(vplamctl pubkey, or invite there), and use vplamctl "
		    "join or peers add; with --tofu whoever answers at that "
		    "address is taken at its word");
	if (!client_open(&cl, cli->socket))
		return cli_fail(cli, cl.code, cl.why);
	ok = take_daemon(cli, &cl, &u, &config) &&
	    ask_key(cli, &cl, place, u.key);
	client_close(&cl);
	if (ok)
		rc = pin(cli, &u, place);
	free(config);
	return rc;
}
