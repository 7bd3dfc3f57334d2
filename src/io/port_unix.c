#include "io/port_unix.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fdutil.h"
#include "base/log.h"
#include "base/pool.h"
#include "base/rd.h"
#include "base/wr.h"
#include "base/xmem.h"
#include "io/loop.h"
#include "priv/priv.h"
#include "wire/mesh.h"

#define MODE 0660

struct port_unix {
	struct loop *loop;
	const struct priv *pv;
	const struct port_handler *h;
	struct counters *cnt;
	int listen_fd;
	struct watch listen_watch;
	struct hook reap;

	int fd; /* the mesh daemon, or -1 */
	struct watch rd, wr;
	bool hanging; /* close it when the queue is empty */
	bool gone;    /* close it at the end of the turn */

	struct pbuf *head, **tail;
	unsigned n_pkt; /* PKTs in it */
	struct pool pool;
};

static bool
is_pkt(const uint8_t *p, size_t len)
{
	struct rd r = rd_of(p, len);
	uint8_t type;

	return rd_skip(&r, 1) && rd_u8(&r, &type) && type == MESH_PKT;
}

static void
queue_del(struct port_unix *p, struct pbuf **at)
{
	struct pbuf *b = *at;

	*at = b->next;
	if (p->tail == &b->next)
		p->tail = at;
	p->n_pkt -= is_pkt(b->data, b->len);
	pool_put(&p->pool, b);
}

static void
queue_clear(struct port_unix *p)
{
	while (p->head != NULL)
		queue_del(p, &p->head);
}

/* Drops the oldest PKT; false when there is none. */
static bool
queue_give_way(struct port_unix *p)
{
	struct pbuf **at;

	for (at = &p->head; *at != NULL; at = &(*at)->next) {
		if (!is_pkt((*at)->data, (*at)->len))
			continue;
		queue_del(p, at);
		count(p->cnt, CNT_mesh_out_drop);
		return true;
	}
	return false;
}

static void
queue_add(struct port_unix *p, const struct pkt *pk)
{
	bool pkt = is_pkt(pk->p, pk->len);
	struct pbuf *b = NULL;

	do {
		if (!pkt || p->n_pkt < PORT_QUEUE_MAX)
			b = pool_dup(&p->pool, pk->p, pk->len);
	} while (b == NULL && queue_give_way(p));
	if (b != NULL) {
		*p->tail = b;
		p->tail = &b->next;
		p->n_pkt += pkt;
		watch_on(&p->wr);
		return;
	}
	count(p->cnt, CNT_mesh_out_drop);
	if (!pkt)
		p->gone = true;
}

