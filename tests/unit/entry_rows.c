#include "entry_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/wr.h"
#include "crypto/sign.h"

static void
must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "entry_rows: %s\n", what);
	abort();
}

void
rows_netid(uint8_t ret[STORE_KEY])
{
	struct network net;

	network_open(&net, ROWS_NETWORK, strlen(ROWS_NETWORK));
	memcpy(ret, net.netid, STORE_KEY);
}

struct store_rec
rows_watch(uint32_t minutes, int64_t at)
{
	static const char name[] = ROWS_NETWORK;
	struct store_rec rec = { .kind = STORE_WATCH, .at = at };

	rec.u.watch.minutes = minutes;
	rows_netid(rec.u.watch.netid);
	rec.u.watch.network.p = (const uint8_t *)name;
	rec.u.watch.network.len = sizeof(name) - 1;
	return rec;
}

static void
put_addr(const struct addr *a, uint8_t ret[STORE_ADDR])
{
	struct wr w = wr_of(ret, STORE_ADDR);

	wr_bytes(&w, a->ip, sizeof(a->ip));
	wr_be16(&w, a->port);
}

void
row_seal(struct row_vnode *v)
{
	uint8_t netid[STORE_KEY], *raw = v->raw;
	size_t len = record_write(&v->record, raw);

	must(len > 0, "no such record");
	rows_netid(netid);
	identity_sign(&v->id, SIGN_RECORD, netid, raw, len, raw + len);
	v->rec.u.peer.record = (struct store_blob){ raw, len + RECORD_SIG };
	put_addr(&v->proven, v->proven_raw);
	v->rec.u.peer.proven = (struct store_blob){ v->proven_raw, STORE_ADDR };
	v->rec.u.peer.uptime = (struct store_blob){ v->uptime_raw,
		uptime_write(&v->uptime, v->uptime_raw) };
}

void
row_of(struct row_vnode *v, const struct identity *id, const struct addr *at,
    uint32_t minutes, uint64_t now)
{
	memset(v, 0, sizeof(*v));
	v->id = *id;
	v->proven = *at;
	memcpy(v->record.key, id->ed_pk, RECORD_KEY);
	v->record.seq = v->record.issued = now - 3600;
	v->record.life = RECORD_LIFE_S;
	v->record.flags = RECORD_PUBLIC;
	v->record.accepts = ACCEPTS_OPEN;
	v->record.load = RECORD_LOAD_UNKNOWN;
	v->record.ep[v->record.n_ep++] = *at;
	uptime_init(&v->uptime, 0);
	for (uint32_t m = 1; m <= minutes; m++)
		uptime_minute(&v->uptime, m, true);
	v->rec = (struct store_rec){ .kind = STORE_PEER, .at = (int64_t)now };
	memcpy(v->rec.u.peer.key, id->ed_pk, STORE_KEY);
	v->rec.u.peer.first_at = (int64_t)now - minutes * 60;
	v->rec.u.peer.reached = v->rec.u.peer.dialled = true;
	v->rec.u.peer.observed = minutes * 60;
	v->rec.u.peer.rtt_us = 1000;
	row_seal(v);
}

void
row_vnode(struct row_vnode *v, unsigned i, uint32_t minutes, uint64_t now)
{
	const uint8_t ip[4] = { (uint8_t)(20 + i / 200), (uint8_t)(i % 200), 1,
		7 };
	uint8_t seed[KEY_LEN] = { 'r', (uint8_t)(i >> 8), (uint8_t)i };
	struct addr at = addr_from_ip(ip, 4, 7469);
	struct record *r = &v->record;
	struct identity id;

	must(identity_from_seed(seed, &id), "no such key");
	row_of(v, &id, &at, minutes, now);
	snprintf(r->name, sizeof(r->name), "vnode-%u", i);
	snprintf(r->community, sizeof(r->community), "Example %u", i % 7);
	snprintf(r->country, sizeof(r->country), "DE");
	snprintf(r->contact, sizeof(r->contact), "mail:noc%u@example.org", i);
	r->has_place = true;
	r->lat = 5000000 + (int32_t)(i % 100) * 1000;
	r->lon = 900000 + (int32_t)(i / 100) * 10000;
	v->rec.u.peer.rtt_us += i * 10;
	row_seal(v);
}
