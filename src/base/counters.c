#include "base/counters.h"

static const struct {
	const char *name, *text;
} names[] = {
#define COUNTER(id, text) { #id, text },
#include "base/counters.def"
#undef COUNTER
};

const char *
counter_name(enum counter id)
{
	return names[id].name;
}

const char *
counter_text(enum counter id)
{
	return names[id].text;
}
