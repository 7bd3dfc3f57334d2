#include "vplamad/memory.h"

#include <string.h>

#include "base/rd.h"
#include "base/wr.h"

/* A topology and claims in it; nothing when there is no topology yet. */
static bool
place_write(uint8_t buf[static MEMORY_PLACE], const struct topology *topo,
    const struct claim *c, unsigned n, struct store_blob *ret)
{
	struct wr w = wr_of(buf, MEMORY_PLACE);
	unsigned i;

	*ret = (struct store_blob){ buf, 0 };
	if (topo->levels == 0)
		return n == 0;
	topology_write(&w, topo);
	for (i = 0; i < n; i++)
		claim_write(&w, topo, &c[i]);
	ret->len = w.len;
	return wr_ok(&w);
}

/* At most max claims. */
static bool
place_parse(struct store_blob b, struct topology *topo, struct claim *c,
    unsigned max, unsigned *ret_n)
{
	struct rd r = rd_of(b.p, b.len);

	memset(topo, 0, sizeof(*topo));
	*ret_n = 0;
	if (b.len == 0)
		return true;
	if (!topology_parse(&r, topo))
		return false;
	while (!rd_end(&r))
		if (*ret_n == max || !claim_parse(&r, topo, &c[(*ret_n)++]))
			return false;
	return true;
}

static bool
place_parse_one(struct store_blob b, struct topology *topo, struct claim *ret)
{
	unsigned n;

	return place_parse(b, topo, ret, 1, &n) && n == 1;
}

static bool
self_to(
    const struct neg_record *rec, struct store_rec *ret, struct memory_buf *buf)
{
	ret->u.self.netid = rec->u.self.netid;
	ret->u.self.vnodeid = rec->u.self.vnodeid;
	ret->u.self.epoch = rec->u.self.epoch;
	ret->u.self.age = rec->u.self.age;
	ret->u.self.stable = rec->u.self.stable;
	return rec->u.self.n_claims <= NETDESC_CLAIMS &&
	    place_write(buf->a, &rec->u.self.topo, rec->u.self.claim,
		rec->u.self.n_claims, &ret->u.self.place);
}

static bool
self_from(const struct store_rec *row, int64_t now, struct neg_record *ret)
{
	unsigned n;

	(void)now;
	ret->u.self.netid = row->u.self.netid;
	ret->u.self.vnodeid = row->u.self.vnodeid;
	ret->u.self.epoch = row->u.self.epoch;
	ret->u.self.age = row->u.self.age;
	ret->u.self.stable = row->u.self.stable;
	if (!place_parse(row->u.self.place, &ret->u.self.topo,
		ret->u.self.claim, NETDESC_CLAIMS, &n))
		return false;
	ret->u.self.n_claims = (uint8_t)n;
	return true;
}

static bool
network_to(
    const struct neg_record *rec, struct store_rec *ret, struct memory_buf *buf)
{
	(void)buf;
	memcpy(ret->u.network.key, rec->u.network.key, STORE_KEY);
	ret->u.network.netid = rec->u.network.netid;
	ret->u.network.uptime = rec->u.network.uptime;
	ret->u.network.desc.p = rec->u.network.desc;
	ret->u.network.desc.len = rec->u.network.desc_len;
	memcpy(ret->u.network.sig, rec->u.network.sig, STORE_SIG);
	return rec->u.network.desc_len <= NETDESC_MAX;
}

static bool
network_from(const struct store_rec *row, int64_t now, struct neg_record *ret)
{
	(void)now;
	memcpy(ret->u.network.key, row->u.network.key, NEG_KEY);
	ret->u.network.netid = row->u.network.netid;
	ret->u.network.uptime = row->u.network.uptime;
	ret->u.network.desc = row->u.network.desc.p;
	ret->u.network.desc_len = row->u.network.desc.len;
	memcpy(ret->u.network.sig, row->u.network.sig, NEG_SIG);
	return row->u.network.desc.len <= NETDESC_MAX;
}

static bool
move_to(
    const struct neg_record *rec, struct store_rec *ret, struct memory_buf *buf)
{
	const struct topology *topo = &rec->u.move.topo;

	return place_write(
		   buf->a, topo, &rec->u.move.from, 1, &ret->u.move.from) &&
	    place_write(buf->b, topo, &rec->u.move.to, 1, &ret->u.move.to);
}

