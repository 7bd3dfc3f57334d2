#include "number.h"

#include <stdlib.h>

#include "base/log.h"

double
sim_number(const char *s, double min, double max)
{
	char *end;
	double v = strtod(s, &end);

	if (*s == '\0' || *end != '\0' || !(v >= min && v <= max))
		fatalx("%s: expected a number from %g to %g", s, min, max);
	return v;
}
