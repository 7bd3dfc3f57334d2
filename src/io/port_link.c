#include "io/port_link.h"

#include <errno.h>
#include <event2/event.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/log.h"
#include "base/rd.h"
#include "base/wr.h"
#include "base/xmem.h"

#define LEN 4 /* bytes of a length */
#define IN_BUF (2 * PORT_FRAME_MAX)

static void
in_end(struct port_link *l)
{
	l->end |= LINK_IN_END;
	watch_off(&l->in.watch);
}

static void
bad(struct port_link *l)
{
	count(l->port->env->cnt, CNT_port_bad);
}

static void
deliver(struct port_link *l, struct run *run, struct turn *t)
{
	const struct port_env *env = l->port->env;

	if (run->n == 0)
		return;
	count_n(env->cnt, CNT_port_rx, run->n);
	env->input(env->arg, l->port->no, run, t);
}

/* False when nothing is there now, or it was the end. */
static bool
fill(struct port_link *l)
{
	ssize_t n;

	memmove(l->in.buf, l->in.buf + l->in.at, l->in.have - l->in.at);
	l->in.have -= l->in.at;
	l->in.at = 0;
	do {
		n = read(l->in.fd, l->in.buf + l->in.have, IN_BUF - l->in.have);
	} while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return false;
	if (n <= 0) {
		if (l->in.have > 0) /* a part of a frame */
			bad(l);
		in_end(l);
		return false;
	}
	l->in.have += (size_t)n;
	return true;
}

/* The next frame, if it is whole. Nobody can find the one behind a bad length.
 */
static bool
next_frame(struct port_link *l, struct rd *ret)
{
	struct rd r = rd_of(l->in.buf + l->in.at, l->in.have - l->in.at);
	uint32_t len;

	if ((l->end & LINK_IN_END) || !rd_be32(&r, &len))
		return false;
	if (len == 0 || len > PORT_FRAME_MAX) {
		bad(l);
		in_end(l);
		return false;
	}
	return rd_sub(&r, ret, len);
}

/* Copies it into run; false when there is no room. */
static bool
take(struct port_link *l, const struct rd *frame, struct run *run,
    struct arena *mem)
{
	struct pkt *pk = run_add(run, frame->left, mem);

	if (pk == NULL)
		return false;
	memcpy(pk->p, frame->p, frame->left);
	l->in.at += LEN + frame->left;
	return true;
}

/* Goes on in the next turn: what is in the buffer makes no descriptor ready. */
static void
go_on_later(struct port_link *l)
{
	const struct timeval now = { 0 };

	watch_off(&l->in.watch);
	if (evtimer_add(l->in.again, &now) < 0)
		fatalx("out of memory for a timer");
}

static void
on_stream(void *arg, struct turn *t)
{
	struct port_link *l = arg;
	struct run run = { 0 };
	size_t bytes = 0;
	struct rd frame;

	for (;;) {
		if (!next_frame(l, &frame)) {
			if ((l->end & LINK_IN_END) || !fill(l))
				break;
			continue;
		}
		if (bytes >= LINK_TURN_BYTES ||
		    !take(l, &frame, &run, t->mem)) {
			go_on_later(l);
			break;
		}
		bytes += frame.left;
	}
	deliver(l, &run, t);
}

static void
on_again(evutil_socket_t fd, short what, void *arg)
{
	struct port_link *l = arg;

	(void)fd;
	(void)what;
	watch_on(&l->in.watch);
	on_stream(l, loop_turn(l->port->env->loop));
}

/* The length of the next record; 0: it was none to keep; -1: no more now. */
static ssize_t
next_record(struct port_link *l)
{
	ssize_t n =
	    recv(l->in.fd, NULL, 0, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);

	if (n > 0 && n <= PORT_FRAME_MAX)
		return n;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return -1;
	if (l->in.form == LINK_SEQPACKET && n <= 0) {
		in_end(l);
		return -1;
	}
	if (n >= 0) {
		(void)recv(l->in.fd, NULL, 0, MSG_DONTWAIT);
		bad(l);
	}
	return 0;
}

static bool
take_record(struct port_link *l, size_t len, struct run *run, struct arena *mem)
{
	struct pkt *pk = run_add(run, len, mem);

	if (pk == NULL)
		return false;
	if (recv(l->in.fd, pk->p, len, MSG_DONTWAIT) != (ssize_t)len)
		run->n--;
	return true;
}

