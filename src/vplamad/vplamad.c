#include "vplamad/vplamad.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmem.h"
#include "core/dial.h"
#include "core/negotiate.h"
#include "crypto/kx.h"
#include "vplamad/cfgdevice.h"
#include "vplamad/notify.h"
#include "vplamad/reload.h"
#include "vplamad/stamp.h"
#include "wire/frame.h"

#define GOODBYES 3 /* there is no answer to one */
#define GOODBYE_US 200000u
#define STORED_PAGE 512 /* keys in one event */
#define DH_PERCENT 30	/* of a core, for handshakes of whoever asks */
#define DH_RATE_MIN 30	/* so that a third of it lets a new key in */
#define NO_MEMORY_US (60 * MONO_SEC) /* between two lines in the log */
/* Each time all peers are asked. */
#define LINE_PAUSE_US (1 * MONO_SEC)
#define LINE_PAUSE_MAX_US (60 * MONO_SEC)
#define LINE_REST_US (15 * MONO_SEC)
#define MEND_US (1 * MONO_SEC)

struct core_limits
config_limits(const struct config *cfg)
{
	return (struct core_limits){
		.rekey_after_ms = cfg->rekey_after * 1000,
		.fan_origin = cfg->fanout_rate[0],
		.fan_total = cfg->fanout_rate[1],
		.mtu = (uint16_t)cfg->mtu,
	};
}

static void
on_udp_send(void *arg, const struct path *to, struct run *run)
{
	struct vplamad *d = arg;

	if (d->udp != NULL)
		udp_send(d->udp, to, run);
}

static void
on_udp_flush(void *arg)
{
	struct vplamad *d = arg;

	if (d->udp != NULL)
		udp_flush(d->udp);
}

static void
on_mesh_send(void *arg, struct run *run)
{
	struct vplamad *d = arg;

	if (d->port != NULL)
		port_unix_send(d->port, run);
}

static void
on_mesh_hangup(void *arg)
{
	struct vplamad *d = arg;

	if (d->port != NULL)
		port_unix_hangup(d->port);
}

static void
on_random(void *arg, void *p, size_t len)
{
	(void)arg;
	random_bytes(p, len);
}

static void
on_udp_input(
    void *arg, const struct path *from, struct run *run, struct turn *t)
{
	struct vplamad *d = arg;

	if (!vplamad_stopping(d))
		core_udp_input(&d->core, from, run, t);
}

static void
on_load(void *arg, struct mono now)
{
	struct vplamad *d = arg;

	core_note_load(&d->core, now);
}

static void
on_too_big(void *arg, const struct addr *remote, struct mono now)
{
	struct vplamad *d = arg;

	pmtu_refused(&d->core, remote, now);
}

static void
on_unreachable(void *arg, const uint8_t *p, size_t len, struct mono now)
{
	struct vplamad *d = arg;

	dial_unreachable(&d->core, p, len, now);
}

static void
on_port_open(void *arg, struct turn *t)
{
	struct vplamad *d = arg;

	core_mesh_open(&d->core, t);
}

static void
on_port_input(void *arg, struct run *run, struct turn *t)
{
	struct vplamad *d = arg;

	if (!vplamad_stopping(d))
		core_mesh_input(&d->core, run, t);
}

static void
on_port_close(void *arg, struct turn *t)
{
	struct vplamad *d = arg;

	core_mesh_close(&d->core, t);
}

static struct json_object *
on_ctl_line(void *arg, int role, const char *line, size_t len, struct turn *t,
    bool *ret_monitor)
{
	struct vplamad *d = arg;

	return ctl_dispatch(&d->ctl,
	    role == CTLSOCK_ADMIN ? CTL_ADMIN : CTL_READ, line, len, t,
	    ret_monitor);
}

/* Stamps go on from where the last run could have been. */
static uint64_t
stamp_floor(const struct vplamad *d)
{
	uint64_t floor = 0;
	int rc = stamp_load(d->cfg.state_dir, &floor);

	if (rc < 0)
		log_warnx("%s/stamp: cannot be read: %s; a wrong clock may "
			  "delay the first tunnels",
		    d->cfg.state_dir, strerror(-rc));
	return floor;
}

