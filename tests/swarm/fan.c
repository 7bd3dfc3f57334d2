/* The swarm as vplamad's mesh daemon: one packet in, N tunnels out. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fdutil.h"
#include "base/log.h"
#include "base/rd.h"
#include "base/wr.h"
#include "base/xmem.h"
#include "tests/swarm/swarm.h"
#include "wire/mesh.h"

#define MAGIC 0x7377726du
#define LATE_US (5 * MONO_SEC) /* what has not come by then is lost */
#define BODY_MAX 1300

bool
fan_open(struct swarm *s, const char *path)
{
	struct mesh_rec rec = { .type = MESH_HELLO,
		.u.hello = { .min = MESH_VERSION,
		    .max = MESH_VERSION,
		    .body_max = MESH_BODY_MAX,
		    .name = "swarm" } };
	uint8_t buf[MESH_SMALL_MAX];
	struct wr w = wr_of(buf, sizeof(buf));

	fan_close(&s->fan);
	s->fan.fd = unix_connect(path, SOCK_SEQPACKET);
	if (s->fan.fd < 0)
		return false;
	if (!mesh_write(&w, &rec) ||
	    send(s->fan.fd, buf, w.len, MSG_NOSIGNAL) < 0 ||
	    fd_nonblock(s->fan.fd) < 0)
		fan_close(&s->fan);
	return s->fan.fd >= 0;
}

void
fan_close(struct fan *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
	free(f->packet);
	f->packet = NULL;
	f->at = MONO_NEVER;
}

/* What vplamad tells of its peers is not for us. */
void
fan_read(struct swarm *s)
{
	uint8_t buf[MESH_SMALL_MAX];
	ssize_t n;

	while ((n = recv(s->fan.fd, buf, sizeof(buf), MSG_DONTWAIT)) > 0)
		;
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		fan_close(&s->fan);
}

void
fan_begin(struct swarm *s, unsigned count, size_t size, unsigned gap_ms)
{
	struct fan *f = &s->fan;

	if (f->fd < 0 || f->packet != NULL || count == 0 || size < 8 ||
	    size > BODY_MAX) {
		printf("fan refused\n");
		fflush(stdout);
		return;
	}
	f->packet = xcalloc(count, sizeof(*f->packet));
	f->count = count;
	f->next = 0;
	f->size = size;
	f->gap_us = gap_ms * (uint64_t)MONO_MS;
	f->of = s->up;
	f->at = s->now;
}

static void
send_next(struct swarm *s)
{
	struct fan *f = &s->fan;
	uint8_t body[BODY_MAX] = { 0 }, buf[MESH_SMALL_MAX];
	struct wr b = wr_of(body, sizeof(body)), w = wr_of(buf, sizeof(buf));
	struct mesh_rec rec = { .type = MESH_PKT,
		.u.pkt = { .body = body, .len = f->size } };

	wr_be32(&b, MAGIC);
	wr_be32(&b, f->next);
	if (!mesh_write(&w, &rec))
		fatalx("no record of %zu bytes", f->size);
	f->packet[f->next].sent_ns = swarm_wall_ns();
	if (send(f->fd, buf, w.len, MSG_NOSIGNAL) < 0)
		log_warn("mesh socket");
	f->next++;
}

static int
by_size(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Of the times since they were sent, in microseconds. */
static void
print_times(const struct fan *f, const char *name, size_t at)
{
	uint64_t *us = xcalloc(f->count, sizeof(*us)), when;
	unsigned i;

	for (i = 0; i < f->count; i++) {
		memcpy(&when, (const char *)&f->packet[i] + at, sizeof(when));
		us[i] = when > f->packet[i].sent_ns
		    ? (when - f->packet[i].sent_ns) / 1000
		    : 0;
	}
	qsort(us, f->count, sizeof(*us), by_size);
	printf(" %s_p50=%llu %s_p95=%llu %s_max=%llu", name,
	    (unsigned long long)us[f->count / 2], name,
	    (unsigned long long)us[f->count * 95 / 100], name,
	    (unsigned long long)us[f->count - 1]);
	free(us);
}

static void
finish(struct swarm *s)
{
	struct fan *f = &s->fan;
	uint64_t got = 0;
	unsigned i;

	for (i = 0; i < f->count; i++)
		got += f->packet[i].got;
	printf("fan packets=%u tunnels=%u got=%llu", f->count, f->of,
	    (unsigned long long)got);
	print_times(f, "first", offsetof(struct fan_packet, first_ns));
	print_times(f, "last", offsetof(struct fan_packet, last_ns));
	print_times(f, "opened", offsetof(struct fan_packet, opened_ns));
	printf("\n");
	fflush(stdout);
	free(f->packet);
	f->packet = NULL;
	f->at = MONO_NEVER;
}

void
fan_tick(struct swarm *s)
{
	struct fan *f = &s->fan;

	if (f->next == f->count) {
		finish(s);
		return;
	}
	send_next(s);
	f->at = mono_add(s->now, LATE_US);
	f->gap = mono_add(s->now, f->gap_us);
}

void
fan_got(struct swarm *s, const uint8_t *body, size_t len)
{
	struct fan *f = &s->fan;
	struct rd r = rd_of(body, len);
	struct fan_packet *p;
	uint32_t magic, id;

	if (!rd_be32(&r, &magic) || !rd_be32(&r, &id) || magic != MAGIC ||
	    f->packet == NULL || id >= f->next)
		return;
	p = &f->packet[id];
	if (p->got++ == 0)
		p->first_ns = s->arrived_ns;
	if (p->last_ns < s->arrived_ns)
		p->last_ns = s->arrived_ns;
	p->opened_ns = swarm_wall_ns();
	if (id + 1 == f->next && p->got == f->of) /* nothing more will come */
		f->at = mono_before(f->gap, s->now) ? s->now : f->gap;
}
