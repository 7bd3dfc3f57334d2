#include "io/port_dgram.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fdutil.h"
#include "base/log.h"
#include "base/xmem.h"
#include "io/loop.h"

#define MODE 0660
#define TURN_BYTES (256u << 10) /* no further frame is read after so many */

struct port_dgram {
	struct port port;
	bool ethernet;
	int fd;
	struct watch watch;
	struct sockaddr_storage to;
	socklen_t to_len;   /* 0: nobody yet */
	struct addr remote; /* udp: the same */
	char path[PORT_PATH];
};

/* Is it from whom we talk to? */
static bool
from_remote(struct port_dgram *p, const struct sockaddr_storage *ss)
{
	struct addr a;

	if (p->path[0] != '\0')
		return true; /* the mode of the file has decided */
	if (!addr_from_sockaddr((const struct sockaddr *)ss, &a))
		return false;
	if (p->to_len == 0) {
		p->remote = a;
		p->to_len = addr_to_sockaddr(&a, false, &p->to);
	}
	return addr_equal(&a, &p->remote);
}

/* The length of the next datagram; 0: it was none to keep; -1: no more now. */
static ssize_t
next_len(struct port_dgram *p)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(ss);
	ssize_t n = recvfrom(p->fd, NULL, 0,
	    MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT, (struct sockaddr *)&ss, &len);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? -1 : 0;
	if (n > 0 && n <= PORT_FRAME_MAX && from_remote(p, &ss))
		return n;
	(void)recv(p->fd, NULL, 0, MSG_DONTWAIT);
	count(p->port.env->cnt, CNT_port_bad);
	return 0;
}

static bool
take(struct port_dgram *p, size_t len, struct run *run, struct arena *mem)
{
	struct pkt *pk = run_add(run, len, mem);

	if (pk == NULL)
		return false;
	if (recv(p->fd, pk->p, len, MSG_DONTWAIT) != (ssize_t)len)
		run->n--;
	return true;
}

static void
on_readable(void *arg, struct turn *t)
{
	struct port_dgram *p = arg;
	const struct port_env *env = p->port.env;
	struct run run = { 0 };
	size_t bytes = 0;
	unsigned tries;

	for (tries = 0; tries < RUN_MAX && bytes < TURN_BYTES; tries++) {
		ssize_t len = next_len(p);

		if (len < 0)
			break;
		if (len > 0 && !take(p, (size_t)len, &run, t->mem))
			break;
		bytes += (size_t)len;
	}
	if (run.n == 0)
		return;
	count_n(env->cnt, CNT_port_rx, run.n);
	env->input(env->arg, p->port.no, &run, t);
}

/* The kernel's buffer is all the queue there is, as on a wire. */
static void
dgram_send(struct port *port, struct run *run)
{
	struct port_dgram *p = (struct port_dgram *)port;
	struct counters *cnt = port->env->cnt;
	struct mmsghdr msg[RUN_MAX] = { 0 };
	struct iovec iov[RUN_MAX];
	unsigned i, done = 0;

	port_finish(run, p->ethernet);
	for (i = 0; i < run->n; i++) {
		iov[i] = (struct iovec){ run->pkt[i].p, run->pkt[i].len };
		msg[i].msg_hdr = (struct msghdr){ .msg_name = &p->to,
			.msg_namelen = p->to_len,
			.msg_iov = &iov[i],
			.msg_iovlen = 1 };
	}
	while (done < run->n && p->to_len > 0) {
		int n = sendmmsg(p->fd, msg + done, run->n - done,
		    MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n > 0) {
			count_n(cnt, CNT_port_tx, (unsigned)n);
			done += (unsigned)n;
		} else if (errno == EAGAIN) {
			break;
		} else if (errno != EINTR) { /* this one */
			count(cnt, CNT_port_drop);
			done++;
		}
	}
	count_n(cnt, CNT_port_drop, run->n - done);
}

static struct port_dgram *
dgram_new(const struct port_ops *ops, const struct port_conf *conf, unsigned no,
    const struct port_env *env)
{
	struct port_dgram *p = xcalloc(1, sizeof(*p));

	p->port = (struct port){ ops, env, no };
	p->ethernet = conf->ethernet;
	return p;
}

static void
dgram_start(struct port_dgram *p, int fd)
{
	p->fd = fd;
	watch_init(
	    &p->watch, p->port.env->loop, fd, WATCH_READ, on_readable, p);
	watch_on(&p->watch);
}

static void
dgram_close(struct port *port)
{
	struct port_dgram *p = (struct port_dgram *)port;

	if (p == NULL)
		return;
	watch_fini(&p->watch);
	close(p->fd);
	if (p->path[0] != '\0' && unlink(p->path) < 0 && errno != ENOENT)
		log_warn("%s", p->path);
	free(p);
}

static int
udp_socket(const struct addr *local, bool v4)
{
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(local, false, &ss);
	const int on = 1;
	int rc = 0,
	    fd = socket(v4 ? AF_INET : AF_INET6,
		SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	if (!v4 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) < 0)
		rc = -errno;
	if (rc == 0 && local->port != 0 &&
	    bind(fd, (const struct sockaddr *)&ss, len) < 0)
		rc = -errno;
	if (rc < 0)
		close(fd);
	return rc < 0 ? rc : fd;
}

static int
udp_open(struct port **ret, const struct port_conf *conf, unsigned no,
    const struct port_env *env)
{
	bool has_local = conf->local.port != 0;
	bool has_remote = conf->remote.port != 0;
	struct port_dgram *p;
	bool v4;
	int fd;

	if (!has_local && !has_remote)
		return -EDESTADDRREQ;
	v4 = addr_is_v4(has_local ? &conf->local : &conf->remote);
	if (has_remote && addr_is_v4(&conf->remote) != v4)
		return -EAFNOSUPPORT;
	fd = udp_socket(&conf->local, v4);
	if (fd < 0)
		return fd;
	p = dgram_new(&port_udp, conf, no, env);
	if (has_remote) {
		p->remote = conf->remote;
		p->to_len = addr_to_sockaddr(&conf->remote, false, &p->to);
	}
	dgram_start(p, fd);
	*ret = &p->port;
	return 0;
}

static int
unix_open(struct port **ret, const struct port_conf *conf, unsigned no,
    const struct port_env *env)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct port_dgram *p;
	int fd;

	if (conf->local_path[0] == '\0' || conf->remote_path[0] == '\0')
		return -EDESTADDRREQ;
	fd = unix_listen(conf->local_path, SOCK_DGRAM, MODE);
	if (fd < 0)
		return fd;
	p = dgram_new(&port_unix_dgram, conf, no, env);
	strcpy(sun.sun_path, conf->remote_path);
	memcpy(&p->to, &sun, sizeof(sun));
	p->to_len = sizeof(sun);
	strcpy(p->path, conf->local_path);
	dgram_start(p, fd);
	*ret = &p->port;
	return 0;
}

const struct port_ops port_udp = {
	.name = "udp",
	.open = udp_open,
	.send = dgram_send,
	.carrier = NULL,
	.forget = NULL,
	.close = dgram_close,
};

const struct port_ops port_unix_dgram = {
	.name = "unix-dgram",
	.open = unix_open,
	.send = dgram_send,
	.carrier = NULL,
	.forget = NULL,
	.close = dgram_close,
};