static void
save_stamp(struct vplamad *d, struct turn *t)
{
	uint64_t ms = t->wall_ms;
	int rc;

	d->stamp_at = mono_add(t->now, STAMP_EVERY_US);
	if (d->core.stamp_ms > ms)
		ms = d->core.stamp_ms;
	rc = stamp_save(d->cfg.state_dir, ms);
	if (rc < 0 && !d->stamp_failed)
		log_warnx("%s/stamp: cannot be written: %s; after a restart "
			  "with a wrong clock the first tunnels may be late",
		    d->cfg.state_dir, strerror(-rc));
	d->stamp_failed = rc < 0;
}

void
vplamad_stop(struct vplamad *d, struct turn *t)
{
	if (vplamad_stopping(d)) {
		loop_stop(d->loop);
		return;
	}
	log_info("stopping");
	(void)notify_stopping(&d->notify);
	d->goodbye_at = t->now;
}

bool
vplamad_stopping(const struct vplamad *d)
{
	return !mono_is_never(d->goodbye_at);
}

static void
say_goodbye(struct vplamad *d, struct turn *t)
{
	core_close_all(&d->core, CLOSE_STOPPING, t);
	d->goodbye_at = mono_add(t->now, GOODBYE_US);
	if (++d->goodbyes == GOODBYES)
		loop_stop(d->loop);
}

static struct mono
on_deadline(void *arg)
{
	struct vplamad *d = arg;

	if (vplamad_stopping(d))
		return d->goodbye_at;
	return mono_min(mono_min(mono_min(devices_deadline(&d->devices),
				     routes_deadline(d->routes)),
			    mono_min(place_deadline(d), entry_deadline(d))),
	    mono_min(mono_min(core_deadline(&d->core), d->stamp_at),
		mono_min(mono_min(keep_deadline(d->keep), d->notify.at),
		    mono_min(mono_min(uplink_deadline(d->uplink), d->mend_at),
			nodes_deadline(d)))));
}

/* Its address may not be there yet, though the interface is. */
static void
mend(struct vplamad *d, bool again, struct turn *t)
{
	int rc = udp_mend(d->udp, &d->priv);

	d->mend_at = MONO_NEVER;
	if (rc == 0 || rc == -ENODEV) /* which is told when it comes */
		return;
	d->mend_at = mono_add(t->now, MEND_US);
	if (!again)
		log_warnx(
		    "bind-device %s: %s", d->cfg.bind_device, strerror(-rc));
}

static void
on_tick(void *arg, struct turn *t)
{
	struct vplamad *d = arg;

	if (vplamad_stopping(d)) {
		if (mono_due(d->goodbye_at, t->now))
			say_goodbye(d, t);
		return;
	}
	notify_tick(&d->notify, t->now);
	if (mono_due(d->stamp_at, t->now))
		save_stamp(d, t);
	if (mono_due(devices_deadline(&d->devices), t->now))
		devices_reopen(d, t);
	if (mono_due(entry_deadline(d), t->now))
		entry_tick(d, t);
	keep_tick(d->keep, t->now);
	uplink_tick(d->uplink, t);
	if (mono_due(d->mend_at, t->now))
		mend(d, true, t);
	if (mono_due(core_deadline(&d->core), t->now))
		core_tick(&d->core, t);
}

static void
on_signal(void *arg, int signo, struct turn *t)
{
	struct vplamad *d = arg;

	if (signo != SIGHUP)
		vplamad_stop(d, t);
	else if (!vplamad_stopping(d))
		reload(d, NULL, t);
}

static void
tell_live(struct vplamad *d)
{
	(void)notify_live(&d->notify, d->core.n_live);
	d->live_changed = false;
}

/* Whoever slept has been given up by others, and may be elsewhere now. */
static void
on_woke(void *arg, struct turn *t)
{
	struct vplamad *d = arg;

	if (vplamad_stopping(d))
		return;
	log_info("woke: stood still for a while; all peers are asked");
	core_line_changed(&d->core, t);
}

static void
on_uplink(void *arg, struct turn *t)
{
	struct vplamad *d = arg;

	mend(d, false, t);
	log_info("line: our addresses or routes have changed; all peers are "
		 "asked");
	core_line_changed(&d->core, t);
}

/* Who ran short of it, or why, nobody knows; but somebody should hear of it. */
static void
tell_memory(struct vplamad *d, struct turn *t)
{
	uint64_t n = mem_failed();

	d->core.cnt.v[CNT_no_memory] = n;
	if (n == d->no_memory_told)
		return;
	(void)mem_reserve();
	if (d->no_memory_at.us != 0 &&
	    mono_since(d->no_memory_at, t->now) < NO_MEMORY_US)
		return;
	log_warnx(
	    "memory: failed=%llu", (unsigned long long)(n - d->no_memory_told));
	d->no_memory_told = n;
	d->no_memory_at = t->now;
}

