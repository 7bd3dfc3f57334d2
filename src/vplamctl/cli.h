/* The verbs of vplamctl; each returns an exit code. */
#ifndef VPLAM_VPLAMCTL_CLI_H
#define VPLAM_VPLAMCTL_CLI_H

#include "vplamctl/out.h"

enum { EXIT_OK = 0, EXIT_FAIL = 1, EXIT_USAGE = 2 };

/* Options of single verbs (main.c says whose). */
enum cli_opt {
	OPT_BEACON,
	OPT_CONFIG,
	OPT_HOURS,
	OPT_KEY,
	OPT_KEY_FILE,
	OPT_NETWORK,
	OPT_QR,
	OPT_REASON,
	OPT_SIG,
	OPT_TOFU,
	CLI_OPTS
};

struct cli {
	const char *socket;
	struct out out;
	const char *opt[CLI_OPTS]; /* NULL: not given; "" without a value */
};

/* argv: what follows the verb; argc has been checked against the table. */
int cli_genkey(struct cli *cli, int argc, char **argv);
int cli_pubkey(struct cli *cli, int argc, char **argv);
int cli_netkey(struct cli *cli, int argc, char **argv);
int cli_show(struct cli *cli, int argc, char **argv);
int cli_dump(struct cli *cli, int argc, char **argv);
int cli_macs(struct cli *cli, int argc, char **argv);
int cli_routes(struct cli *cli, int argc, char **argv);
int cli_counters(struct cli *cli, int argc, char **argv);
int cli_explain(struct cli *cli, int argc, char **argv);
int cli_monitor(struct cli *cli, int argc, char **argv);
int cli_peers_add(struct cli *cli, int argc, char **argv);
int cli_peers_del(struct cli *cli, int argc, char **argv);
int cli_rehook_list(struct cli *cli, int argc, char **argv);
int cli_rehook_plan(struct cli *cli, int argc, char **argv);
int cli_rehook_approve(struct cli *cli, int argc, char **argv);
int cli_rehook_refuse(struct cli *cli, int argc, char **argv);
int cli_invite(struct cli *cli, int argc, char **argv);
int cli_connect(struct cli *cli, int argc, char **argv);
int cli_join(struct cli *cli, int argc, char **argv);
int cli_entry_list(struct cli *cli, int argc, char **argv);
int cli_entry_sources(struct cli *cli, int argc, char **argv);
int cli_entry_audit(struct cli *cli, int argc, char **argv);
int cli_entry_fetch(struct cli *cli, int argc, char **argv);
int cli_entry_add(struct cli *cli, int argc, char **argv);
int cli_entry_verify(struct cli *cli, int argc, char **argv);
int cli_revoke(struct cli *cli, int argc, char **argv);
int cli_reload(struct cli *cli, int argc, char **argv);
int cli_stop(struct cli *cli, int argc, char **argv);

/* Prints an error of our own as the chosen format wants it; EXIT_FAIL. */
int cli_fail(struct cli *cli, const char *code, const char *text);

#endif