static bool
move_from(const struct store_rec *row, int64_t now, struct neg_record *ret)
{
	struct topology other;

	(void)now;
	return place_parse_one(
		   row->u.move.from, &ret->u.move.topo, &ret->u.move.from) &&
	    place_parse_one(row->u.move.to, &other, &ret->u.move.to) &&
	    topology_equal(&ret->u.move.topo, &other);
}

static bool
reserve_to(
    const struct neg_record *rec, struct store_rec *ret, struct memory_buf *buf)
{
	ret->gone = rec->gone;
	ret->u.reserve.netid = rec->u.reserve.netid;
	ret->u.reserve.until = ret->at + rec->u.reserve.left;
	return rec->gone ||
	    place_write(buf->a, &rec->u.reserve.topo, &rec->u.reserve.claim, 1,
		&ret->u.reserve.place);
}

/* A clock that went back makes none longer than it was. */
static bool
reserve_from(const struct store_rec *row, int64_t now, struct neg_record *ret)
{
	int64_t begin = now > row->at ? now : row->at;
	int64_t left =
	    row->u.reserve.until > begin ? row->u.reserve.until - begin : 0;

	ret->u.reserve.netid = row->u.reserve.netid;
	ret->u.reserve.left = left < UINT32_MAX ? (uint32_t)left : UINT32_MAX;
	return left > 0 &&
	    place_parse_one(row->u.reserve.place, &ret->u.reserve.topo,
		&ret->u.reserve.claim);
}

static bool
demand_to(
    const struct neg_record *rec, struct store_rec *ret, struct memory_buf *buf)
{
	ret->u.demand.id = rec->u.demand.id;
	memcpy(ret->u.demand.key, rec->u.demand.key, STORE_KEY);
	ret->u.demand.why = rec->u.demand.why;
	ret->u.demand.state = (uint8_t)rec->u.demand.state;
	return place_write(buf->a, &rec->u.demand.topo, &rec->u.demand.from, 1,
	    &ret->u.demand.place);
}

static bool
demand_from(const struct store_rec *row, int64_t now, struct neg_record *ret)
{
	(void)now;
	ret->u.demand.id = row->u.demand.id;
	memcpy(ret->u.demand.key, row->u.demand.key, NEG_KEY);
	ret->u.demand.why = row->u.demand.why;
	ret->u.demand.state = (enum demand_state)row->u.demand.state;
	return row->u.demand.why < NEG_WHYS &&
	    row->u.demand.state <= DEMAND_GONE &&
	    place_parse_one(
		row->u.demand.place, &ret->u.demand.topo, &ret->u.demand.from);
}

static const struct {
	enum store_kind row;
	bool (*to)(const struct neg_record *rec, struct store_rec *ret,
	    struct memory_buf *buf);
	enum neg_record_kind rec;
	bool (*from)(
	    const struct store_rec *row, int64_t now, struct neg_record *ret);
} kinds[] = {
	{ STORE_SELF, self_to, NEG_REC_SELF, self_from },
	{ STORE_NETWORK, network_to, NEG_REC_NETWORK, network_from },
	{ STORE_MOVE, move_to, NEG_REC_MOVE, move_from },
	{ STORE_RESERVE, reserve_to, NEG_REC_RESERVE, reserve_from },
	{ STORE_DEMAND, demand_to, NEG_REC_DEMAND, demand_from },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

bool
memory_to_store(const struct neg_record *rec, int64_t now,
    struct store_rec *ret, struct memory_buf *buf)
{
	size_t i;

	for (i = 0; i < KINDS; i++) {
		if (kinds[i].rec != rec->kind)
			continue;
		*ret = (struct store_rec){ .kind = kinds[i].row };
		ret->at = now > rec->ago ? now - rec->ago : 0;
		return kinds[i].to(rec, ret, buf);
	}
	return false;
}

bool
memory_from_store(
    const struct store_rec *row, int64_t now, struct neg_record *ret)
{
	int64_t ago = now > row->at ? now - row->at : 0;
	size_t i;

	for (i = 0; i < KINDS; i++) {
		if (kinds[i].row != row->kind)
			continue;
		memset(ret, 0, sizeof(*ret));
		ret->kind = kinds[i].rec;
		ret->ago = ago < UINT32_MAX ? (uint32_t)ago : UINT32_MAX;
		return kinds[i].from(row, now, ret);
	}
	return false;
}
