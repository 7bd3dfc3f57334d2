/* Inner frames: a frame that parses is written back byte for byte. */
#include "tests/fuzz/fuzz.h"

#include <stdbool.h>
#include <string.h>

#include "wire/frame.h"

static void
check_ntk(const struct frame *f)
{
	struct envelope env;
	uint8_t out[NTK_HEAD_MAX], flags;
	const uint8_t *packet;
	size_t len, n;

	MUST(envelope_parse(f->body, f->len, f->flags, &env, &packet, &len));
	n = envelope_write(out, &env, &flags);
	MUST(flags == f->flags);
	MUST(n + len == f->len && packet == f->body + n);
	MUST(memcmp(out, f->body, n) == 0);
}

static void
check_probe(const struct frame *f)
{
	struct probe pr;
	uint8_t out[PROBE_REPLY_LEN];

	if (f->type == FRAME_PROBE) {
		MUST(probe_parse(f->body, f->len, &pr));
		probe_write(out, &pr);
	} else {
		MUST(probe_reply_parse(f->body, f->len, &pr));
		probe_reply_write(out, &pr);
	}
	MUST(memcmp(out, f->body, f->len) == 0);
}

static void
check_close(const struct frame *f)
{
	uint8_t reason;
	const uint8_t *boot;

	MUST(close_parse(f->body, f->len, &reason, &boot));
	MUST(reason < CLOSE_REASONS && boot == f->body + 1);
}

static void
check_frag(const struct frame *f)
{
	struct frag fr;
	uint8_t out[FRAG_HEAD];

	MUST(frag_parse(f->body, f->len, &fr));
	frag_write_head(out, &fr);
	MUST(memcmp(out, f->body, FRAG_HEAD) == 0);
	MUST(fr.part < fr.parts && fr.parts <= FRAG_PARTS);
	MUST(fr.len > 0 && FRAG_HEAD + fr.len == f->len);
}

static void (*const checks[FRAME_TYPES])(const struct frame *) = {
	[FRAME_NTK] = check_ntk,
	[FRAME_PROBE] = check_probe,
	[FRAME_PROBE_REPLY] = check_probe,
	[FRAME_CLOSE] = check_close,
	[FRAME_FRAG] = check_frag,
};

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	enum counter why = CNT_MAX;
	uint8_t head[FRAME_HEAD];
	struct frame f;

	if (!frame_parse(p, len, &f, &why)) {
		MUST(why == CNT_frame_bad);
		return 0;
	}
	MUST(frame_check(&f));
	MUST(f.type != 0 && f.body == p + FRAME_HEAD);
	MUST(FRAME_HEAD + f.len <= len);
	MUST(frame_write_head(head, f.type, f.flags, f.len, 1400) < 16);
	MUST(memcmp(head, p, FRAME_HEAD) == 0);
	if (f.type < FRAME_TYPES && checks[f.type] != NULL)
		checks[f.type](&f);
	return 0;
}
