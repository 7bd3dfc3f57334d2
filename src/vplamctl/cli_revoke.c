/* Taking a key out of use: ours, or as an authority another's. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/xmem.h"
#include "crypto/sign.h"
#include "vplamctl/ask.h"
#include "vplamctl/conffile.h"
#include "wire/record.h"

/* What signing takes: who, and for which network. */
struct signer {
	struct identity id;
	struct network net;
};

static int
usage(struct cli *cli, const char *text)
{
	fprintf(cli->out.err, "vplamctl: %s\n", text);
	return EXIT_USAGE;
}

static bool
reason_get(const struct cli *cli, bool own, uint8_t *ret)
{
	static const char *const words[REVOKE_REASONS] = {
		[REVOKE_RETIRED] = "retired",
		[REVOKE_STOLEN] = "stolen",
		[REVOKE_POLICY] = "policy",
	};
	const char *text = cli->opt[OPT_REASON];
	uint8_t i;

	*ret = own ? REVOKE_RETIRED : REVOKE_POLICY;
	if (text == NULL)
		return true;
	for (i = 0; i < REVOKE_REASONS; i++)
		if (words[i] != NULL && strcmp(text, words[i]) == 0) {
			*ret = i;
			return true;
		}
	return false;
}

static int
fail_file(struct cli *cli, const char *path, const char *why)
{
	char *text = xasprintf("%s: %s", path, why);

	cli_fail(cli, "refused", text);
	free(text);
	return EXIT_FAIL;
}

/* From the configuration, unless the options say it. */
static int
signer_get(struct cli *cli, struct signer *s)
{
	const char *config = cli->opt[OPT_CONFIG] != NULL ? cli->opt[OPT_CONFIG]
							  : CONFFILE_CONFIG;
	char name[CONFFILE_VALUE] = "", secret[CONFFILE_VALUE] = "";
	char key[CONFFILE_VALUE] = CONFFILE_KEY;
	const char *why;
	int err;
	char *text = conffile_read(config, &err, &why);

	if (text != NULL) {
		(void)conffile_value(text, "network", name);
		(void)conffile_value(text, "network-key-file", secret);
		if (!conffile_value(text, "private-key-file", key))
			strcpy(key, CONFFILE_KEY);
		free(text);
	} else if (cli->opt[OPT_NETWORK] == NULL) {
		return fail_file(cli, config, err != 0 ? strerror(err) : why);
	}
	if (cli->opt[OPT_NETWORK] != NULL)
		snprintf(name, sizeof(name), "%s", cli->opt[OPT_NETWORK]);
	if (cli->opt[OPT_KEY_FILE] != NULL)
		snprintf(key, sizeof(key), "%s", cli->opt[OPT_KEY_FILE]);
	if (name[0] == '\0' || strlen(name) > NETWORK_NAME_MAX)
		return fail_file(cli, config,
		    "names no network; give it with --network NAME");
	why = conffile_network(&s->net, name, secret);
	if (why != NULL)
		return fail_file(cli, secret, why);
	why = conffile_identity(key, &s->id);
	return why != NULL ? fail_file(cli, key, why) : EXIT_OK;
}

/* There is no way back, so on a terminal a person has to say it twice. */
static bool
confirmed(struct cli *cli)
{
	char line[16];

	if (isatty(STDIN_FILENO) != 1)
		return true;
	fputs("This node's key can never be used again in this network. Type "
	      "yes: ",
	    cli->out.err);
	fflush(cli->out.err);
	return fgets(line, sizeof(line), stdin) != NULL &&
	    strcmp(line, "yes\n") == 0;
}

static void
sign(const struct signer *s, const struct revoke *r,
    char ret[static BASE64_TEXT(REVOKE_LEN)])
{
	uint8_t raw[REVOKE_LEN];

	revoke_write(r, raw);
	identity_sign(&s->id, SIGN_REVOKE, s->net.netid, raw,
	    sizeof(raw) - SIG_LEN, raw + sizeof(raw) - SIG_LEN);
	base64_format(BASE64_PLAIN, raw, sizeof(raw), ret);
}

static int
hand_over(struct cli *cli, const char *text)
{
	struct json_object *res, *doc = json_object_new_object();
	struct json_object *lines = json_object_new_array();
	struct client cl;
	bool there = client_open(&cl, cli->socket);
	int rc = EXIT_OK;

	if (!there && strcmp(cl.code, "not-running") != 0) {
		rc = cli_fail(cli, cl.code, cl.why);
	} else if (there) {
		res = ask_on(
		    cli, &cl, "entry.revoke", arg_str("revocation", text));
		rc = res != NULL ? EXIT_OK : EXIT_FAIL;
		json_object_put(res);
		client_close(&cl);
		json_object_array_add(lines,
		    json_object_new_string(
			"the key is revoked; all peers are told"));
	} else { /* for a daemon elsewhere */
		json_object_array_add(lines, json_object_new_string(text));
	}
	json_object_object_add(doc, "revocation", json_object_new_string(text));
	json_object_object_add(doc, "told", json_object_new_boolean(there));
	json_object_object_add(doc, "text", lines);
	if (rc == EXIT_OK)
		cli->out.ops->lines(&cli->out, doc);
	json_object_put(doc);
	return rc;
}

int
cli_revoke(struct cli *cli, int argc, char **argv)
{
	char text[BASE64_TEXT(REVOKE_LEN)];
	struct revoke r = { .issued = (uint64_t)clock_wall() };
	struct signer s = { 0 };
	int rc;

	if (!reason_get(cli, argc == 0, &r.reason))
		return usage(
		    cli, "--reason: expected retired, stolen or policy");
	if (argc > 0 && !key_parse(argv[0], r.key))
		return usage(cli, "KEY is 44 characters of base64");
	rc = signer_get(cli, &s);
	if (rc == EXIT_OK && argc == 0 && !confirmed(cli))
		rc = cli_fail(cli, "refused", "nothing was revoked");
	if (rc == EXIT_OK) {
		if (argc == 0)
			memcpy(r.key, s.id.ed_pk, sizeof(r.key));
		memcpy(r.by, s.id.ed_pk, sizeof(r.by));
		sign(&s, &r, text);
	}
	wipe(&s, sizeof(s));
	return rc == EXIT_OK ? hand_over(cli, text) : rc;
}
