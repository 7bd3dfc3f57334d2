/* Addresses of sockets, for tests; what fails, fails the test. */
#ifndef VPLAM_TESTS_UNIT_SOCK_H
#define VPLAM_TESTS_UNIT_SOCK_H

#include "base/addr.h"

struct addr sock_addr(const char *text); /* port 0 unless text names one */
struct addr sock_name(int fd);		 /* what fd is bound to */

#endif
