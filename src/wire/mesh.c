#include "wire/mesh.h"

#include <string.h>

#include "wire/mesh_body.h"

#define PKT_HEAD 8 /* fixed part of a PKT */
#define ATTRS_MAX 2

enum field_kind { F_END, F_U8, F_U16, F_U32, F_KEY, F_ZERO8, F_ZERO16 };

/* One field of a fixed part: where it lies in struct mesh_rec, its range. */
struct field {
	enum field_kind kind;
	const char *name;
	size_t at;
	uint32_t min, max;
};

/* A text of at most MESH_TEXT_MAX bytes; empty means not there. */
struct attr {
	uint16_t type;
	const char *name;
	size_t at;
};

struct shape {
	const char *name;
	const char *attrs; /* the field to blame for an unknown attribute */
	const struct field *fields;
	const struct mesh_body *body; /* NULL: none */
	struct attr attr[ATTRS_MAX];
};

#define AT(member) offsetof(struct mesh_rec, u.member)
#define ANY32 0, UINT32_MAX

static const struct field hello_fields[] = {
	{ F_U8, "HELLO.min", AT(hello.min), 1, UINT8_MAX },
	{ F_U8, "HELLO.max", AT(hello.max), 1, UINT8_MAX },
	{ F_ZERO16, "HELLO.zero", 0, 0, 0 },
	{ F_KEY, "HELLO.key", AT(hello.key), 0, 0 },
	{ F_U32, "HELLO.body_max", AT(hello.body_max), 1, UINT32_MAX },
	{ F_U32, "HELLO.rate", AT(hello.rate), ANY32 },
	{ F_U32, "HELLO.burst", AT(hello.burst), ANY32 },
	{ F_END, NULL, 0, 0, 0 },
};

static const struct field refused_fields[] = {
	{ F_U16, "REFUSED.code", AT(refused.code), MESH_REF_BUSY,
	    MESH_REF_CREDENTIALS },
	{ F_ZERO16, "REFUSED.zero", 0, 0, 0 },
	{ F_END, NULL, 0, 0, 0 },
};

static const struct field pkt_fields[] = {
	{ F_U8, "PKT.provenance", AT(pkt.provenance), MESH_INTERNAL,
	    MESH_INTERNET },
	{ F_U8, "PKT.class", AT(pkt.class), 0, UINT8_MAX },
	{ F_U8, "PKT.key_len", AT(pkt.key_len), 0, MESH_KEY_MAX },
	{ F_ZERO8, "PKT.zero", 0, 0, 0 },
	{ F_U32, "PKT.peer", AT(pkt.peer), ANY32 },
	{ F_END, NULL, 0, 0, 0 },
};

static const struct field up_fields[] = {
	{ F_U32, "PEER_UP.peer", AT(up.peer), ANY32 },
	{ F_KEY, "PEER_UP.key", AT(up.key), 0, 0 },
	{ F_U32, "PEER_UP.rtt_us", AT(up.rtt_us), ANY32 },
	{ F_END, NULL, 0, 0, 0 },
};

static const struct field down_fields[] = {
	{ F_U32, "PEER_DOWN.peer", AT(down.peer), ANY32 },
	{ F_U8, "PEER_DOWN.why", AT(down.why), MESH_DOWN_DEAD,
	    MESH_DOWN_REMOVED },
	{ F_ZERO8, "PEER_DOWN.zero", 0, 0, 0 },
	{ F_ZERO16, "PEER_DOWN.zero", 0, 0, 0 },
	{ F_END, NULL, 0, 0, 0 },
};

static const struct field rtt_fields[] = {
	{ F_U32, "PEER_RTT.peer", AT(rtt.peer), ANY32 },
	{ F_U32, "PEER_RTT.rtt_us", AT(rtt.rtt_us), ANY32 },
	{ F_END, NULL, 0, 0, 0 },
};

static const struct field ping_fields[] = {
	{ F_U32, "PING.token", AT(ping.token), ANY32 },
	{ F_END, NULL, 0, 0, 0 },
};

