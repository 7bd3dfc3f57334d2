#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "vplamctl/human.h"
#include "vplamctl/out.h"
#include "vplamctl/out_entry.h"
#include "vplamctl/out_neg.h"
#include "vplamctl/pen.h"

static void
show_node(struct out *o, struct json_object *res)
{
	struct json_object *node = get_obj(res, "node");
	struct json_object *listen = get_obj(get_obj(res, "daemon"), "listen");

	pen_heading(o, GREEN, "network", get_str(node, "network"));
	pen_line(o, "public key", get_str(node, "public_key"));
	pen_line(o, "private key", "(hidden)");
	if (get_len(listen) > 0) {
		pen_label(o, "listening on");
		pen_list(o, listen);
		fputc('\n', o->f);
	}
	if (get_str(node, "trust")[0] != '\0')
		pen_line(o, "trust", get_str(node, "trust"));
	pen_line(o, "mesh daemon",
	    get_bool(node, "mesh_connected") ? "connected" : "not connected");
	neg_text_self(o, get_obj(res, "negotiation"));
}

static const char *
carrier_text(struct json_object *d)
{
	if (get_bool(d, "gone"))
		return "gone, it was taken away; it is opened again";
	return get_bool(d, "carrier") ? "up" : "down, it reaches no live peer";
}

static void
show_device(struct out *o, struct json_object *d)
{
	bool up = get_bool(d, "carrier");

	fputc('\n', o->f);
	pen_heading(o, CYAN, "device", get_str(d, "name"));
	pen_label(o, "kind");
	pen_text(o->f, get_str(d, "kind"));
	fputs(", mode ", o->f);
	pen_text(o->f, get_str(d, "mode"));
	fprintf(o->f, ", mtu %" PRIu64 "\n", get_u64(d, "mtu"));
	pen_label(o, "carrier");
	pen_colour(o, up ? GREEN : YELLOW);
	fputs(carrier_text(d), o->f);
	pen_colour(o, PLAIN);
	fputc('\n', o->f);
	pen_label(o, "packets");
	fprintf(o->f, "%" PRIu64 " from the device, %" PRIu64 " to it\n",
	    get_u64(d, "rx_packets"), get_u64(d, "tx_packets"));
	pen_label(o, "addresses");
	fprintf(
	    o->f, "%" PRIu64 " learned behind peers\n", get_u64(d, "learned"));
}

static enum colour
state_colour(const char *state)
{
	if (strcmp(state, "vrnode") == 0)
		return GREEN;
	return strcmp(state, "dead") == 0 ? RED : YELLOW;
}

static void
show_state(struct out *o, struct json_object *p)
{
	const char *state = get_str(p, "state");
	bool live = strcmp(state, "vrnode") == 0;
	char span[HUMAN_TEXT];

	pen_label(o, "state");
	pen_colour(o, state_colour(state));
	pen_text(o->f, state);
	pen_colour(o, PLAIN);
	fprintf(o->f, " for %s", human_span(get_u64(p, "since_seconds"), span));
	if (live)
		fprintf(o->f, ", dialled by %s",
		    get_bool(p, "dialled") ? "us" : "the peer");
	if (get_u64(p, "probes") > 0)
		fprintf(o->f, ", %" PRIu64 " probes without an answer",
		    get_u64(p, "probes"));
	fputc('\n', o->f);
}

/* Of whom nobody configured: how it came, what it may do. */
static void
show_origin(struct out *o, struct json_object *p)
{
	const char *origin = get_str(p, "origin");
	char span[HUMAN_TEXT];

	if (origin[0] == '\0' || strcmp(origin, "configured") == 0)
		return;
	pen_label(o, "origin");
	pen_text(o->f, origin);
	fputs(", ", o->f);
	pen_text(o->f, get_str(p, "class"));
	if (get_u64(p, "observed_seconds") > 0)
		fprintf(o->f, ", observed for %s",
		    human_span(get_u64(p, "observed_seconds"), span));
	fputc('\n', o->f);
}

static void
show_endpoint(struct out *o, struct json_object *p)
{
	if (get_str(p, "endpoint")[0] != '\0')
		pen_line(o, "endpoint", get_str(p, "endpoint"));
	if (get_bool(p, "behind_nat")) {
		pen_line(o, "seen by it as", get_str(p, "reflexive"));
		pen_line(o, "persistent keepalive", "every 25 seconds");
	}
}

