#include "tests/quiet.h"

#include "crypto/prim.h"

static void
no_udp_send(void *arg, const struct path *to, struct run *run)
{
	(void)arg, (void)to, (void)run;
}

static void
no_mesh_send(void *arg, struct run *run)
{
	(void)arg, (void)run;
}

static void
no_port_deliver(void *arg, unsigned no, struct run *run)
{
	(void)arg, (void)no, (void)run;
}

static void
no_mesh_hangup(void *arg)
{
	(void)arg;
}

static void
no_event(void *arg, enum core_event ev, const struct peer *p)
{
	(void)arg, (void)ev, (void)p;
}

static void
true_random(void *arg, void *p, size_t len)
{
	(void)arg;
	random_bytes(p, len);
}

struct core_io
quiet_core_io(void *arg)
{
	return (struct core_io){ .arg = arg,
		.udp_send = no_udp_send,
		.mesh_send = no_mesh_send,
		.port_deliver = no_port_deliver,
		.mesh_hangup = no_mesh_hangup,
		.event = no_event,
		.random = true_random };
}

static void
no_ask(void *arg, const uint8_t x_pk[KEY_LEN], const struct addr *from)
{
	(void)arg, (void)x_pk, (void)from;
}

static void
no_save(void *arg, const struct book_entry *e, bool urgent)
{
	(void)arg, (void)e, (void)urgent;
}

static void
no_forget(void *arg, const uint8_t key[KEY_LEN])
{
	(void)arg, (void)key;
}

static void
no_save_revoked(void *arg, const struct book_revoked *r)
{
	(void)arg, (void)r;
}

static void
no_save_watched(void *arg, uint32_t minutes)
{
	(void)arg, (void)minutes;
}

struct exchange_io
quiet_exchange_io(void *arg)
{
	return (struct exchange_io){ .arg = arg,
		.ask = no_ask,
		.save = no_save,
		.forget = no_forget,
		.save_revoked = no_save_revoked,
		.save_watched = no_save_watched };
}

static void
no_routes(void *arg, uint32_t peer, const struct prefix *p, size_t n)
{
	(void)arg, (void)peer, (void)p, (void)n;
}

static void
no_rehook(void *arg, uint32_t id, const struct prefix *from,
    const struct prefix *to, uint32_t count)
{
	(void)arg, (void)id, (void)from, (void)to, (void)count;
}

static void
no_rehook_stop(void *arg, uint32_t id)
{
	(void)arg, (void)id;
}

static void
no_probe(void *arg, const struct addr *to, const uint8_t nonce[NEG_NONCE])
{
	(void)arg, (void)to, (void)nonce;
}

static void
no_neg_save(void *arg, const struct neg_record *rec)
{
	(void)arg, (void)rec;
}

struct negotiate_io
quiet_negotiate_io(void *arg)
{
	return (struct negotiate_io){ .arg = arg,
		.routes = no_routes,
		.rehook = no_rehook,
		.rehook_stop = no_rehook_stop,
		.probe = no_probe,
		.save = no_neg_save };
}
