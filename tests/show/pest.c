/*
 * What besieges a vplamad from its own host, for tests/show/stuck.
 *
 *	pest delay SOCKET SECONDS	asks the control socket every 10 ms
 *	pest echo ADDR:PORT SECONDS	the same with datagrams to a mirror
 *	pest mirror ADDR:PORT		sends back what comes
 *	pest mute SOCKET CLIENTS	ask much, read nothing, and come again
 *	pest hold SOCKET CLIENTS TEXT	send that and stay; -: a line without
 *					end
 *	pest first SOCKET		asks once, tells when that is answered
 *	pest dns ADDR:PORT MS IP	a name server: each name is at IP, it
 *					says MS after it was asked
 *	pest manager SOCKET		what a service manager is told
 *
 * delay and echo print "asked=N lost=N p50_us=N p99_us=N max_us=N": each from
 * when it was due, so that what stands still counts for all who would have
 * come. first prints when it was answered, in ms since 1970. The others run
 * until SIGTERM or SIGINT; mute, hold, dns and manager then say what was.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/fdutil.h"
#include "base/log.h"
#include "base/xmem.h"
#include "tests/tool.h"

#define GAP_US 10000u
#define LATE_US (2 * (uint64_t)MONO_SEC) /* then it is lost */
#define CLIENTS_MAX 64
#define DNS_MAX 512
#define DNS_HEAD 12

static unsigned
number(const char *s)
{
	char *end;
	unsigned long v = strtoul(s, &end, 10);

	if (*s == '\0' || *end != '\0' || v > 1000000)
		fatalx("%s: expected a number", s);
	return (unsigned)v;
}