/* End of a turn: what must not be done from within the core. */
static void
on_act(void *arg, struct turn *t)
{
	struct vplamad *d = arg;

	if (!vplamad_stopping(d)) {
		devices_let_go(d, t);
		nodes_look_up(d, t);
		place_act(d, t);
		peers_act(d, t);
		routes_apply(d->routes, t->now);
	}
	if (d->live_changed) {
		tell_live(d);
		devices_carrier(d);
	}
	tell_memory(d, t);
}

/* For whoever wonders about the speed. */
static void
log_ciphers(const struct aead_choice *aead)
{
	unsigned i;

	for (i = 0; i < SUITE_MAX; i++)
		if (aead->ops[i] != NULL)
			log_info("cipher: %s preferred=%s", aead->ops[i]->name,
			    i == aead->preferred ? "yes" : "no");
}

/* An initiation costs about two; a small router must not choke on them. */
static uint32_t
dh_rate(void)
{
	uint64_t pairs = kx_rate() * (uint64_t)DH_PERCENT / 100 / 2;

	if (pairs < DH_RATE_MIN)
		pairs = DH_RATE_MIN;
	log_info("handshakes: a_second=%llu", (unsigned long long)pairs);
	return (uint32_t)pairs;
}

static void
start_core(struct vplamad *d, struct turn *t)
{
	const struct core_io io = {
		.arg = d,
		.udp_send = on_udp_send,
		.udp_flush = on_udp_flush,
		.mesh_send = on_mesh_send,
		.mesh_hangup = on_mesh_hangup,
		.port_deliver = devices_deliver,
		.event = event_from_core,
		.random = on_random,
	};
	struct core_config cc = {
		.id = d->cfg.id,
		.net = d->cfg.net,
		.aead = aead_choose(),
		.stamp_floor_ms = stamp_floor(d),
		.dh_rate = dh_rate(),
		.limits = config_limits(&d->cfg),
	};

	strcpy(cc.network, d->cfg.network);
	log_ciphers(&cc.aead);
	core_init(&d->core, &cc, &io, t->now);
	ident_set_answers(&d->core, d->cfg.answer_identity != 0);
	d->has_core = true;
	wipe(&cc, sizeof(cc));
}

static void
tell_udp_failed(const struct vplamad *d, unsigned at, int rc)
{
	const char *why = "";
	char text[ADDR_TEXT];

	if (rc == -ENODEV && d->cfg.bind_device[0] != '\0') {
		log_warnx("%s:%d: bind-device: there is no interface %s",
		    d->cfg.path, d->cfg.given[OPT_bind_device].line,
		    d->cfg.bind_device);
		return;
	}
	if (rc == -EPERM && d->cfg.mark != 0)
		why = "; option mark needs CAP_NET_ADMIN";
	else if (rc == -EPERM && d->cfg.bind_device[0] != '\0')
		why = "; option bind-device needs CAP_NET_RAW";
	log_warnx("cannot listen on UDP %s: %s%s",
	    addr_format(&d->cfg.listen[at], text), strerror(-rc), why);
}

static bool
open_udp(struct vplamad *d)
{
	unsigned at = 0;
	int rc;

	d->udp_handler = (struct udp_handler){
		.arg = d,
		.input = on_udp_input,
		.load = on_load,
		.too_big = on_too_big,
		.unreachable = on_unreachable,
	};
	rc = udp_open(&d->udp, d->loop, &d->priv, d->cfg.listen,
	    d->cfg.given[OPT_listen].n, &d->udp_handler, &d->core.cnt, &at);
	if (rc < 0)
		tell_udp_failed(d, at, rc);
	else
		udp_offload(d->udp,
		    (struct udp_offload){
			.gso = offload_has(&d->cfg, OFFLOAD_GSO),
			.gro = offload_has(&d->cfg, OFFLOAD_GRO) });
	return rc == 0;
}

static bool
socket_failed(const char *option, const char *path, int rc)
{
	if (rc == -EADDRINUSE)
		log_warnx("%s %s: another daemon listens there; stop it, or "
			  "set another path",
		    option, path);
	else
		log_warnx("%s %s: %s", option, path, strerror(-rc));
	return false;
}

