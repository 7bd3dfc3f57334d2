/* The address book and records of vnodes in JSON (doc/control.md). */
#ifndef VPLAM_CTL_BOOK_H
#define VPLAM_CTL_BOOK_H

#include <json-c/json.h>

#include "core/core.h"
#include "core/exchange.h"

/* One vnode that we have heard of, as in entry.list. */
struct json_object *entry_json(
    const struct core *c, const struct book_entry *e);

/* What a vnode says of itself. */
struct json_object *record_json(const struct record *r);

#endif
