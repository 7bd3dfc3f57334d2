#include "io/port_tun.h"

#include <errno.h>
#include <linux/if_tun.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/container.h"
#include "base/log.h"
#include "base/xmem.h"
#include "io/loop.h"
#include "priv/priv.h"
#include "wire/eth.h"
#include "wire/gso.h"

#define SCRATCH (VNET_HEAD + ETH_HEAD + ETH_VLAN + GSO_MAX)

struct port_tun {
	struct port base;
	int fd;
	bool ethernet;
	bool vnet;    /* the kernel speaks of offloads before each packet */
	unsigned can; /* GSO_*: what it takes as a super-packet */
	bool gone;    /* deleted under us */
	struct watch rd;

	/*
	 * Every read goes here, so that these pages stay in the cache. Without
	 * a vnet header zeroes stand for it: a packet that is whole.
	 */
	uint8_t scratch[SCRATCH];
};

_Static_assert((int)PORT_VNET == (int)PRIV_TUN_VNET &&
	(int)PORT_TSO == (int)PRIV_TUN_TSO &&
	(int)PORT_USO == (int)PRIV_TUN_USO,
    "the same offloads by two names");

static void
lost_device(struct port_tun *p)
{
	const struct port_env *env = p->base.env;

	if (p->gone)
		return;
	p->gone = true;
	watch_off(&p->rd);
	env->gone(env->arg, p->base.no);
}

/* --- from the device ------------------------------------------------------ */

static void
hand_over(struct port_tun *p, struct run *run, struct turn *t)
{
	const struct port_env *env = p->base.env;

	if (run->n == 0)
		return;
	count_n(env->cnt, CNT_port_rx, run->n);
	env->input(env->arg, p->base.no, run, t);
	run->n = 0;
}

/* The packets of what was read join those of run, which goes when it is full */
static void
cut(struct port_tun *p, size_t len, struct run *run, struct turn *t)
{
	struct counters *cnt = p->base.env->cnt;
	unsigned lost = 0;
	struct gso_cut c;
	struct vnet v;

	vnet_parse(p->scratch, &v);
	if (!gso_cut_begin(&c, &v, p->scratch + VNET_HEAD, len, p->ethernet)) {
		count(cnt, CNT_port_bad);
		return;
	}
	while (gso_cut_next(&c, run, t->mem, &lost))
		hand_over(p, run, t);
	count_n(cnt, CNT_arena_full, lost);
}

/*
 * What the kernel says of a device that was deleted: of one that is detached,
 * and of one that is just going. Any other error is that of one packet.
 */
static bool
is_gone(int error)
{
	return error == EBADFD || error == EFAULT;
}

/*
 * Bytes of the next packet, behind its vnet header, or -errno; -EAGAIN: there
 * is none.
 */
