#include "vplamad/reload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmem.h"
#include "vplamad/notify.h"
#include "vplamad/option.h"
#include "vplamad/vplamad.h"
#include "wire/frame.h"

/* A setting as it would be printed; the caller frees. */
static char *
printed(const struct option *o, const void *base, const struct given *given)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	if (f == NULL)
		fatal("open_memstream");
	option_print(o, base, given->n, "", f);
	fclose(f);
	return text;
}

static bool
same_setting(const struct option *o, const void *a, const struct given *given_a,
    const void *b, const struct given *given_b)
{
	char *x = printed(o, a, given_a), *y = printed(o, b, given_b);
	bool same = strcmp(x, y) == 0;

	free(x);
	free(y);
	return same;
}

static void
need_restart(const struct config *new, enum option_id id, const char *what)
{
	log_warnx("%s:%d: %s: %s; it takes a restart, the old one stays",
	    new->path, new->given[id].line, options[id].name, what);
}

static void
take_option(struct vplamad *d, const struct config *new, enum option_id id)
{
	const struct option *o = &options[id];

	if (o->reload) {
		memcpy((char *)&d->cfg + o->at, (const char *)new + o->at,
		    o->values * o->type->size);
		d->cfg.given[id] = new->given[id];
	} else if (!same_setting(
		       o, &d->cfg, &d->cfg.given[id], new, &new->given[id])) {
		need_restart(new, id, "has changed");
	}
	d->cfg.given[id].line = new->given[id].line;
}

static const struct config_device *
device_find(const struct config *cfg, const char *name)
{
	size_t i;

	for (i = 0; i < cfg->n_devices; i++)
		if (strcmp(cfg->devices[i].name, name) == 0)
			return &cfg->devices[i];
	return NULL;
}

/* What is not the same in two blocks of one device. */
static void
compare_device(const struct config *new, const struct config_device *was,
    const struct config_device *is)
{
	const struct option *o;
	unsigned i;

	for (i = 0; i < DEV_OPT_MAX; i++) {
		o = &device_options[i];
		if (!same_setting(o, was, &was->given[i], is, &is->given[i]))
			log_warnx("%s:%d: device \"%s\": %s: has changed; it "
				  "takes a restart, the old one stays",
			    new->path,
			    is->given[i].line != 0 ? is->given[i].line
						   : is->line,
			    is->name, o->name);
	}
}

/* Devices are as they were when the daemon began. */
static void
compare_devices(const struct vplamad *d, const struct config *new)
{
	const struct config_device *was, *is;
	size_t i;

	for (i = 0; i < new->n_devices; i++) {
		is = &new->devices[i];
		was = device_find(&d->cfg, is->name);
		if (was != NULL)
			compare_device(new, was, is);
		else
			log_warnx("%s:%d: device \"%s\": is new; it takes a "
				  "restart, it is not opened now",
			    new->path, is->line, is->name);
	}
	for (i = 0; i < d->cfg.n_devices; i++)
		if (device_find(new, d->cfg.devices[i].name) == NULL)
			log_warnx("%s: device \"%s\": is gone; it takes a "
				  "restart, the device stays",
			    new->path, d->cfg.devices[i].name);
}

static void
take_options(struct vplamad *d, const struct config *new, struct turn *t)
{
	struct core_limits was = config_limits(&d->cfg), is;
	unsigned i;

	for (i = 0; i < OPT_MAX; i++)
		take_option(d, new, (enum option_id)i);
	compare_devices(d, new);
	if (!equal_ct(new->id.seed, d->cfg.id.seed, KEY_LEN))
		need_restart(new, OPT_private_key_file, "holds another key");
	if (!equal_ct(new->net.netkey, d->cfg.net.netkey, KEY_LEN) &&
	    strcmp(new->network_key_file, d->cfg.network_key_file) == 0 &&
	    strcmp(new->network, d->cfg.network) == 0)
		need_restart(new, OPT_network_key_file, "holds another key");
	log_set_level(d->cfg.log_level);
	ident_set_answers(&d->core, d->cfg.answer_identity != 0);
	is = config_limits(&d->cfg);
	if (was.rekey_after_ms != is.rekey_after_ms ||
	    was.fan_origin != is.fan_origin || was.fan_total != is.fan_total ||
	    was.mtu != is.mtu)
		core_set_limits(&d->core, &is, t);
}

