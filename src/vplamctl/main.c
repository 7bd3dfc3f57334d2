/* vplamctl: keys, inspection and live changes of a running vplamad. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/prim.h"
#include "vplamctl/cli.h"

#define ANY 99	 /* arguments */
#define LONG 256 /* from here on getopt_long() gives an enum cli_opt */

static const struct verb {
	const char *word, *second; /* second: NULL for most */
	int least, most;	   /* arguments behind the verb */
	int (*run)(struct cli *cli, int argc, char **argv);
	const char *args, *help;
} verbs[] = {
	{ "genkey", NULL, 0, 0, cli_genkey, "", "make a private key" },
	{ "pubkey", NULL, 0, 0, cli_pubkey, "",
	    "the public key of the private key on standard input" },
	{ "netkey", NULL, 1, 1, cli_netkey, "NAME",
	    "the key of a closed network, from a passphrase on stdin" },
	{ "show", NULL, 0, 1, cli_show, "[PEER|all]", "this node, its peers" },
	{ "dump", NULL, 0, 1, cli_dump, "[PEER|all]",
	    "the same in the columns of wg(8); all: with a name in front" },
	{ "macs", NULL, 0, 0, cli_macs, "",
	    "addresses learned, and behind whom" },
	{ "routes", NULL, 0, 0, cli_routes, "", "prefixes, and who has them" },
	{ "counters", NULL, 0, 0, cli_counters, "",
	    "what happened how often, drops by reason" },
	{ "explain", NULL, 1, 2, cli_explain, "PEER [mtu]",
	    "why a peer is in the state it is, and what to change" },
	{ "monitor", NULL, 0, 0, cli_monitor, "", "events as they happen" },
	{ "peers", "add", 2, ANY, cli_peers_add, "NAME KEY [HOST:PORT...]",
	    "add a peer until restart" },
	{ "peers", "del", 1, 1, cli_peers_del, "PEER",
	    "remove a peer until restart" },
	{ "rehook", "list", 0, 0, cli_rehook_list, "",
	    "who wanted our gnode to move, and what became of it" },
	{ "rehook", "plan", 1, 1, cli_rehook_plan, "PEER",
	    "who would move for whom, and to what" },
	{ "rehook", "approve", 1, 1, cli_rehook_approve, "ID",
	    "let our gnode move as that demand wants" },
	{ "rehook", "refuse", 1, 1, cli_rehook_refuse, "ID",
	    "stay, whatever that demand wants" },
	{ "invite", NULL, 0, 0, cli_invite, "[--qr] [--beacon [--hours N]]",
	    "what others join by: a URI, or a beacon to be read aloud" },
	{ "join", NULL, 1, ANY, cli_join,
	    "[--config FILE] [--key-file FILE] [--network NAME] STRING",
	    "join by a URI, the place of a list, or a beacon" },
	{ "connect", NULL, 1, 1, cli_connect,
	    "--tofu [--config FILE] HOST:PORT",
	    "make whoever answers there a peer, by the key it shows" },
	{ "entry", "list", 0, 0, cli_entry_list, "", "the vnodes we know of" },
	{ "entry", "sources", 0, 0, cli_entry_sources, "",
	    "the lists we take vnodes from, and how they are" },
	{ "entry", "audit", 0, 0, cli_entry_audit, "",
	    "what the lists say beside what we measured" },
	{ "entry", "fetch", 0, 0, cli_entry_fetch, "", "get the lists now" },
	{ "entry", "add", 1, 1, cli_entry_add, "URI",
	    "tell the address book of a vnode" },
	{ "entry", "verify", 1, 1, cli_entry_verify,
	    "[--key KEY] [--sig FILE] FILE", "check a list, without a daemon" },
	{ "revoke", NULL, 0, 1, cli_revoke,
	    "[--reason WORD] [--config FILE] [--key-file FILE] "
	    "[--network NAME] [KEY]",
	    "take our key, or as an authority KEY, out of use for ever" },
	{ "reload", NULL, 0, 0, cli_reload, "",
	    "make vplamad read its configuration again" },
	{ "stop", NULL, 0, 0, cli_stop, "", "make vplamad end" },
};
#define N_VERBS (sizeof(verbs) / sizeof(verbs[0]))

#define BIT(opt) (1u << (opt))

/* Other verbs take none of them. */
static const struct {
	int (*run)(struct cli *cli, int argc, char **argv);
	unsigned opts;
} takes[] = {
	{ cli_invite, BIT(OPT_QR) | BIT(OPT_BEACON) | BIT(OPT_HOURS) },
	{ cli_connect, BIT(OPT_TOFU) | BIT(OPT_CONFIG) },
	{ cli_join, BIT(OPT_CONFIG) | BIT(OPT_KEY_FILE) | BIT(OPT_NETWORK) },
	{ cli_entry_verify, BIT(OPT_KEY) | BIT(OPT_SIG) },
	{ cli_revoke,
	    BIT(OPT_REASON) | BIT(OPT_CONFIG) | BIT(OPT_KEY_FILE) |
		BIT(OPT_NETWORK) },
};