static void
show_traffic(struct out *o, struct json_object *p)
{
	uint64_t rx = get_u64(p, "rx_bytes"), tx = get_u64(p, "tx_bytes");
	char a[HUMAN_TEXT], b[HUMAN_TEXT];

	if (rx == 0 && tx == 0)
		return;
	pen_label(o, "transfer");
	fprintf(o->f, "%s received, %s sent\n", human_bytes(rx, a),
	    human_bytes(tx, b));
	pen_label(o, "mesh packets");
	fprintf(o->f, "%" PRIu64 " received, %" PRIu64 " sent\n",
	    get_u64(p, "fan_received"), get_u64(p, "fan_sent"));
}

static void
show_peer(struct out *o, struct json_object *p)
{
	char text[HUMAN_TEXT];

	fputc('\n', o->f);
	pen_heading(o, YELLOW, "peer", get_str(p, "name"));
	pen_line(o, "public key",
	    get_obj(p, "public_key") != NULL ? get_str(p, "public_key")
					     : "(not told yet)");
	if (get_bool(p, "pair_key"))
		pen_line(o, "pair key", "(hidden)");
	show_state(o, p);
	show_origin(o, p);
	show_endpoint(o, p);
	if (get_obj(p, "handshake_age_seconds") != NULL)
		pen_line(o, "latest handshake",
		    human_ago(get_u64(p, "handshake_age_seconds"), text));
	show_traffic(o, p);
	if (get_u64(p, "rtt_us") > 0)
		pen_line(
		    o, "round trip", human_rtt(get_u64(p, "rtt_us"), text));
	if (get_str(p, "suite")[0] != '\0')
		pen_line(o, "cipher", get_str(p, "suite"));
	neg_text_link(o, get_obj(p, "negotiation"));
}

static void
text_show(struct out *o, struct json_object *res)
{
	struct json_object *peers = get_obj(res, "peers");
	struct json_object *devices = get_obj(res, "devices");
	size_t i;

	show_node(o, res);
	for (i = 0; i < get_len(devices); i++)
		show_device(o, json_object_array_get_idx(devices, i));
	for (i = 0; i < get_len(peers); i++)
		show_peer(o, json_object_array_get_idx(peers, i));
}

static void
text_dump(struct out *o, struct json_object *res)
{
	dump_print(o->f, res, o->with_name);
}

/* An address without a peer is behind our own device. */
static const char *
peer_or_local(struct json_object *row)
{
	return get_obj(row, "peer") == NULL ? "local" : get_str(row, "peer");
}

static void
text_macs(struct out *o, struct json_object *res)
{
	struct json_object *list = get_obj(res, "macs");
	char vlan[24], age[HUMAN_TEXT];
	size_t i;

	if (get_len(list) > 0)
		fprintf(o->f, "%-17s  %4s  %-8s  %-16s  %s\n", "address",
		    "vlan", "device", "where", "seen");
	for (i = 0; i < get_len(list); i++) {
		struct json_object *row = json_object_array_get_idx(list, i);

		snprintf(vlan, sizeof(vlan), "%4" PRIu64, get_u64(row, "vlan"));
		pen_cell(o, get_str(row, "address"), 17);
		pen_cell(o, vlan, 4);
		pen_cell(o, get_str(row, "device"), 8);
		pen_cell(o, peer_or_local(row), 16);
		fprintf(
		    o->f, "%s\n", human_ago(get_u64(row, "age_seconds"), age));
	}
}

static void
text_routes(struct out *o, struct json_object *res)
{
	struct json_object *list = get_obj(res, "routes");
	size_t i;

	if (get_len(list) > 0)
		fprintf(o->f, "%-20s  %-16s  %s\n", "prefix", "peer", "by");
	for (i = 0; i < get_len(list); i++) {
		struct json_object *row = json_object_array_get_idx(list, i);

		pen_cell(o, get_str(row, "prefix"), 20);
		pen_cell(o, peer_or_local(row), 16);
		fputs(get_bool(row, "agreed") ? "agreement" : "configuration",
		    o->f);
		if (get_str(row, "refused")[0] != '\0') {
			fputs(", the kernel has none: ", o->f);
			pen_text(o->f, get_str(row, "refused"));
		}
		fputc('\n', o->f);
	}
}

/* What never happened is of no interest to people; --json has it. */
static void
text_counters(struct out *o, struct json_object *res)
{
	struct json_object *texts = get_obj(res, "texts");
	struct json_object *all = get_obj(res, "counters");

	if (!json_object_is_type(all, json_type_object))
		return;
	json_object_object_foreach(all, name, v)
	{
		if (json_object_get_uint64(v) != 0)
			fprintf(o->f, "%12" PRIu64 "  %-18s %s\n",
			    json_object_get_uint64(v), name,
			    get_str(texts, name));
	}
}

