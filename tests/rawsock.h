/* Packets to and from a device as they are there, past the network stack. */
#ifndef VPLAM_TESTS_RAWSOCK_H
#define VPLAM_TESTS_RAWSOCK_H

#include <stdbool.h>
#include <sys/socket.h>

/*
 * Sends by a device, and receives all of it, as it is there; what fails is
 * fatal.
 */
int raw_open(const char *device, bool receives);

/* Sends all n, and waits where the device is slower. */
void raw_put(int fd, struct mmsghdr *msg, unsigned n);

#endif
