/* File descriptors and Unix sockets: the few calls everybody needs. */
#ifndef VPLAM_BASE_FDUTIL_H
#define VPLAM_BASE_FDUTIL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* All return 0 or -errno unless said. */
int fd_nonblock(int fd);

/*
 * Opens those of 0, 1 and 2 that are not: else a socket of ours would get such
 * a number, and the log go into it.
 */
void fd_keep_standard(void);

/*
 * A listening Unix socket of type SOCK_STREAM or SOCK_SEQPACKET at path with
 * the given mode; one of type SOCK_DGRAM is bound, which is all it needs. A
 * stale socket file (nobody listens) is replaced; a live one gives -EADDRINUSE;
 * anything that is not a socket -ENOTSOCK. Returns the descriptor (nonblocking,
 * close-on-exec) or -errno.
 */
int unix_listen(const char *path, int type, mode_t mode);

/* A connected, blocking, close-on-exec descriptor, or -errno. */
int unix_connect(const char *path, int type);

/*
 * Closes a nonblocking Unix socket so that the other side can still read what
 * was sent to it: a plain close() with input unread would reach it as a reset.
 */
void unix_close(int fd);

/* Credentials of the process on the other side. */
int unix_peer(int fd, uid_t *ret_uid, gid_t *ret_gid);

/*
 * Reads a whole small file into buf and ends it with a NUL byte. Returns the
 * length, -EFBIG when it does not fit, or -errno.
 */
ssize_t file_read(const char *path, char *buf, size_t max);

/*
 * Writes by a temporary file ("PATH.new") and rename, so that no reader sees a
 * part. The mode holds whatever the umask is.
 */
int file_write(const char *path, const void *p, size_t len, mode_t mode);

/*
 * The same, but what is there already stays: -EEXIST. So does what has the name
 * of a temporary file: it gets one that nobody has.
 */
int file_create(const char *path, const void *p, size_t len, mode_t mode);

/*
 * Closes the process to debuggers and /proc to who is not root, but where the
 * leak checker is to look into us.
 */
int process_hide(void);

#endif
