/*
 * Messages of the negotiation: a byte that chooses the row of levels, then a
 * message in one part. What parses is written, and parses the same.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "wire/negmsg.h"

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
