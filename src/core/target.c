#include "core/target.h"

#include <string.h>

#include "core/peer.h"

void
target_interleave(struct addr *ep, unsigned n)
{
	struct addr a;
	unsigned i, k;

	for (i = 1; i < n; i++) {
		for (k = i;
		     k < n && addr_is_v4(&ep[k]) == addr_is_v4(&ep[i - 1]); k++)
			;
		if (k == n)
			return;
		a = ep[k];
		memmove(&ep[i + 1], &ep[i], (k - i) * sizeof(*ep));
		ep[i] = a;
	}
}

void
target_begin(struct peer *p)
{
	unsigned i;

	for (i = 0; p->has_path && i < p->n_ep; i++)
		if (addr_equal(&p->ep[i], &p->path.remote))
			p->next_ep = i;
}

void
target_try(struct peer *p)
{
	struct dial *d = &p->dial;

	d->by_path = p->has_path && (p->state == PEER_VRNODE || d->recall);
	d->at_path = d->by_path;
	d->left = p->n_ep;
	d->raced = 0;
}

/* Passes over the path, which has had its turn; false: no more. */
static bool
skip(const struct peer *p, unsigned *left, unsigned *next)
{
	while (*left > 0 && p->dial.by_path &&
	    addr_equal(&p->ep[*next % p->n_ep], &p->path.remote)) {
		*next = (*next + 1) % p->n_ep;
		(*left)--;
	}
	return *left > 0;
}

bool
target_more(const struct peer *p)
{
	const struct dial *d = &p->dial;
	unsigned left = d->left, next = p->next_ep;

	return d->raced < ATTEMPTS && (d->at_path || skip(p, &left, &next));
}

bool
target_next(struct peer *p, struct path *ret)
{
	struct dial *d = &p->dial;

	if (!target_more(p))
		return false;
	d->raced++;
	if (d->at_path) {
		d->at_path = false;
		*ret = p->path;
		return true;
	}
	(void)skip(p, &d->left, &p->next_ep);
	*ret = (struct path){ .remote = p->ep[p->next_ep % p->n_ep],
		.sock = SOCK_ANY };
	p->next_ep = (p->next_ep + 1) % p->n_ep;
	d->left--;
	return true;
}

void
target_missed(struct peer *p)
{
	if (p->dial.raced > 0)
		p->dial.raced--;
}

bool
target_elsewhere(const struct peer *p)
{
	unsigned i;

	for (i = 0; i < p->n_ep; i++)
		if (!p->has_path || !addr_equal(&p->ep[i], &p->path.remote))
			return true;
	return false;
}
