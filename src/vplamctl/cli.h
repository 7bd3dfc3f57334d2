/* The verbs of vplamctl; each returns an exit code. */
#ifndef VPLAM_VPLAMCTL_CLI_H
#define VPLAM_VPLAMCTL_CLI_H

#include "vplamctl/out.h"

enum { EXIT_OK = 0, EXIT_FAIL = 1, EXIT_USAGE = 2 };

struct cli {
	const char *socket;
	struct out out;
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
int cli_reload(struct cli *cli, int argc, char **argv);
int cli_stop(struct cli *cli, int argc, char **argv);

/* Prints an error of our own as the chosen format wants it; EXIT_FAIL. */
int cli_fail(struct cli *cli, const char *code, const char *text);

#endif