static const struct field pong_fields[] = {
	{ F_U32, "PONG.token", AT(ping.token), ANY32 },
	{ F_END, NULL, 0, 0, 0 },
};

static const struct field netdesc_fields[] = {
	{ F_END, NULL, 0, 0, 0 },
};

static const struct field rehook_fields[] = {
	{ F_U32, "REHOOK.id", AT(rehook.id), ANY32 },
	{ F_U32, "REHOOK.count", AT(rehook.count), ANY32 },
	{ F_END, NULL, 0, 0, 0 },
};

static const struct field done_fields[] = {
	{ F_U32, "REHOOK_DONE.id", AT(done.id), ANY32 },
	{ F_END, NULL, 0, 0, 0 },
};

static const struct field failed_fields[] = {
	{ F_U32, "REHOOK_FAILED.id", AT(failed.id), ANY32 },
	{ F_END, NULL, 0, 0, 0 },
};

static const struct field route_fields[] = {
	{ F_U32, "ROUTE.peer", AT(route.peer), ANY32 },
	{ F_U8, "ROUTE.nclaims", AT(route.n_claims), 0, NETDESC_CLAIMS },
	{ F_ZERO8, "ROUTE.zero", 0, 0, 0 },
	{ F_ZERO16, "ROUTE.zero", 0, 0, 0 },
	{ F_END, NULL, 0, 0, 0 },
};

static const struct shape shapes[] = {
	[MESH_HELLO] = { "HELLO", "HELLO.attribute", hello_fields,
	    &mesh_hello_body,
	    { { MESH_ATTR_NAME, "HELLO.name", AT(hello.name) },
		{ MESH_ATTR_NETWORK, "HELLO.network", AT(hello.network) } } },
	[MESH_REFUSED] = { "REFUSED", "REFUSED.attribute", refused_fields, NULL,
	    { { MESH_ATTR_WHY, "REFUSED.why", AT(refused.why) } } },
	[MESH_PKT] = { "PKT", NULL, pkt_fields, &mesh_pkt_body,
	    { { 0, NULL, 0 } } },
	[MESH_PEER_UP] = { "PEER_UP", "PEER_UP.attribute", up_fields, NULL,
	    { { MESH_ATTR_NAME, "PEER_UP.name", AT(up.name) },
		{ MESH_ATTR_ENDPOINT, "PEER_UP.endpoint", AT(up.endpoint) } } },
	[MESH_PEER_DOWN] = { "PEER_DOWN", "PEER_DOWN.attribute", down_fields,
	    NULL, { { 0, NULL, 0 } } },
	[MESH_PEER_RTT] = { "PEER_RTT", "PEER_RTT.attribute", rtt_fields, NULL,
	    { { 0, NULL, 0 } } },
	[MESH_PING] = { "PING", "PING.attribute", ping_fields, NULL,
	    { { 0, NULL, 0 } } },
	[MESH_PONG] = { "PONG", "PONG.attribute", pong_fields, NULL,
	    { { 0, NULL, 0 } } },
	[MESH_NETDESC] = { "NETDESC", NULL, netdesc_fields, &mesh_netdesc_body,
	    { { 0, NULL, 0 } } },
	[MESH_REHOOK] = { "REHOOK", "REHOOK.attribute", rehook_fields,
	    &mesh_rehook_body, { { 0, NULL, 0 } } },
	[MESH_REHOOK_DONE] = { "REHOOK_DONE", "REHOOK_DONE.attribute",
	    done_fields, NULL, { { 0, NULL, 0 } } },
	[MESH_REHOOK_FAILED] = { "REHOOK_FAILED", "REHOOK_FAILED.attribute",
	    failed_fields, NULL,
	    { { MESH_ATTR_WHY, "REHOOK_FAILED.why", AT(failed.why) } } },
	[MESH_ROUTE] = { "ROUTE", "ROUTE.attribute", route_fields,
	    &mesh_route_body, { { 0, NULL, 0 } } },
};
#define N_SHAPES (sizeof(shapes) / sizeof(shapes[0]))

static const struct shape *
shape_of(uint8_t type)
{
	if (type >= N_SHAPES || shapes[type].name == NULL)
		return NULL;
	return &shapes[type];
}

