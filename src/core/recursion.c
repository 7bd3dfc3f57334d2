#include "core/recursion.h"

#include "core/core.h"
#include "core/session.h"
#include "wire/ip.h"
#include "wire/msg.h"

static bool
has_session(const struct peer *p, uint32_t remote)
{
	unsigned i;

	for (i = 0; i < SLOTS; i++)
		if (p->slot[i] != NULL && p->slot[i]->remote == remote)
			return true;
	return false;
}

static struct peer *
peer_of_index(struct core *c, uint32_t index)
{
	struct index *ix = index_find(c, index);

	return ix != NULL ? ix->peer : NULL;
}

/* The peer whom we sent this message, or NULL when we did not. */
static struct peer *
sent_to(struct core *c, const struct addr *to, const uint8_t *msg, size_t len)
{
	enum counter why;
	int type = msg_classify(msg, len, &why);
	struct msg_init init;
	struct msg_resp resp;
	struct msg_data data;
	struct peer *p;

	if (type == MSG_INIT && msg_init_parse(msg, len, &init))
		return peer_of_index(c, init.sender);
	if (type == MSG_RESP && msg_resp_parse(msg, len, &resp))
		return peer_of_index(c, resp.sender);
	if (type != MSG_DATA || !msg_data_parse(msg, len, &data))
		return NULL;
	TAILQ_FOREACH (p, &c->peers, link)
		if (addr_equal(&p->path.remote, to) &&
		    has_session(p, data.receiver))
			return p;
	return NULL;
}

static void
note(struct core *c, struct peer *p, struct mono now)
{
	count(&c->cnt, CNT_fwd_recursion);
	p->recursion_at = now;
	if (p->recursion_told.us != 0 &&
	    mono_since(p->recursion_told, now) < RECURSION_TOLD_S * MONO_SEC)
		return;
	p->recursion_told = now;
	c->io.event(c->io.arg, EV_PEER_RECURSION, p);
}

/* Sorts out most of what is not ours, before any look-up. */
static bool
is_type(uint8_t first)
{
	return first == MSG_INIT || first == MSG_RESP || first == MSG_DATA;
}

bool
recursion_found(struct core *c, struct udp_dest *last, const struct pkt *pk,
    bool ethernet, struct turn *t)
{
	size_t l3 = look_l3(pk, ethernet);
	struct ip_udp udp;
	struct peer *p;
	struct addr to;

	if (!ip_udp_parse(pk->p + l3, pk->len - l3, &udp) || udp.len == 0 ||
	    !is_type(udp.data[0]))
		return false;
	to = addr_from_ip(udp.dst, udp.alen, udp.port);
	if (!addr_equal(&to, &last->to)) {
		last->to = to;
		last->known = known_has(c, &to);
	}
	if (!last->known)
		return false;
	p = sent_to(c, &to, udp.data, udp.len);
	if (p != NULL)
		note(c, p, t->now);
	return p != NULL;
}
