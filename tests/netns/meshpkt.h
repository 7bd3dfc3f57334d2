/*
 * The packet that stand-in mesh daemons flood: like one of ntkd, it has parts
 * that stay (origin, id) and a list that grows by one name at each hop.
 *
 * u64 id, u64 born, u8 length and origin, u8 count and that many hops (u8
 * length and name each), then a filling that follows from the id.
 */
#ifndef VPLAM_TESTS_NETNS_MESHPKT_H
#define VPLAM_TESTS_NETNS_MESHPKT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rd.h"
#include "base/wr.h"

#define MESHPKT_NAME_MAX 24
#define MESHPKT_KEY (8 + MESHPKT_NAME_MAX)

struct meshpkt {
	uint64_t id;
	uint64_t born_ms; /* wall clock */
	char origin[MESHPKT_NAME_MAX + 1];
	uint8_t hops;
	const uint8_t *hop; /* borrowed: the list, hop_len bytes */
	size_t hop_len;
	size_t fill; /* bytes */
};

/* false when it is malformed or a byte of the filling is not what it was. */
bool meshpkt_parse(struct rd r, struct meshpkt *ret);

/* Writes pk, with via as one more hop unless that is NULL. */
void meshpkt_write(struct wr *w, const struct meshpkt *pk, const char *via);

/* What stays the same at each hop. */
void meshpkt_key(const struct meshpkt *pk, uint8_t ret[MESHPKT_KEY]);

#endif
