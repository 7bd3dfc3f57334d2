#include "ntkd-shim/corpus.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmem.h"

enum field {
	F_FILE,
	F_TIME,
	F_L4,
	F_SRC,
	F_DST,
	F_WIRE,
	F_OP_NAME,
	F_OP,
	F_ID,
	F_FLAGS,
	F_SIZE,
	F_UNPACKED,
	F_HEX,
	F_DECODED,
	FIELDS
};

static const char *const field_name[FIELDS] = { "file", "t_s", "l4", "src",
	"dst", "wire", "op", "opnum", "id", "flags", "sz", "uncompress_sz",
	"packet_hex", "decoded" };

/* Where in the file we are, for messages. */
struct place {
	const char *path;
	unsigned line;
	char *err;
};

static bool
fail(const struct place *at, const char *field, const char *why)
{
	snprintf(at->err, CORPUS_ERR, "%s:%u: %s: %s", at->path, at->line,
	    field, why);
	return false;
}

/* Cuts the line in place; false unless it has exactly the fields. */
static bool
split(char *line, char *field[FIELDS], const struct place *at)
{
	char *rest = line;
	size_t n;

	line[strcspn(line, "\r\n")] = '\0';
	for (n = 0; n < FIELDS && rest != NULL; n++)
		field[n] = strsep(&rest, "\t");
	if (n < FIELDS)
		return fail(at, field_name[n], "missing field");
	if (rest != NULL)
		return fail(at, "line", "more fields than expected");
	return true;
}

static bool
check_titles(char *field[FIELDS], const struct place *at)
{
	size_t i;

	for (i = 0; i < FIELDS; i++)
		if (strcmp(field[i], field_name[i]) != 0)
			return fail(at, field_name[i], "no such title");
	return true;
}

static int
hex_digit(char ch)
{
	const char *digits = "0123456789abcdef";
	const char *at = ch == '\0' ? NULL : strchr(digits, ch);

	return at == NULL ? -1 : (int)(at - digits);
}

