#include "wire/qr.h"

#include <qrencode.h>
#include <string.h>

bool
qr_built_in(void)
{
	return true;
}

bool
qr_make(const char *text, struct qr *ret)
{
	QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
	unsigned row, col, side;

	memset(ret, 0, sizeof(*ret));
	if (code == NULL)
		return false;
	side = (unsigned)code->width;
	if (side <= QR_SIDE_MAX) {
		ret->side = side;
		for (row = 0; row < side; row++)
			for (col = 0; col < side; col++)
				ret->dark[row][col] =
				    (code->data[row * side + col] & 1) != 0;
	}
	QRcode_free(code);
	return ret->side > 0;
}
