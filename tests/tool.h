/*
 * What the programs that tests run share: the clock, waiting, signals,
 * commands on standard input, and addresses. What fails ends the program.
 */
#ifndef VPLAM_TESTS_TOOL_H
#define VPLAM_TESTS_TOOL_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"
#include "base/mono.h"

/* Standard input up to the end of its last whole line; all zero at first. */
struct tool_input {
	char buf[256];
	size_t len;
};

struct mono tool_now(void);

/*
 * Blocks SIGTERM and SIGINT; returns a descriptor, the caller's to close,
 * that is readable once one came.
 */
int tool_signals(void);

/* Until something is readable or that time; MONO_NEVER sets no time. */
void tool_wait(struct pollfd *pfd, nfds_t n, struct mono until);

/*
 * Reads once and hands each whole line, without its newline, to command; a
 * line that it does not take (false) is logged. One too long for the buffer
 * is dropped. Returns false at the end of the input or on an error.
 */
bool tool_commands(struct tool_input *in,
    bool (*command)(void *arg, const char *line), void *arg);

/* The process is in that namespace of "ip netns" from now on. */
void tool_enter(const char *ns);

/* An address with a port. */
struct addr tool_addr(const char *text);

/* As large a receive buffer as the kernel grants, up to 4 MiB. */
void tool_buffer(int fd);

#endif
