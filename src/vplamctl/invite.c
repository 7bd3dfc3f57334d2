#include "vplamctl/invite.h"

void
invite_group(const char *beacon, char ret[static BEACON_GROUPS])
{
	size_t i, n = 0;

	for (i = 0; beacon[i] != '\0' && i < BEACON_TEXT - 1; i++) {
		if (i > 0 && i % 4 == 0)
			ret[n++] = ' ';
		ret[n++] = beacon[i];
	}
	ret[n] = '\0';
}

/* Coordinates count from the corner of the white border. */
static bool
is_light(const struct qr *code, unsigned row, unsigned col)
{
	if (row < QR_QUIET || col < QR_QUIET || row >= code->side + QR_QUIET ||
	    col >= code->side + QR_QUIET)
		return true;
	return !code->dark[row - QR_QUIET][col - QR_QUIET];
}

void
invite_draw(struct out *o, const struct qr *code)
{
	/* By light above (2) and below (1); the terminal's ground is dark. */
	static const char *const blocks[] = { " ", "\xe2\x96\x84",
		"\xe2\x96\x80", "\xe2\x96\x88" };
	unsigned side = code->side + 2 * QR_QUIET, row, col;

	for (row = 0; row < side; row += 2) {
		if (o->colour) /* whatever the terminal's colours are */
			fputs("\033[97;40m", o->f);
		for (col = 0; col < side; col++)
			fputs(blocks[2 * is_light(code, row, col) +
				  is_light(code, row + 1, col)],
			    o->f);
		fputs(o->colour ? "\033[0m\n" : "\n", o->f);
	}
}