/* Decodes in place: the bytes need half the room of their digits. */
static bool
unhex(char *hex, struct corpus_packet *pkt, const struct place *at)
{
	size_t i, digits = strlen(hex);

	if (digits % 2 != 0)
		return fail(at, field_name[F_HEX], "odd number of digits");
	pkt->len = digits / 2;
	pkt->bytes = xmalloc(pkt->len + 1);
	for (i = 0; i < pkt->len; i++) {
		int hi = hex_digit(hex[2 * i]);
		int lo = hex_digit(hex[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return fail(at, field_name[F_HEX], "not hexadecimal");
		pkt->bytes[i] = (uint8_t)(hi << 4 | lo);
	}
	return true;
}

/* A field must say what the packet itself says. */
static bool
same(char *field[FIELDS], enum field f, unsigned long value,
    const struct place *at)
{
	char *end;
	unsigned long said;

	errno = 0;
	said = strtoul(field[f], &end, 0);
	if (errno != 0 || end == field[f] || *end != '\0')
		return fail(at, field_name[f], "not a number");
	if (said != value)
		return fail(at, field_name[f], "is not that of the packet");
	return true;
}

static bool
fill(char *field[FIELDS], struct corpus_packet *pkt, const struct place *at)
{
	const struct ntk_packet *ntk = &pkt->ntk;
	const char *why;
	char text[64];

	if (!unhex(field[F_HEX], pkt, at))
		return false;
	if (!ntk_parse(pkt->bytes, pkt->len, &pkt->ntk, &why)) {
		snprintf(text, sizeof(text), "not an ntk packet (%s)", why);
		return fail(at, field_name[F_HEX], text);
	}
	return same(field, F_WIRE, (unsigned long)ntk->wire, at) &&
	    same(field, F_OP, ntk->op, at) && same(field, F_ID, ntk->id, at) &&
	    same(field, F_FLAGS, ntk->flags, at) &&
	    same(field, F_SIZE, ntk->body_len, at) &&
	    same(field, F_UNPACKED, ntk->unpacked, at);
}

static size_t
stem_len(const char *name, size_t len)
{
	static const char suffix[] = ".pcap";
	size_t n = sizeof(suffix) - 1;

	if (len > n && memcmp(name + len - n, suffix, n) == 0)
		return len - n;
	return len;
}

static bool
same_capture(const char *capture, const char *name, size_t len)
{
	size_t stem = stem_len(name, len);

	return stem_len(capture, strlen(capture)) == stem &&
	    memcmp(capture, name, stem) == 0;
}

static bool
is_chosen(const char *capture, const char *captures)
{
	const char *p;
	size_t len;

	if (captures == NULL)
		return true;
	for (p = captures; *p != '\0'; p += len + (p[len] == ',')) {
		len = strcspn(p, ",");
		if (same_capture(capture, p, len))
			return true;
	}
	return false;
}

/* ntkd sends the same flood once per neighbour, and sometimes twice. */
static bool
is_copy(const struct corpus *c, const struct corpus_packet *pkt)
{
	uint8_t key[NTK_KEY_LEN], other[NTK_KEY_LEN];
	size_t i;

	ntk_key(&pkt->ntk, key);
	for (i = 0; i < c->n; i++)
		if (ntk_key(&c->pkt[i].ntk, other) > 0 &&
		    memcmp(key, other, sizeof(key)) == 0)
			return true;
	return false;
}

static void
packet_fini(struct corpus_packet *pkt)
{
	free(pkt->capture);
	free(pkt->bytes);
}

static void
keep(struct corpus *c, const struct corpus_packet *pkt, const char *capture)
{
	c->pkt = xreallocarray(c->pkt, c->n + 1, sizeof(*c->pkt));
	c->pkt[c->n] = *pkt;
	c->pkt[c->n].capture = xstrdup(capture);
	c->n++;
}

static bool
take_line(struct corpus *c, char *line, const char *captures,
    enum corpus_which which, const struct place *at)
{
	struct corpus_packet pkt = { .line = at->line };
	char *field[FIELDS];

	if (!split(line, field, at))
		return false;
	if (at->line == 1)
		return check_titles(field, at);
	if (!fill(field, &pkt, at)) {
		packet_fini(&pkt);
		return false;
	}
	if (is_chosen(field[F_FILE], captures) &&
	    (which == CORPUS_ALL ||
		(ntk_is_flood_forwarded(&pkt.ntk) && !is_copy(c, &pkt))))
		keep(c, &pkt, field[F_FILE]);
	else
		packet_fini(&pkt);
	return true;
}

/* Every name that was asked for must have brought something. */
static bool
check_captures(
    const struct corpus *c, const char *captures, const struct place *at)
{
	const char *p = captures == NULL ? "" : captures;
	size_t i, len;

	for (; *p != '\0'; p += len + (p[len] == ',')) {
		len = strcspn(p, ",");
		for (i = 0; i < c->n; i++)
			if (same_capture(c->pkt[i].capture, p, len))
				break;
		if (i < c->n)
			continue;
		snprintf(at->err, CORPUS_ERR, "%s: no packet of capture %.*s",
		    at->path, (int)len, p);
		return false;
	}
	if (c->n == 0)
		snprintf(at->err, CORPUS_ERR, "%s: no packet", at->path);
	return c->n > 0;
}

bool
corpus_read(struct corpus *ret, const char *path, const char *captures,
    enum corpus_which which, char err[static CORPUS_ERR])
{
	struct place at = { path, 0, err };
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t max = 0;
	bool ok = true;

	*ret = (struct corpus){ 0 };
	if (f == NULL) {
		snprintf(err, CORPUS_ERR, "%s: %s", path, strerror(errno));
		return false;
	}
	while (ok && getline(&line, &max, f) >= 0) {
		at.line++;
		ok = take_line(ret, line, captures, which, &at);
	}
	if (ok && ferror(f)) {
		snprintf(err, CORPUS_ERR, "%s: %s", path, strerror(errno));
		ok = false;
	}
	ok = ok && check_captures(ret, captures, &at);
	free(line);
	fclose(f);
	if (!ok)
		corpus_fini(ret);
	return ok;
}

void
corpus_fini(struct corpus *c)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		packet_fini(&c->pkt[i]);
	free(c->pkt);
	*c = (struct corpus){ 0 };
}
