#include "io/loop.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/xmem.h"

static const int signals[] = { SIGTERM, SIGINT, SIGHUP };

#define N_SIGNALS (sizeof(signals) / sizeof(signals[0]))
#define LATE_US (5 * MONO_SEC) /* no turn takes that long */

/*
 * The deadline is a timerfd and not a libevent timer, because those stand
 * still while the machine sleeps.
 */
struct loop {
	struct loop_ops ops;
	struct event_base *base;
	struct event *sig[N_SIGNALS];
	struct hook *hooks[LOOP_PHASES];
	struct arena mem;
	struct turn turn;
	bool in_turn, stop;
	int timer;
	struct watch timer_watch;
	struct mono armed; /* NEVER: not set, or it fired */
	bool woke;
	struct mono last; /* when the last turn began */
	uint64_t asleep;  /* what the machine has slept since it started */
};

/*
 * Asleep, the one clock goes on and the other does not; stopped, we miss what
 * was due. Looks only after a pause: most turns follow each other closely.
 */
static bool
stood_still(struct loop *l, struct mono now)
{
	uint64_t asleep, was = l->asleep;
	bool late =
	    !mono_is_never(l->armed) && mono_since(l->armed, now) > LATE_US;

	if (mono_since(l->last, now) < MONO_SEC)
		return false;
	asleep = mono_since(clock_mono(), now);
	l->asleep = asleep;
	return late || asleep > was + MONO_SEC;
}

struct turn *
loop_turn(struct loop *l)
{
	if (!l->in_turn) {
		l->in_turn = true;
		l->turn.now = clock_boot();
		l->woke = l->woke || stood_still(l, l->turn.now);
		l->last = l->turn.now;
		l->turn.wall_ms = clock_wall_us() / 1000;
	}
	return &l->turn;
}

struct event_base *
loop_base(struct loop *l)
{
	return l->base;
}

static void
on_watch(evutil_socket_t fd, short what, void *arg)
{
	struct watch *w = arg;

	(void)fd;
	(void)what;
	w->fn(w->arg, loop_turn(w->loop));
}

void
watch_init(struct watch *w, struct loop *l, int fd, enum watch_what what,
    void (*fn)(void *arg, struct turn *t), void *arg)
{
	short ev = what == WATCH_READ ? EV_READ : EV_WRITE;

	w->loop = l;
	w->fn = fn;
	w->arg = arg;
	w->again = NULL;
	w->ev = event_new(l->base, fd, (short)(ev | EV_PERSIST), on_watch, w);
	if (w->ev == NULL)
		fatalx("out of memory for an event");
}

void
watch_fini(struct watch *w)
{
	if (w->ev != NULL)
		event_free(w->ev);
	w->ev = NULL;
	if (w->again != NULL)
		event_free(w->again);
	w->again = NULL;
}

void
watch_on(struct watch *w)
{
	if (event_add(w->ev, NULL) < 0)
		fatal("cannot watch a descriptor");
}

void
watch_off(struct watch *w)
{
	(void)event_del(w->ev);
}

void
watch_read(struct watch *w, struct loop *l, int fd,
    void (*fn)(void *arg, struct turn *t), void *arg)
{
	watch_init(w, l, fd, WATCH_READ, fn, arg);
	watch_on(w);
}

