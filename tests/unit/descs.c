#include "tests/unit/descs.h"

#include <string.h>

#include "base/log.h"
#include "base/xmem.h"
#include "neg/space.h"

#define NETIDS 9 /* of random ones */

struct claim
claim_of(const struct topology *topo, const char *text)
{
	struct prefix p;
	struct claim c;
	const char *why = prefix_parse(text, &p);

	if (why != NULL)
		fatalx("%s %s", text, why);
	if (claims_of_prefix(topo, &p, &c, 1) != 1)
		fatalx("%s: not one claim", text);
	return c;
}

static void
add_known(struct netdesc *d, uint64_t netid, const struct claim *c)
{
	d->known = xreallocarray(d->known, d->n_known + 1u, sizeof(*d->known));
	d->known[d->n_known++] = (struct known){ netid, *c };
}

/* "C:10.90.0.0/16!" */
static void
known_word(struct netdesc *d, char *word)
{
	char *end, *mark;
	uint64_t netid = strtoull(word, &end, 16);
	struct claim c;
	uint8_t flags = 0;

	if (*end != ':')
		fatalx("%s: no netid", word);
	mark = end + strcspn(end, "!*");
	if (*mark != '\0')
		flags = *mark == '!' ? KNOWN_STABLE : KNOWN_RESERVED;
	*mark = '\0';
	c = claim_of(&d->topo, end + 1);
	c.flags = flags;
	add_known(d, netid, &c);
}

static void
claim_word(struct netdesc *d, const char *word)
{
	bool leaves = word[0] == '-';
	struct claim c = claim_of(&d->topo, word + leaves);

	c.flags = leaves ? CLAIM_LEAVING : 0;
	if (d->n_claims == 0)
		memcpy(d->gid, c.gid, sizeof(d->gid));
	d->claim[d->n_claims++] = c;
}

static bool
kind_word(struct netdesc *d, const char *word)
{
	static const char *const words[NETDESC_CLASSES] = {
		[NETDESC_ANY] = "any",
		[NETDESC_10] = "10",
		[NETDESC_172] = "172",
		[NETDESC_SITE6] = "site6",
		[NETDESC_PLAIN] = "plain",
	};
	unsigned i;

	if (strcmp(word, "L3") == 0) {
		d->topo.levels = 3;
		d->topo.bits[3] = 0;
		return true;
	}
	for (i = 0; i < NETDESC_CLASSES; i++)
		if (strcmp(word, words[i]) == 0) {
			d->topo = i == NETDESC_PLAIN
			    ? topology_plain()
			    : topology_ntk((enum netdesc_class)i);
			return true;
		}
	return false;
}

static void
desc_word(struct netdesc *d, char *word)
{
	if (strncmp(word, "n=", 2) == 0)
		d->nodes = (uint32_t)strtoul(word + 2, NULL, 10);
	else if (strncmp(word, "age=", 4) == 0)
		d->age = (uint32_t)strtoul(word + 4, NULL, 10);
	else if (strcmp(word, "stable") == 0)
		d->flags |= NETDESC_STABLE;
	else if (strcmp(word, "rehooking") == 0)
		d->flags |= NETDESC_REHOOKING;
	else if (kind_word(d, word))
		return;
	else if (d->topo.family == 4 && strchr(word, ':') != NULL)
		known_word(d, word);
	else
		claim_word(d, word);
}

struct netdesc
desc_of(const char *text)
{
	struct netdesc d = { .nodes = 1, .age = 100 };
	char *copy = xstrdup(text), *next = copy, *word;

	d.topo = topology_ntk(NETDESC_10);
	word = strsep(&next, " ");
	d.netid = strtoull(word, NULL, 16);
	while ((word = strsep(&next, " ")) != NULL)
		desc_word(&d, word);
	free(copy);
	return d;
}

/* --- random ones ---------------------------------------------------------- */

struct topology
desc_topology(unsigned kind)
{
	static const enum netdesc_class classes[DESC_KINDS] = { NETDESC_10,
		NETDESC_10, NETDESC_172, NETDESC_ANY, NETDESC_SITE6,
		NETDESC_PLAIN };
	struct topology topo = topology_ntk(classes[kind]);

	if (classes[kind] == NETDESC_PLAIN)
		return topology_plain();
	if (kind == 1) { /* no whole address, other numbers of bits */
		topo.levels = 3;
		topo.bits[0] = 2;
		topo.bits[1] = 3;
		topo.bits[2] = 4;
		topo.bits[3] = 0;
	}
	return topo;
}

