/* Many packets into a device, no faster than the other side counts them. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "tests/show/asked.h"
#include "tests/show/rawpkt.h"
#include "wire/be.h"

#define BATCH 128	 /* packets on the way: what every queue holds */
#define PATIENCE_MS 5000 /* for one that does not come */
#define PACE_US 100
#define PAYLOAD 32

static void
pause_us(unsigned us)
{
	const struct timespec ts = { .tv_nsec = (long)us * 1000 };

	nanosleep(&ts, NULL);
}

static uint64_t
counted(struct client *ctl, const char *name)
{
	struct counters now;
	unsigned i;

	counters_get(ctl, &now);
	for (i = 0; i < CNT_MAX; i++)
		if (strcmp(counter_name((enum counter)i), name) == 0)
			return now.v[i];
	fatalx("%s: no counter of this name", name);
}

/* Packets first to first + n - 1. */
static void
send_batch(const struct args *a, int fd, unsigned first, unsigned n)
{
	uint8_t buf[BATCH][RAW_HEAD + PAYLOAD];
	struct mmsghdr msg[BATCH];
	struct iovec iov[BATCH];
	unsigned i;

	memset(msg, 0, sizeof(msg));
	for (i = 0; i < n; i++) {
		struct wr w = wr_of(buf[i], sizeof(buf[i]));
		uint8_t data[PAYLOAD] = { 0 };

		be32_put(data, first + i);
		raw_write(a, first + i, data, sizeof(data), &w);
		iov[i] = (struct iovec){ buf[i], w.len };
		msg[i].msg_hdr.msg_iov = &iov[i];
		msg[i].msg_hdr.msg_iovlen = 1;
	}
	raw_put(fd, msg, n);
}

/* Until as many are counted as were sent; false when some are missing. */
static bool
catch_up(struct client *ctl, const char *name, uint64_t all)
{
	unsigned ms;

	for (ms = 0; ms < PATIENCE_MS * 1000 / PACE_US; ms++) {
		if (counted(ctl, name) >= all)
			return true;
		pause_us(PACE_US);
	}
	return false;
}

int
raw_flood(const struct args *a)
{
	int fd = raw_open(a->device, true);
	uint64_t before;
	struct client ctl;
	unsigned sent = 0;
	bool ok = true;

	if (a->control == NULL || a->counted == NULL)
		fatalx("flood: who counts what?");
	ctl_connect(&ctl, a->control);
	before = counted(&ctl, a->counted);
	while (ok && sent < a->n) {
		unsigned n = a->n - sent < BATCH ? a->n - sent : BATCH;

		send_batch(a, fd, sent, n);
		sent += n;
		ok = catch_up(&ctl, a->counted, before + sent);
	}
	pause_us(100000); /* none may come more than once */
	printf("sent %u counted %llu\n", sent,
	    (unsigned long long)(counted(&ctl, a->counted) - before));
	client_close(&ctl);
	close(fd);
	return 0;
}
