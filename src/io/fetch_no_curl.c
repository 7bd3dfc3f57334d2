#include "io/fetch_part.h"

#include "base/xmem.h"

bool
fetch_https(void)
{
	return false;
}

static void *
https_begin(const struct fetch_ask *ask, fetch_got_fn *done, void *arg)
{
	struct fetch_got *got = xcalloc(1, sizeof(*got));

	(void)ask;
	fetch_got_fail(got, "this build has no HTTPS");
	done(arg, got);
	return got;
}

static void
https_end(void *part)
{
	free(part);
}

const struct fetch_ops fetch_https_ops = { https_begin, https_end };
