/*
 * Our own line to the Internet: other addresses, another default route, an
 * interface that is back, or we slept. Who was reached may be so no more, and
 * who was not may be. Each is asked within LINE_SPREAD_US, not all at once.
 */
#ifndef VPLAM_CORE_LINE_H
#define VPLAM_CORE_LINE_H

#include <stdint.h>

#define LINE_SPREAD_US (400 * MONO_MS)

struct core;
struct peer;
struct turn;

/*
 * TM_LINE is due: a live peer gets a probe, and an initiation in the open when
 * that is not answered; another is dialled without back-off.
 */
void line_due(struct core *c, struct peer *p, struct turn *t);

/* The answer to probe seq came: it got there and back. */
void line_reply(struct core *c, struct peer *p, uint32_t seq);

#endif
