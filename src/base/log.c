#include "base/log.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The one mutable static of the project: where messages go. */
static struct {
	const char *name;
	_Atomic enum log_level max; /* any thread may log */
	bool journal;
	bool hurry;
	_Atomic bool lost; /* a line, since the last that was taken */
} log_to = { "vplama", LOG_LV_INFO, false, false, false };

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
log_hurry(void)
{
	log_to.hurry = true;
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

/* A pipe that is ready takes PIPE_BUF bytes, so a line and more, at once. */
static bool
has_room(void)
{
	struct pollfd pfd = { .fd = STDERR_FILENO, .events = POLLOUT };

	return !log_to.hurry || poll(&pfd, 1, 0) > 0;
}

/* With one write, so that the lines of several programs do not mix. */
static void
put_line(enum log_level level, const char *text, const char *why)
{
	char head[80];

	if (log_to.journal)
		snprintf(head, sizeof(head), "<%d>", levels[level].priority);
	else
		snprintf(head, sizeof(head), "%s: ", log_to.name);
	fprintf(stderr, "%s%s%s%s\n", head, text, why != NULL ? ": " : "",
	    why != NULL ? why : "");
}

__attribute__((format(printf, 3, 0))) static void
emit(enum log_level level, const char *why, const char *fmt, va_list ap)
{
	char text[1024];

	if (level > log_to.max)
		return;
	if (!has_room()) {
		log_to.lost = true;
		return;
	}
	vsnprintf(text, sizeof(text), fmt, ap);
	if (log_to.lost)
		put_line(LOG_LV_WARN, "messages lost: nobody read them", NULL);
	log_to.lost = false;
	put_line(level, text, why);
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
