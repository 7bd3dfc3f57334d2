/*
 * Which packets from a tunnel may reach ntkd's host: ntkd knows no
 * authentication, so nobody at the other end of a tunnel may speak to it.
 */
#ifndef VPLAM_NTKD_SHIM_FILTER_H
#define VPLAM_NTKD_SHIM_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum filter_verdict {
	FILTER_PASS,
	FILTER_NTK,   /* to port 269, TCP or UDP */
	FILTER_ANDNA, /* to port 277 from an address that nobody has claimed */
	FILTER_BAD,   /* no IPv4, or its ports are hidden */
	FILTER_VERDICTS
};

typedef bool filter_known_fn(void *arg, const uint8_t src[4]);

/* Looks into packets within packets (IPIP) as well. known: is it claimed? */
enum filter_verdict filter_judge(
    const uint8_t *p, size_t len, filter_known_fn *known, void *arg);

const char *filter_name(enum filter_verdict v); /* "port 269" */

#endif
