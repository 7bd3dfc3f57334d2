/* An address book with a store that is an array, for tests. */
#ifndef VPLAM_TESTS_UNIT_BOOKRIG_H
#define VPLAM_TESTS_UNIT_BOOKRIG_H

#include "book/book.h"
#include "tests/rng.h"

#define RIG_WALL UINT64_C(1790000000)

/* Who tells of a vnode; RIG_LIST: the first of the lists. */
#define RIG_LIST ((struct book_source){ BOOK_FROM_LIST, 1 })
#define RIG_SELF ((struct book_source){ BOOK_FROM_SELF, 0 })
#define RIG_USER ((struct book_source){ BOOK_FROM_USER, 0 })

struct rig {
	struct book *b;
	struct rng rng;
	struct mono now;
	uint64_t wall;
	/* What the store holds. */
	struct book_entry *row;
	size_t n_rows;
	struct book_revoked *revoked;
	size_t n_revoked;
	uint32_t watched;
	bool idle; /* it only counts */
	unsigned saves, urgent, forgets;
};

/* max_peers 32, dials; our own key is that of number 0. */
void rig_init(struct rig *r, uint64_t seed);
void rig_fini(struct rig *r);

/* The same for cmocka; rig_teardown() ends what rig_setup() began. */
int rig_setup(struct rig *r, uint64_t seed, void **state);
int rig_teardown(void **state);

/* Ends the book, and begins another with what the store holds. */
void rig_restart(struct rig *r);

void rig_pass(struct rig *r, uint64_t seconds); /* both clocks */

/* The key of that number; good for seven more calls. */
const uint8_t *rig_key(unsigned n);
struct book_source rig_teller(unsigned which); /* a peer */
struct addr rig_at(const char *text);
struct addr rig_place(unsigned n); /* below 25600 each has its own /16 */

/* A record of that number, at those places. */
struct record rig_record(const struct rig *r, unsigned n, uint64_t seq,
    const struct addr *ep, unsigned n_ep);
enum book_news rig_heard(
    struct rig *r, struct book_source src, const struct record *rec);

/* Its record heard from a list, and reached at its place by dialling. */
void rig_meet(struct rig *r, unsigned n);
void rig_minute(struct rig *r, const unsigned *up, size_t n);

const struct book_entry *rig_row(const struct rig *r, unsigned n);
const struct book_entry *rig_entry(const struct rig *r, unsigned n);
size_t rig_count(const struct rig *r); /* entries in the book */

#endif