static bool
open_sockets(struct vplamad *d)
{
	int rc;

	d->port_handler = (struct port_handler){ d, on_port_open, on_port_input,
		on_port_close };
	d->ctl_handler = (struct ctlsock_handler){ d, on_ctl_line };
	rc = ctlsock_open(&d->ctlsock, d->loop, &d->priv, &d->ctl_handler,
	    &d->core.cnt, CTLSOCK_IDLE_MS);
	if (rc < 0)
		return socket_failed(
		    "control-socket", d->cfg.control_socket, rc);
	rc = port_unix_open(
	    &d->port, d->loop, &d->priv, &d->port_handler, &d->core.cnt);
	if (rc < 0)
		return socket_failed("mesh-socket", d->cfg.mesh_socket, rc);
	return open_udp(d);
}

/*
 * The configuration has been checked: a peer is refused only for want of its
 * device.
 */
static bool
start_peers(struct vplamad *d, struct turn *t)
{
	const char *why;
	bool ok = true;
	size_t i;

	for (i = 0; i < d->cfg.n_peers && ok; i++) {
		ok = node_add(d, &d->cfg.peers[i], &why, t);
		if (!ok)
			log_warnx(
			    "peer %s: refused: %s", d->cfg.peers[i].name, why);
	}
	for (; i < d->cfg.n_peers; i++)
		free(d->cfg.peers[i].file);
	/* copies of what the nodes have: names, and the secrets of pairs */
	if (d->cfg.n_peers > 0)
		wipe(d->cfg.peers, d->cfg.n_peers * sizeof(*d->cfg.peers));
	free(d->cfg.peers);
	d->cfg.peers = NULL;
	d->cfg.n_peers = 0;
	return ok;
}

/* They hinder nobody from starting. */
void
vplamad_warn(const struct config *cfg)
{
	struct config_errors warns = { 0 };
	size_t i;

	config_warnings(cfg, &warns);
	for (i = 0; i < warns.n; i++)
		log_warnx("%s", warns.text[i]);
	config_errors_free(&warns);
}

void
vplamad_own_prefixes(struct vplamad *d)
{
	char text[PREFIX_TEXT];
	uint32_t who = 0;
	size_t bad = 0;

	if (!core_own_prefixes(&d->core, d->cfg.prefix,
		d->cfg.given[OPT_prefix].n, &bad, &who))
		log_warnx("prefix %s: is that of peer %u; not taken",
		    prefix_format(&d->cfg.prefix[bad], text), who);
}

/* What lies in the mesh, for tunnels that have no way of their own. */
static void
start_guard(struct vplamad *d)
{
	struct prefix net[CONFIG_DEVICES * CONFIG_ADDRESSES];
	size_t i, n = 0;
	unsigned k;

	for (i = 0; i < d->cfg.n_devices; i++) {
		const struct config_device *dev = &d->cfg.devices[i];

		for (k = 0; k < dev->given[DEV_OPT_address].n; k++)
			net[n++] = dev->address[k];
	}
	guard_devices(&d->core, net, n);
	guard_set(&d->core, d->cfg.mark == 0 && d->cfg.bind_device[0] == '\0');
}

static const char *
on_route_unit(void *arg, uint32_t peer)
{
	return devices_unit(arg, peer);
}

static void
on_all_routes(void *arg)
{
	struct vplamad *d = arg;

	negotiate_tell_routes(&d->core);
}

static void
start_routes(struct vplamad *d)
{
	const struct routes_env env = { d, &d->priv, on_route_unit,
		on_all_routes };

	if (!d->monitor.has_routes)
		return;
	d->routes = routes_new(&env);
	d->linkwatch = linkwatch_new(d->loop, devices_link, d);
	if (d->linkwatch == NULL)
		log_warn("routes: cannot see when somebody sets their device "
			 "down");
}

static void
start_uplink(struct vplamad *d)
{
	const struct uplink_ops ops = { d, devices_is_ours, on_uplink,
		LINE_PAUSE_US, LINE_PAUSE_MAX_US, LINE_REST_US,
		d->cfg.mark != 0 };

	d->uplink = uplink_new(d->loop, &ops);
	if (d->uplink == NULL)
		log_warn("line: cannot see when our addresses change");
}

