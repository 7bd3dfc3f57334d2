/*
 * Lines of the control socket, carried out on a core with peers, devices,
 * routes and an address book: each gets one reply, an object, of its own id.
 * Input: lines; a first byte of each says by whom.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "core/exchange.h"
#include "core/negotiate.h"
#include "tests/quiet.h"
#include "tests/unit/ctlnode.h"
#include "wire/ctlmsg.h"

#define LINES 32

static void
lab_init(struct node *n)
{
	const struct exchange_config ex = { .trust = { .mode = TRUST_OPEN,
						.max_peers = 8 },
		.book = { .max_peers = 8, .dial = true } };
	const struct exchange_io exio = quiet_exchange_io(NULL);
	const struct neg_config neg = { .policy = REHOOK_ASK, .max_nodes = 9 };
	const struct negotiate_io negio = quiet_negotiate_io(NULL);
	const struct fwd_config port = { .ethernet = true,
		.mode = FWD_SWITCH,
		.age_ms = 1000,
		.per_peer = 8,
		.flood_rate = 100 };
	const uint8_t seed[KEY_LEN] = { 9 };
	struct identity other;
	struct peer *p;

	node_init(n, 1, 1 << SUITE_CHACHAPOLY);
	negotiate_start(&n->core, &neg, &negio);
	exchange_start(&n->core, &ex, &exio);
	MUST(core_port_add(&n->core, &port, &n->t) == 0);
	MUST(identity_from_seed(seed, &other));
	p = add_peer(n, "b", other.ed_pk);
	MUST(p != NULL);
	core_peer_endpoints(&n->core, p, &n->addr, 1, &n->t);
	node_clear(n);
}

static void
try_line(struct node *n, const char *line, size_t len)
{
	struct json_object *o, *ok = NULL, *err = NULL;
	bool monitor;

	o = ctl_dispatch(&n->ctl, line[0] & 1 ? CTL_ADMIN : CTL_READ, line + 1,
	    len - 1, &n->t, &monitor);
	MUST(json_object_is_type(o, json_type_object));
	MUST(json_object_object_get_ex(o, "ok", &ok));
	json_object_object_get_ex(o, "error", &err);
	MUST(json_object_get_boolean(ok) == (err == NULL));
	MUST(!monitor || json_object_get_boolean(ok));
	json_object_put(o);
	arena_reset(&n->mem);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static struct node n;
	const uint8_t *end;
	unsigned i;

	MUST(crypto_start());
	lab_init(&n);
	for (i = 0; i < LINES && len > 0; i++) {
		size_t m;
		char *line;

		end = memchr(p, '\n', len);
		m = end != NULL ? (size_t)(end - p) : len;
		if (m >= 1) {
			line = malloc(m);
			MUST(line != NULL);
			memcpy(line, p, m);
			try_line(&n, line, m);
			free(line);
		}
		m += end != NULL;
		p += m;
		len -= m;
		node_clear(&n);
	}
	node_fini(&n);
	return 0;
}
