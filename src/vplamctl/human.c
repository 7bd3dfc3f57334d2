#include "vplamctl/human.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

const char *
human_bytes(uint64_t n, char buf[static HUMAN_TEXT])
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB",
		"EiB" };
	const size_t last = sizeof(units) / sizeof(units[0]) - 1;
	double v = (double)n / 1024;
	size_t i = 0;

	if (n < 1024) {
		snprintf(buf, HUMAN_TEXT, "%" PRIu64 " B", n);
		return buf;
	}
	/* 1023.995 would be printed as 1024.00 of the smaller unit. */
	while (v >= 1023.995 && i < last) {
		v /= 1024;
		i++;
	}
	snprintf(buf, HUMAN_TEXT, "%.2f %s", v, units[i]);
	return buf;
}

const char *
human_span(uint64_t seconds, char buf[static HUMAN_TEXT])
{
	static const struct {
		uint64_t seconds;
		const char *name;
	} units[] = { { 365 * 86400, "year" }, { 86400, "day" },
		{ 3600, "hour" }, { 60, "minute" }, { 1, "second" } };
	size_t i, len = 0;

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		uint64_t n = seconds / units[i].seconds;

		seconds %= units[i].seconds;
		if (n == 0)
			continue;
		len += (size_t)snprintf(buf + len, HUMAN_TEXT - len,
		    "%s%" PRIu64 " %s%s", len == 0 ? "" : ", ", n,
		    units[i].name, n == 1 ? "" : "s");
	}
	if (len == 0)
		snprintf(buf, HUMAN_TEXT, "0 seconds");
	return buf;
}

const char *
human_ago(uint64_t seconds, char buf[static HUMAN_TEXT])
{
	if (seconds == 0) {
		snprintf(buf, HUMAN_TEXT, "now");
		return buf;
	}
	human_span(seconds, buf);
	strcat(buf, " ago");
	return buf;
}

const char *
human_rtt(uint64_t us, char buf[static HUMAN_TEXT])
{
	snprintf(buf, HUMAN_TEXT, "%" PRIu64 ".%" PRIu64 " ms", us / 1000,
	    us % 1000 / 100);
	return buf;
}

const char *
human_date(int64_t t, char buf[static HUMAN_TEXT])
{
	time_t at = (time_t)t;
	struct tm tm;

	if (gmtime_r(&at, &tm) == NULL ||
	    strftime(buf, HUMAN_TEXT, "%Y-%m-%d %H:%M UTC", &tm) == 0)
		strcpy(buf, "?");
	return buf;
}