static void
on_stored(void *arg, const uint8_t (*key)[STORE_KEY], size_t n)
{
	struct vplamad *d = arg;
	size_t some;

	for (; n > 0; key += some, n -= some) {
		some = n < STORED_PAGE ? n : STORED_PAGE;
		event_stored(d, key, some);
	}
}

static void
on_lost(void *arg)
{
	peers_put_again(arg);
	entry_put_again(arg);
}

/* What decides, what it decided in an earlier life, and how it goes on. */
static void
start_memory(struct vplamad *d, struct turn *t)
{
	const struct keep_config kc = {
		.state_dir = d->cfg.state_dir,
		.interval_s = d->cfg.store_interval,
		.take = { [STORE_SELF] = place_row,
		    [STORE_NETWORK] = place_row,
		    [STORE_MOVE] = place_row,
		    [STORE_RESERVE] = place_row,
		    [STORE_DEMAND] = place_row,
		    [STORE_WATCH] = peers_row,
		    [STORE_REVOKED] = peers_row,
		    [STORE_PEER] = peers_row,
		    [STORE_LIST] = entry_row },
		.stored = on_stored,
		.lost = on_lost,
		.arg = d,
	};

	place_open(d, t);
	peers_open(d);
	entry_open(d, t);
	d->keep = keep_open(d->loop, &kc);
	place_begin(d, t);
	peers_begin(d);
}

static bool
start(struct vplamad *d)
{
	const struct loop_ops ops = { d, on_deadline, on_tick, on_signal,
		on_woke, &d->core.cnt };
	struct turn *t;

	nodes_init(d);
	TAILQ_INIT(&d->told);
	d->goodbye_at = d->mend_at = MONO_NEVER;
	d->monitor.path[PRIV_PATH_MESH] = d->cfg.mesh_socket;
	d->monitor.path[PRIV_PATH_CONTROL] = d->cfg.control_socket;
	devices_monitor(&d->monitor, &d->cfg);
	d->priv = (struct priv){ monitor_call, &d->monitor };
	d->loop = loop_new(&ops);
	t = loop_turn(d->loop);
	d->started = t->now;
	start_core(d, t);
	host_init(d);
	vplamad_warn(&d->cfg);
	vplamad_own_prefixes(d);
	start_guard(d);
	if (!open_sockets(d) || !devices_open(d, t))
		return false;
	start_routes(d);
	start_uplink(d);
	start_memory(d, t);
	save_stamp(d, t);
	d->resolve = resolve_new(d->loop, RESOLVE_CONF, RESOLVE_HOSTS);
	resolve_refuse(d->resolve, node_is_own, d);
	hook_add(&d->act, d->loop, LOOP_ACT, on_act, d);
	entry_begin(d, t);
	return start_peers(d, t);
}

static void
finish(struct vplamad *d)
{
	nodes_fini(d);
	told_close(d);
	whois_close(d);
	entry_close(d);
	if (d->resolve != NULL)
		hook_del(&d->act, d->loop);
	resolve_free(d->resolve);
	uplink_free(d->uplink);
	linkwatch_free(d->linkwatch);
	routes_free(d->routes);
	d->routes = NULL;
	peers_close(d);
	place_close(d);
	keep_close(d->keep);
	d->keep = NULL;
	devices_close(d);
	if (d->udp != NULL)
		udp_close(d->udp);
	if (d->port != NULL)
		port_unix_close(d->port);
	if (d->ctlsock != NULL)
		ctlsock_close(d->ctlsock);
	d->udp = NULL;
	d->port = NULL;
	d->ctlsock = NULL;
	if (d->has_core)
		core_fini(&d->core);
	loop_free(d->loop);
	config_free(&d->cfg);
}

int
vplamad_run(struct config *cfg)
{
	struct vplamad *d = xcalloc(1, sizeof(*d));
	int rc;

	d->cfg = *cfg;
	wipe(cfg, sizeof(*cfg));
	notify_open(&d->notify);
	if (start(d)) {
		log_info("ready: network=%s peers=%u", d->cfg.network,
		    d->core.n_peers);
		(void)notify_ready(&d->notify);
		notify_watchdog(&d->notify, d->started);
		rc = loop_run(d->loop);
		if (rc < 0)
			log_warnx("the event loop failed: %s", strerror(-rc));
	} else {
		rc = -1;
	}
	finish(d);
	notify_close(&d->notify);
	wipe(d, sizeof(*d));
	free(d);
	return rc == 0 ? 0 : 1;
}
