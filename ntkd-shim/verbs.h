/* What the program ntkd-shim does: one function per verb. */
#ifndef VPLAM_NTKD_SHIM_VERBS_H
#define VPLAM_NTKD_SHIM_VERBS_H

#include <stdbool.h>

#define SHIM_SOCKET RUNDIR "/vplama/mesh.sock"

/* Exit codes of every verb. */
enum shim_exit { SHIM_OK = 0, SHIM_FAILED = 1, SHIM_USAGE = 2 };

/* argv[0] is the verb; the result is an enum shim_exit. */
int replay_main(int argc, char **argv);
int run_main(int argc, char **argv);
int selftest_main(int argc, char **argv);

/* The self-test alone; answer_ms: how long vplamad may take to answer. */
int selftest_run(const char *sock, int answer_ms);

/* A whole decimal number from min to max; says what is wrong if not. */
bool shim_number(
    const char *what, const char *s, unsigned min, unsigned max, unsigned *ret);

#endif
