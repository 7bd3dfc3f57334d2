/*
 * How reliably a vnode answered: percent for each of the last 72 hours and 30
 * days. Time is minutes of our own watching, so no clock moves it.
 */
#ifndef VPLAM_BOOK_UPTIME_H
#define VPLAM_BOOK_UPTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UPTIME_HOURS 72
#define UPTIME_DAYS 30
#define UPTIME_NONE 255	 /* nobody looked */
#define UPTIME_BYTES 128 /* at most, as saved */

struct uptime {
	uint32_t at; /* minutes watched when it was last brought up to date */
	uint8_t hour[UPTIME_HOURS]; /* percent, newest last, without this one */
	uint8_t day[UPTIME_DAYS];
	uint16_t hour_up, hour_seen; /* minutes of the hour that runs */
	uint16_t day_up, day_seen;
	uint32_t up_at; /* the last minute with contact; 0: none */
};

void uptime_init(struct uptime *u, uint32_t watched);

/* One more minute has passed, the watched-th, and it was up or not. */
void uptime_minute(struct uptime *u, uint32_t watched, bool up);

/* Moves on to that minute; what lies between was not looked at. */
void uptime_move(struct uptime *u, uint32_t watched);

/*
 * Percent over the last so many hours (or days) and the one that runs, rounded
 * down; UPTIME_NONE: nobody looked in any of them.
 */
unsigned uptime_hours(const struct uptime *u, unsigned hours);
unsigned uptime_days(const struct uptime *u, unsigned days);

/* For the store; read returns false for what it did not write. */
size_t uptime_write(const struct uptime *u, uint8_t out[UPTIME_BYTES]);
bool uptime_read(const uint8_t *p, size_t len, struct uptime *ret);

#endif
