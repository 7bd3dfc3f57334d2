/* What a peer may get wrong inside its own session: one frame a packet. */
#include <string.h>

#include "base/log.h"
#include "base/wr.h"
#include "tests/show/bad_udp.h"
#include "wire/frame.h"
#include "wire/msg.h"

#define PLAIN_MAX 2000

/* What each type is at least, and whether it may be longer. */
static const struct kind {
	size_t min;
	bool longer;
	uint8_t flags;
} kinds[FRAME_TYPES] = {
	[FRAME_DATA] = { 1, true, 3 },
	[FRAME_NTK] = { 18, true, 1 },
	[FRAME_PROBE] = { 12, false, 0 },
	[FRAME_PROBE_REPLY] = { 16, false, 0 },
	[FRAME_CHALLENGE] = { 8, false, 0 },
	[FRAME_RESPONSE] = { 8, false, 0 },
	[FRAME_CLOSE] = { 9, false, 0 },
	[FRAME_REKEY] = { 100, false, 0 },
	[FRAME_CLAIM] = { 1, true, 0 },
	[FRAME_RECORDS] = { 2, true, 0 },
	[FRAME_NEG] = { 8, true, 0 },
	[FRAME_FRAG] = { 9, true, 0 },
};

typedef void sender(struct gun *g, const void *p, size_t len);

static void
seal(struct gun *g, const void *plain, size_t len, sender *how)
{
	uint8_t buf[DATA_HEAD + PLAIN_MAX + TAG_LEN];
	struct run run = { .n = 1,
		.pkt = { { buf + DATA_HEAD, (uint32_t)len, 0 } } };

	memcpy(buf + DATA_HEAD, plain, len);
	if (!session_seal(g->session, &run))
		fatalx("the session is spent");
	how(g, run.pkt[0].p, run.pkt[0].len);
}

/* says: the length that the frame claims its body to have. */
static void
frame(struct gun *g, unsigned type, unsigned flags, const void *body,
    size_t len, size_t says)
{
	uint8_t p[PLAIN_MAX] = { 0 };
	struct wr w = wr_of(p, sizeof(p));

	wr_u8(&w, (uint8_t)type);
	wr_u8(&w, (uint8_t)flags);
	wr_le16(&w, (uint16_t)says);
	wr_bytes(&w, body, len);
	seal(g, p, w.len, shoot);
}

/* A sound body for the type, as far as its shape goes. */
static void
sound(uint8_t *p, size_t len, unsigned type)
{
	memset(p, 0x5a, len);
	if (type == FRAME_NEG)
		p[2] = 1; /* parts */
	if (type == FRAME_REKEY)
		memcpy(p, "\1\1\0\0", 4);
}

static void
shapes(struct gun *g)
{
	uint8_t body[PLAIN_MAX];
	unsigned type, bit;
	size_t len;

	for (type = 1; type < FRAME_TYPES; type++) {
		const struct kind *k = &kinds[type];

		sound(body, sizeof(body), type);
		for (len = 0; len < k->min; len++)
			frame(g, type, 0, body, len, len);
		if (!k->longer)
			frame(g, type, 0, body, k->min + 1, k->min + 1);
		for (len = 1; len < 20; len++) /* over the end */
			frame(g, type, 0, body, k->min, k->min + len);
		frame(g, type, 0, body, k->min, UINT16_MAX);
		frame(g, type, 0, body, k->min + 1, k->min); /* padding */
		for (bit = 0; bit < 8; bit++)
			if ((k->flags & 1u << bit) == 0)
				frame(g, type, 1u << bit, body, k->min, k->min);
	}
	frame(g, 0, 0, body, 16, 16);
	for (type = FRAME_TYPES; type < 256; type++)
		frame(g, type, type, body, type % 32, type % 32);
	for (len = 1; len < FRAME_HEAD; len++)
		seal(g, body, len, shoot);
}

/* Frames of a good shape that say what cannot be. */
static void
values(struct gun *g)
{
	uint8_t body[INIT_NOMACS], envelope[32] = { 0 };
	unsigned type, i;

	for (type = 1; type < FRAME_TYPES; type++) {
		if (type == FRAME_PROBE || type == FRAME_CHALLENGE)
			continue; /* whatever it says, it is answered */
		if (type == FRAME_FRAG)
			continue;
		sound(body, sizeof(body), type);
		frame(g, type, 0, body, kinds[type].min,
		    kinds[type].min); /* the ntk packet has no packet */
	}
	for (i = 0; i < 5; i++) { /* too fast, and no initiation */
		sound(body, sizeof(body), FRAME_REKEY);
		frame(g, FRAME_REKEY, 0, body, INIT_NOMACS, INIT_NOMACS);
	}
	frame(g, FRAME_NTK, 0, envelope, 32, 32); /* a foreign origin */
	memcpy(envelope, g->us.x_pk, 8);
	memcpy(envelope + 8, "badg", 4);
	frame(g, FRAME_NTK, 0, envelope, 32, 32); /* no hops */
	memset(envelope + 8, 1, 10);
	frame(g, FRAME_NTK, 0, envelope, 32, 32); /* a foreign boot id */
	for (i = 0; i < 256; i++) { /* key that runs over the end */
		if (i <= 13)
			continue;
		envelope[18] = (uint8_t)i;
		frame(g, FRAME_NTK, 1, envelope, 32, 32);
	}
}

/* u32 id, u8 part, u8 parts, u8 type, u8 flags, the part. */
static void
fragments(struct gun *g)
{
	uint8_t f[16] = { 0 };
	unsigned i;

	for (i = 0; i < 256; i++) {
		f[4] = (uint8_t)i;
		f[5] = 2;
		f[6] = FRAME_NTK;
		if (i >= 2)
			frame(g, FRAME_FRAG, 0, f, sizeof(f), sizeof(f));
		f[4] = 0;
		f[5] = (uint8_t)i;
		if (i < 2 || i > 64)
			frame(g, FRAME_FRAG, 0, f, sizeof(f), sizeof(f));
	}
}

void
bad_frames(struct gun *g)
{
	seal(g, "", 0, ask); /* confirms: from now on we are a peer */
	shapes(g);
	values(g);
	fragments(g);
}

void
bad_frames_end(struct gun *g)
{
	uint8_t p[FRAME_HEAD + CLOSE_LEN] = { FRAME_CLOSE, 0, CLOSE_LEN, 0 };

	close_write(
	    p + FRAME_HEAD, CLOSE_STOPPING, (const uint8_t *)"badgram!");
	seal(g, p, sizeof(p), ask);
}