void
watch_close(struct watch *w, int *fd)
{
	watch_fini(w);
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void
on_again(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	watch_on(arg);
}

static void
watch_rest(struct watch *w)
{
	const struct timeval tv = { WATCH_REST_MS / 1000,
		WATCH_REST_MS % 1000 * 1000 };

	if (w->again == NULL)
		w->again = evtimer_new(w->loop->base, on_again, w);
	if (w->again == NULL || evtimer_add(w->again, &tv) < 0)
		fatalx("out of memory for a timer");
	watch_off(w);
}

int
watch_accept(struct watch *w, int fd)
{
	int conn = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (conn < 0 &&
	    (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
		errno == ENOMEM))
		watch_rest(w);
	return conn;
}

void
hook_add(struct hook *h, struct loop *l, enum loop_phase phase,
    void (*fn)(void *arg, struct turn *t), void *arg)
{
	*h = (struct hook){ l->hooks[phase], fn, arg };
	l->hooks[phase] = h;
}

void
hook_del(struct hook *h, struct loop *l)
{
	struct hook **at;
	unsigned i;

	for (i = 0; i < LOOP_PHASES; i++) {
		for (at = &l->hooks[i]; *at != NULL; at = &(*at)->next) {
			if (*at == h) {
				*at = h->next;
				return;
			}
		}
	}
}

/* It only wakes us: turn_end() looks at the deadline itself. */
static void
on_timer(void *arg, struct turn *t)
{
	struct loop *l = arg;
	uint64_t times;

	(void)t;
	if (read(l->timer, &times, sizeof(times)) == (ssize_t)sizeof(times))
		l->armed = MONO_NEVER;
}

static void
on_signal(evutil_socket_t signo, short what, void *arg)
{
	struct loop *l = arg;

	(void)what;
	l->ops.signal(l->ops.arg, (int)signo, loop_turn(l));
}

static void
timer_set(struct loop *l, struct mono at)
{
	struct itimerspec its = { 0 };
	uint64_t us = at.us == 0 ? 1 : at.us; /* 0 would disarm it */

	its.it_value.tv_sec = (time_t)(us / MONO_SEC);
	its.it_value.tv_nsec = (long)(us % MONO_SEC) * 1000;
	if (timerfd_settime(l->timer, TFD_TIMER_ABSTIME, &its, NULL) < 0)
		fatal("timerfd_settime");
	l->armed = at;
}

/*
 * With traffic the deadline moves on at every turn: a timer that is set too
 * early stays, wakes us once for nothing, and is set anew then.
 */
static void
timer_arm(struct loop *l)
{
	struct mono at = l->ops.deadline(l->ops.arg);

	if (mono_before(at, l->armed))
		timer_set(l, at);
}

/* Whoever comes in a turn waits for as long as it takes. */
static void
count_turn(struct loop *l)
{
	static const struct {
		uint64_t us;
		enum counter id;
	} longer[] = { { 0, CNT_turns }, { 5 * MONO_MS, CNT_turn_5ms },
		{ 20 * MONO_MS, CNT_turn_20ms },
		{ 100 * MONO_MS, CNT_turn_100ms }, { MONO_SEC, CNT_turn_1s } };
	uint64_t took = mono_since(l->turn.now, clock_boot());
	size_t i;

	for (i = 0; i < sizeof(longer) / sizeof(longer[0]); i++)
		if (took >= longer[i].us)
			count(l->ops.cnt, longer[i].id);
}

static void
turn_end(struct loop *l)
{
	struct turn *t = &l->turn;
	struct hook *h;
	unsigned i;

	if (!l->in_turn)
		return;
	if (l->woke && l->ops.woke != NULL)
		l->ops.woke(l->ops.arg, t);
	l->woke = false;
	if (l->ops.tick != NULL &&
	    mono_due(l->ops.deadline(l->ops.arg), t->now))
		l->ops.tick(l->ops.arg, t);
	for (i = 0; i < LOOP_PHASES; i++)
		for (h = l->hooks[i]; h != NULL; h = h->next)
			h->fn(h->arg, t);
	arena_reset(&l->mem);
	l->in_turn = false;
	if (l->ops.cnt != NULL)
		count_turn(l);
	if (l->ops.deadline != NULL)
		timer_arm(l);
}

static void
signals_init(struct loop *l)
{
	unsigned i;

	for (i = 0; i < N_SIGNALS; i++) {
		l->sig[i] = evsignal_new(l->base, signals[i], on_signal, l);
		if (l->sig[i] == NULL || evsignal_add(l->sig[i], NULL) < 0)
			fatalx("cannot catch signal %d", signals[i]);
	}
}

/* libevent has no way to do without; who asks for it has checked first. */
static void *
get(size_t len)
{
	return mem_last(NULL, len);
}

struct loop *
loop_new(const struct loop_ops *ops)
{
	struct loop *l = xcalloc(1, sizeof(*l));

	l->ops = *ops;
	/* a peer that is gone is an error of write(), not our end */
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		fatal("cannot ignore SIGPIPE");
	event_set_mem_functions(get, mem_last, free);
	l->base = event_base_new();
	if (l->base == NULL)
		fatalx("cannot make an event loop");
	l->timer = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	if (l->timer < 0)
		fatal("timerfd_create");
	arena_init(&l->mem, LOOP_ARENA);
	l->turn.mem = &l->mem;
	l->armed = MONO_NEVER;
	l->last = clock_boot();
	l->asleep = mono_since(clock_mono(), l->last);
	watch_init(&l->timer_watch, l, l->timer, WATCH_READ, on_timer, l);
	watch_on(&l->timer_watch);
	if (ops->signal != NULL)
		signals_init(l);
	return l;
}

void
loop_free(struct loop *l)
{
	unsigned i;

	if (l == NULL)
		return;
	watch_fini(&l->timer_watch);
	close(l->timer);
	for (i = 0; i < N_SIGNALS; i++)
		if (l->sig[i] != NULL)
			event_free(l->sig[i]);
	/* bufferevents and evdns free themselves in callbacks that still wait
	 */
	while (event_base_get_num_events(l->base, EVENT_BASE_COUNT_ACTIVE) > 0)
		if (event_base_loop(l->base, EVLOOP_NONBLOCK) < 0)
			break;
	event_base_free(l->base);
	arena_fini(&l->mem);
	free(l);
}

int
loop_run(struct loop *l)
{
	l->stop = false;
	(void)loop_turn(l); /* so that the timer is set */
	turn_end(l);
	while (!l->stop) {
		if (event_base_loop(l->base, EVLOOP_ONCE) < 0)
			return errno != 0 ? -errno : -EIO;
		turn_end(l);
	}
	return 0;
}

void
loop_stop(struct loop *l)
{
	l->stop = true;
}
