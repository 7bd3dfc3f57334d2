#include "base/fdutil.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define LISTEN_BACKLOG 16

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define DUMPABLE 1
#else
#define DUMPABLE 0
#endif

int
fd_nonblock(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	return 0;
}

/* Without O_CLOEXEC: the programs that we run want them as well. */
void
fd_keep_standard(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

static int
unix_addr(const char *path, struct sockaddr_un *ret)
{
	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(ret->sun_path))
		return -ENAMETOOLONG;
	strcpy(ret->sun_path, path);
	return 0;
}

int
unix_connect(const char *path, int type)
{
	struct sockaddr_un sun;
	int fd, rc = unix_addr(path, &sun);

	if (rc < 0)
		return rc;
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0) {
		rc = -errno;
		close(fd);
		return rc;
	}
	return fd;
}

/*
 * Removes a socket file that nobody listens on; 0 when the way is free. Who
 * listens may have a full queue (EAGAIN: do not wait for a daemon that hangs)
 * or a socket of the other type (EPROTOTYPE).
 */
static int
clear_stale(const char *path, int type)
{
	struct stat st;
	int fd;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -ENOTSOCK;
	fd = unix_connect(path, type | SOCK_NONBLOCK);
	if (fd >= 0)
		close(fd);
	if (fd >= 0 || fd == -EAGAIN || fd == -EPROTOTYPE)
		return -EADDRINUSE;
	if (fd != -ECONNREFUSED)
		return fd;
	return unlink(path) < 0 ? -errno : 0;
}

/* The mode must hold from the first moment: bind under a matching umask. */
static int
bind_mode(int fd, const struct sockaddr_un *sun, mode_t mode)
{
	mode_t old = umask(0777 & ~mode);
	int rc = bind(fd, (const struct sockaddr *)sun, sizeof(*sun));

	rc = rc < 0 ? -errno : 0;
	umask(old);
	return rc;
}

int
unix_listen(const char *path, int type, mode_t mode)
{
	struct sockaddr_un sun;
	int fd, rc = unix_addr(path, &sun);

	if (rc == 0)
		rc = clear_stale(path, type);
	if (rc < 0)
		return rc;
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	rc = bind_mode(fd, &sun, mode);
	if (rc == 0 && type != SOCK_DGRAM && listen(fd, LISTEN_BACKLOG) < 0)
		rc = -errno;
	if (rc < 0) {
		close(fd);
		return rc;
	}
	return fd;
}

/* Once the other side cannot send, there is an end to what must be read. */
void
unix_close(int fd)
{
	char buf[4096];

	(void)shutdown(fd, SHUT_RD);
	while (recv(fd, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		;
	close(fd);
}

int
unix_peer(int fd, uid_t *ret_uid, gid_t *ret_gid)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
		return -errno;
	*ret_uid = cred.uid;
	*ret_gid = cred.gid;
	return 0;
}

ssize_t
file_read(const char *path, char *buf, size_t max)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n = 0;

	if (fd < 0)
		return -errno;
	while (len < max && (n = read(fd, buf + len, max - len)) > 0)
		len += (size_t)n;
	if (n < 0)
		n = -errno;
	close(fd);
	if (n < 0)
		return n;
	if (len >= max)
		return -EFBIG;
	buf[len] = '\0';
	return (ssize_t)len;
}

static int
write_all(int fd, const void *p, size_t len)
{
	const char *from = p;
	ssize_t n;

	while (len > 0) {
		n = write(fd, from, len);
		if (n < 0)
			return -errno;
		from += n;
		len -= (size_t)n;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

static int
too_long(void)
{
	errno = ENAMETOOLONG;
	return -1;
}

/* Our own name, overwritten: what a crash has left there is used up. */
static int
open_new(const char *path, char *tmp, size_t max)
{
	if (snprintf(tmp, max, "%s.new", path) >= (int)max)
		return too_long();
	unlink(tmp); /* left by a crash, or laid there: neither is ours */
	return open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
}

/* A name that nobody has: any other may be somebody's file. */
static int
open_hidden(const char *path, char *tmp, size_t max)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;

	if (snprintf(tmp, max, "%.*s.%s.XXXXXX", (int)(name - path), path,
		name) >= (int)max)
		return too_long();
	return mkostemp(tmp, O_CLOEXEC);
}

/* The same bytes at path, there at once; without over only a new file. */
static int
file_put(const char *path, const void *p, size_t len, mode_t mode, bool over)
{
	char tmp[4096];
	int fd, rc;

	fd = over ? open_new(path, tmp, sizeof(tmp))
		  : open_hidden(path, tmp, sizeof(tmp));
	if (fd < 0)
		return -errno;
	rc = fchmod(fd, mode) < 0 ? -errno : write_all(fd, p, len);
	if (close(fd) < 0 && rc == 0)
		rc = -errno;
	if (rc == 0 && (over ? rename : link)(tmp, path) < 0)
		rc = -errno;
	if (rc < 0 || !over)
		unlink(tmp);
	return rc;
}

int
file_write(const char *path, const void *p, size_t len, mode_t mode)
{
	return file_put(path, p, len, mode, true);
}

int
file_create(const char *path, const void *p, size_t len, mode_t mode)
{
	return file_put(path, p, len, mode, false);
}

int
process_hide(void)
{
	return prctl(PR_SET_DUMPABLE, DUMPABLE) < 0 ? -errno : 0;
}
