#include "entryserver/jail.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

static const struct passwd *
find_user(const char *name)
{
	const struct passwd *pw;

	errno = 0;
	pw = getpwnam(name);
	if (pw == NULL && errno != 0)
		fatal("user %s", name);
	if (pw == NULL)
		fatalx("user %s: there is none of that name", name);
	if (pw->pw_uid == 0)
		fatalx("user %s: is root; expected one without rights", name);
	return pw;
}

static void
become(const struct jail *j)
{
	const struct passwd *pw = find_user(j->user);
	uid_t uid = pw->pw_uid;
	gid_t gid = pw->pw_gid;

	if (j->groups ? initgroups(j->user, gid) < 0 : setgroups(1, &gid) < 0)
		fatal("groups of %s", j->user);
	if (j->root != NULL && (chroot(j->root) < 0 || chdir("/") < 0))
		fatal("%s", j->root);
	if (setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
		fatal("cannot become %s", j->user);
	if (setuid(0) == 0 || getuid() != uid)
		fatalx("cannot give up the rights of root");
}

bool
jail_apart(const char *user, const char *other)
{
	uid_t uid = find_user(user)->pw_uid;

	return find_user(other)->pw_uid != uid;
}

void
jail_enter(const struct jail *j)
{
	const struct rlimit none = { 0, 0 }, files = { j->files, j->files };
	pid_t parent = getppid();

	if (geteuid() == 0)
		become(j);
	else if (j->root != NULL && chdir(j->root) < 0)
		fatal("%s", j->root);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		fatal("no_new_privs");
	/* Who started us watches over us; another user's parent is forgotten.
	 */
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || getppid() != parent)
		_exit(1);
	if (setrlimit(RLIMIT_CORE, &none) < 0 ||
	    setrlimit(RLIMIT_NOFILE, &files) < 0 ||
	    (geteuid() != 0 && setrlimit(RLIMIT_NPROC, &none) < 0))
		fatal("cannot bound what this process may use");
}

void
jail_folder(const char *path, const char *user)
{
	const struct passwd *pw;
	int fd;

	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		fatal("%s", path);
	if (geteuid() != 0)
		return;
	/* Never what a link of that user's leads to. */
	fd = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		fatal("%s", path);
	pw = find_user(user);
	if (fchownat(fd, "", pw->pw_uid, pw->pw_gid, AT_EMPTY_PATH) < 0)
		fatal("%s", path);
	close(fd);
}
