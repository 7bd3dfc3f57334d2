/* What tests of the store share: a folder, what is held, what is logged. */
#ifndef VPLAM_TESTS_UNIT_STORE_RIG_H
#define VPLAM_TESTS_UNIT_STORE_RIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "store/store.h"

#define RIG_WHO 40     /* records of a kind that take turns */
#define RIG_MOVES 4096 /* of one test, at most */

/* An empty folder, the current one; a setup and a teardown of cmocka. */
int rig_enter(void **state);
int rig_leave(void **state);
unsigned rig_files(const char *head); /* there whose names begin so */

double rig_now(void); /* seconds */

/* What a store holds: the newest version of each record, and all moves. */
struct held {
	uint32_t n[STORE_KINDS][RIG_WHO];
	unsigned moves;
	uint32_t move[RIG_MOVES]; /* in order */
};

void rig_hold(void *arg, const struct store_rec *rec); /* a store_rec_fn */
void rig_same(const struct held *a, const struct held *b);

/* The store in the file "db", and what it holds. */
struct store *rig_opens(
    struct held *h, unsigned every_ms, unsigned retry_ms, unsigned waiting);
uint64_t rig_put(
    struct store *s, enum store_kind kind, unsigned who, uint32_t n);

/* Waits until the ticket is on the disk; at most so many seconds. */
bool rig_comes(struct store *s, uint64_t ticket, double seconds);

/* No database any more. */
void rig_scribble(const char *path, const char *text);

/* Standard error into a file; then its text, for free(). */
int rig_to_file(FILE **ret);
char *rig_stderr_of(int saved, FILE *f);
unsigned rig_lines(const char *text);

#endif