/* {"text","addresses","error"} of a configured endpoint. */
static void
put_name(struct out *o, struct json_object *n)
{
	struct json_object *addrs = get_obj(n, "addresses");

	pen_text(o->f, get_str(n, "text"));
	if (get_len(addrs) > 0) {
		fputs(" is ", o->f);
		pen_list(o, addrs);
	}
	if (get_str(n, "error")[0] != '\0') {
		fputs(": ", o->f);
		pen_text(o->f, get_str(n, "error"));
	}
}

static void
put_fact(struct out *o, struct json_object *fact)
{
	struct json_object *v = get_obj(fact, "value");
	const char *s;

	fputs("  ", o->f);
	for (s = get_str(fact, "what"); *s != '\0'; s++)
		fputc(*s == '_' ? ' ' : *s, o->f);
	fputs(": ", o->f);
	if (json_object_is_type(v, json_type_object))
		put_name(o, v);
	else if (json_object_is_type(v, json_type_boolean))
		fputs(json_object_get_boolean(v) ? "yes" : "no", o->f);
	else
		pen_text(o->f, v == NULL ? "-" : json_object_get_string(v));
	fputc('\n', o->f);
}

static void
put_config(struct out *o, struct json_object *cfg)
{
	const char *option = get_str(cfg, "option");

	pen_label(o, "to do");
	pen_text(o->f, get_str(cfg, "change"));
	fputc('\n', o->f);
	pen_label(o, "where");
	if (get_str(cfg, "file")[0] == '\0')
		fputs("added by a control command, in no file", o->f);
	else {
		pen_text(o->f, get_str(cfg, "file"));
		if (get_u64(cfg, "line") != 0)
			fprintf(o->f, ":%" PRIu64, get_u64(cfg, "line"));
	}
	if (option[0] != '\0')
		fprintf(o->f, ", option %s", option);
	fputc('\n', o->f);
}

static void
text_explain(struct out *o, struct json_object *res)
{
	struct json_object *facts = get_obj(res, "facts");
	struct json_object *rule = get_obj(res, "rule");
	size_t i;

	pen_heading(o, YELLOW, "peer", get_str(res, "name"));
	pen_line(o, get_str(rule, "id"), get_str(rule, "text"));
	put_config(o, get_obj(res, "config"));
	fputc('\n', o->f);
	pen_heading(o, CYAN, "facts", "measured just now");
	for (i = 0; i < get_len(facts); i++)
		put_fact(o, json_object_array_get_idx(facts, i));
}

/* A sum as on paper; the last line is what goes over the wire. */
static void
put_sum(struct out *o, struct json_object *res)
{
	struct json_object *sum = get_obj(res, "sum");
	size_t i;

	for (i = 0; i < get_len(sum); i++) {
		struct json_object *part = json_object_array_get_idx(sum, i);

		fprintf(o->f, "  %c %5" PRIu64 "  %s\n", i == 0 ? ' ' : '+',
		    get_u64(part, "bytes"), get_str(part, "what"));
	}
	fprintf(o->f, "  = %5" PRIu64 "  bytes on the line\n",
	    get_u64(res, "line"));
}

static void
put_path(struct out *o, struct json_object *res)
{
	fprintf(o->f,
	    "  both sides take bodies of %" PRIu64
	    " bytes (option mtu here: %" PRIu64 ")\n",
	    get_u64(res, "agreed"), get_u64(res, "ours"));
	if (get_bool(res, "path_is_smaller"))
		fprintf(o->f, "  the path carries no more than %" PRIu64 "\n",
		    get_u64(res, "body"));
	if (get_bool(res, "confirmed"))
		fprintf(o->f,
		    "  a probe of that size was answered %" PRIu64
		    " seconds ago\n",
		    get_u64(res, "confirmed_ago"));
	else
		fputs("  no probe was needed so far: no big packet was sent\n",
		    o->f);
}

/* Does the device suit the path? */
static void
put_port(struct out *o, struct json_object *port)
{
	fputs("  device ", o->f);
	pen_text(o->f, get_str(port, "name"));
	fprintf(o->f, " carries %s: its mtu of %" PRIu64,
	    get_str(port, "carries"), get_u64(port, "mtu"));
	if (get_bool(port, "fits"))
		fputs(" fits this path\n", o->f);
	else
		fprintf(o->f,
		    " does not fit this path, %" PRIu64 " does; what is longer "
		    "%s\n",
		    get_u64(port, "fitting_mtu"), get_str(port, "longer"));
}

