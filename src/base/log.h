/*
 * Messages for the operator: one line each, to standard error.
 *
 * Under systemd (JOURNAL_STREAM set) each line carries its "<N>" priority.
 * Who decides logs, once; what a stranger can cause is counted, not logged.
 */
#ifndef VPLAM_BASE_LOG_H
#define VPLAM_BASE_LOG_H

#include <stdbool.h>

enum log_level { LOG_LV_ERR, LOG_LV_WARN, LOG_LV_INFO, LOG_LV_DEBUG };

/* name: the program; this and log_hurry() once, before any other thread. */
void log_init(const char *name, enum log_level max);
void log_set_level(enum log_level max);

/* From here on lines that would have to wait for a reader are dropped. */
void log_hurry(void);

/* "error", "warn", "info" or "debug"; false for anything else. */
bool log_level_parse(const char *s, enum log_level *ret);

#define LOG_FMT __attribute__((format(printf, 1, 2)))
void log_warn(const char *fmt, ...) LOG_FMT; /* appends strerror(errno) */
void log_warnx(const char *fmt, ...) LOG_FMT;
void log_info(const char *fmt, ...) LOG_FMT;
void log_debug(const char *fmt, ...) LOG_FMT;

/* Log and exit with 1. */
_Noreturn void fatal(const char *fmt, ...) LOG_FMT; /* with strerror */
_Noreturn void fatalx(const char *fmt, ...) LOG_FMT;

#endif
