#include "io/meshprobe.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xmem.h"
#include "io/loop.h"
#include "priv/priv.h"

#define READS 64 /* a turn */

struct iface {
	struct meshprobe *mp;
	const char *name;
	unsigned index; /* that it was bound to */
	int fd;		/* -1: not there */
	bool v6;	/* the socket has both families */
	int said;	/* -errno that the log tells */
	struct watch watch;
};

struct probe {
	struct addr to;
	uint8_t nonce[MESHPROBE_NONCE];
	unsigned left;
	struct mono at; /* of the next one */
};

struct meshprobe {
	struct loop *loop;
	const struct priv *pv;
	struct meshprobe_handler h;
	struct iface *iface;
	unsigned n;
	struct probe probe[MESHPROBE_MAX];
	unsigned n_probe;
	struct mono look_at;
	struct mono second; /* in which heard were told */
	unsigned heard;
};

/* A mesh gone wild must not keep us from our work. */
static bool
may_tell(struct meshprobe *mp, struct mono now)
{
	if (mono_since(mp->second, now) >= MONO_SEC) {
		mp->second = now;
		mp->heard = 0;
	}
	return mp->heard++ < MESHPROBE_HEARD;
}

/* False: there is nothing more to read. */
static bool
read_one(struct iface *i, struct turn *t)
{
	struct meshprobe *mp = i->mp;
	uint8_t buf[MESHPROBE_NONCE + 1];
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(ss);
	struct addr from;
	ssize_t n = recvfrom(i->fd, buf, sizeof(buf), MSG_DONTWAIT,
	    (struct sockaddr *)&ss, &len);

	if (n < 0 && errno == EAGAIN)
		return false;
	if (n == MESHPROBE_NONCE &&
	    addr_from_sockaddr((struct sockaddr *)&ss, &from) &&
	    may_tell(mp, t->now))
		mp->h.heard(mp->h.arg, &from, buf, t);
	return true;
}

static void
on_readable(void *arg, struct turn *t)
{
	struct iface *i = arg;
	unsigned k = 0;

	while (k < READS && read_one(i, t))
		k++;
}

static void
iface_close(struct iface *i)
{
	watch_fini(&i->watch);
	if (i->fd >= 0)
		close(i->fd);
	i->fd = -1;
}

static bool
has_both(int fd)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(ss);

	return getsockname(fd, (struct sockaddr *)&ss, &len) == 0 &&
	    ss.ss_family == AF_INET6;
}

static int
iface_open(struct iface *i, unsigned no, unsigned index)
{
	int fd = index == 0 ? -ENODEV : priv_mesh_bind(i->mp->pv, no);

	if (fd < 0)
		return fd;
	i->fd = fd;
	i->v6 = has_both(fd);
	i->index = index;
	watch_init(&i->watch, i->mp->loop, fd, WATCH_READ, on_readable, i);
	watch_on(&i->watch);
	return 0;
}

/* One that was deleted and made again is another one to the kernel. */
static void
iface_look(struct iface *i, unsigned no)
{
	unsigned index = if_nametoindex(i->name);
	int rc;

	if (i->fd >= 0 && i->index == index)
		return;
	iface_close(i);
	rc = iface_open(i, no, index);
	if (rc == i->said)
		return;
	if (rc < 0)
		log_warnx("mesh-interface %s: cannot be probed through: %s; it "
			  "is tried again",
		    i->name, strerror(-rc));
	else
		log_info("mesh-interface %s: is there", i->name);
	i->said = rc;
}

static void
look(struct meshprobe *mp, struct mono now)
{
	unsigned i;

	for (i = 0; i < mp->n; i++)
		iface_look(&mp->iface[i], i);
	mp->look_at = mp->n > 0 ? mono_add(now, MESHPROBE_LOOK_US) : MONO_NEVER;
}

struct meshprobe *
meshprobe_new(struct loop *l, const struct priv *pv,
    const char (*name)[IFNAME_MAX + 1], unsigned n,
    const struct meshprobe_handler *h, struct mono now)
{
	struct meshprobe *mp = xcalloc(1, sizeof(*mp));
	unsigned i;

	mp->loop = l;
	mp->pv = pv;
	mp->h = *h;
	mp->n = n;
	mp->iface = xcalloc(n, sizeof(*mp->iface));
	for (i = 0; i < n; i++)
		mp->iface[i] =
		    (struct iface){ .mp = mp, .name = name[i], .fd = -1 };
	look(mp, now);
	return mp;
}

void
meshprobe_free(struct meshprobe *mp)
{
	unsigned i;

	if (mp == NULL)
		return;
	for (i = 0; i < mp->n; i++)
		iface_close(&mp->iface[i]);
	free(mp->iface);
	free(mp);
}

/* What cannot be sent now may go the next time, or by another interface. */
static void
send_by(const struct iface *i, const struct probe *p)
{
	struct addr to = p->to;
	struct sockaddr_storage ss;
	socklen_t len;

	if (i->fd < 0 || (!i->v6 && !addr_is_v4(&to)))
		return;
	to.port = PRIV_MESH_PORT;
	len = addr_to_sockaddr(&to, i->v6, &ss);
	if (sendto(i->fd, p->nonce, sizeof(p->nonce),
		MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&ss, len) < 0)
		log_debug("mesh-interface %s: %s", i->name, strerror(errno));
}

static void
send_one(struct meshprobe *mp, struct probe *p, struct mono now)
{
	unsigned i;

	for (i = 0; i < mp->n; i++)
		send_by(&mp->iface[i], p);
	p->left--;
	p->at = mono_add(now, MESHPROBE_EVERY_US);
}

static bool
any_there(const struct meshprobe *mp)
{
	unsigned i;

	for (i = 0; i < mp->n; i++)
		if (mp->iface[i].fd >= 0)
			return true;
	return false;
}

bool
meshprobe_send(struct meshprobe *mp, const struct addr *to,
    const uint8_t nonce[MESHPROBE_NONCE], struct mono now)
{
	struct probe *p;

	if (mp->n_probe == MESHPROBE_MAX)
		return false;
	look(mp, now);
	if (!any_there(mp))
		return false;
	p = &mp->probe[mp->n_probe++];
	*p = (struct probe){ .to = *to, .left = MESHPROBE_TIMES };
	memcpy(p->nonce, nonce, sizeof(p->nonce));
	send_one(mp, p, now);
	return true;
}

struct mono
meshprobe_deadline(const struct meshprobe *mp)
{
	struct mono at;
	unsigned i;

	if (mp == NULL)
		return MONO_NEVER;
	at = mp->look_at;
	for (i = 0; i < mp->n_probe; i++)
		at = mono_min(at, mp->probe[i].at);
	return at;
}

void
meshprobe_tick(struct meshprobe *mp, struct mono now)
{
	unsigned i, k = 0;

	if (mp == NULL)
		return;
	if (mono_due(mp->look_at, now))
		look(mp, now);
	for (i = 0; i < mp->n_probe; i++) {
		struct probe *p = &mp->probe[i];

		if (mono_due(p->at, now))
			send_one(mp, p, now);
		if (p->left > 0)
			mp->probe[k++] = *p;
	}
	mp->n_probe = k;
}
