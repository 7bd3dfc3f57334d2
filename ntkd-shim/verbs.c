#include "ntkd-shim/verbs.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"

bool
shim_number(
    const char *what, const char *s, unsigned min, unsigned max, unsigned *ret)
{
	char *end;
	unsigned long v;

	errno = 0;
	v = strtoul(s, &end, 10);
	if (s[0] < '0' || s[0] > '9' || *end != '\0' || errno != 0 || v < min ||
	    v > max) {
		log_warnx("%s must be a number from %u to %u, not \"%s\"", what,
		    min, max, s);
		return false;
	}
	*ret = (unsigned)v;
	return true;
}
