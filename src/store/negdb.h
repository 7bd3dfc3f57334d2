/* The rows of what the negotiation of addresses remembers. */
#ifndef VPLAM_STORE_NEGDB_H
#define VPLAM_STORE_NEGDB_H

#include "store/row.h"

extern const struct row_kind negdb_self, negdb_network, negdb_move,
    negdb_reserve, negdb_demand;

#endif