static void
on_records(void *arg, struct turn *t)
{
	struct port_link *l = arg;
	struct run run = { 0 };
	size_t bytes = 0;
	unsigned tries;

	for (tries = 0; tries < RUN_MAX && bytes < LINK_TURN_BYTES; tries++) {
		ssize_t len = next_record(l);

		if (len < 0)
			break;
		if (len > 0 && !take_record(l, (size_t)len, &run, t->mem))
			break;
		bytes += (size_t)len;
	}
	deliver(l, &run, t);
}

static void
queue_del(struct port_link *l)
{
	struct pbuf *b = l->out.head;

	l->out.head = b->next;
	if (l->out.head == NULL)
		l->out.tail = &l->out.head;
	l->out.off = 0;
	l->out.n--;
	pool_put(&l->out.pool, b);
}

static void
out_end(struct port_link *l)
{
	l->end |= LINK_OUT_END;
	watch_off(&l->out.watch);
	count_n(l->port->env->cnt, CNT_port_drop, l->out.n);
	while (l->out.head != NULL)
		queue_del(l);
}

/* As it will stand on the line; off bytes of it are out already. */
static bool
queue_add(struct port_link *l, const struct pkt *pk, size_t off)
{
	size_t head = l->out.form == LINK_STREAM ? LEN : 0;
	struct pbuf *b = NULL;
	struct wr w;

	if (l->out.n < LINK_QUEUE_MAX)
		b = pool_get(&l->out.pool, head + pk->len);
	if (b == NULL) {
		count(l->port->env->cnt, CNT_port_drop);
		return false;
	}
	w = wr_of(b->data, b->len);
	if (head > 0)
		wr_be32(&w, pk->len);
	wr_bytes(&w, pk->p, pk->len);
	if (l->out.n++ == 0) {
		l->out.off = off;
		watch_on(&l->out.watch);
	}
	*l->out.tail = b;
	l->out.tail = &b->next;
	return true;
}

/* Bytes that are out; 0 also when it is over. */
static size_t
write_all(struct port_link *l, const struct iovec *iov, unsigned n)
{
	ssize_t rc;

	do {
		rc = writev(l->out.fd, iov, (int)n);
	} while (rc < 0 && errno == EINTR);
	if (rc < 0 && errno != EAGAIN)
		out_end(l);
	return rc < 0 ? 0 : (size_t)rc;
}

static size_t
write_run(struct port_link *l, const struct run *run)
{
	struct iovec iov[2 * RUN_MAX];
	uint8_t len[RUN_MAX * LEN];
	struct wr w = wr_of(len, sizeof(len));
	unsigned i;

	for (i = 0; i < run->n; i++) {
		const struct pkt *pk = &run->pkt[i];

		iov[2 * i] = (struct iovec){ len + w.len, LEN };
		iov[2 * i + 1] = (struct iovec){ pk->p, pk->len };
		wr_be32(&w, pk->len);
	}
	return write_all(l, iov, 2 * run->n);
}

/* What does not go out at once is queued, from the byte where it broke off. */
static void
send_stream(struct port_link *l, const struct run *run)
{
	size_t left = l->out.n == 0 ? write_run(l, run) : 0;
	unsigned i = 0;

	while (i < run->n && left >= LEN + run->pkt[i].len)
		left -= LEN + run->pkt[i++].len;
	count_n(l->port->env->cnt, CNT_port_tx, i);
	if (left > 0 && !queue_add(l, &run->pkt[i++], left))
		out_end(l); /* what follows would be read as its rest */
	if (l->end & LINK_OUT_END)
		count_n(l->port->env->cnt, CNT_port_drop, run->n - i);
	else
		for (; i < run->n; i++)
			(void)queue_add(l, &run->pkt[i], 0);
}

static void
flush_stream(struct port_link *l)
{
	struct iovec iov[RUN_MAX];
	size_t left, off = l->out.off;
	struct pbuf *b;
	unsigned n = 0;

	for (b = l->out.head; b != NULL && n < RUN_MAX; b = b->next) {
		iov[n++] = (struct iovec){ b->data + off, b->len - off };
		off = 0;
	}
	left = write_all(l, iov, n);
	while (l->out.n > 0 && left >= l->out.head->len - l->out.off) {
		left -= l->out.head->len - l->out.off;
		queue_del(l);
		count(l->port->env->cnt, CNT_port_tx);
	}
	l->out.off += left;
}