const char *
mesh_type_name(uint8_t type)
{
	const struct shape *sh = shape_of(type);

	return sh != NULL ? sh->name : "?";
}

/* The number in a member of rec; memcpy, as at is a byte offset. */
static uint32_t
field_load(const struct mesh_rec *rec, const struct field *f)
{
	const uint8_t *from = (const uint8_t *)rec + f->at;
	uint16_t v16;
	uint32_t v32;

	if (f->kind == F_U8)
		return *from;
	if (f->kind == F_U16) {
		memcpy(&v16, from, sizeof(v16));
		return v16;
	}
	memcpy(&v32, from, sizeof(v32));
	return v32;
}

static bool
in_range(const struct mesh_rec *rec, const struct field *f)
{
	uint32_t v;

	if (f->kind != F_U8 && f->kind != F_U16 && f->kind != F_U32)
		return true;
	v = field_load(rec, f);
	return v >= f->min && v <= f->max;
}

static bool
field_get(struct rd *r, const struct field *f, struct mesh_rec *rec)
{
	uint8_t *to = (uint8_t *)rec + f->at;
	uint16_t v16;
	uint32_t v32;
	bool ok;

	switch (f->kind) {
	case F_U8:
		return rd_u8(r, to);
	case F_U16:
		ok = rd_be16(r, &v16);
		memcpy(to, &v16, sizeof(v16));
		return ok;
	case F_U32:
		ok = rd_be32(r, &v32);
		memcpy(to, &v32, sizeof(v32));
		return ok;
	case F_KEY:
		return rd_bytes(r, to, 32);
	case F_ZERO8:
		return rd_zeros(r, 1);
	case F_ZERO16:
		return rd_zeros(r, 2);
	case F_END:
		break;
	}
	return false;
}

static void
field_put(struct wr *w, const struct field *f, const struct mesh_rec *rec)
{
	switch (f->kind) {
	case F_U8:
		wr_u8(w, (uint8_t)field_load(rec, f));
		break;
	case F_U16:
		wr_be16(w, (uint16_t)field_load(rec, f));
		break;
	case F_U32:
		wr_be32(w, field_load(rec, f));
		break;
	case F_KEY:
		wr_bytes(w, (const uint8_t *)rec + f->at, 32);
		break;
	case F_ZERO8:
		wr_zeros(w, 1);
		break;
	case F_ZERO16:
		wr_zeros(w, 2);
		break;
	case F_END:
		break;
	}
}

static bool
text_ok(const void *p, size_t len)
{
	struct rd r = rd_of(p, len);
	uint8_t c;

	if (len > MESH_TEXT_MAX)
		return false;
	while (rd_u8(&r, &c))
		if (c < 0x20 || c == 0x7f)
			return false;
	return true;
}

static const struct attr *
attr_find(const struct shape *sh, uint16_t type)
{
	size_t i;

	for (i = 0; i < ATTRS_MAX; i++)
		if (sh->attr[i].name != NULL && sh->attr[i].type == type)
			return &sh->attr[i];
	return NULL;
}

/* One attribute; NULL, or the field at fault. seen: those that were there. */
static const char *
attr_get(
    struct rd *r, const struct shape *sh, struct mesh_rec *rec, unsigned *seen)
{
	const struct attr *at;
	const uint8_t *text;
	uint16_t type, len;
	unsigned bit;

	if (!rd_be16(r, &type) || !rd_be16(r, &len) || !rd_ref(r, &text, len))
		return sh->attrs;
	at = attr_find(sh, (uint16_t)(type & ~MESH_ATTR_MUST));
	if (at == NULL)
		return (type & MESH_ATTR_MUST) != 0 ? sh->attrs : NULL;
	bit = 1u << (at - sh->attr);
	if ((*seen & bit) != 0 || !text_ok(text, len))
		return at->name;
	*seen |= bit;
	memcpy((char *)rec + at->at, text, len); /* the rest is zero */
	return NULL;
}

