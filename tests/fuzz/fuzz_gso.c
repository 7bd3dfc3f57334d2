/*
 * Super-packets. Input: one byte of settings (bit 0 Ethernet, bits 1 to 3
 * what the device can take), a vnet header, a packet. It is cut; what comes out
 * is joined and cut again: the same packets. The bytes themselves are joined,
 * too, as a peer may send them. Each checksum that is completed is right.
 */
#include "tests/fuzz/fuzz.h"

#include <stdbool.h>
#include <string.h>

#include "wire/csum.h"
#include "wire/gso.h"

#define ARENA 65536
#define LIST_MAX 1024
#define OUT_MAX 131072

struct list {
	unsigned n;
	struct pkt pk[LIST_MAX];
};

static void
check_finish(const struct pkt *pk, bool ethernet)
{
	uint8_t *copy = malloc(pk->len);
	struct pkt mine = *pk;
	struct l4 at;

	MUST(copy != NULL);
	memcpy(copy, pk->p, pk->len);
	mine.p = copy;
	gso_finish_csum(&mine, ethernet);
	MUST(mine.flags == 0 && mine.len == pk->len);
	if ((pk->flags & PKT_CSUM) != 0 &&
	    l4_find(copy, pk->len, ethernet, &at)) {
		uint32_t n = pk->len - at.l4;

		MUST(csum_fold(csum_add(
			 l4_pseudo(copy, &at) + n, copy + at.l4, n)) == 0xffff);
	} else {
		MUST(memcmp(copy, pk->p, pk->len) == 0);
	}
	free(copy);
}

/* False when there is not room for all. */
static bool
cut(struct list *l, const struct vnet *v, const uint8_t *p, size_t len,
    bool ethernet, struct arena *mem)
{
	struct gso_cut c;
	struct run run;
	unsigned lost = 0, i;
	bool more = true;

	if (!gso_cut_begin(&c, v, p, len, ethernet))
		return false;
	while (more) {
		run.n = 0;
		more = gso_cut_next(&c, &run, mem, &lost);
		for (i = 0; i < run.n && l->n < LIST_MAX; i++)
			l->pk[l->n++] = run.pkt[i];
	}
	return lost == 0 && l->n < LIST_MAX;
}

/* Joins, writes each thing out and cuts that; false as above. */
static bool
join_and_cut(const struct run *run, struct list *out, bool ethernet,
    unsigned can, struct arena *mem)
{
	uint8_t *flat = malloc(OUT_MAX);
	struct gso_super s;
	bool fits = true;
	struct vnet v;
	unsigned i = 0, k;

	MUST(flat != NULL);
	while (i < run->n && fits) {
		size_t len = 0;
		unsigned was = i;

		i = gso_join(run, i, ethernet, can, &s);
		MUST(i > was && i <= run->n && s.n == i - was + 1);
		for (k = 1; k < s.n; k++) {
			MUST(len + s.iov[k].iov_len <= OUT_MAX);
			memcpy(flat + len, s.iov[k].iov_base, s.iov[k].iov_len);
			len += s.iov[k].iov_len;
		}
		MUST(s.n == 2 || len <= GSO_MAX);
		vnet_parse(s.vnet, &v);
		MUST((v.type == VNET_NONE) == (s.n == 2));
		fits = len == 0 || cut(out, &v, flat, len, ethernet, mem);
	}
	free(flat);
	return fits;
}

/* What was cut from one thing arrives as it was. */
static void
check_stream(
    const struct list *l, bool ethernet, unsigned can, struct arena *mem)
{
	struct list out = { 0 }, was = *l;
	struct run run = { 0 };
	unsigned i;

	for (i = 0; i < l->n; i++) {
		was.pk[i].p = malloc(l->pk[i].len);
		MUST(was.pk[i].p != NULL);
		memcpy(was.pk[i].p, l->pk[i].p, l->pk[i].len);
	}
	while (run.n < RUN_MAX && run.n < l->n) {
		run.pkt[run.n] = l->pk[run.n];
		run.n++;
	}
	if (join_and_cut(&run, &out, ethernet, can, mem)) {
		MUST(out.n == run.n);
		for (i = 0; i < out.n; i++) {
			MUST(out.pk[i].len == was.pk[i].len);
			MUST(out.pk[i].flags == was.pk[i].flags);
			MUST(memcmp(out.pk[i].p, was.pk[i].p, was.pk[i].len) ==
			    0);
		}
	}
	for (i = 0; i < l->n; i++)
		free(was.pk[i].p);
}

/* Twice the same bytes, and the segments behind them, as a peer's packets. */
static void
check_hostile(const uint8_t *p, size_t len, const struct list *l, bool ethernet,
    unsigned can, struct arena *mem)
{
	struct list out = { 0 };
	struct run run = { 0 };
	uint8_t *a = malloc(len + 1), *b = malloc(len + 1);

	MUST(a != NULL && b != NULL);
	memcpy(a, p, len);
	memcpy(b, p, len);
	run.pkt[run.n++] = (struct pkt){ a, (uint32_t)len, PKT_CSUM };
	run.pkt[run.n++] = (struct pkt){ b, (uint32_t)len, PKT_CSUM };
	while (run.n < RUN_MAX && run.n < l->n + 2) {
		run.pkt[run.n] = l->pk[run.n - 2];
		run.n++;
	}
	check_finish(&run.pkt[0], ethernet);
	join_and_cut(&run, &out, ethernet, can, mem);
	free(a);
	free(b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct list l = { 0 };
	struct arena mem;
	bool ethernet, whole;
	unsigned can, i;
	struct vnet v;

	if (len < 1 + VNET_HEAD)
		return 0;
	ethernet = (p[0] & 1) != 0;
	can = p[0] >> 1 & 7;
	vnet_parse(p + 1, &v);
	p += 1 + VNET_HEAD;
	len -= 1 + VNET_HEAD;
	arena_init(&mem, ARENA);
	whole = cut(&l, &v, p, len, ethernet, &mem);
	for (i = 0; i < l.n; i++)
		check_finish(&l.pk[i], ethernet);
	if (len > 0)
		check_hostile(p, len, &l, ethernet, can, &mem);
	arena_reset(&mem);
	l.n = 0;
	if (whole && cut(&l, &v, p, len, ethernet, &mem))
		check_stream(&l, ethernet, can, &mem);
	arena_fini(&mem);
	return 0;
}
