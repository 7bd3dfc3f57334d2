#include "syb_crowd.h"

#include "base/log.h"
#include "base/xmem.h"

static size_t
seal(const struct record *r, uint8_t raw[RECORD_MAX])
{
	size_t len = record_write(r, raw);

	if (len == 0)
		fatalx("no record");
	memset(raw + len, 0, RECORD_SIG);
	return len + RECORD_SIG;
}

static struct record
record_at(struct addr at)
{
	struct record r;

	memset(&r, 0, sizeof(r));
	r.seq = 1;
	r.issued = CROWD_WALL;
	r.life = RECORD_LIFE_S;
	r.load = RECORD_LOAD_UNKNOWN;
	r.ep[0] = at;
	r.n_ep = 1;
	return r;
}

static struct addr
address(unsigned a, unsigned b, size_t host)
{
	const uint8_t ip[4] = { (uint8_t)a, (uint8_t)b, (uint8_t)(host >> 8),
		(uint8_t)host };

	return addr_from_ip(ip, sizeof(ip), 7469);
}

static void
settle(struct crowd *c, unsigned i, struct addr at)
{
	struct vnode *v = &c->v[i];
	struct rng g = { i + 1 };

	v->r = record_at(at);
	v->sybil = i >= c->honest;
	rng_fill(&g, v->r.key, RECORD_KEY);
	v->len = seal(&v->r, v->raw);
}

void
crowd_init(struct crowd *c, unsigned honest, unsigned sybils, unsigned networks)
{
	unsigned i;

	memset(c, 0, sizeof(*c));
	c->honest = honest;
	c->sybils = sybils;
	c->networks = networks;
	c->v = xcalloc(honest + sybils, sizeof(*c->v));
	for (i = 0; i < sybils; i++)
		settle(c, honest + i,
		    address(198, 100 + i % networks, 1 + i / networks));
}

void
crowd_fini(struct crowd *c)
{
	free(c->v);
}

/* The largest provider has some of a hundred, most have one or two. */
static unsigned
provider(struct rng *r)
{
	double sum = 0, at;
	unsigned i;

	for (i = 0; i < CROWD_NETS; i++)
		sum += 1.0 / (i + 8);
	at = rng_unit(r) * sum;
	for (i = 0; i + 1 < CROWD_NETS; i++) {
		at -= 1.0 / (i + 8);
		if (at < 0)
			break;
	}
	return i;
}

void
crowd_move(struct crowd *c, uint64_t seed)
{
	unsigned i, net;

	c->rng.s = seed;
	for (i = 0; i < c->honest; i++) {
		net = provider(&c->rng);
		settle(c, i,
		    address(60 + net / 16, net % 16 * 16,
			1 + rng_below(&c->rng, 65000)));
	}
}

unsigned
crowd_honest(struct crowd *c)
{
	return (unsigned)rng_below(&c->rng, c->honest);
}

unsigned
crowd_sybil(struct crowd *c)
{
	return c->honest + (unsigned)rng_below(&c->rng, c->sybils);
}

unsigned
crowd_told(struct crowd *c, unsigned by)
{
	if (c->v[by].sybil || rng_below(&c->rng, 100) < CROWD_TELL_SYBILS)
		return crowd_sybil(c);
	return crowd_honest(c);
}

void
crowd_lie(struct crowd *c)
{
	unsigned a = 20 + (unsigned)rng_below(&c->rng, 30);
	unsigned b = (unsigned)rng_below(&c->rng, 256);

	c->lie = record_at(address(a, b, 1 + rng_below(&c->rng, 65000)));
	rng_fill(&c->rng, c->lie.key, RECORD_KEY);
	c->lie_len = seal(&c->lie, c->lie_raw);
}
