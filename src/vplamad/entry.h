/*
 * Entry lists (option entry): fetched in turn, checked, held to who signed
 * them, and told to the address book.
 */
#ifndef VPLAM_VPLAMAD_ENTRY_H
#define VPLAM_VPLAMAD_ENTRY_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/mono.h"

struct entries;
struct store_rec;
struct turn;
struct vplamad;

/*
 * The exchange is there (core/exchange.h). Then what was kept (STORE_LIST;
 * false: it makes no sense; arg is the daemon), and then they begin.
 */
void entry_open(struct vplamad *d, struct turn *t);
bool entry_row(void *arg, const struct store_rec *row, int64_t now);
void entry_begin(struct vplamad *d, struct turn *t);
void entry_close(struct vplamad *d); /* fine without entry_open() */

/* The store has lost what it had: who signs which source, and how far. */
void entry_put_again(struct vplamad *d);

/* Another configuration is in force. */
void entry_reload(struct vplamad *d, struct turn *t);

/* When it wants entry_tick(). */
struct mono entry_deadline(const struct vplamad *d);
void entry_tick(struct vplamad *d, struct turn *t);

/*
 * For ctl_host: all lists now (false and *why, static: it cannot be); the
 * state of each, and what each says beside what we measured, as objects that
 * are results of entry.sources and entry.audit (doc/control.md).
 */
bool entry_fetch_all(void *arg, const char **why);
struct json_object *entry_sources(void *arg);
struct json_object *entry_audit(void *arg);

#endif
