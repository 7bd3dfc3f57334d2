/* Typed monotonic time: microseconds since some start, never wall clock. */
#ifndef VPLAM_BASE_MONO_H
#define VPLAM_BASE_MONO_H

#include <stdbool.h>
#include <stdint.h>

struct mono {
	uint64_t us;
};

#define MONO_SEC 1000000u /* microseconds */
#define MONO_MS 1000u
#define MONO_NEVER ((struct mono){ UINT64_MAX }) /* a deadline that is off */

static inline struct mono
mono_add(struct mono t, uint64_t us)
{
	return (struct mono){ us > UINT64_MAX - t.us ? UINT64_MAX : t.us + us };
}

/* Microseconds from a to b; 0 when b lies before a. */
static inline uint64_t
mono_since(struct mono a, struct mono b)
{
	return b.us > a.us ? b.us - a.us : 0;
}

static inline bool
mono_before(struct mono a, struct mono b)
{
	return a.us < b.us;
}

/* A deadline is due at its own instant; MONO_NEVER never is. */
static inline bool
mono_due(struct mono deadline, struct mono now)
{
	return deadline.us != UINT64_MAX && deadline.us <= now.us;
}

static inline struct mono
mono_min(struct mono a, struct mono b)
{
	return a.us < b.us ? a : b;
}

static inline bool
mono_is_never(struct mono t)
{
	return t.us == UINT64_MAX;
}

#endif
