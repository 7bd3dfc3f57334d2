/*
 * A text as a QR code, by libqrencode; without it there is none (qr_none.c).
 */
#ifndef VPLAM_WIRE_QR_H
#define VPLAM_WIRE_QR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QR_SIDE_MAX 177
#define QR_QUIET 4 /* modules of white that belong around it */

struct qr {
	unsigned side;
	bool dark[QR_SIDE_MAX][QR_SIDE_MAX]; /* [row][column] */
};

bool qr_built_in(void);
/* False: too long, or not built in. */
bool qr_make(const char *text, struct qr *ret);

#endif
