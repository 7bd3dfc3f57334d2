#include "vplamad/routes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/xmem.h"
#include "priv/priv.h"

/* A prefix that somebody wants. */
struct entry {
	struct prefix p;
	uint32_t *peer; /* who, in the order in which they came */
	unsigned n;
	uint32_t at;	      /* installed for this one; 0: it is not */
	char unit[PRIV_UNIT]; /* and leads there */
	bool again;	      /* it may have gone with its device */
	int rc;		      /* 0 or why it is not installed */
	int said;	      /* that the log tells */
	int stays;	      /* -errno of taking it away, or 0 */
};

struct routes {
	struct routes_env env;
	struct entry *all;
	size_t n, room;
	bool dirty;
	bool missed; /* something wanted is not in all */
	struct mono retry_at;
};

struct routes *
routes_new(const struct routes_env *env)
{
	struct routes *r = xcalloc(1, sizeof(*r));
	int rc;

	r->env = *env;
	r->retry_at = MONO_NEVER;
	rc = priv_route_flush(env->pv);
	if (rc < 0)
		log_warnx("routes: those of an earlier life cannot be taken "
			  "away: %s",
		    strerror(-rc));
	return r;
}

/* The entry to p, or NULL. */
static struct entry *
find(const struct routes *r, const struct prefix *p)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		if (prefix_equal(&r->all[i].p, p))
			return &r->all[i];
	return NULL;
}

/* NULL without memory. */
static struct entry *
find_or_add(struct routes *r, const struct prefix *p)
{
	struct entry *e = find(r, p);

	if (e != NULL)
		return e;
	if (r->n == r->room) {
		e = try_reallocarray(r->all, r->room * 2 + 8, sizeof(*e));
		if (e == NULL)
			return NULL;
		r->all = e;
		r->room = r->room * 2 + 8;
	}
	e = &r->all[r->n++];
	*e = (struct entry){ .p = *p };
	return e;
}

static bool
wants(const struct entry *e, uint32_t peer)
{
	unsigned i;

	for (i = 0; i < e->n; i++)
		if (e->peer[i] == peer)
			return true;
	return false;
}

/* False without memory. */
static bool
join(struct entry *e, uint32_t peer)
{
	uint32_t *more;

	if (e == NULL || wants(e, peer))
		return e != NULL;
	more = try_reallocarray(e->peer, e->n + 1, sizeof(*e->peer));
	if (more == NULL)
		return false;
	e->peer = more;
	e->peer[e->n++] = peer;
	return true;
}

static void
leave(struct entry *e, uint32_t peer)
{
	unsigned i, k = 0;

	for (i = 0; i < e->n; i++)
		if (e->peer[i] != peer)
			e->peer[k++] = e->peer[i];
	e->n = k;
}

static bool
is_in(const struct prefix *p, const struct prefix *set, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (prefix_equal(p, &set[i]))
			return true;
	return false;
}

void
routes_set(struct routes *r, uint32_t peer, const struct prefix *p, size_t n)
{
	size_t i;

	if (r == NULL)
		return;
	for (i = 0; i < r->n; i++)
		if (!is_in(&r->all[i].p, p, n))
			leave(&r->all[i], peer);
	for (i = 0; i < n; i++)
		r->missed |= !join(find_or_add(r, &p[i]), peer);
	r->dirty = true;
}

void
routes_again(struct routes *r, uint32_t peer)
{
	size_t i;

	if (r == NULL)
		return;
	for (i = 0; i < r->n; i++)
		if (peer == 0 || r->all[i].at == peer)
			r->all[i].again = true;
	r->dirty = true;
}

/* Static words, for the log and for whoever asks. */
static const char *
why(int rc)
{
	switch (-rc) {
	case 0:
		return NULL;
	case EEXIST:
		return "another program has a route to it with this metric; "
		       "see route-metric";
	case ENODEV:
		return "the device of the peer is not there";
	case ENETDOWN:
		return "the device is down";
	case EPERM:
		return "it needs CAP_NET_ADMIN";
	case EINVAL:
		return "it is no prefix that can be routed";
	case EACCES:
		return "the device has no IPv6";
	default:
		return strerror(-rc);
	}
}

/* Refused: told once for each reason. */
static void
tell(struct entry *e)
{
	char text[PREFIX_TEXT];

	if (e->rc == e->said)
		return;
	prefix_format(&e->p, text);
	if (e->rc < 0)
		log_warnx("route %s: not installed: %s", text, why(e->rc));
	else
		log_info("route %s: is installed now", text);
	e->said = e->rc;
}

