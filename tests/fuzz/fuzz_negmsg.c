/*
 * Messages of the negotiation: a byte that chooses the row of levels, then a
 * message in one part. What parses is written, and parses the same.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "wire/negmsg.h"

/* What no message may say is not written either. */
static void
try_bad(struct neg_msg *m, const struct topology *topo)
{
	uint8_t out[NEG_MSG_MAX];
	struct wr w = wr_of(out, sizeof(out));

	switch (m->type) {
	case NEG_HELLO:
		m->u.desc.flags = HELLO_FLAGS + 1;
		MUST(!neg_msg_write(&w, m, topo));
		m->u.desc.flags = 0;
		m->u.desc.len = 0;
		break;
	case NEG_MOVED:
	case NEG_DESC:
		m->u.desc.len = NEG_DESC_MAX + 1;
		break;
	case NEG_VERDICT:
		m->u.verdict.kind = NEG_VERDICT_KINDS;
		break;
	case NEG_PROPOSE:
	case NEG_ACCEPT:
		m->u.propose.to.level = NETDESC_LEVELS;
		break;
	case NEG_REJECT:
		m->taken[0].level = NETDESC_LEVELS;
		m->n_taken = 1;
		MUST(!neg_msg_write(&w, m, topo));
		w.len = 0;
		m->n_taken = NEG_TAKEN + 1;
		break;
	case NEG_REFUSE:
	case NEG_ABORT:
		MUST(strcmp(neg_why_name(m->u.why), "?") != 0);
		m->u.why = 0;
		MUST(strcmp(neg_why_name(m->u.why), "?") == 0);
		break;
	case NEG_NOTICE:
		m->u.notice.netid = 0;
		break;
	default:
		return;
	}
	MUST(!neg_msg_write(&w, m, topo));
}

static void
try_fields(
    uint8_t type, const uint8_t *p, size_t len, const struct topology *topo)
{
	struct neg_msg *m = malloc(sizeof(*m));
	uint8_t *once = malloc(len + 1), *twice = malloc(len + 1);
	struct wr w1 = wr_of(once, len), w2 = wr_of(twice, len);

	MUST(m != NULL && once != NULL && twice != NULL);
	if (neg_msg_parse(type, p, len, topo, m)) {
		MUST(neg_msg_write(&w1, m, topo) && w1.len == len);
		MUST(neg_msg_parse(type, once, len, topo, m));
		MUST(neg_msg_write(&w2, m, topo) && w2.len == len);
		MUST(memcmp(once, twice, len) == 0);
		try_bad(m, topo);
	} else {
		MUST(m->type == type && m->n_taken == 0);
	}
	free(m);
	free(once);
	free(twice);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct rd r = rd_of(p, len);
	struct topology topo;
	struct neg_head h;
	uint8_t choice, head[NEG_HEAD];
	struct wr w = wr_of(head, sizeof(head));

	if (!rd_u8(&r, &choice) || !neg_head_parse(&r, &h))
		return 0;
	neg_head_write(&w, &h);
	MUST(wr_ok(&w) && memcmp(head, p + 1, sizeof(head)) == 0);
	MUST(h.type < NEG_TYPES);
	choice %= NETDESC_CLASSES + 1;
	topo =
	    choice == NETDESC_PLAIN ? topology_plain() : topology_ntk(choice);
	try_fields(
	    h.type, r.p, r.left, choice < NETDESC_CLASSES ? &topo : NULL);
	return 0;
}