/* Few gids, and small: but all of them are possible. */
static uint16_t
gid_random(struct rng *rng, unsigned bits, unsigned few)
{
	uint64_t v =
	    rng_below(rng, 64) == 0 ? rng_next(rng) : rng_below(rng, few);

	return (uint16_t)(v & ((UINT64_C(1) << bits) - 1));
}

struct claim
claim_random(struct rng *rng, const struct topology *topo)
{
	static const uint16_t mapped[16] = { [8] = 0xffff, [7] = 10 };
	unsigned last = topo->levels - 1u, k;
	struct claim c;

	do {
		bool v4 =
		    topo->class == NETDESC_PLAIN && rng_below(rng, 2) == 0;

		memset(&c, 0, sizeof(c));
		for (k = 0; k <= last; k++)
			c.gid[k] = gid_random(rng, topo->bits[k], 3);
		if (topo->class == NETDESC_10)
			c.gid[last] = 10;
		else if (topo->class == NETDESC_172)
			c.gid[last] = 172;
		else if (topo->class == NETDESC_SITE6) {
			c.gid[15] = 0xfe;
			c.gid[14] = 0xc0;
		}
		if (topo->class == NETDESC_172)
			c.gid[last - 1] = (uint16_t)(17 + rng_below(rng, 6));
		else if (topo->class == NETDESC_10)
			c.gid[last - 1] =
			    gid_random(rng, topo->bits[last - 1], 8);
		if (v4)
			memcpy(&c.gid[7], &mapped[7], 9 * sizeof(c.gid[0]));
		/* the upper levels more often than the lower ones */
		c.level = (uint8_t)claim_top(topo, &c);
		while (c.level > 0 && rng_below(rng, 3) == 0)
			c.level--;
		memset(c.gid, 0, c.level * sizeof(c.gid[0]));
	} while (!claim_allowed(topo, &c));
	return c;
}

static bool
claim_fits(const struct netdesc *d, const struct claim *c)
{
	unsigned i;

	for (i = 0; i < d->n_claims; i++)
		if (claims_overlap(&d->topo, &d->claim[i], c, NULL))
			return false;
	return true;
}

static void
claims_random(struct rng *rng, struct netdesc *d)
{
	size_t tries =
	    rng_below(rng, 8) == 0 ? 2 * NETDESC_CLAIMS : 1 + rng_below(rng, 3);
	unsigned k;

	while (tries-- > 0 && d->n_claims < NETDESC_CLAIMS) {
		struct claim c = claim_random(rng, &d->topo);

		if (claim_fits(d, &c)) {
			c.flags = rng_below(rng, 8) == 0 ? CLAIM_LEAVING : 0;
			d->claim[d->n_claims++] = c;
		}
	}
	memcpy(d->gid, d->claim[0].gid, sizeof(d->gid));
	for (k = 0; k < d->claim[0].level; k++)
		d->gid[k] = gid_random(rng, d->topo.bits[k], 3);
}

struct netdesc
desc_random(struct rng *rng, unsigned kind, unsigned max_known)
{
	struct netdesc d = { .topo = desc_topology(kind) };
	size_t n = rng_below(rng, max_known + 1u);

	d.netid = 1 + rng_below(rng, NETIDS);
	d.vnodeid = rng_next(rng);
	d.epoch = (uint32_t)rng_next(rng);
	d.nodes = 1 + (uint32_t)rng_below(rng, 3);
	d.age = (uint32_t)rng_below(rng, 3);
	d.flags = (uint16_t)((rng_below(rng, 4) == 0 ? NETDESC_STABLE : 0) |
	    (rng_below(rng, 8) == 0 ? NETDESC_REHOOKING : 0));
	claims_random(rng, &d);
	while (n-- > 0) {
		struct claim c = claim_random(rng, &d.topo);

		c.flags = (uint8_t)rng_below(rng, 4);
		add_known(&d, 1 + rng_below(rng, NETIDS), &c);
	}
	return d;
}