/* False: it is there still, which is told once for each reason. */
static bool
withdraw(struct routes *r, struct entry *e)
{
	char text[PREFIX_TEXT];
	int rc = priv_route_del(r->env.pv, &e->p);

	if (rc < 0 && rc != e->stays)
		log_warnx("route %s: cannot be taken away: %s",
		    prefix_format(&e->p, text), strerror(-rc));
	e->stays = rc;
	if (rc < 0)
		return false;
	e->at = 0;
	e->again = false;
	return true;
}

/* Who is to have it, and by which unit: whoever has it keeps it. */
static uint32_t
choose(const struct routes *r, const struct entry *e, const char **ret_unit)
{
	uint32_t who = 0;
	unsigned i;

	for (i = 0; i < e->n && (who == 0 || e->at != 0); i++) {
		const char *unit = r->env.unit(r->env.arg, e->peer[i]);

		if (unit == NULL || (who != 0 && e->peer[i] != e->at))
			continue;
		who = e->peer[i];
		*ret_unit = unit;
	}
	return who;
}

static void
install(struct routes *r, struct entry *e, uint32_t who, const char *unit)
{
	char text[PREFIX_TEXT];

	e->stays = 0; /* it is wanted */
	if (e->at != 0 && !e->again && strcmp(unit, e->unit) == 0) {
		e->at = who; /* by the same device */
		return;
	}
	e->rc = priv_route_add(r->env.pv, unit, &e->p);
	if (e->rc < 0 && e->at != 0)
		(void)withdraw(r, e); /* it leads to where nobody wants it */
	if (e->rc == 0) {
		e->at = who;
		snprintf(e->unit, sizeof(e->unit), "%s", unit);
		log_debug("route %s: peer=%u", prefix_format(&e->p, text), who);
	}
	e->again = false;
	tell(e);
}

/* False: nobody wants it, and it is gone. */
static bool
carry_out(struct routes *r, struct entry *e)
{
	const char *unit = "";
	uint32_t who = choose(r, e, &unit);

	if (who != 0) {
		install(r, e, who, unit);
		return true;
	}
	if (e->at != 0 && !withdraw(r, e))
		return true;
	e->rc = -ENODEV; /* which the device tells itself */
	return e->n > 0;
}

void
routes_apply(struct routes *r, struct mono now)
{
	bool refused = false;
	size_t i, k = 0;

	if (r == NULL || (!r->dirty && !mono_due(r->retry_at, now)))
		return;
	if (mono_due(r->retry_at, now)) {
		r->retry_at = MONO_NEVER;
		if (r->missed) {
			r->missed = false;
			r->env.all(r->env.arg);
		}
	}
	for (i = 0; i < r->n; i++) {
		struct entry e = r->all[i];

		if (!carry_out(r, &e)) {
			free(e.peer);
			continue;
		}
		refused |= e.at == 0 || e.stays < 0;
		r->all[k++] = e;
	}
	r->n = k;
	r->dirty = false;
	r->retry_at = !refused && !r->missed
	    ? MONO_NEVER
	    : mono_min(r->retry_at, mono_add(now, ROUTES_RETRY_US));
}

struct mono
routes_deadline(const struct routes *r)
{
	return r != NULL ? r->retry_at : MONO_NEVER;
}

void
routes_free(struct routes *r)
{
	size_t i;
	int rc;

	if (r == NULL)
		return;
	rc = priv_route_flush(r->env.pv);
	if (rc < 0)
		log_warnx("routes: cannot be taken away: %s", strerror(-rc));
	for (i = 0; i < r->n; i++)
		free(r->all[i].peer);
	free(r->all);
	free(r);
}

bool
routes_get(const struct routes *r, size_t i, struct routes_info *ret)
{
	const struct entry *e;

	if (r == NULL || i >= r->n)
		return false;
	e = &r->all[i];
	*ret = (struct routes_info){
		.p = e->p,
		.peer = e->at != 0 ? e->at
		    : e->n > 0	   ? e->peer[0]
				   : 0,
		.installed = e->at != 0,
		.why = e->at != 0 ? NULL : why(e->rc),
	};
	return true;
}

const char *
routes_why(const struct routes *r, const struct prefix *p)
{
	const struct entry *e = r != NULL ? find(r, p) : NULL;

	return e != NULL && e->at == 0 ? why(e->rc) : NULL;
}