static ssize_t
read_one(struct port_tun *p)
{
	size_t skip = p->vnet ? 0 : VNET_HEAD;
	ssize_t n;

	do {
		n = read(p->fd, p->scratch + skip, SCRATCH - skip);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n + (ssize_t)skip - VNET_HEAD;
}

static bool
has_room(const struct arena *mem)
{
	return mem->used < mem->max / 4 * 3;
}

static void
on_readable(void *arg, struct turn *t)
{
	struct port_tun *p = arg;
	size_t bytes = 0;
	unsigned reads;
	struct run run;
	ssize_t len;

	run.n = 0;
	for (reads = 0; reads < PORT_TUN_READS && bytes < PORT_TUN_BYTES &&
	     has_room(t->mem);
	     reads++) {
		len = read_one(p);
		if (len == -EAGAIN)
			break;
		if (is_gone((int)-len)) {
			lost_device(p);
			break;
		}
		if (len < 0) {
			count(p->base.env->cnt, CNT_port_bad);
			continue;
		}
		cut(p, (size_t)len, &run, t);
		bytes += (size_t)len;
	}
	hand_over(p, &run, t);
}

/* --- to the device -------------------------------------------------------- */

/* 0 or -errno; a device is never slow, it takes a packet or drops it. */
static int
write_iov(struct port_tun *p, const struct iovec *iov, unsigned n)
{
	int rc = writev(p->fd, iov, (int)n) >= 0 ? 0 : -errno;

	if (rc == -EBADFD)
		lost_device(p);
	return rc;
}

/* One whole packet with nothing left to the kernel. */
static int
write_plain(struct port_tun *p, struct pkt *pk)
{
	static const uint8_t none[VNET_HEAD];
	struct iovec iov[2] = { { (void *)(uintptr_t)none, VNET_HEAD } };

	gso_finish_csum(pk, p->ethernet);
	iov[1] = (struct iovec){ pk->p, pk->len };
	return p->vnet ? write_iov(p, iov, 2) : write_iov(p, iov + 1, 1);
}

static void
send_plain(struct port_tun *p, struct run *run)
{
	unsigned i, ok = 0;

	for (i = 0; i < run->n; i++)
		ok += write_plain(p, &run->pkt[i]) == 0;
	count_n(p->base.env->cnt, CNT_port_tx, ok);
	count_n(p->base.env->cnt, CNT_port_drop, run->n - ok);
}

static size_t
gather(const struct gso_super *s, uint8_t *to)
{
	size_t len = 0;
	unsigned i;

	for (i = 1; i < s->n; i++) {
		memcpy(to + len, s->iov[i].iov_base, s->iov[i].iov_len);
		len += s->iov[i].iov_len;
	}
	return len;
}

/*
 * The kernel refused n packets together; joining has changed the first one's
 * headers, so they are cut anew. Rare: speed does not matter.
 */
static void
send_apart(struct port_tun *p, const struct gso_super *s, unsigned n)
{
	struct counters *cnt = p->base.env->cnt;
	struct arena *mem = loop_turn(p->base.env->loop)->mem;
	uint8_t *whole = arena_get(mem, SCRATCH);
	struct run run = { .n = 0 };
	unsigned lost = 0;
	struct gso_cut c;
	struct vnet v;

	vnet_parse(s->vnet, &v);
	if (whole == NULL ||
	    !gso_cut_begin(&c, &v, whole, gather(s, whole), p->ethernet)) {
		count_n(cnt, CNT_port_drop, n);
		return;
	}
	/* no more than what one run held before */
	(void)gso_cut_next(&c, &run, mem, &lost);
	send_plain(p, &run);
	count_n(cnt, CNT_port_drop, lost);
}

static void
send_joined(struct port_tun *p, struct run *run)
{
	struct counters *cnt = p->base.env->cnt;
	struct gso_super s;
	unsigned i, next;
	int rc;

	for (i = 0; i < run->n; i = next) {
		next = gso_join(run, i, p->ethernet, p->can, &s);
		rc = write_iov(p, s.iov, s.n);
		if (rc == -EINVAL && next - i > 1)
			send_apart(p, &s, next - i);
		else
			count_n(cnt, rc == 0 ? CNT_port_tx : CNT_port_drop,
			    next - i);
	}
}

static void
tun_send(struct port *port, struct run *run)
{
	struct port_tun *p = CONTAINER_OF(port, struct port_tun, base);

	if (p->gone)
		count_n(port->env->cnt, CNT_port_drop, run->n);
	else if (p->vnet)
		send_joined(p, run);
	else
		send_plain(p, run);
}

/* --- life ----------------------------------------------------------------- */

static void
tun_carrier(struct port *port, bool up)
{
	struct port_tun *p = CONTAINER_OF(port, struct port_tun, base);
	int on = up;

	if (p->gone)
		return;
	if (ioctl(p->fd, TUNSETCARRIER, &on) < 0)
		log_warn("port %u: carrier", port->no);
}

static unsigned
can_of(uint32_t offload)
{
	return (offload & PRIV_TUN_TSO ? GSO_TCP4 | GSO_TCP6 : 0) |
	    (offload & PRIV_TUN_USO ? GSO_UDP : 0);
}

static int
tun_open(struct port **ret, const struct port_conf *conf, unsigned no,
    const struct port_env *env)
{
	uint32_t got = 0;
	int fd =
	    priv_tun_open(env->pv, conf->dev, conf->unit, conf->offload, &got);
	struct port_tun *p;

	if (fd < 0)
		return fd;
	p = xcalloc(1, sizeof(*p));
	p->base = (struct port){ port_ops(conf->kind), env, no };
	p->fd = fd;
	p->ethernet = conf->kind == PORT_TAP;
	p->vnet = (got & PRIV_TUN_VNET) != 0;
	p->can = can_of(got);
	watch_init(&p->rd, env->loop, fd, WATCH_READ, on_readable, p);
	watch_on(&p->rd);
	*ret = &p->base;
	return 0;
}

/* Who holds the descriptor may; it needs no privilege. */
static void
tun_forget(struct port *port)
{
	struct port_tun *p = CONTAINER_OF(port, struct port_tun, base);

	if (!p->gone && ioctl(p->fd, TUNSETPERSIST, 0ul) < 0)
		log_warn("port %u: cannot let its interface go", port->no);
}

static void
tun_close(struct port *port)
{
	struct port_tun *p;

	if (port == NULL)
		return;
	p = CONTAINER_OF(port, struct port_tun, base);
	watch_fini(&p->rd);
	close(p->fd);
	free(p);
}

const struct port_ops port_tap = {
	"tap",
	tun_open,
	tun_send,
	tun_carrier,
	tun_forget,
	tun_close,
};

const struct port_ops port_tun = {
	"tun",
	tun_open,
	tun_send,
	tun_carrier,
	tun_forget,
	tun_close,
};

const struct port_ops port_tun_per_peer = {
	"tun-per-peer",
	tun_open,
	tun_send,
	tun_carrier,
	tun_forget,
	tun_close,
};
