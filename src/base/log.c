#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The one mutable static of the project: where messages go. */
static struct {
	const char *name;
	enum log_level max;
	bool journal;
} log_to = { "vplama", LOG_LV_INFO, false };

static const struct {
	const char *name;
	int priority; /* of syslog(3), as journald reads it */
} levels[] = {
	[LOG_LV_ERR] = { "error", 3 },
	[LOG_LV_WARN] = { "warn", 4 },
	[LOG_LV_INFO] = { "info", 6 },
	[LOG_LV_DEBUG] = { "debug", 7 },
};

void
log_init(const char *name, enum log_level max)
{
	log_to.name = name;
	log_to.max = max;
	log_to.journal = getenv("JOURNAL_STREAM") != NULL;
}

void
log_set_level(enum log_level max)
{
	log_to.max = max;
}

bool
log_level_parse(const char *s, enum log_level *ret)
{
	size_t i;

	for (i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		if (strcmp(s, levels[i].name) == 0) {
			*ret = (enum log_level)i;
			return true;
		}
	}
	return false;
}

__attribute__((format(printf, 3, 0))) static void
emit(enum log_level level, const char *why, const char *fmt, va_list ap)
{
	char line[1024];

	if (level > log_to.max)
		return;
	vsnprintf(line, sizeof(line), fmt, ap);
	if (log_to.journal)
		fprintf(stderr, "<%d>", levels[level].priority);
	else
		fprintf(stderr, "%s: ", log_to.name);
	if (why != NULL)
		fprintf(stderr, "%s: %s\n", line, why);
	else
		fprintf(stderr, "%s\n", line);
}

#define EMIT(level, why)                       \
	do {                                   \
		va_list ap;                    \
                                               \
		va_start(ap, fmt);             \
		emit((level), (why), fmt, ap); \
		va_end(ap);                    \
	} while (0)

void
log_warn(const char *fmt, ...)
{
	EMIT(LOG_LV_WARN, strerror(errno));
}

void
log_warnx(const char *fmt, ...)
{
	EMIT(LOG_LV_WARN, NULL);
}

void
log_info(const char *fmt, ...)
{
	EMIT(LOG_LV_INFO, NULL);
}

void
log_debug(const char *fmt, ...)
{
	EMIT(LOG_LV_DEBUG, NULL);
}

void
fatal(const char *fmt, ...)
{
	EMIT(LOG_LV_ERR, strerror(errno));
	exit(1);
}

void
fatalx(const char *fmt, ...)
{
	EMIT(LOG_LV_ERR, NULL);
	exit(1);
}
