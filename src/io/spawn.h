/* Runs a program, without a shell, as the leader of a process group. */
#ifndef VPLAM_IO_SPAWN_H
#define VPLAM_IO_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

struct spawned {
	pid_t pid;
	int pidfd; /* readable when it has ended */
	int out;   /* what it prints; nonblocking */
};

/*
 * argv[0] is its path. Its input is nothing, its signals are as usual, none of
 * our descriptors is its. err_too: its standard error goes where its output
 * goes, else where ours goes. 0 or -errno: -ENOSYS before Linux 5.3, or what
 * posix_spawn() has against it.
 */
int spawn_program(
    char *const *argv, char *const *env, bool err_too, struct spawned *ret);

/* "PATH=" and ours, or a usual one; for free(). NULL without memory. */
char *spawn_path(void);

/* With whatever it has started; before it is buried. */
void spawn_kill(pid_t pid);

/* It has ended, and waits to be buried: its group is still its own. */
bool spawn_ended(pid_t pid);

/*
 * Kills what is left of it and of what it has started, and reaps it. The code
 * of its exit(), or below 0: the signal that ended it, or SPAWN_LOST: nobody
 * knows, somebody else has reaped it (who ignores SIGCHLD lets the kernel).
 */
#define SPAWN_LOST (-1001)
int spawn_bury(pid_t pid);

#endif