static bool
still_there(const struct config *new, const struct node *n)
{
	size_t i;

	for (i = 0; i < new->n_peers; i++)
		if (config_same_id(&n->conf, &new->peers[i]))
			return true;
	return false;
}

/*
 * Peers whose block is gone or means somebody else now. One that a control
 * command added stays, unless a block wants its name or key.
 */
static void
drop_peers(struct vplamad *d, const struct config *new, struct turn *t)
{
	struct node *n, *next;
	size_t i;

	for (n = TAILQ_FIRST(&d->nodes); n != NULL; n = next) {
		bool wanted = n->conf.file == NULL || still_there(new, n);

		next = TAILQ_NEXT(n, link);
		for (i = 0; wanted && i < new->n_peers; i++) {
			const struct config_peer *c = &new->peers[i];

			if (!config_same_id(&n->conf, c) &&
			    (strcmp(c->name, n->conf.name) == 0 ||
				equal_ct(c->public_key, n->conf.public_key,
				    KEY_LEN)))
				wanted = false;
		}
		if (wanted)
			continue;
		log_info("peer %s: configured=no", n->conf.name);
		node_del(n, CLOSE_REMOVED, t);
	}
}

/* Nobody holds what another is to get. */
static void
withdraw_prefixes(struct vplamad *d, const struct config *new)
{
	struct node *n;
	size_t i;

	for (i = 0; i < new->n_peers; i++) {
		n = node_by_conf(d, &new->peers[i]);
		if (n != NULL)
			node_withdraw(n, &new->peers[i]);
	}
}

static void
refused(struct json_object *errors, const char *place, const char *why)
{
	char *text = xasprintf("%s: is refused: %s", place, why);

	log_warnx("%s", text);
	if (errors != NULL)
		json_object_array_add(errors, json_object_new_string(text));
	free(text);
}

static void
take_peers(struct vplamad *d, struct config *new, struct json_object *errors,
    struct turn *t)
{
	const char *why;
	char *place;
	size_t i;

	drop_peers(d, new, t);
	withdraw_prefixes(d, new);
	vplamad_own_prefixes(d);
	for (i = 0; i < new->n_peers; i++) {
		struct config_peer *c = &new->peers[i];
		struct node *n = node_by_conf(d, c);

		if (n != NULL) {
			node_update(n, c, t);
			continue;
		}
		log_info("peer %s: configured=yes", c->name);
		place =
		    xasprintf("%s:%d: peer \"%s\"", c->file, c->line, c->name);
		if (!node_add(d, c, &why, t))
			refused(errors, place, why);
		free(place);
	}
}

bool
reload(struct vplamad *d, struct json_object *errors, struct turn *t)
{
	struct config_errors errs = { 0 };
	struct config new;
	size_t i;
	bool good;

	(void)notify_reloading(&d->notify);
	good = config_load(d->cfg.path, &new, &errs);
	for (i = 0; i < errs.n; i++) {
		log_warnx("%s", errs.text[i]);
		if (errors != NULL)
			json_object_array_add(
			    errors, json_object_new_string(errs.text[i]));
	}
	config_errors_free(&errs);
	if (good) {
		vplamad_warn(&new);
		take_options(d, &new, t);
		take_peers(d, &new, errors, t);
		place_reload(d, t);
		peers_reload(d, t);
		entry_reload(d, t);
		config_free(&new);
		log_info("reload: done peers=%u", d->core.n_peers);
	} else {
		log_warnx("reload: refused; the old configuration stays");
	}
	(void)notify_ready(&d->notify);
	return good;
}
