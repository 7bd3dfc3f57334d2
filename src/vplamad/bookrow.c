#include "vplamad/bookrow.h"

#include <string.h>

#include "base/rd.h"
#include "base/wr.h"

static void
addr_write(struct wr *w, const struct addr *a)
{
	wr_bytes(w, a->ip, sizeof(a->ip));
	wr_be16(w, a->port);
}

static bool
addr_read(struct rd *r, struct addr *ret)
{
	memset(ret, 0, sizeof(*ret));
	return rd_bytes(r, ret->ip, sizeof(ret->ip)) &&
	    rd_be16(r, &ret->port) && ret->port != 0 && !addr_is_any(ret);
}

void
bookrow_from_entry(
    const struct book_entry *e, struct store_rec *ret, struct bookrow_buf *buf)
{
	struct wr ep = wr_of(buf->ep, sizeof(buf->ep));
	struct wr proven = wr_of(buf->proven, sizeof(buf->proven));
	unsigned i;

	for (i = 0; i < e->n_ep && i < RECORD_ENDPOINTS; i++)
		addr_write(&ep, &e->ep[i]);
	if (e->proven.port != 0)
		addr_write(&proven, &e->proven);
	*ret = (struct store_rec){ .kind = STORE_PEER, .at = e->last_at };
	memcpy(ret->u.peer.key, e->key, STORE_KEY);
	ret->u.peer.first_at = e->first_at;
	ret->u.peer.from = e->source.from;
	ret->u.peer.which = e->source.which;
	ret->u.peer.reached = e->reached;
	ret->u.peer.dialled = e->dialled;
	ret->u.peer.anchor = e->anchor;
	ret->u.peer.observed = e->observed;
	ret->u.peer.rtt_us = e->rtt_us;
	ret->u.peer.fails = e->fails;
	ret->u.peer.ep = (struct store_blob){ buf->ep, ep.len };
	ret->u.peer.proven = (struct store_blob){ buf->proven, proven.len };
	ret->u.peer.uptime = (struct store_blob){ buf->uptime,
		uptime_write(&e->uptime, buf->uptime) };
	ret->u.peer.record = (struct store_blob){ e->record, e->record_len };
}

static bool
read_addrs(const struct store_rec *row, struct book_entry *ret)
{
	struct rd ep = rd_of(row->u.peer.ep.p, row->u.peer.ep.len);
	struct rd proven = rd_of(row->u.peer.proven.p, row->u.peer.proven.len);

	while (!rd_end(&ep))
		if (ret->n_ep == RECORD_ENDPOINTS ||
		    !addr_read(&ep, &ret->ep[ret->n_ep++]))
			return false;
	if (row->u.peer.proven.len == 0)
		return true;
	return addr_read(&proven, &ret->proven) && rd_end(&proven);
}

/* Its own words: whole, and of that key. */
static bool
read_record(const struct store_rec *row, struct book_entry *ret)
{
	const struct store_blob *b = &row->u.peer.record;
	const uint8_t *sig;
	struct record r;
	size_t len;

	if (b->len == 0)
		return true;
	if (b->len > RECORD_MAX ||
	    !record_parse(b->p, b->len, &r, &len, &sig) ||
	    memcmp(r.key, ret->key, RECORD_KEY) != 0)
		return false;
	ret->record = b->p;
	ret->record_len = (uint16_t)b->len;
	return true;
}

bool
bookrow_to_entry(const struct store_rec *row, struct book_entry *ret)
{
	memset(ret, 0, sizeof(*ret));
	memcpy(ret->key, row->u.peer.key, RECORD_KEY);
	ret->source.from = row->u.peer.from;
	ret->source.which = row->u.peer.which;
	ret->reached = row->u.peer.reached;
	ret->dialled = row->u.peer.dialled;
	ret->anchor = row->u.peer.anchor;
	ret->observed = row->u.peer.observed;
	ret->rtt_us = row->u.peer.rtt_us;
	ret->fails = row->u.peer.fails;
	ret->first_at = row->u.peer.first_at;
	ret->last_at = row->at;
	return row->u.peer.from < BOOK_FROMS && read_addrs(row, ret) &&
	    read_record(row, ret) &&
	    uptime_read(
		row->u.peer.uptime.p, row->u.peer.uptime.len, &ret->uptime);
}

void
bookrow_from_revoked(
    const struct book_revoked *r, int64_t now, struct store_rec *ret)
{
	*ret = (struct store_rec){ .kind = STORE_REVOKED, .at = now };
	memcpy(ret->u.revoked.key, r->key, STORE_KEY);
	ret->u.revoked.raw = (struct store_blob){ r->raw, sizeof(r->raw) };
}

bool
bookrow_to_revoked(const struct store_rec *row, struct book_revoked *ret)
{
	const struct store_blob *b = &row->u.revoked.raw;
	const uint8_t *sig;
	struct revoke what;

	if (b->len != REVOKE_LEN || !revoke_parse(b->p, b->len, &what, &sig) ||
	    memcmp(what.key, row->u.revoked.key, STORE_KEY) != 0)
		return false;
	memcpy(ret->key, row->u.revoked.key, RECORD_KEY);
	memcpy(ret->raw, b->p, REVOKE_LEN);
	return true;
}
