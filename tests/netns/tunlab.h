/* Network namespaces for tests of devices, and what a user sees in them. */
#ifndef VPLAM_TESTS_TUNLAB_H
#define VPLAM_TESTS_TUNLAB_H

#include <stdbool.h>

/* Why such tests cannot run here, or NULL. */
const char *lab_lacks(void);

/* A new network namespace, entered, its loopback up; the caller's to close. */
int lab_ns(void);
void lab_enter(int ns);

/* /sys shows this namespace from now on, in this process and its children. */
void lab_sys(void);

/* Does the output of a command (fmt ...) contain what? */
bool lab_says(const char *what, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The command must succeed. */
void lab_do(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
