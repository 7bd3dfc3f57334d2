/* Sends a running vplamad what it must refuse, and checks how it does so. */
#ifndef VPLAM_SHOW_BADGRAM_H
#define VPLAM_SHOW_BADGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "tests/show/asked.h"

struct args {
	const char *control;  /* the daemon's control socket */
	const char *mesh;     /* its mesh socket */
	const char *endpoint; /* its UDP address and port */
	const char *network;
	const char *its_key; /* the daemon's private key file */
	const char *our_key; /* ours, of which it knows the public half */
	unsigned step;	     /* of lengths and values: 1 tries all */
};

void figure(const char *name, uint64_t value);

/* Says on standard output what does not hold; returns ok. */
bool holds(bool ok, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Each returns false when something did not hold. */
bool bad_udp(const struct args *a);
bool bad_mesh(const struct args *a);
bool bad_ctl(const struct args *a);

#endif