static void
text_mtu(struct out *o, struct json_object *res)
{
	struct json_object *ports = get_obj(res, "ports");
	size_t i;

	pen_heading(o, YELLOW, "peer", get_str(res, "name"));
	put_path(o, res);
	put_sum(o, res);
	for (i = 0; i < get_len(ports); i++)
		put_port(o, json_object_array_get_idx(ports, i));
}

static void
put_time(FILE *f, uint64_t ms)
{
	time_t t = (time_t)(ms / 1000);
	char text[32];
	struct tm tm;

	if (localtime_r(&t, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm) == 0)
		snprintf(text, sizeof(text), "%" PRIu64, ms / 1000);
	fprintf(f, "%s.%03u", text, (unsigned)(ms % 1000));
}

static void
put_event_detail(struct out *o, const char *event, struct json_object *p)
{
	char text[HUMAN_TEXT];

	if (strcmp(event, "peer.rtt") == 0)
		fprintf(o->f, " %s", human_rtt(get_u64(p, "rtt_us"), text));
	else if (strcmp(event, "peer.dial") == 0)
		fprintf(
		    o->f, " initiation %" PRIu64, get_u64(p, "initiations"));
	else if (strcmp(event, "peer.recursion") == 0)
		fputs(" its route leads into a device: set mark", o->f);
	else if (strcmp(event, "peer.endpoint-refused") == 0)
		fputs(" an endpoint of it lies in the mesh", o->f);
	else if (strcmp(event, "peer.route-refused") == 0)
		fputs(" a prefix of it covers an endpoint", o->f);
	else if (strncmp(event, "neg.", 4) == 0)
		fprintf(o->f, " addresses %s",
		    get_str(get_obj(p, "negotiation"), "state"));
	else if (strcmp(event, "peer.endpoint") == 0) {
		fputc(' ', o->f);
		pen_text(o->f, get_str(p, "endpoint"));
	} else
		fprintf(o->f, " %s", get_str(p, "state"));
}

static void
text_event(struct out *o, struct json_object *ev)
{
	struct json_object *p = get_obj(ev, "peer");
	const char *event = get_str(ev, "event");

	put_time(o->f, get_u64(ev, "time_ms"));
	fputc(' ', o->f);
	pen_text(o->f, event);
	if (p != NULL) {
		fputc(' ', o->f);
		pen_text(o->f, get_str(p, "name"));
		put_event_detail(o, event, p);
	} else if (get_obj(ev, "negotiation") != NULL) {
		fputc(' ', o->f);
		pen_list(o, get_obj(get_obj(ev, "negotiation"), "claims"));
	}
	fputc('\n', o->f);
}

static void
text_done(struct out *o, const char *text, struct json_object *res)
{
	(void)res;
	pen_text(o->f, text);
	fputc('\n', o->f);
}

static void
text_lines(struct out *o, struct json_object *res)
{
	struct json_object *lines = get_obj(res, "text");
	size_t i;

	for (i = 0; i < get_len(lines); i++) {
		pen_text(o->f,
		    json_object_get_string(
			json_object_array_get_idx(lines, i)));
		fputc('\n', o->f);
	}
}

static void
text_fail(struct out *o, struct json_object *err)
{
	struct json_object *details = get_obj(err, "details");
	size_t i;

	fputs("vplamctl: ", o->err);
	pen_text(o->err, get_str(err, "text"));
	fputc('\n', o->err);
	for (i = 0; i < get_len(details); i++) {
		fputs("  ", o->err);
		pen_text(o->err,
		    json_object_get_string(
			json_object_array_get_idx(details, i)));
		fputc('\n', o->err);
	}
}

const struct out_ops out_text = {
	.show = text_show,
	.dump = text_dump,
	.macs = text_macs,
	.routes = text_routes,
	.counters = text_counters,
	.explain = text_explain,
	.mtu = text_mtu,
	.rehook_list = neg_text_list,
	.rehook_plan = neg_text_plan,
	.entry_list = entry_text_list,
	.entry_sources = entry_text_sources,
	.entry_audit = entry_text_audit,
	.event = text_event,
	.done = text_done,
	.lines = text_lines,
	.fail = text_fail,
};
