#include "tests/relay/weather.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOLD_DEFAULT_US 10000u
#define TIME_MAX_US 60000000u
#define LEAVES_ASIDE 1u /* keeps datagrams of one instant in order */

void
weather_init(struct weather *w)
{
	*w = (struct weather){ .hold_us = HOLD_DEFAULT_US };
}

void
lane_init(struct lane *l, uint64_t seed, unsigned number)
{
	struct rng from = { seed ^ ((uint64_t)number << 32) };

	*l = (struct lane){ 0 };
	l->rng.s = rng_next(&from);
}

/* When the line has taken len bytes in; false if it is too far behind. */
static bool
take_turn(struct lane *l, uint64_t rate_bps, size_t len, struct mono now,
    struct mono *ret)
{
	struct mono start = mono_before(l->busy, now) ? now : l->busy;

	*ret = now;
	if (rate_bps == 0)
		return true;
	if (mono_since(now, start) > WEATHER_QUEUE_US)
		return false;
	l->busy = mono_add(start, (uint64_t)len * 8 * MONO_SEC / rate_bps);
	*ret = l->busy;
	return true;
}

/* The delay with its jitter; draw is in [0, 1). */
static uint64_t
wait_us(const struct weather *w, double draw)
{
	double us = (double)w->delay_us + (2 * draw - 1) * (double)w->jitter_us;

	return us > 0 ? (uint64_t)us : 0;
}

/* A datagram that keeps its place leaves behind the one before it. */
static struct mono
in_order(struct lane *l, struct mono at)
{
	if (!mono_before(l->last, at))
		at = mono_add(l->last, LEAVES_ASIDE);
	l->last = at;
	return at;
}

struct fate
weather_decide(
    const struct weather *w, struct lane *l, size_t len, struct mono now)
{
	bool lost = rng_unit(&l->rng) < w->loss;
	bool dup = rng_unit(&l->rng) < w->dup;
	bool reorder = rng_unit(&l->rng) < w->reorder;
	bool corrupt = rng_unit(&l->rng) < w->corrupt;
	double jitter = rng_unit(&l->rng);
	uint64_t bit = rng_next(&l->rng);
	struct fate f = { 0, { now, now }, FATE_INTACT };
	struct mono at;

	l->n.received++;
	if (w->blackhole) {
		l->n.blackholed++;
		return f;
	}
	if (lost) {
		l->n.lost++;
		return f;
	}
	if (!take_turn(l, w->rate_bps, len, now, &at)) {
		l->n.overrun++;
		return f;
	}
	at = mono_add(at, wait_us(w, jitter));
	f.at[0] = reorder ? mono_add(at, w->hold_us) : in_order(l, at);
	f.copies = 1;
	l->n.reordered += reorder;
	if (dup) {
		f.at[1] = mono_add(f.at[0], LEAVES_ASIDE);
		f.copies = 2;
		l->n.dup++;
	}
	if (corrupt && len > 0) {
		f.flip = (size_t)(bit % (len * 8));
		l->n.corrupted++;
	}
	return f;
}

static bool
set_share(const char *s, void *field)
{
	char *end;
	double v = strtod(s, &end);

	if (end == s || *end != '\0' || !(v >= 0 && v <= 1))
		return false;
	*(double *)field = v;
	return true;
}

struct unit {
	const char *name;
	double factor;
};

static bool
with_unit(const char *s, const struct unit *u, double max, uint64_t *ret)
{
	char *end;
	double v = strtod(s, &end);

	if (end == s)
		return false;
	for (; u->name != NULL; u++) {
		if (strcmp(end, u->name) != 0)
			continue;
		if (!(v >= 0 && v * u->factor <= max))
			return false;
		*ret = (uint64_t)(v * u->factor);
		return true;
	}
	return false;
}

static bool
set_time(const char *s, void *field)
{
	static const struct unit units[] = { { "us", 1 }, { "ms", 1000 },
		{ "s", 1000000 }, { NULL, 0 } };

	return with_unit(s, units, TIME_MAX_US, field);
}

static bool
set_rate(const char *s, void *field)
{
	static const struct unit units[] = { { "kbit", 1e3 }, { "mbit", 1e6 },
		{ "gbit", 1e9 }, { NULL, 0 } };
	uint64_t v = 0;

	if (strcmp(s, "off") != 0 && (!with_unit(s, units, 1e12, &v) || v == 0))
		return false;
	*(uint64_t *)field = v;
	return true;
}

static bool
set_switch(const char *s, void *field)
{
	bool on = strcmp(s, "on") == 0;

	if (!on && strcmp(s, "off") != 0)
		return false;
	*(bool *)field = on;
	return true;
}

static const struct setting {
	const char *name;
	size_t off;
	bool (*set)(const char *s, void *field);
	size_t off2; /* of an optional second value, a time; 0: none */
} settings[] = {
	{ "loss", offsetof(struct weather, loss), set_share, 0 },
	{ "dup", offsetof(struct weather, dup), set_share, 0 },
	{ "reorder", offsetof(struct weather, reorder), set_share,
	    offsetof(struct weather, hold_us) },
	{ "corrupt", offsetof(struct weather, corrupt), set_share, 0 },
	{ "delay", offsetof(struct weather, delay_us), set_time, 0 },
	{ "jitter", offsetof(struct weather, jitter_us), set_time, 0 },
	{ "rate", offsetof(struct weather, rate_bps), set_rate, 0 },
	{ "blackhole", offsetof(struct weather, blackhole), set_switch, 0 },
};

bool
weather_set(struct weather *w, const char *line)
{
	char name[16], value[32], value2[32], extra;
	int n = sscanf(line, "%15s %31s %31s %c", name, value, value2, &extra);
	struct weather new = *w;
	const struct setting *s;
	size_t i;

	for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		s = &settings[i];
		if (n < 2 || strcmp(name, s->name) != 0)
			continue;
		if (n > (s->off2 != 0 ? 3 : 2) ||
		    !s->set(value, (char *)&new + s->off))
			return false;
		if (n == 3 && !set_time(value2, (char *)&new + s->off2))
			return false;
		*w = new;
		return true;
	}
	return false;
}
