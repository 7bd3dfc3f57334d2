/*
 * Memory that runs out: what a program asks of try_...() in base/xmem is
 * refused where a test says so, and counted. It is linked with $(starve_wrap).
 */
#ifndef VPLAM_TESTS_STARVE_H
#define VPLAM_TESTS_STARVE_H

#include <limits.h>
#include <stdbool.h>

#define STARVE_ALL UINT_MAX

/* From now on the requests from number first, of 1, to last are refused. */
void starve(unsigned first, unsigned last);
void starve_end(void);

/* The n-th alone; 0: none. */
static inline void
starve_once(unsigned n)
{
	starve(n, n);
}

/* Since starve(). */
bool starve_is_on(void);
unsigned starve_asked(void);
unsigned starve_refused(void);

#endif