static int
udp_socket(const char *text, bool listen)
{
	struct addr a = tool_addr(text);
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(&a, false, &ss);
	int fd =
	    socket(ss.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		fatal("socket");
	if ((listen ? bind : connect)(fd, (struct sockaddr *)&ss, len) < 0)
		fatal("%s", text);
	return fd;
}

/* --- asking at a steady pace ------------------------------------------------
 */

struct pace {
	int fd;
	uint64_t *took; /* of each question; 0: no answer */
	struct mono *due;
	size_t asked, answered, max;
	void (*ask)(struct pace *p, size_t n);
	void (*hear)(struct pace *p);
};

static void
note(struct pace *p, size_t n)
{
	if (n >= p->asked || p->took[n] != 0)
		return;
	p->took[n] = mono_since(p->due[n], tool_now()) + 1;
	p->answered++;
}

static int
by_size(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void
pace_report(struct pace *p)
{
	size_t i, lost = p->asked - p->answered;

	if (p->asked == 0)
		fatalx("nothing was asked");
	for (i = 0; i < p->asked; i++)
		if (p->took[i] == 0)
			p->took[i] = LATE_US;
	qsort(p->took, p->asked, sizeof(*p->took), by_size);
	printf("asked=%zu lost=%zu p50_us=%llu p99_us=%llu max_us=%llu\n",
	    p->asked, lost, (unsigned long long)p->took[p->asked / 2],
	    (unsigned long long)p->took[p->asked * 99 / 100],
	    (unsigned long long)p->took[p->asked - 1]);
}

static int
pace_run(struct pace *p, unsigned seconds)
{
	struct pollfd pfd = { .fd = p->fd, .events = POLLIN };
	struct mono next = tool_now(), end;

	p->max = seconds * (size_t)(MONO_SEC / GAP_US);
	p->took = xcalloc(p->max, sizeof(*p->took));
	p->due = xcalloc(p->max, sizeof(*p->due));
	while (p->asked < p->max) {
		tool_wait(&pfd, 1, next);
		if ((pfd.revents & POLLIN) != 0)
			p->hear(p);
		for (; p->asked < p->max && mono_due(next, tool_now());
		     next = mono_add(next, GAP_US)) {
			p->due[p->asked] = next;
			p->ask(p, p->asked++);
		}
	}
	end = mono_add(tool_now(), LATE_US);
	while (p->answered < p->asked && !mono_due(end, tool_now())) {
		tool_wait(&pfd, 1, end);
		if ((pfd.revents & POLLIN) == 0)
			break;
		p->hear(p);
	}
	pace_report(p);
	return 0;
}

static void
ctl_ask(struct pace *p, size_t n)
{
	char line[64];
	int len = snprintf(
	    line, sizeof(line), "{\"id\":%zu,\"cmd\":\"counters\"}\n", n);

	if (send(p->fd, line, (size_t)len, MSG_NOSIGNAL) != len)
		fatal("the control socket");
}

static void
ctl_hear(struct pace *p)
{
	static char buf[1 << 20];
	static size_t len;
	char *nl;
	size_t id;
	ssize_t n = recv(p->fd, buf + len, sizeof(buf) - 1 - len, MSG_DONTWAIT);

	if (n <= 0)
		fatal("the control socket ended");
	len += (size_t)n;
	buf[len] = '\0';
	while ((nl = memchr(buf, '\n', len)) != NULL) {
		*nl = '\0';
		if (sscanf(buf, "{\"id\":%zu,\"ok\":true", &id) == 1)
			note(p, id);
		len -= (size_t)(nl + 1 - buf);
		memmove(buf, nl + 1, len + 1);
	}
}

static int
delay(char **argv)
{
	struct pace p = { .fd = unix_connect(argv[0], SOCK_STREAM),
		.ask = ctl_ask,
		.hear = ctl_hear };

	if (p.fd < 0)
		fatal("%s", argv[0]);
	return pace_run(&p, number(argv[1]));
}

static void
echo_ask(struct pace *p, size_t n)
{
	char text[64];
	int len = snprintf(text, sizeof(text), "%zu", n);

	(void)send(p->fd, text, (size_t)len, MSG_DONTWAIT);
}

static void
echo_hear(struct pace *p)
{
	char text[64];
	ssize_t n;

	while ((n = recv(p->fd, text, sizeof(text) - 1, MSG_DONTWAIT)) > 0) {
		text[n] = '\0';
		note(p, strtoul(text, NULL, 10));
	}
}

static int
echo(char **argv)
{
	struct pace p = { .fd = udp_socket(argv[0], false),
		.ask = echo_ask,
		.hear = echo_hear };

	return pace_run(&p, number(argv[1]));
}

/* --- until we are told to end -----------------------------------------------
 */

static int
mirror(char **argv)
{
	struct pollfd pfd[2] = { { .fd = udp_socket(argv[0], true),
				     .events = POLLIN },
		{ .fd = tool_signals(), .events = POLLIN } };
	struct sockaddr_storage ss;
	char buf[2048];

	while (pfd[1].revents == 0) {
		socklen_t len = sizeof(ss);
		ssize_t n;

		tool_wait(pfd, 2, MONO_NEVER);
		n = recvfrom(pfd[0].fd, buf, sizeof(buf), MSG_DONTWAIT,
		    (struct sockaddr *)&ss, &len);
		if (n >= 0)
			(void)sendto(pfd[0].fd, buf, (size_t)n, MSG_DONTWAIT,
			    (struct sockaddr *)&ss, len);
	}
	return 0;
}

struct crowd {
	const char *path;
	struct pollfd pfd[CLIENTS_MAX + 1]; /* the last: signals */
	size_t at[CLIENTS_MAX];		    /* sent of the text, again */
	unsigned n, opened, ended;
	const char *text;
	bool again; /* the text once more, and a new client for one that went */
};

static void
crowd_join(struct crowd *cr, unsigned i)
{
	cr->at[i] = 0;
	cr->pfd[i].fd = unix_connect(cr->path, SOCK_STREAM);
	cr->pfd[i].events = POLLOUT | POLLRDHUP;
	if (cr->pfd[i].fd < 0)
		return;
	if (fd_nonblock(cr->pfd[i].fd) != 0)
		fatalx("fcntl");
	cr->opened++;
}

static void
crowd_write(struct crowd *cr, unsigned i)
{
	size_t len = strlen(cr->text);
	ssize_t n = send(cr->pfd[i].fd, cr->text + cr->at[i], len - cr->at[i],
	    MSG_NOSIGNAL | MSG_DONTWAIT);

	cr->at[i] += n > 0 ? (size_t)n : 0;
	if (cr->at[i] == len && cr->again)
		cr->at[i] = 0;
	else if (cr->at[i] == len)
		cr->pfd[i].events = POLLRDHUP;
}

static void
crowd_serve(struct crowd *cr, unsigned i)
{
	if ((cr->pfd[i].revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0) {
		close(cr->pfd[i].fd);
		cr->pfd[i].fd = -1;
		cr->ended++;
	} else if ((cr->pfd[i].revents & POLLOUT) != 0) {
		crowd_write(cr, i);
	}
}

static int
crowd_run(struct crowd *cr)
{
	struct mono next = tool_now();
	unsigned i;

	if (cr->n > CLIENTS_MAX)
		fatalx("too many clients");
	for (i = 0; i < cr->n; i++)
		crowd_join(cr, i);
	cr->pfd[cr->n] =
	    (struct pollfd){ .fd = tool_signals(), .events = POLLIN };
	printf("ready\n");
	fflush(stdout);
	while (cr->pfd[cr->n].revents == 0) {
		next = mono_add(tool_now(), 2 * MONO_MS);
		tool_wait(cr->pfd, cr->n + 1, cr->again ? next : MONO_NEVER);
		for (i = 0; i < cr->n; i++) {
			if (cr->pfd[i].fd < 0 && cr->again)
				crowd_join(cr, i);
			else if (cr->pfd[i].fd >= 0)
				crowd_serve(cr, i);
		}
	}
	printf("opened=%u ended=%u\n", cr->opened, cr->ended);
	return 0;
}

static int
mute(char **argv)
{
	static struct crowd cr = {
		.text = "{\"cmd\":\"monitor\"}\n"
			"{\"cmd\":\"counters\",\"args\":{\"describe\":true}}\n"
			"{\"cmd\":\"show\"}\n{\"cmd\":\"hello\"}\n",
		.again = true
	};

	cr.path = argv[0];
	cr.n = number(argv[1]);
	return crowd_run(&cr);
}

static int
hold(char **argv)
{
	static struct crowd cr;
	char *endless;

	cr.path = argv[0];
	cr.n = number(argv[1]);
	cr.text = argv[2];
	if (strcmp(argv[2], "-") == 0) {
		endless = xmalloc(1 << 20);
		memset(endless, 'x', (1 << 20) - 1);
		endless[(1 << 20) - 1] = '\0';
		cr.text = endless;
	}
	return crowd_run(&cr);
}

static int
first(char **argv)
{
	static const char ask[] = "{\"cmd\":\"hello\"}\n";
	int fd = unix_connect(argv[0], SOCK_STREAM);
	struct timespec ts;
	char c;

	if (fd < 0 || send(fd, ask, strlen(ask), MSG_NOSIGNAL) < 0 ||
	    recv(fd, &c, 1, 0) != 1)
		fatal("%s", argv[0]);
	clock_gettime(CLOCK_REALTIME, &ts);
	printf("%lld\n",
	    (long long)ts.tv_sec * 1000 + (long long)ts.tv_nsec / 1000000);
	return 0;
}

/* --- a name server ----------------------------------------------------------
 */

struct question {
	struct question *next;
	struct mono at;
	struct sockaddr_storage from;
	socklen_t from_len;
	size_t len;
	uint8_t msg[DNS_MAX + 16];
};

/* One address for a question of type A, none for any other. */
static void
answer(struct question *q, const uint8_t ip[4])
{
	const uint8_t record[] = { 0xc0, DNS_HEAD, 0, 1, 0, 1, 0, 0, 0, 60, 0,
		4, ip[0], ip[1], ip[2], ip[3] };
	size_t end = DNS_HEAD;

	while (end < q->len && q->msg[end] != 0)
		end += q->msg[end] + 1u;
	end += 5;
	if (end > q->len)
		return;
	q->msg[2] = 0x81;
	q->msg[3] = 0x80;
	memset(q->msg + 6, 0, 6); /* no answers, and nothing behind them */
	q->len = end;
	if (q->msg[end - 3] != 1)
		return;
	q->msg[7] = 1;
	memcpy(q->msg + end, record, sizeof(record));
	q->len += sizeof(record);
}

static struct question *
question_read(int fd, uint64_t late_us, const uint8_t ip[4])
{
	struct question *q = xcalloc(1, sizeof(*q));
	ssize_t n;

	q->from_len = sizeof(q->from);
	n = recvfrom(fd, q->msg, DNS_MAX, MSG_DONTWAIT,
	    (struct sockaddr *)&q->from, &q->from_len);
	if (n < DNS_HEAD) {
		free(q);
		return NULL;
	}
	q->len = (size_t)n;
	q->at = mono_add(tool_now(), late_us);
	answer(q, ip);
	return q;
}

static int
dns(char **argv)
{
	struct pollfd pfd[2] = { { .fd = udp_socket(argv[0], true),
				     .events = POLLIN },
		{ .fd = tool_signals(), .events = POLLIN } };
	uint64_t late = number(argv[1]) * (uint64_t)MONO_MS;
	struct question *head = NULL, **tail = &head, *q;
	struct addr ip;
	unsigned n = 0;

	if (!addr_parse(argv[2], 1, &ip))
		fatalx("%s: no address", argv[2]);
	while (pfd[1].revents == 0) {
		tool_wait(pfd, 2, head != NULL ? head->at : MONO_NEVER);
		while (
		    (q = question_read(pfd[0].fd, late, ip.ip + 12)) != NULL) {
			n++;
			*tail = q;
			tail = &q->next;
		}
		while ((q = head) != NULL && mono_due(q->at, tool_now())) {
			(void)sendto(pfd[0].fd, q->msg, q->len, MSG_DONTWAIT,
			    (struct sockaddr *)&q->from, q->from_len);
			head = q->next;
			if (head == NULL)
				tail = &head;
			free(q);
		}
	}
	printf("questions=%u\n", n);
	return 0;
}

/* --- a service manager ------------------------------------------------------
 */

static int
manager(char **argv)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct pollfd pfd[2] = { { .fd = socket(
				       AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0),
				     .events = POLLIN },
		{ .fd = tool_signals(), .events = POLLIN } };
	unsigned alive = 0, ready = 0, stopping = 0;
	uint64_t longest = 0;
	struct mono last = MONO_NEVER;
	char text[512];
	ssize_t n;

	if (strlen(argv[0]) >= sizeof(sun.sun_path))
		fatalx("%s: too long", argv[0]);
	strcpy(sun.sun_path, argv[0]);
	if (bind(pfd[0].fd, (struct sockaddr *)&sun, sizeof(sun)) < 0)
		fatal("%s", argv[0]);
	printf("ready\n");
	fflush(stdout);
	while (pfd[1].revents == 0) {
		tool_wait(pfd, 2, MONO_NEVER);
		n = recv(pfd[0].fd, text, sizeof(text) - 1, MSG_DONTWAIT);
		if (n <= 0)
			continue;
		text[n] = '\0';
		ready += strcmp(text, "READY=1") == 0;
		stopping += strcmp(text, "STOPPING=1") == 0;
		if (strcmp(text, "STOPPING=1") == 0)
			last = MONO_NEVER; /* until the next one runs */
		if (strcmp(text, "WATCHDOG=1") != 0)
			continue;
		alive++;
		if (mono_since(last, tool_now()) > longest)
			longest = mono_since(last, tool_now());
		last = tool_now();
	}
	printf("ready=%u alive=%u longest_ms=%llu stopping=%u\n", ready, alive,
	    (unsigned long long)(longest / MONO_MS), stopping);
	return 0;
}

static const struct {
	const char *name;
	int args;
	int (*run)(char **argv);
} verbs[] = {
	{ "delay", 2, delay },
	{ "echo", 2, echo },
	{ "mirror", 1, mirror },
	{ "mute", 2, mute },
	{ "hold", 3, hold },
	{ "first", 1, first },
	{ "dns", 3, dns },
	{ "manager", 1, manager },
};

int
main(int argc, char **argv)
{
	size_t i;

	log_init("pest", LOG_LV_INFO);
	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (argc > 1 && strcmp(argv[1], verbs[i].name) == 0 &&
		    argc == 2 + verbs[i].args)
			return verbs[i].run(argv + 2);
	fatalx("see the top of pest.c for how to call it");
}
