/*
 * A file of recorded ntkd packets, one a line with tab-separated fields:
 * file, seconds, l4, source, destination, wire, op name, op, id, flags, size,
 * uncompressed size, packet in hex, decoded. The first line names them.
 */
#ifndef VPLAM_NTKD_SHIM_CORPUS_H
#define VPLAM_NTKD_SHIM_CORPUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ntkd-shim/ntk.h"

#define CORPUS_ERR 512 /* bytes for a message */

struct corpus_packet {
	unsigned line;
	char *capture; /* "chain3_link1-2.pcap" */
	uint8_t *bytes;
	size_t len;
	struct ntk_packet ntk; /* borrows from bytes */
};

struct corpus {
	struct corpus_packet *pkt;
	size_t n;
};

enum corpus_which {
	CORPUS_ALL,	/* every packet */
	CORPUS_FORWARD, /* what a vnode hands to vplamad, each key once */
};

/*
 * Reads the packets of the chosen captures: names separated by commas, with
 * or without ".pcap"; NULL for all. Every line must be sound, chosen or not.
 * On failure *ret is empty and err says "PATH:LINE: FIELD: why"; a capture
 * without a packet is a failure too.
 */
bool corpus_read(struct corpus *ret, const char *path, const char *captures,
    enum corpus_which which, char err[static CORPUS_ERR]);
void corpus_fini(struct corpus *c);

#endif
