/* What the control commands ask of the daemon. */
#include <string.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "vplamad/option.h"
#include "vplamad/reload.h"
#include "vplamad/vplamad.h"
#include "wire/frame.h"

static bool
host_reload(void *arg, struct json_object *errors)
{
	struct vplamad *d = arg;

	return reload(d, errors, loop_turn(d->loop));
}

static void
host_stop(void *arg)
{
	struct vplamad *d = arg;

	vplamad_stop(d, loop_turn(d->loop));
}

static bool
host_peer_add(void *arg, const char *name, const char *key,
    const char *const *endpoints, size_t n, const char **why)
{
	struct vplamad *d = arg;
	struct config_peer conf;

	*why = config_peer_make(name, key, endpoints, n, &conf);
	if (*why != NULL)
		return false;
	if (core_peer_by_name(&d->core, name) != NULL) {
		*why = "a peer of this name is there already";
		return false;
	}
	if (!node_add(d, &conf, why, loop_turn(d->loop)))
		return false;
	log_info("peer %s: added=control", name);
	return true;
}

static bool
host_peer_del(void *arg, struct peer *p, const char **why)
{
	struct vplamad *d = arg;
	struct node *n = node_by_id(d, p->id);

	if (n == NULL) {
		*why = "nobody configured it, and it would come back; "
		       "max-peers and trust say who may";
		return false;
	}
	log_info("peer %s: removed=control", n->conf.name);
	node_del(n, CLOSE_REMOVED, loop_turn(d->loop));
	return true;
}

static bool
host_peer_origin(
    void *arg, const struct peer *p, const char *option, struct ctl_origin *ret)
{
	struct vplamad *d = arg;
	struct node *n = node_by_id(d, p->id);
	bool found = n != NULL;
	unsigned i;

	if (found)
		*ret = (struct ctl_origin){ n->conf.file, n->conf.line };
	for (i = 0; found && option != NULL && i < PEER_OPT_MAX; i++)
		if (strcmp(peer_options[i].name, option) == 0 &&
		    n->conf.given[i].line != 0)
			ret->line = n->conf.given[i].line;
	for (i = 0; option != NULL && i < OPT_MAX; i++) {
		if (strcmp(options[i].name, option) != 0)
			continue;
		*ret = (struct ctl_origin){ d->cfg.path, d->cfg.given[i].line };
		found = true;
	}
	return found;
}

static struct json_object *
host_peer_names(void *arg, const struct peer *p)
{
	struct vplamad *d = arg;
	struct node *n = node_by_id(d, p->id);

	return n == NULL ? json_object_new_array() : node_names(n);
}

static bool
host_device(void *arg, unsigned no, struct ctl_device *ret)
{
	const struct vplamad *d = arg;

	return device_about(&d->devices, no, ret);
}

static struct json_object *
listen_json(const struct vplamad *d)
{
	struct json_object *list = json_object_new_array();
	char text[ADDR_TEXT];
	struct addr a;
	unsigned i;

	for (i = 0; udp_local(d->udp, i, &a); i++)
		json_object_array_add(
		    list, json_object_new_string(addr_format(&a, text)));
	return list;
}

static const char *
host_route_why(void *arg, const struct prefix *p)
{
	const struct vplamad *d = arg;

	return routes_why(d->routes, p);
}

static struct json_object *
host_about(void *arg)
{
	struct vplamad *d = arg;
	struct json_object *o = json_object_new_object();
	uint64_t up = mono_since(d->started, loop_turn(d->loop)->now);

	json_object_object_add(
	    o, "version", json_object_new_string(VPLAMA_VERSION));
	json_object_object_add(
	    o, "pid", json_object_new_int64((int64_t)getpid()));
	json_object_object_add(
	    o, "uptime", json_object_new_int64((int64_t)(up / MONO_SEC)));
	json_object_object_add(
	    o, "config", json_object_new_string(d->cfg.path));
	json_object_object_add(o, "listen", listen_json(d));
	json_object_object_add(
	    o, "mesh_socket", json_object_new_string(d->cfg.mesh_socket));
	json_object_object_add(
	    o, "control_socket", json_object_new_string(d->cfg.control_socket));
	return o;
}

void
host_init(struct vplamad *d)
{
	d->host = (struct ctl_host){
		.arg = d,
		.reload = host_reload,
		.stop = host_stop,
		.peer_add = host_peer_add,
		.peer_del = host_peer_del,
		.peer_origin = host_peer_origin,
		.peer_names = host_peer_names,
		.device = host_device,
		.route_why = host_route_why,
		.entry_add = told_uri,
		.identity_ask = whois_ask,
		.entry_fetch = entry_fetch_all,
		.entry_sources = entry_sources,
		.entry_audit = entry_audit,
		.about = host_about,
	};
	d->ctl = (struct ctl){ &d->core, &d->host };
}
