#include "io/port_fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fdutil.h"
#include "base/log.h"
#include "base/xmem.h"
#include "io/loop.h"
#include "io/port_link.h"

#define SYSTEMD_FIRST 3 /* SD_LISTEN_FDS_START */
#define SYSTEMD_NAME "vplama-port"

/* One way of a port: our duplicate of a descriptor. */
struct way {
	int fd;	   /* -1: none */
	int flags; /* of the file, as they were */
	enum link_form form;
};

struct port_fdpair {
	struct port port;
	struct way in, out;
	struct port_link link;
	struct hook watcher;
	unsigned told; /* LINK_*_END that are logged */
};

/* Strict: a mistake must not name another descriptor. */
static bool
fd_parse(const char *s, int *ret)
{
	size_t len = strspn(s, "0123456789");

	if (len == 0 || len > 6 || s[len] != '\0')
		return false;
	*ret = atoi(s);
	return *ret > STDERR_FILENO;
}

/* 1: found; 0: neither is set; or -EINVAL. */
static int
from_env(const char *rx, const char *tx, int *ret_in, int *ret_out)
{
	const char *in = getenv(rx), *out = getenv(tx);

	if (in == NULL && out == NULL)
		return 0;
	if (in == NULL || out == NULL || !fd_parse(in, ret_in) ||
	    !fd_parse(out, ret_out))
		return -EINVAL;
	return 1;
}

/* As sd_listen_fds_with_names() looks for them; the names are joined by ':'. */
static bool
from_systemd(int *ret)
{
	const char *pid = getenv("LISTEN_PID"), *n = getenv("LISTEN_FDS");
	const char *name = getenv("LISTEN_FDNAMES");
	int i, max;

	if (pid == NULL || n == NULL || name == NULL || atol(pid) != getpid())
		return false;
	max = atoi(n);
	for (i = 0; i < max; i++) {
		size_t len = strcspn(name, ":");

		if (len == strlen(SYSTEMD_NAME) &&
		    strncmp(name, SYSTEMD_NAME, len) == 0) {
			*ret = SYSTEMD_FIRST + i;
			return true;
		}
		if (name[len] == '\0')
			break;
		name += len + 1;
	}
	return false;
}

static int
find(int *ret_in, int *ret_out)
{
	int rc = from_env("VPLAM_FD_RX", "VPLAM_FD_TX", ret_in, ret_out);

	if (rc == 0)
		rc = from_env("EG_FD_RX", "EG_FD_TX", ret_in, ret_out);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	if (!from_systemd(ret_in))
		return -EDESTADDRREQ;
	*ret_out = *ret_in;
	return 0;
}

/* wrong: the access mode that cannot serve. */
static int
way_open(struct way *w, int fd, int wrong)
{
	int flags = fcntl(fd, F_GETFL);
	int rc;

	if (flags < 0 || (flags & O_ACCMODE) == wrong)
		return -EBADF;
	if (!port_link_form(fd, &w->form))
		return -EINVAL;
	w->fd = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (w->fd < 0)
		return -errno;
	w->flags = flags;
	rc = fd_nonblock(w->fd);
	if (rc == 0 && fd > STDERR_FILENO && fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		rc = -errno; /* what we start must not inherit it */
	return rc;
}

static void
way_close(struct way *w)
{
	if (w->fd < 0)
		return;
	(void)fcntl(w->fd, F_SETFL, w->flags);
	close(w->fd);
}

static void
on_turn(void *arg, struct turn *t)
{
	struct port_fdpair *p = arg;
	unsigned fresh = p->link.end & ~p->told;
	const char *name = p->port.ops->name;

	(void)t;
	p->told |= fresh;
	if (fresh & LINK_IN_END)
		log_warnx("port %s: the input has ended", name);
	if (fresh & LINK_OUT_END)
		log_warnx("port %s: nobody reads the output any more", name);
}

static void
pair_close(struct port *port)
{
	struct port_fdpair *p = (struct port_fdpair *)port;

	if (p == NULL)
		return;
	hook_del(&p->watcher, port->env->loop);
	port_link_close(&p->link);
	way_close(&p->out); /* opened last: its flags may be in's, changed */
	way_close(&p->in);
	free(p);
}

static int
pair_open(struct port **ret, const struct port_ops *ops, int in, int out,
    bool ethernet, unsigned no, const struct port_env *env)
{
	struct port_fdpair *p = xcalloc(1, sizeof(*p));
	int rc;

	p->port = (struct port){ ops, env, no };
	p->in.fd = p->out.fd = -1;
	rc = way_open(&p->in, in, O_WRONLY);
	if (rc == 0)
		rc = way_open(&p->out, out, O_RDONLY);
	if (rc == 0) {
		port_link_open(&p->link, &p->port, ethernet, p->in.fd,
		    p->in.form, p->out.fd, p->out.form);
		if (p->link.end != 0) { /* nothing opens it again */
			port_link_close(&p->link);
			rc = -ENOMEM;
		}
	}
	if (rc < 0) {
		way_close(&p->out);
		way_close(&p->in);
		free(p);
		return rc;
	}
	hook_add(&p->watcher, env->loop, LOOP_ACT, on_turn, p);
	*ret = &p->port;
	return 0;
}

static int
fd_open(struct port **ret, const struct port_conf *conf, unsigned no,
    const struct port_env *env)
{
	int in, out, rc = find(&in, &out);

	if (rc < 0)
		return rc;
	return pair_open(ret, &port_fd, in, out, conf->ethernet, no, env);
}

static int
stdio_open(struct port **ret, const struct port_conf *conf, unsigned no,
    const struct port_env *env)
{
	return pair_open(ret, &port_stdio, STDIN_FILENO, STDOUT_FILENO,
	    conf->ethernet, no, env);
}

static void
pair_send(struct port *port, struct run *run)
{
	port_link_send(&((struct port_fdpair *)port)->link, run);
}

const struct port_ops port_fd = {
	.name = "fd",
	.open = fd_open,
	.send = pair_send,
	.carrier = NULL,
	.forget = NULL,
	.close = pair_close,
};

const struct port_ops port_stdio = {
	.name = "stdio",
	.open = stdio_open,
	.send = pair_send,
	.carrier = NULL,
	.forget = NULL,
	.close = pair_close,
};
