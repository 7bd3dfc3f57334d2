/* Sizes and times as people like to read them. */
#ifndef VPLAM_VPLAMCTL_HUMAN_H
#define VPLAM_VPLAMCTL_HUMAN_H

#include <stdint.h>

#define HUMAN_TEXT 96 /* bytes that any of these texts fits */

/* "1.20 MiB"; writes to buf and returns it, as the others do. */
const char *human_bytes(uint64_t n, char buf[static HUMAN_TEXT]);

/* "1 minute, 3 seconds", down to seconds; "0 seconds". */
const char *human_span(uint64_t seconds, char buf[static HUMAN_TEXT]);

/* The same with "ago"; "now". */
const char *human_ago(uint64_t seconds, char buf[static HUMAN_TEXT]);

/* "2026-11-21 22:11 UTC", of seconds since 1970. */
const char *human_date(int64_t t, char buf[static HUMAN_TEXT]);

/* "12.3 ms" */
const char *human_rtt(uint64_t us, char buf[static HUMAN_TEXT]);

#endif
