#include <inttypes.h>
#include <string.h>

#include "vplamctl/out.h"

#define IFACE "vplama" /* there is no interface: the name for its column */
#define KEEPALIVE_S 25

/* Port of the first "address:port" to listen on; 0 when there is none. */
static const char *
listen_port(struct json_object *res)
{
	struct json_object *list = get_obj(get_obj(res, "daemon"), "listen");
	const char *text, *colon;

	if (get_len(list) == 0)
		return "0";
	text = json_object_get_string(json_object_array_get_idx(list, 0));
	colon = text == NULL ? NULL : strrchr(text, ':');
	return colon == NULL ? "0" : colon + 1;
}

static void
dump_peer(FILE *f, struct json_object *p)
{
	const char *endpoint = get_str(p, "endpoint");
	const char *key = get_str(p, "public_key");

	fprintf(f,
	    "%s\t%s\t%s\t(none)\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t",
	    key[0] == '\0' ? "(none)" : key,
	    get_bool(p, "pair_key") ? "(hidden)" : "(none)",
	    endpoint[0] == '\0' ? "(none)" : endpoint,
	    get_u64(p, "latest_handshake"), get_u64(p, "rx_bytes"),
	    get_u64(p, "tx_bytes"));
	if (get_bool(p, "behind_nat"))
		fprintf(f, "%d\n", KEEPALIVE_S);
	else
		fprintf(f, "off\n");
}

void
dump_print(FILE *f, struct json_object *res, bool with_name)
{
	struct json_object *peers = get_obj(res, "peers");
	const char *front = with_name ? IFACE "\t" : "";
	size_t i;

	fprintf(f, "%s(hidden)\t%s\t%s\toff\n", front,
	    get_str(get_obj(res, "node"), "public_key"), listen_port(res));
	for (i = 0; i < get_len(peers); i++) {
		fputs(front, f);
		dump_peer(f, json_object_array_get_idx(peers, i));
	}
}