static const char *
attrs_get(struct rd *r, const struct shape *sh, struct mesh_rec *rec)
{
	const char *field = NULL;
	unsigned seen = 0;

	while (field == NULL && r->left > 0)
		field = attr_get(r, sh, rec, &seen);
	return field;
}

static const char *
record_get(struct rd *r, const struct shape *sh, struct mesh_rec *rec)
{
	const struct field *f;
	const char *bad;

	for (f = sh->fields; f->kind != F_END; f++)
		if (!field_get(r, f, rec) || !in_range(rec, f))
			return f->name;
	bad = sh->body != NULL ? sh->body->get(r, rec) : NULL;
	if (bad != NULL || (sh->body != NULL && sh->body->to_end))
		return bad;
	return attrs_get(r, sh, rec);
}

enum mesh_parse
mesh_parse(
    const uint8_t *p, size_t len, struct mesh_rec *ret, const char **ret_field)
{
	struct rd r = rd_of(p, len);
	const struct shape *sh;
	uint8_t version, type;

	memset(ret, 0, sizeof(*ret));
	*ret_field = "version";
	if (!rd_u8(&r, &version))
		return MESH_BAD;
	if (version != MESH_VERSION)
		return MESH_BAD_VERSION;
	*ret_field = "type";
	if (!rd_u8(&r, &type))
		return MESH_BAD;
	*ret_field = "zero";
	if (!rd_zeros(&r, 2))
		return MESH_BAD;
	ret->type = type;
	sh = shape_of(type);
	*ret_field = sh != NULL ? record_get(&r, sh, ret) : NULL;
	if (sh == NULL)
		return MESH_UNKNOWN;
	if (*ret_field == NULL)
		return MESH_OK;
	memset(ret, 0, sizeof(*ret));
	return MESH_BAD;
}

static bool
record_ok(const struct shape *sh, const struct mesh_rec *rec)
{
	const struct field *f;
	size_t i;

	for (f = sh->fields; f->kind != F_END; f++)
		if (!in_range(rec, f))
			return false;
	for (i = 0; i < ATTRS_MAX && sh->attr[i].name != NULL; i++) {
		const char *text = (const char *)rec + sh->attr[i].at;

		if (!text_ok(text, strnlen(text, MESH_TEXT_MAX + 1)))
			return false;
	}
	return sh->body == NULL || sh->body->ok(rec);
}

static void
attrs_put(struct wr *w, const struct shape *sh, const struct mesh_rec *rec)
{
	size_t i;

	for (i = 0; i < ATTRS_MAX && sh->attr[i].name != NULL; i++) {
		const char *text = (const char *)rec + sh->attr[i].at;
		size_t len = strlen(text);

		if (len == 0)
			continue;
		wr_be16(w, sh->attr[i].type);
		wr_be16(w, (uint16_t)len);
		wr_bytes(w, text, len);
	}
}

static void
head_put(struct wr *w, const struct shape *sh, const struct mesh_rec *rec)
{
	const struct field *f;

	wr_u8(w, MESH_VERSION);
	wr_u8(w, rec->type);
	wr_zeros(w, 2);
	for (f = sh->fields; f->kind != F_END; f++)
		field_put(w, f, rec);
}

bool
mesh_write(struct wr *w, const struct mesh_rec *rec)
{
	const struct shape *sh = shape_of(rec->type);

	if (sh == NULL || !record_ok(sh, rec))
		return false;
	head_put(w, sh, rec);
	if (sh->body != NULL)
		sh->body->put(w, rec);
	attrs_put(w, sh, rec);
	return wr_ok(w);
}

size_t
mesh_pkt_head_len(size_t key_len)
{
	return MESH_HEAD + PKT_HEAD + key_len;
}

void
mesh_pkt_head(uint8_t *out, const struct mesh_pkt *pkt)
{
	struct wr w = wr_of(out, mesh_pkt_head_len(pkt->key_len));
	struct mesh_rec rec = { .type = MESH_PKT, .u.pkt = *pkt };

	head_put(&w, &shapes[MESH_PKT], &rec);
	wr_bytes(&w, pkt->key, pkt->key_len);
}
