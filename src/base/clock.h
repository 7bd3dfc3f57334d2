/* The clocks of the machine, read in one place. */
#ifndef VPLAM_BASE_CLOCK_H
#define VPLAM_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

#include "base/mono.h"

/* CLOCK_BOOTTIME: goes on while the machine sleeps. What peers agree on. */
struct mono clock_boot(void);

/* CLOCK_MONOTONIC: stands still then. For waits of ours, with condattrs. */
struct mono clock_mono(void);

/* The same in nanoseconds, to measure what is short. */
uint64_t clock_mono_ns(void);

/* The wall clock since 1970, never below 0: in seconds, and finer. */
int64_t clock_wall(void);
uint64_t clock_wall_us(void);

/* A time, or a span, as system calls want it. */
struct timespec clock_timespec(struct mono t);

#endif
