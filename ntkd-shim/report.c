#include "ntkd-shim/report.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmem.h"
#include "ntkd-shim/ntk.h"

void
report_init(struct report *rp, FILE *out)
{
	*rp = (struct report){ .out = out };
}

void
report_fini(struct report *rp)
{
	free(rp->peer);
	rp->peer = NULL;
	rp->n_peers = 0;
}

/* A text as one word. */
static void
word(char out[static MESH_TEXT_MAX + 1], const char *text)
{
	size_t i;

	for (i = 0; i < MESH_TEXT_MAX && text[i] != '\0'; i++)
		out[i] = isgraph((unsigned char)text[i]) ? text[i] : '_';
	out[i] = '\0';
	if (i == 0)
		strcpy(out, "-");
}

static struct report_peer *
find(const struct report *rp, uint32_t id)
{
	size_t i;

	for (i = 0; i < rp->n_peers; i++)
		if (rp->peer[i].id == id)
			return &rp->peer[i];
	return NULL;
}

static const char *
name_of(const struct report *rp, uint32_t id)
{
	const struct report_peer *peer = find(rp, id);

	return peer == NULL ? "-" : peer->name;
}

static void
begin(struct report *rp, const char *what, struct mono now)
{
	fprintf(rp->out, "%s %" PRIu64, what, now.us / MONO_MS);
}

static void
put_peer(struct report *rp, uint32_t id)
{
	fprintf(rp->out, " peer=%" PRIu32 " name=%s", id, name_of(rp, id));
}

void
report_up(struct report *rp, struct mono now, const struct mesh_peer_up *up)
{
	char endpoint[MESH_TEXT_MAX + 1];
	struct report_peer *peer = find(rp, up->peer);

	if (peer == NULL) {
		rp->peer =
		    xreallocarray(rp->peer, rp->n_peers + 1, sizeof(*rp->peer));
		peer = &rp->peer[rp->n_peers++];
		peer->id = up->peer;
	}
	word(peer->name, up->name);
	word(endpoint, up->endpoint);
	begin(rp, "peer_up", now);
	put_peer(rp, up->peer);
	fprintf(rp->out, " endpoint=%s\n", endpoint);
}

void
report_down(
    struct report *rp, struct mono now, const struct mesh_peer_down *down)
{
	begin(rp, "peer_down", now);
	put_peer(rp, down->peer);
	fprintf(rp->out, " why=%u\n", (unsigned)down->why);
}

void
report_lost(struct report *rp, struct mono now)
{
	begin(rp, "lost", now);
	putc('\n', rp->out);
}

static void
put_hex(struct report *rp, const char *name, const uint8_t *p, size_t len)
{
	size_t i;

	fprintf(rp->out, " %s=", name);
	for (i = 0; i < len; i++)
		fprintf(rp->out, "%02x", (unsigned)p[i]);
	if (len == 0)
		putc('-', rp->out);
}

static void
put_packet(struct report *rp, const struct mesh_pkt *pkt)
{
	struct ntk_packet ntk;
	uint8_t key[NTK_KEY_LEN];
	const uint8_t *shown = pkt->key;
	size_t key_len = pkt->key_len;
	const char *field;

	if (key_len == 0 && ntk_parse(pkt->body, pkt->len, &ntk, &field)) {
		key_len = ntk_key(&ntk, key);
		shown = key;
	}
	put_peer(rp, pkt->peer);
	put_hex(rp, "key", shown, key_len);
	fprintf(rp->out, " len=%zu", pkt->len);
	put_hex(rp, "body", pkt->body, pkt->len);
	putc('\n', rp->out);
}

void
report_sent(struct report *rp, struct mono now, const struct mesh_pkt *pkt)
{
	rp->sent++;
	begin(rp, "sent", now);
	put_packet(rp, pkt);
}

void
report_received(struct report *rp, struct mono now, const struct mesh_pkt *pkt)
{
	rp->received++;
	begin(rp, "received", now);
	put_packet(rp, pkt);
}

void
report_end(struct report *rp, struct mono now, bool held)
{
	begin(rp, "end", now);
	fprintf(rp->out,
	    " sent=%" PRIu64 " received=%" PRIu64 " connection=%s\n", rp->sent,
	    rp->received, held ? "held" : "lost");
}
