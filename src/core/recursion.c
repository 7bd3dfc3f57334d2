#include "core/recursion.h"

#include "core/core.h"
#include "core/session.h"
#include "wire/be.h"
#include "wire/ip.h"
#include "wire/msg.h"

#define UDP_HEAD 8
#define UDP_DST 2 /* place of the destination port */

/* Where each version has what we need; our packets have no options. */
static const struct layout {
	size_t head, proto, dst, alen;
} layouts[] = {
	[4] = { 20, 9, 16, 4 },
	[6] = { 40, 6, 24, 16 },
};

/* Of our messages: sorts out most of what is not, before any look-up. */
static bool
is_type(uint8_t first)
{
	return first >= MSG_INIT && first <= MSG_DATA;
}

/*
 * The UDP payload of an IP packet and where it goes; NULL if there is none, or
 * it begins like no message of ours.
 */
static const uint8_t *
udp_payload(const uint8_t *ip, size_t len, struct addr *ret_to, size_t *ret_len)
{
	const struct layout *l;

	if (len == 0 || (ip[0] != 0x45 && ip[0] >> 4 != 6))
		return NULL;
	l = &layouts[ip[0] >> 4];
	if (len <= l->head + UDP_HEAD || ip[l->proto] != IP_UDP ||
	    (ip[0] == 0x45 && (be16_get(ip + 6) & 0x1fff) != 0) ||
	    !is_type(ip[l->head + UDP_HEAD]))
		return NULL;
	*ret_to = addr_from_ip(
	    ip + l->dst, l->alen, be16_get(ip + l->head + UDP_DST));
	*ret_len = len - l->head - UDP_HEAD;
	return ip + l->head + UDP_HEAD;
}

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
	bool told = p->recursion_at.us != 0 &&
	    mono_since(p->recursion_at, now) < RECURSION_TOLD_S * MONO_SEC;

	count(&c->cnt, CNT_fwd_recursion);
	p->recursion_at = now;
	if (!told)
		c->io.event(c->io.arg, EV_PEER_LOOP, p);
}

bool
recursion_found(struct core *c, struct recursion *last, const struct pkt *pk,
    bool ethernet, struct turn *t)
{
	size_t l3 = look_l3(pk, ethernet), len;
	const uint8_t *msg;
	struct peer *p;
	struct addr to;

	msg = udp_payload(pk->p + l3, pk->len - l3, &to, &len);
	if (msg == NULL)
		return false;
	if (!addr_equal(&to, &last->to)) {
		last->to = to;
		last->known = known_has(c, &to);
	}
	if (!last->known)
		return false;
	p = sent_to(c, &to, msg, len);
	if (p != NULL)
		note(c, p, t->now);
	return p != NULL;
}