/* True when it is out or never will be; false: try again later. */
static bool
send_record(struct port_unix *p, const void *rec, size_t len)
{
	ssize_t n;

	do {
		n = send(p->fd, rec, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	if (n >= 0)
		return true;
	if (errno == EAGAIN || errno == ENOBUFS)
		return false;
	count(p->cnt, CNT_mesh_out_drop);
	if (errno != EMSGSIZE)
		p->gone = true;
	return true;
}

static void
on_writable(void *arg, struct turn *t)
{
	struct port_unix *p = arg;

	(void)t;
	while (p->head != NULL && !p->gone) {
		if (!send_record(p, p->head->data, p->head->len))
			return;
		queue_del(p, &p->head);
	}
	watch_off(&p->wr);
	if (p->hanging)
		p->gone = true;
}

void
port_unix_send(void *arg, struct run *run)
{
	struct port_unix *p = arg;
	unsigned i;

	for (i = 0; i < run->n && p->fd >= 0 && !p->gone && !p->hanging; i++) {
		const struct pkt *pk = &run->pkt[i];

		if (p->head != NULL || !send_record(p, pk->p, pk->len))
			queue_add(p, pk);
	}
}

void
port_unix_hangup(void *arg)
{
	struct port_unix *p = arg;

	if (p->fd < 0)
		return;
	p->hanging = true;
	watch_off(&p->rd);
	if (p->head == NULL)
		p->gone = true;
}

static void
client_drop(struct port_unix *p, struct turn *t)
{
	watch_fini(&p->rd);
	watch_fini(&p->wr);
	unix_close(p->fd);
	p->fd = -1;
	p->hanging = p->gone = false;
	queue_clear(p);
	p->h->close(p->h->arg, t);
}

static void
on_reap(void *arg, struct turn *t)
{
	struct port_unix *p = arg;

	if (p->fd >= 0 && p->gone)
		client_drop(p, t);
}

static void
refuse(int fd, enum mesh_refusal code, const char *why)
{
	struct mesh_rec rec = { .type = MESH_REFUSED };
	uint8_t buf[MESH_HEAD + 8 + MESH_TEXT_MAX];
	struct wr w = wr_of(buf, sizeof(buf));

	rec.u.refused.code = (uint16_t)code;
	strncpy(rec.u.refused.why, why, MESH_TEXT_MAX);
	if (mesh_write(&w, &rec))
		(void)send(fd, buf, w.len, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* The length of the next record, or -1 when there is none, now or ever. */
static ssize_t
next_len(struct port_unix *p)
{
	struct pollfd pfd = { .fd = p->fd, .events = POLLIN | POLLRDHUP };
	ssize_t len = recv(p->fd, NULL, 0, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);

	if (len > 0)
		return len;
	if (len < 0) {
		if (errno != EAGAIN && errno != EINTR)
			p->gone = true;
		return -1;
	}
	/* an empty record and the end of the connection look the same */
	if (poll(&pfd, 1, 0) < 0 || (pfd.revents & (POLLRDHUP | POLLHUP))) {
		p->gone = true;
		return -1;
	}
	return 0;
}

static void
too_long(struct port_unix *p)
{
	count(p->cnt, CNT_mesh_bad);
	refuse(p->fd, MESH_REF_FORMAT, "a record is longer than allowed");
	p->gone = true;
}

/* Appends the next record to run; its length, or -1 when none was read. */
static ssize_t
read_record(struct port_unix *p, struct run *run, struct turn *t)
{
	ssize_t len = next_len(p);
	struct pkt *pk;

	if (len < 0)
		return -1;
	if (len > (ssize_t)MESH_RECORD_MAX) {
		too_long(p);
		return -1;
	}
	pk = run_add(run, (size_t)len, t->mem);
	if (pk == NULL)
		return -1;
	if (recv(p->fd, pk->p, pk->len, MSG_DONTWAIT) != len) {
		run->n--;
		p->gone = true;
		return -1;
	}
	return len;
}

static void
on_readable(void *arg, struct turn *t)
{
	struct port_unix *p = arg;
	struct run run = { 0 };
	size_t bytes = 0;
	ssize_t len;

	while (!p->gone && !p->hanging && run.n < PORT_RECORDS &&
	    bytes < PORT_BYTES && (len = read_record(p, &run, t)) >= 0)
		bytes += (size_t)len;
	if (run.n > 0)
		p->h->input(p->h->arg, &run, t);
}

/*
 * A mesh daemon that restarts may be back before we have seen the end of its
 * old connection, and one that was told to go has no claim to its place.
 */
static bool
slot_free(struct port_unix *p, struct turn *t)
{
	if (p->fd < 0)
		return true;
	if (!p->gone && !p->hanging)
		on_readable(p, t);
	if (!p->gone && !p->hanging)
		return false;
	client_drop(p, t);
	return true;
}

static void
on_accept(void *arg, struct turn *t)
{
	struct port_unix *p = arg;
	int fd = watch_accept(&p->listen_watch, p->listen_fd);

	if (fd < 0)
		return;
	if (!slot_free(p, t)) {
		count(p->cnt, CNT_mesh_refused);
		refuse(fd, MESH_REF_BUSY, "another mesh daemon is connected");
		unix_close(fd);
		return;
	}
	p->fd = fd;
	watch_init(&p->rd, p->loop, fd, WATCH_READ, on_readable, p);
	watch_init(&p->wr, p->loop, fd, WATCH_WRITE, on_writable, p);
	watch_on(&p->rd);
	p->h->open(p->h->arg, t);
}

int
port_unix_open(struct port_unix **ret, struct loop *l, const struct priv *pv,
    const struct port_handler *h, struct counters *cnt)
{
	int fd =
	    priv_unix_listen(pv, PRIV_PATH_MESH, PRIV_UNIX_SEQPACKET, MODE);
	struct port_unix *p;

	if (fd < 0)
		return fd;
	p = xcalloc(1, sizeof(*p));
	p->loop = l;
	p->pv = pv;
	p->h = h;
	p->cnt = cnt;
	p->listen_fd = fd;
	p->fd = -1;
	p->tail = &p->head;
	p->pool.max = PORT_QUEUE_BYTES;
	watch_init(&p->listen_watch, l, fd, WATCH_READ, on_accept, p);
	watch_on(&p->listen_watch);
	hook_add(&p->reap, l, LOOP_ACT, on_reap, p);
	*ret = p;
	return 0;
}

void
port_unix_close(struct port_unix *p)
{
	int rc;

	if (p == NULL)
		return;
	hook_del(&p->reap, p->loop);
	watch_fini(&p->listen_watch);
	close(p->listen_fd);
	if (p->fd >= 0) {
		watch_fini(&p->rd);
		watch_fini(&p->wr);
		unix_close(p->fd);
	}
	queue_clear(p);
	rc = priv_unix_unlink(p->pv, PRIV_PATH_MESH);
	if (rc < 0)
		log_warnx("mesh socket: %s", strerror(-rc));
	free(p);
}
