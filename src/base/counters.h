/* What happened, by reason: one line each in counters.def. */
#ifndef VPLAM_BASE_COUNTERS_H
#define VPLAM_BASE_COUNTERS_H

#include <stdint.h>

enum counter {
#define COUNTER(id, text) CNT_##id,
#include "base/counters.def"
#undef COUNTER
	CNT_MAX
};

struct counters {
	uint64_t v[CNT_MAX];
};

static inline void
count(struct counters *c, enum counter id)
{
	c->v[id]++;
}

static inline void
count_n(struct counters *c, enum counter id, uint64_t n)
{
	c->v[id] += n;
}

const char *counter_name(enum counter id); /* as in JSON: lower case */
const char *counter_text(enum counter id); /* one sentence for people */

#endif
