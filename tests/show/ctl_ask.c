/*
 * The control socket of a running vplamad, for tests/show/bad-lists.
 *
 *	ctl_ask SOCKET call COMMAND [ARGUMENTS]
 *	ctl_ask SOCKET delay SECONDS
 *	ctl_ask SOCKET live COUNT
 *
 * call: prints the result of one command; ARGUMENTS are JSON. delay: asks every
 * 10 ms; prints "ASKED P50 P99 MOST", the last three in microseconds.
 * live: waits for the daemon and for so many live tunnels; prints when that
 * was, in milliseconds since 1970.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/xmem.h"
#include "tests/show/asked.h"

#define GAP_US 10000u

static void
call(struct client *ctl, const char *cmd, const char *args)
{
	struct json_object *reply = client_call(
	    ctl, cmd, args != NULL ? json_tokener_parse(args) : NULL);

	if (reply == NULL)
		fatalx("%s: %s", cmd, ctl->why);
	printf("%s\n",
	    json_object_to_json_string_ext(
		json_object_object_get(reply, "result"),
		JSON_C_TO_STRING_PRETTY));
	json_object_put(reply);
}

static int
by_size(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void
delay(struct client *ctl, unsigned seconds)
{
	const uint64_t end = clock_mono().us + seconds * UINT64_C(1000000);
	size_t most = seconds * (1000000 / GAP_US) + 2, n = 0;
	uint64_t *took = xcalloc(most, sizeof(*took)), began,
		 next = clock_mono().us;

	while ((began = clock_mono().us) < end && n < most) {
		struct json_object *reply = client_call(ctl, "counters", NULL);
		struct timespec ts;

		if (reply == NULL)
			fatalx("counters: %s", ctl->why);
		json_object_put(reply);
		took[n++] = clock_mono().us - began;
		for (next += GAP_US; next < clock_mono().us; next += GAP_US)
			;
		ts.tv_sec = 0;
		ts.tv_nsec = (long)(next - clock_mono().us) * 1000;
		nanosleep(&ts, NULL);
	}
	qsort(took, n, sizeof(*took), by_size);
	printf("%zu %llu %llu %llu\n", n, (unsigned long long)took[n / 2],
	    (unsigned long long)took[n * 99 / 100],
	    (unsigned long long)took[n - 1]);
	free(took);
}

static unsigned
live(struct client *ctl)
{
	struct json_object *reply = client_call(ctl, "show", NULL), *peers;
	unsigned n = 0;
	size_t i;

	if (reply == NULL)
		fatalx("show: %s", ctl->why);
	peers = json_object_object_get(
	    json_object_object_get(reply, "result"), "peers");
	for (i = 0; i < json_object_array_length(peers); i++)
		n += strcmp(json_object_get_string(json_object_object_get(
				json_object_array_get_idx(peers, i), "state")),
			 "vrnode") == 0;
	json_object_put(reply);
	return n;
}

static void
pause_a_little(void)
{
	const struct timespec ts = { 0, GAP_US * 1000 };

	nanosleep(&ts, NULL);
}

static void
wait_live(const char *path, unsigned count)
{
	struct client ctl;

	while (!client_open(&ctl, path))
		pause_a_little();
	while (live(&ctl) < count)
		pause_a_little();
	printf("%" PRIu64 "\n", clock_wall_us() / 1000);
	client_close(&ctl);
}

int
main(int argc, char **argv)
{
	struct client ctl;

	log_init("ctl_ask", LOG_LV_INFO);
	if (argc < 4)
		fatalx("usage: ctl_ask SOCKET call COMMAND [ARGUMENTS] | "
		       "delay SECONDS | live COUNT");
	if (strcmp(argv[2], "live") == 0) {
		wait_live(argv[1], (unsigned)strtoul(argv[3], NULL, 10));
		return 0;
	}
	ctl_connect(&ctl, argv[1]);
	if (strcmp(argv[2], "call") == 0)
		call(&ctl, argv[3], argc > 4 ? argv[4] : NULL);
	else
		delay(&ctl, (unsigned)strtoul(argv[3], NULL, 10));
	client_close(&ctl);
	return 0;
}
