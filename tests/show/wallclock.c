/*
 * For LD_PRELOAD: the wall clock is as many seconds away as the file WALLCLOCK
 * says at that moment, the clock that goes on asleep as many as BOOTCLOCK does;
 * all other clocks stay as they are.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t id, struct timespec *ts);
int gettimeofday(struct timeval *restrict tv, void *restrict tz);
time_t time(time_t *ret);

static long
away(const char *what)
{
	const char *path = getenv(what);
	char text[32] = "";
	int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	ssize_t n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;

	if (fd >= 0)
		close(fd);
	return n > 0 ? strtol(text, NULL, 10) : 0;
}

int
clock_gettime(clockid_t id, struct timespec *ts)
{
	int rc = (int)syscall(SYS_clock_gettime, id, ts);

	if (rc == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
		ts->tv_sec += away("WALLCLOCK");
	if (rc == 0 && id == CLOCK_BOOTTIME)
		ts->tv_sec += away("BOOTCLOCK");
	return rc;
}

/* A time of that clock is the kernel's again; past ones are due at once. */
int
timerfd_settime(
    int fd, int flags, const struct itimerspec *value, struct itimerspec *old)
{
	struct itimerspec v = *value;

	if ((flags & TFD_TIMER_ABSTIME) != 0 &&
	    (v.it_value.tv_sec != 0 || v.it_value.tv_nsec != 0)) {
		v.it_value.tv_sec -= away("BOOTCLOCK");
		if (v.it_value.tv_sec < 0)
			v.it_value = (struct timespec){ 0, 1 };
	}
	return (int)syscall(SYS_timerfd_settime, fd, flags, &v, old);
}

int
gettimeofday(struct timeval *restrict tv, void *restrict tz)
{
	struct timespec ts;

	(void)tz;
	clock_gettime(CLOCK_REALTIME, &ts);
	*tv = (struct timeval){ ts.tv_sec, ts.tv_nsec / 1000 };
	return 0;
}

time_t
time(time_t *ret)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	if (ret != NULL)
		*ret = ts.tv_sec;
	return ts.tv_sec;
}
