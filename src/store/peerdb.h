/* The rows of what the address book and the entry lists remember. */
#ifndef VPLAM_STORE_PEERDB_H
#define VPLAM_STORE_PEERDB_H

#include "store/row.h"

extern const struct row_kind peerdb_watch, peerdb_revoked, peerdb_peer,
    peerdb_list;

#endif
