#include "ntkd-shim/loop.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "ntkd-shim/client.h"

int
loop_init(struct loop *l)
{
	l->ep = epoll_create1(EPOLL_CLOEXEC);
	return l->ep < 0 ? -errno : 0;
}

void
loop_fini(struct loop *l)
{
	close(l->ep);
	l->ep = -1;
}

int
loop_add(struct loop *l, struct source *s, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = s };

	return epoll_ctl(l->ep, EPOLL_CTL_ADD, s->fd, &ev) < 0 ? -errno : 0;
}

void
loop_change(struct loop *l, struct source *s, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = s };

	if (epoll_ctl(l->ep, EPOLL_CTL_MOD, s->fd, &ev) < 0)
		log_warn("epoll");
}

void
loop_del(struct loop *l, struct source *s)
{
	(void)epoll_ctl(l->ep, EPOLL_CTL_DEL, s->fd, NULL);
}

/* Rounded up, so that one does not wake just before; -1: never. */
static int
wait_ms(struct mono deadline, struct mono now)
{
	uint64_t ms = (mono_since(now, deadline) + MONO_MS - 1) / MONO_MS;

	if (mono_is_never(deadline))
		return -1;
	return ms > INT32_MAX ? INT32_MAX : (int)ms;
}

/*
 * One event at a time: what the source does may end another one, which must
 * then not be told any more.
 */
void
loop_once(struct loop *l, struct mono deadline)
{
	struct epoll_event ev;
	const struct source *s;

	if (epoll_wait(l->ep, &ev, 1, wait_ms(deadline, clock_mono())) != 1)
		return;
	s = ev.data.ptr;
	s->ready(s->arg, ev.events, clock_mono());
}
