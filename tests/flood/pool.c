#include <string.h>

#include "core/cookie.h"
#include "tests/flood/flood.h"
#include "wire/msg.h"

#define TYPES 8 /* those there are, and two that are none */

static uint16_t
initiation(struct flood *f, uint8_t *p, uint32_t number)
{
	memset(p, 0, INIT_LEN);
	msg_init_head(p, number);
	rng_fill(&f->rng, p + 8, INIT_NOMACS - 8);
	mac1_write(f->mac1key, p, INIT_NOMACS);
	return INIT_LEN;
}

/* One bit of it is wrong. */
static uint16_t
bad_mac1(struct flood *f, uint8_t *p, uint32_t number)
{
	uint16_t len = initiation(f, p, number);

	p[INIT_NOMACS + rng_below(&f->rng, MAC_LEN)] ^=
	    (uint8_t)(1u << rng_below(&f->rng, 8));
	return len;
}

/* Half of it looks like something at its beginning, a quarter by its length. */
static uint16_t
garbage(struct flood *f, uint8_t *p, uint32_t number)
{
	static const uint16_t lens[] = { INIT_LEN, RESP_LEN, COOKIE_LEN,
		IDQ_LEN, IDR_LEN, DATA_MIN };
	size_t len = rng_below(&f->rng, MSG_ROOM);

	if (number % 4 == 0)
		len = lens[rng_below(&f->rng, sizeof(lens) / sizeof(lens[0]))];
	rng_fill(&f->rng, p, len);
	if (len > 0)
		p[0] = (uint8_t)rng_below(&f->rng, TYPES);
	if (len >= 4 && number / 4 % 2 == 0) {
		p[1] = VPL_VERSION;
		p[2] = p[3] = 0;
	}
	return (uint16_t)len;
}

void
pool_fill(struct flood *f)
{
	static uint16_t (*const write[FLOOD_KINDS])(
	    struct flood * f, uint8_t * p, uint32_t number) = {
		[FLOOD_VALID] = initiation,
		[FLOOD_BAD] = bad_mac1,
		[FLOOD_GARBAGE] = garbage,
		[FLOOD_COOKIE] = initiation,
	};
	uint32_t i;

	for (i = 0; i < POOL; i++)
		f->len[i] = write[f->kind](f, f->msg[i], i);
}
