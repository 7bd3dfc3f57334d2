/*
 * A reliable channel inside a tunnel (doc/protocol.md "Negotiation"): whole
 * messages, in order, each once, over parts that may be lost. Parts in and out,
 * time as an argument, no I/O.
 *
 * One message is under way at a time, the others wait. An unacknowledged one
 * goes again after 1, 2 and 4 s; with no answer 4 s later the channel is
 * broken. channel_again() then begins anew: each direction has a life of its
 * own, so the other side sees that what comes is no repetition.
 */
#ifndef VPLAM_NEG_CHANNEL_H
#define VPLAM_NEG_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/mono.h"
#include "wire/negmsg.h"

#define CHANNEL_QUEUE 16 /* messages that may wait */

struct channel_msg;

struct channel {
	STAILQ_HEAD(, channel_msg) out; /* the first is under way */
	unsigned n_out;
	uint32_t out_seq; /* of the first */
	uint8_t out_life;
	unsigned tries;
	struct mono again; /* MONO_NEVER: nothing is under way */

	uint32_t in_seq; /* the last one delivered; 0: none in this life */
	uint8_t in_life;
	uint8_t in_type, in_parts;
	uint16_t in_have;
	uint8_t *in; /* the next one: parts that have come; or NULL */
	uint16_t in_len[NEG_PARTS];
	bool broken;
};

/* Hands one part to the tunnel. */
typedef void channel_send_fn(void *arg, const uint8_t *part, size_t len);

void channel_init(struct channel *ch, uint8_t life); /* life: random */
void channel_fini(struct channel *ch);		     /* fine on zeroes */

/* Drops what waits and sends what follows in a new life; what comes stays. */
void channel_again(struct channel *ch);

/*
 * Sends a message (fields without head; copied), now or when those before it
 * are acknowledged. part_max: bytes of a part's fields, at most NEG_PART_MAX.
 * False: the queue is full, it does not fit NEG_PARTS parts, or there is no
 * memory for it.
 */
bool channel_put(struct channel *ch, uint8_t type, const uint8_t *p, size_t len,
    size_t part_max, struct mono now, channel_send_fn *send, void *arg);

/*
 * A part has come. True: *ret_type, *ret and *ret_len are a whole message,
 * borrowed until the next call and no longer than part. Acknowledges, and
 * sends on what waited. Parts that break the format are dropped: *ret_bad is
 * true then.
 */
bool channel_get(struct channel *ch, const uint8_t *part, size_t len,
    struct mono now, channel_send_fn *send, void *arg, uint8_t *ret_type,
    const uint8_t **ret, size_t *ret_len, bool *ret_bad);

/* When channel_tick() has something to do; MONO_NEVER. */
struct mono channel_deadline(const struct channel *ch);

/* Sends again what is due; after the last time ch->broken is true. */
void channel_tick(
    struct channel *ch, struct mono now, channel_send_fn *send, void *arg);

#endif
