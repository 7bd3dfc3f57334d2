/* Running vplamctl as people do, with or without a daemon on its socket. */
#ifndef VPLAM_TESTS_CTLRUN_H
#define VPLAM_TESTS_CTLRUN_H

struct ctl_result {
	int rc;
	char out[8192], err[8192];
};

/* What a daemon answers first. */
#define HELLO                                                         \
	"{\"id\":1,\"ok\":true,\"result\":{\"version\":1,\"daemon\":" \
	"\"0.1.0\",\"role\":\"admin\",\"commands\":[]}}\n"

/* A folder of this run, for a group of tests. */
int ctl_begin(void **state);
int ctl_end(void **state);

extern char *ctl_sock; /* in it: where vplamctl looks for the daemon */

/* A path in the folder, for free(). */
char *ctl_path(const char *name);
/* All of a file in the folder, as text. */
void ctl_slurp(const char *name, char *buf, unsigned long max);

/* Runs vplamctl with these arguments and this text on standard input. */
struct ctl_result ctl_run(const char *args, const char *input);

/* The same; each line that it sends gets the next of these, the last is NULL.
 * What it sent is in the file "requests". */
struct ctl_result ctl_run_against(const char *const *replies, const char *args);

/* Fails unless part is in text. */
void ctl_has(const char *text, const char *part);

#endif
