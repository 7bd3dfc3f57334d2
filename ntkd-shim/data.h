/*
 * The data of all tunnels: IP packets between the TUN in our namespace and a
 * device of vplamad, a Unix socket that keeps records; and the routes that lead
 * into the TUN.
 */
#ifndef VPLAM_NTKD_SHIM_DATA_H
#define VPLAM_NTKD_SHIM_DATA_H

#include <stddef.h>
#include <stdint.h>

#include "base/prefix.h"
#include "ntkd-shim/filter.h"
#include "ntkd-shim/loop.h"
#include "ntkd-shim/netns.h"

struct data_claim;

struct data {
	struct loop *loop;
	struct netns *ns;
	const char *path;	 /* of vplamad's device; borrowed */
	struct source tun, sock; /* fd -1: there is none */
	uint8_t *held;	   /* a packet that vplamad was too busy for, or NULL */
	size_t held_len;   /* as long as it is there the TUN has to wait */
	struct mono again; /* when to connect again */
	uint64_t backoff_us;
	struct data_claim *claim;
	size_t n_claims;

	/* Packets. */
	uint64_t out, in; /* from ntkd, from the tunnels */
	uint64_t lost;	  /* nobody took them */
	uint64_t judged[FILTER_VERDICTS];
};

/* 0 or -errno, and the log says why. */
int data_open(
    struct data *d, struct loop *loop, struct netns *ns, const char *path);
void data_close(struct data *d);

/* Where data goes by the tunnel of this peer, in place of before. */
void data_route(
    struct data *d, uint32_t peer, const struct prefix *p, size_t n);

struct mono data_deadline(const struct data *d);
void data_tick(struct data *d, struct mono now);

void data_report(const struct data *d); /* the counters, into the log */

#endif
