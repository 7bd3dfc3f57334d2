#include "base/clock.h"

#include "base/log.h"

static uint64_t
read_ns(clockid_t id)
{
	struct timespec ts;

	if (clock_gettime(id, &ts) < 0)
		fatal("clock_gettime");
	if (ts.tv_sec < 0)
		return 0;
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

struct mono
clock_boot(void)
{
	return (struct mono){ read_ns(CLOCK_BOOTTIME) / 1000 };
}

struct mono
clock_mono(void)
{
	return (struct mono){ read_ns(CLOCK_MONOTONIC) / 1000 };
}

uint64_t
clock_mono_ns(void)
{
	return read_ns(CLOCK_MONOTONIC);
}

uint64_t
clock_wall_us(void)
{
	return read_ns(CLOCK_REALTIME) / 1000;
}

int64_t
clock_wall(void)
{
	return (int64_t)(clock_wall_us() / MONO_SEC);
}

struct timespec
clock_timespec(struct mono t)
{
	return (struct timespec){ .tv_sec = (time_t)(t.us / MONO_SEC),
		.tv_nsec = (long)(t.us % MONO_SEC) * 1000 };
}