static const struct option longs[] = {
	{ "socket", required_argument, NULL, 's' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ "beacon", no_argument, NULL, LONG + OPT_BEACON },
	{ "config", required_argument, NULL, LONG + OPT_CONFIG },
	{ "hours", required_argument, NULL, LONG + OPT_HOURS },
	{ "key", required_argument, NULL, LONG + OPT_KEY },
	{ "key-file", required_argument, NULL, LONG + OPT_KEY_FILE },
	{ "network", required_argument, NULL, LONG + OPT_NETWORK },
	{ "qr", no_argument, NULL, LONG + OPT_QR },
	{ "reason", required_argument, NULL, LONG + OPT_REASON },
	{ "sig", required_argument, NULL, LONG + OPT_SIG },
	{ "tofu", no_argument, NULL, LONG + OPT_TOFU },
	{ 0 },
};

static void
put_usage(FILE *f, const struct verb *v)
{
	fprintf(f, "vplamctl [-s SOCKET] [--json] %s%s%s %s\n", v->word,
	    v->second != NULL ? " " : "", v->second != NULL ? v->second : "",
	    v->args);
}

static void
help(FILE *f)
{
	size_t i;

	fprintf(
	    f, "usage: vplamctl [-s SOCKET] [--json] VERB [ARGUMENT...]\n\n");
	for (i = 0; i < N_VERBS; i++) {
		const struct verb *v = &verbs[i];
		int n = fprintf(f, "  %s%s%s %s", v->word,
		    v->second != NULL ? " " : "",
		    v->second != NULL ? v->second : "", v->args);

		if (n > 35) {
			fputc('\n', f);
			n = 0;
		}
		fprintf(f, "%*s%s\n", 36 - n, "", v->help);
	}
	fprintf(f,
	    "\nPEER is a name, an id, or a public key (six characters of it "
	    "or more).\n");
}

static int
verb_words(const struct verb *v)
{
	return v->second != NULL ? 2 : 1;
}

static const struct verb *
verb_find(int argc, char **argv)
{
	size_t i;

	for (i = 0; i < N_VERBS; i++) {
		const struct verb *v = &verbs[i];

		if (strcmp(argv[0], v->word) == 0 &&
		    (v->second == NULL ||
			(argc > 1 && strcmp(argv[1], v->second) == 0)))
			return v;
	}
	return NULL;
}

/* word may be the first of two: then what can follow is said. */
static int
no_verb(const char *word)
{
	bool first = true;
	size_t i;

	for (i = 0; word != NULL && i < N_VERBS; i++) {
		if (strcmp(word, verbs[i].word) != 0)
			continue;
		fputs(first ? "usage: " : "       ", stderr);
		put_usage(stderr, &verbs[i]);
		first = false;
	}
	if (!first)
		return EXIT_USAGE;
	if (word != NULL)
		fprintf(stderr, "vplamctl: there is no verb %s\n", word);
	help(stderr);
	return EXIT_USAGE;
}

/* Were only options given that the verb takes? */
static bool
opts_fit(const struct cli *cli, const struct verb *v)
{
	unsigned opts = 0, i;

	for (i = 0; i < sizeof(takes) / sizeof(takes[0]); i++)
		if (takes[i].run == v->run)
			opts = takes[i].opts;
	for (i = 0; i < CLI_OPTS; i++)
		if (cli->opt[i] != NULL && (opts & BIT(i)) == 0)
			return false;
	return true;
}

static int
run(struct cli *cli, int argc, char **argv)
{
	const struct verb *v = argc > 0 ? verb_find(argc, argv) : NULL;
	int rc, words;

	if (v == NULL)
		return no_verb(argc > 0 ? argv[0] : NULL);
	words = verb_words(v);
	if (argc - words < v->least || argc - words > v->most ||
	    !opts_fit(cli, v)) {
		fputs("usage: ", stderr);
		put_usage(stderr, v);
		return EXIT_USAGE;
	}
	rc = v->run(cli, argc - words, argv + words);
	if (fflush(stdout) != 0 || ferror(stdout) != 0) {
		perror("vplamctl: standard output");
		rc = EXIT_FAIL;
	}
	return rc;
}

static bool
want_colour(void)
{
	const char *no = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) == 1 && (no == NULL || no[0] == '\0');
}

int
main(int argc, char **argv)
{
	const char *env = getenv("VPLAMA_CONTROL");
	struct cli cli = { .socket = RUNDIR "/vplama/control.sock",
		.out = { &out_text, stdout, stderr, want_colour(), false } };
	int c;

	if (env != NULL && env[0] != '\0')
		cli.socket = env;
	while ((c = getopt_long(argc, argv, "s:h", longs, NULL)) != -1) {
		switch (c) {
		case 's':
			cli.socket = optarg;
			break;
		case 'j':
			cli.out.ops = &out_json;
			break;
		case 'h':
			help(stdout);
			return EXIT_OK;
		default:
			if (c >= LONG && c < LONG + CLI_OPTS) {
				cli.opt[c - LONG] =
				    optarg != NULL ? optarg : "";
				break;
			}
			help(stderr);
			return EXIT_USAGE;
		}
	}
	if (!crypto_start()) {
		fputs("vplamctl: libsodium cannot start\n", stderr);
		return EXIT_FAIL;
	}
	return run(&cli, argc - optind, argv + optind);
}
