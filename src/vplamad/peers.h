/*
 * Peers that nobody configured: what the core's exchange takes from the
 * configuration, what it must not forget, and the hook that lets them in.
 */
#ifndef VPLAM_VPLAMAD_PEERS_H
#define VPLAM_VPLAMAD_PEERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/prim.h"

struct store_rec;
struct trusthook;
struct turn;
struct vplamad;

struct peers {
	struct trusthook *hook; /* NULL: nobody is asked */
	bool foreign;		/* the store's vnodes are another network's */
	uint8_t (*leave)[KEY_LEN]; /* those: not to be remembered */
	size_t n_leave;
};

/*
 * The core is there and has no peers. Then what was kept (false: it makes no
 * sense; arg is the daemon), and then what has to be.
 */
void peers_open(struct vplamad *d);
bool peers_row(void *arg, const struct store_rec *row, int64_t now);
void peers_begin(struct vplamad *d);
/* What the store held is lost: it gets all that is worth it once more. */
void peers_put_again(struct vplamad *d);
void peers_close(struct vplamad *d); /* fine without peers_open() */

/* Another configuration is in force. */
void peers_reload(struct vplamad *d, struct turn *t);

/* End of a turn: what must not be done from within the core. */
void peers_act(struct vplamad *d, struct turn *t);

#endif
