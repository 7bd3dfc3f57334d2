/*
 * Memory that runs out: what a program asks of try_...() in base/xmem is
 * refused from time to time. It is linked with -Wl,--wrap for each of them.
 */
#ifndef VPLAM_TESTS_STARVE_H
#define VPLAM_TESTS_STARVE_H

/* The n-th from now on is refused, once; 0: none is. */
void starve_after(unsigned n);

#endif
