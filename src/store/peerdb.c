#include "store/peerdb.h"

static void
get_watch(struct row *r, struct store_rec *rec)
{
	rec->at = row_time(r);
	rec->u.watch.minutes = row_u32(r);
	row_bytes(r, rec->u.watch.key, STORE_KEY);
	row_bytes(r, rec->u.watch.netid, STORE_KEY);
	rec->u.watch.network = row_text(r, STORE_NAME);
}

static void
get_revoked(struct row *r, struct store_rec *rec)
{
	row_bytes(r, rec->u.revoked.key, STORE_KEY);
	rec->at = row_time(r);
	rec->u.revoked.raw = row_blob(r);
}

static struct store_blob
get_endpoints(struct row *r, size_t max)
{
	struct store_blob b = row_blob(r);

	if (b.len % STORE_ADDR != 0 || b.len > max)
		r->bad = true;
	return b;
}

static void
get_peer(struct row *r, struct store_rec *rec)
{
	row_bytes(r, rec->u.peer.key, STORE_KEY);
	rec->u.peer.first_at = row_time(r);
	rec->at = row_time(r);
	rec->u.peer.from = (uint8_t)row_int(r, 0, UINT8_MAX);
	rec->u.peer.which = row_u32(r);
	rec->u.peer.reached = row_bool(r);
	rec->u.peer.dialled = row_bool(r);
	rec->u.peer.anchor = row_bool(r);
	rec->u.peer.observed = row_u32(r);
	rec->u.peer.rtt_us = row_u32(r);
	rec->u.peer.fails = row_u32(r);
	rec->u.peer.ep = get_endpoints(r, STORE_BLOB_MAX);
	rec->u.peer.proven = get_endpoints(r, STORE_ADDR);
	rec->u.peer.uptime = row_blob(r);
	rec->u.peer.record = row_blob(r);
}

static void
get_list(struct row *r, struct store_rec *rec)
{
	rec->u.list.source = row_text(r, STORE_SOURCE);
	rec->at = row_time(r);
	rec->u.list.signer = row_blob(r);
	rec->u.list.serial = row_u64(r);
	rec->u.list.valid_until = row_time(r);
}

static void
put_watch(struct row *r, const struct store_rec *rec)
{
	row_put_int(r, rec->at);
	row_put_int(r, rec->u.watch.minutes);
	row_put_bytes(r, rec->u.watch.key, STORE_KEY);
	row_put_bytes(r, rec->u.watch.netid, STORE_KEY);
	row_put_text(r, rec->u.watch.network);
}

static void
put_revoked(struct row *r, const struct store_rec *rec)
{
	row_put_bytes(r, rec->u.revoked.key, STORE_KEY);
	row_put_int(r, rec->at);
	row_put_blob(r, rec->u.revoked.raw);
}

static void
put_peer(struct row *r, const struct store_rec *rec)
{
	row_put_bytes(r, rec->u.peer.key, STORE_KEY);
	if (rec->gone)
		return;
	row_put_int(r, rec->u.peer.first_at);
	row_put_int(r, rec->at);
	row_put_int(r, rec->u.peer.from);
	row_put_int(r, rec->u.peer.which);
	row_put_int(r, rec->u.peer.reached);
	row_put_int(r, rec->u.peer.dialled);
	row_put_int(r, rec->u.peer.anchor);
	row_put_int(r, rec->u.peer.observed);
	row_put_int(r, rec->u.peer.rtt_us);
	row_put_int(r, rec->u.peer.fails);
	row_put_blob(r, rec->u.peer.ep);
	row_put_blob(r, rec->u.peer.proven);
	row_put_blob(r, rec->u.peer.uptime);
	row_put_blob(r, rec->u.peer.record);
}

static void
put_list(struct row *r, const struct store_rec *rec)
{
	row_put_text(r, rec->u.list.source);
	if (rec->gone)
		return;
	row_put_int(r, rec->at);
	row_put_blob(r, rec->u.list.signer);
	row_put_u64(r, rec->u.list.serial);
	row_put_int(r, rec->u.list.valid_until);
}

const struct row_kind peerdb_watch = { STMT_WATCH_ALL, STMT_WATCH_PUT,
	STMT_COUNT, get_watch, put_watch };
const struct row_kind peerdb_revoked = { STMT_REVOKED_ALL, STMT_REVOKED_PUT,
	STMT_COUNT, get_revoked, put_revoked };
const struct row_kind peerdb_peer = { STMT_PEER_ALL, STMT_PEER_PUT,
	STMT_PEER_DEL, get_peer, put_peer };
const struct row_kind peerdb_list = { STMT_LIST_ALL, STMT_LIST_PUT,
	STMT_LIST_DEL, get_list, put_list };
