/* How we are made known to others: as text, read aloud, or to a camera. */
#ifndef VPLAM_VPLAMCTL_INVITE_H
#define VPLAM_VPLAMCTL_INVITE_H

#include "vplamctl/out.h"
#include "wire/qr.h"
#include "wire/uri.h"

#define BEACON_GROUPS (BEACON_TEXT + BEACON_TEXT / 4)

/* In groups of four. */
void invite_group(const char *beacon, char ret[static BEACON_GROUPS]);

/* Two rows of the code in each line of the terminal, white around it. */
void invite_draw(struct out *o, const struct qr *code);

#endif
