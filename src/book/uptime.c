#include "book/uptime.h"

#include <string.h>

#include "base/rd.h"
#include "base/wr.h"

#define HOUR 60u  /* minutes */
#define DAY 1440u /* minutes */
#define LAYOUT 1
#define AT_MAX 100000000u /* 190 years of watching: then it is damage */

static uint8_t
percent(unsigned up, unsigned seen)
{
	return (uint8_t)(seen == 0 ? UPTIME_NONE : 100 * up / seen);
}

/* The oldest fall out at the left; v comes first, then nobody looked. */
static void
shift(uint8_t *p, size_t n, size_t steps, uint8_t v)
{
	size_t keep = steps < n ? n - steps : 0;

	if (steps == 0)
		return;
	memmove(p, p + (n - keep), keep);
	memset(p + keep, UPTIME_NONE, n - keep);
	if (steps <= n)
		p[keep] = v;
}

void
uptime_init(struct uptime *u, uint32_t watched)
{
	memset(u, 0, sizeof(*u));
	memset(u->hour, UPTIME_NONE, sizeof(u->hour));
	memset(u->day, UPTIME_NONE, sizeof(u->day));
	u->at = watched;
}

void
uptime_move(struct uptime *u, uint32_t watched)
{
	uint32_t hours, days;

	if (watched <= u->at)
		return;
	hours = watched / HOUR - u->at / HOUR;
	days = watched / DAY - u->at / DAY;
	shift(u->hour, UPTIME_HOURS, hours, percent(u->hour_up, u->hour_seen));
	shift(u->day, UPTIME_DAYS, days, percent(u->day_up, u->day_seen));
	if (hours > 0)
		u->hour_up = u->hour_seen = 0;
	if (days > 0)
		u->day_up = u->day_seen = 0;
	u->at = watched;
}

void
uptime_minute(struct uptime *u, uint32_t watched, bool up)
{
	if (watched <= u->at)
		return; /* that one has been counted */
	/* It belongs to the hour in which it began. */
	uptime_move(u, watched - 1);
	u->hour_seen++;
	u->day_seen++;
	if (up) {
		u->hour_up++;
		u->day_up++;
		u->up_at = watched;
	}
	uptime_move(u, watched);
}

/* The mean over n whole ones of len minutes and one that runs. */
static unsigned
mean(const uint8_t *p, size_t n, unsigned len, unsigned up, unsigned seen)
{
	unsigned sum = 100 * up;
	size_t i;

	for (i = 0; i < n; i++) {
		if (p[i] == UPTIME_NONE)
			continue;
		sum += p[i] * len;
		seen += len;
	}
	return seen == 0 ? UPTIME_NONE : sum / seen;
}

unsigned
uptime_hours(const struct uptime *u, unsigned hours)
{
	size_t n = hours < UPTIME_HOURS ? hours : UPTIME_HOURS;

	return mean(
	    u->hour + (UPTIME_HOURS - n), n, HOUR, u->hour_up, u->hour_seen);
}

unsigned
uptime_days(const struct uptime *u, unsigned days)
{
	size_t n = days < UPTIME_DAYS ? days : UPTIME_DAYS;

	return mean(u->day + (UPTIME_DAYS - n), n, DAY, u->day_up, u->day_seen);
}

size_t
uptime_write(const struct uptime *u, uint8_t out[UPTIME_BYTES])
{
	struct wr w = wr_of(out, UPTIME_BYTES);

	wr_u8(&w, LAYOUT);
	wr_be32(&w, u->at);
	wr_bytes(&w, u->hour, sizeof(u->hour));
	wr_bytes(&w, u->day, sizeof(u->day));
	wr_be16(&w, u->hour_up);
	wr_be16(&w, u->hour_seen);
	wr_be16(&w, u->day_up);
	wr_be16(&w, u->day_seen);
	wr_be32(&w, u->up_at);
	return w.len;
}

static bool
percents(const uint8_t *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (p[i] > 100 && p[i] != UPTIME_NONE)
			return false;
	return true;
}

static bool
sane(const struct uptime *u)
{
	return u->at <= AT_MAX && u->up_at <= u->at + 1 &&
	    percents(u->hour, sizeof(u->hour)) &&
	    percents(u->day, sizeof(u->day)) && u->hour_up <= u->hour_seen &&
	    u->hour_seen <= u->at % HOUR && u->day_up <= u->day_seen &&
	    u->day_seen <= u->at % DAY;
}

bool
uptime_read(const uint8_t *p, size_t len, struct uptime *ret)
{
	struct rd r = rd_of(p, len);
	struct uptime u;
	uint8_t layout;

	memset(&u, 0, sizeof(u));
	if (!rd_u8(&r, &layout) || layout != LAYOUT || !rd_be32(&r, &u.at) ||
	    !rd_bytes(&r, u.hour, sizeof(u.hour)) ||
	    !rd_bytes(&r, u.day, sizeof(u.day)) || !rd_be16(&r, &u.hour_up) ||
	    !rd_be16(&r, &u.hour_seen) || !rd_be16(&r, &u.day_up) ||
	    !rd_be16(&r, &u.day_seen) || !rd_be32(&r, &u.up_at) ||
	    !rd_end(&r) || !sane(&u))
		return false;
	*ret = u;
	return true;
}
