#include <stdio.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "tests/flood/flood.h"
#include "tests/tool.h"

#define STEP_NS 100000
#define BEHIND 0.02 /* seconds that may be made up for */

struct pace
pace_begin(double rate, double seconds)
{
	struct mono now = tool_now();

	return (struct pace){ .signals = tool_signals(),
		.start = now,
		.end = mono_add(now, (uint64_t)(seconds * MONO_SEC)),
		.rate = rate };
}

bool
pace_over(const struct pace *p)
{
	struct signalfd_siginfo si;

	return !mono_before(tool_now(), p->end) ||
	    read(p->signals, &si, sizeof(si)) > 0;
}

unsigned
pace_due(struct pace *p)
{
	const struct timespec step = { .tv_nsec = STEP_NS };
	double passed = (double)mono_since(p->start, tool_now()) / MONO_SEC;
	double due = passed * p->rate - (double)p->sent - (double)p->lost;

	if (due < 1) {
		nanosleep(&step, NULL);
		return 0;
	}
	if (due > BEHIND * p->rate + BATCH)
		p->lost += (uint64_t)(due - BEHIND * p->rate);
	return due < BATCH ? (unsigned)due : BATCH;
}

void
pace_print(const struct pace *p)
{
	double passed = (double)mono_since(p->start, tool_now()) / MONO_SEC;

	printf("sent=%llu seconds=%.2f rate=%.0f", (unsigned long long)p->sent,
	    passed, (double)p->sent / passed);
}
