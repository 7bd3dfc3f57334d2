/* What a stand-in mesh daemon got, by packet, and the report of it. */
#ifndef VPLAM_TESTS_NETNS_LEDGER_H
#define VPLAM_TESTS_NETNS_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/htab.h"
#include "tests/netns/meshpkt.h"

enum ledger_from { FROM_VPLAMAD, FROM_MESH };

struct ledger {
	struct htab tab;
	struct got **got; /* in the order of arrival */
	size_t n, max;
};

void ledger_init(struct ledger *l);
void ledger_fini(struct ledger *l);

/* Counts an arrival; true when the packet was not known before. */
bool ledger_note(struct ledger *l, const struct meshpkt *pk,
    enum ledger_from from, uint64_t at_ms);

/*
 * One line for each packet:
 * got origin=NAME id=N vplamad=TIMES mesh=TIMES first=vplamad|mesh at=MS
 * born=MS hops=N     (times on the wall clock; at, hops: of the first arrival)
 */
void ledger_print(const struct ledger *l, FILE *f);

#endif