/* False: try again later. Else it is out, or counted as lost. */
static bool
send_record(struct port_link *l, const void *p, size_t len)
{
	ssize_t n;

	do {
		n = send(l->out.fd, p, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return false;
	count(l->port->env->cnt, n >= 0 ? CNT_port_tx : CNT_port_drop);
	if (n < 0 && l->out.form == LINK_SEQPACKET && errno != EMSGSIZE &&
	    errno != ENOBUFS)
		l->end |= LINK_OUT_END;
	return true;
}

static void
send_records(struct port_link *l, const struct run *run)
{
	unsigned i;

	for (i = 0; i < run->n; i++) {
		const struct pkt *pk = &run->pkt[i];

		if (l->end & LINK_OUT_END)
			count(l->port->env->cnt, CNT_port_drop);
		else if (l->out.n > 0 || !send_record(l, pk->p, pk->len))
			(void)queue_add(l, pk, 0);
	}
}

static void
flush_records(struct port_link *l)
{
	while (l->out.n > 0 && !(l->end & LINK_OUT_END) &&
	    send_record(l, l->out.head->data, l->out.head->len))
		queue_del(l);
	if (l->end & LINK_OUT_END)
		out_end(l);
}

static void
on_writable(void *arg, struct turn *t)
{
	struct port_link *l = arg;

	(void)t;
	if (l->out.form == LINK_STREAM)
		flush_stream(l);
	else
		flush_records(l);
	if (l->out.n == 0)
		watch_off(&l->out.watch);
}

void
port_link_send(struct port_link *l, struct run *run)
{
	port_finish(run, l->ethernet);
	if (l->end & LINK_OUT_END)
		count_n(l->port->env->cnt, CNT_port_drop, run->n);
	else if (l->out.form == LINK_STREAM)
		send_stream(l, run);
	else
		send_records(l, run);
}

static bool
socket_form(int fd, enum link_form *ret)
{
	int type, listening;
	socklen_t len = sizeof(type);

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) < 0 ||
	    listening != 0)
		return false;
	switch (type) {
	case SOCK_STREAM:
		*ret = LINK_STREAM;
		return true;
	case SOCK_SEQPACKET:
		*ret = LINK_SEQPACKET;
		return true;
	case SOCK_DGRAM:
		*ret = LINK_DGRAM;
		return true;
	}
	return false;
}

bool
port_link_form(int fd, enum link_form *ret)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return false;
	if (S_ISSOCK(st.st_mode))
		return socket_form(fd, ret);
	*ret = LINK_STREAM;
	return S_ISFIFO(st.st_mode);
}

void
port_link_open(struct port_link *l, const struct port *port, bool ethernet,
    int in, enum link_form in_form, int out, enum link_form out_form)
{
	struct loop *loop = port->env->loop;

	*l = (struct port_link){ .port = port, .ethernet = ethernet };
	l->in.fd = in;
	l->in.form = in_form;
	l->out.fd = out;
	l->out.form = out_form;
	l->out.tail = &l->out.head;
	l->out.pool.max = LINK_QUEUE_BYTES;
	watch_init(&l->in.watch, loop, in, WATCH_READ,
	    in_form == LINK_STREAM ? on_stream : on_records, l);
	watch_init(&l->out.watch, loop, out, WATCH_WRITE, on_writable, l);
	watch_on(&l->in.watch);
	if (in_form != LINK_STREAM)
		return;
	l->in.buf = try_malloc(IN_BUF);
	l->in.again = evtimer_new(loop_base(loop), on_again, l);
	if (l->in.buf == NULL || l->in.again == NULL) {
		in_end(l);
		out_end(l);
	}
}

void
port_link_close(struct port_link *l)
{
	out_end(l);
	watch_fini(&l->in.watch);
	watch_fini(&l->out.watch);
	if (l->in.again != NULL)
		event_free(l->in.again);
	free(l->in.buf);
	l->in.again = NULL;
	l->in.buf = NULL;
}
