/* Tells when an interface goes up or down, by whoever's hand. */
#ifndef VPLAM_IO_LINKWATCH_H
#define VPLAM_IO_LINKWATCH_H

#include <stdbool.h>

struct linkwatch;
struct loop;

/*
 * changed: the interface of that number is up or not, which is told at other
 * changes of it, too. Number 0: any may have changed, the kernel was faster
 * than we. NULL, and errno, where it cannot be watched.
 */
struct linkwatch *linkwatch_new(struct loop *l,
    void (*changed)(void *arg, unsigned index, bool up), void *arg);
void linkwatch_free(struct linkwatch *lw); /* fine on NULL */

#endif
