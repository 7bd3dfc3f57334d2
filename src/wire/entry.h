/*
 * The public list of vnodes: entry.json, format "vplama-entry/1"
 * (doc/entry-list.md). Written by the entry server, read by everybody; the
 * signature beside it is crypto/minisign's and is checked first.
 */
#ifndef VPLAM_WIRE_ENTRY_H
#define VPLAM_WIRE_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/record.h"

#define ENTRY_FORMAT "vplama-entry/1"
#define ENTRY_SERVERS 1024
#define ENTRY_BYTES (1024 * 1024) /* of a list */
#define ENTRY_DAYS 30
#define ENTRY_NO_DAY 255 /* nobody watched that day */
#define ENTRY_PUBLISHER 64
#define ENTRY_NETWORK 64
#define ENTRY_LATE_S 86400 /* an expired list still helps, with a warning */

/* One vnode. Texts as in a record. */
struct entry_server {
	uint8_t key[RECORD_KEY];
	char name[RECORD_NAME + 1], community[RECORD_NAME + 1];
	char country[3];
	char contact[RECORD_CONTACT + 1];
	bool has_place;
	int32_t lat, lon;		  /* 1/100000 degree */
	struct addr ep[RECORD_ENDPOINTS]; /* at least one; proven first */
	unsigned n_ep;
	struct prefix prefix[RECORD_PREFIXES];
	unsigned n_prefix;
	bool up;		       /* answered within the last 15 minutes */
	int64_t first_seen;	       /* seconds since 1970 */
	uint32_t observed;	       /* seconds */
	uint8_t day[ENTRY_DAYS];       /* percent answered, newest last */
	uint8_t uptime_7d, uptime_30d; /* percent, or ENTRY_NO_DAY */
	uint32_t rtt_us;	       /* 0: not known */
	uint8_t load;		       /* percent, or RECORD_LOAD_UNKNOWN */
	uint8_t accepts;	       /* enum record_accepts */
	uint8_t record[RECORD_MAX];    /* the owner's own words, signed */
	size_t record_len;	       /* 0: not given */
};

struct entry_list {
	char network[ENTRY_NETWORK + 1];
	char publisher[ENTRY_PUBLISHER + 1];
	uint64_t serial;			     /* never goes back */
	int64_t generated, fresh_until, valid_until; /* seconds since 1970 */
	struct entry_server *server;		     /* owned */
	unsigned n;
};

/*
 * Reads a list whose signature holds. Unknown members are ignored. False and
 * *ret_why (static, a clause naming the member and what was expected) for what
 * is no list: too large, too many, deep, truncated, a member out of range.
 */
bool entry_parse(
    const char *p, size_t len, struct entry_list *ret, const char **ret_why);
void entry_fini(struct entry_list *l);

/* The text, one server a line, for free(); *ret_len without its NUL. */
char *entry_write(const struct entry_list *l, size_t *ret_len);

#endif
