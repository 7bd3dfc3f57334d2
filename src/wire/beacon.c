/* Beacons: a vnode in at most 100 characters that can be read aloud. */
#include <string.h>

#include "base/rd.h"
#include "base/text.h"
#include "base/wr.h"
#include "wire/uri.h"

#define VERSION 0x10 /* bit 0: the endpoint is IPv6 */
#define IS_V6 0x01
#define BYTES_MAX 62 /* what 100 characters of 5 bits hold */
#define CRC_LEN 4
#define HOUR 3600u

/* Crockford's: no I, L, O, U. */
static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* CRC-32 as of Ethernet: any error within 32 neighbouring bits is noticed. */
static uint32_t
crc32_of(const uint8_t *p, size_t len)
{
	uint32_t crc = 0xffffffff;
	size_t i;
	int bit;

	for (i = 0; i < len; i++) {
		crc ^= p[i];
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320 : 0);
	}
	return ~crc;
}

static void
base32_format(const uint8_t *p, size_t len, char *ret)
{
	uint32_t acc = 0;
	unsigned bits = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		acc = (acc << 8 | p[i]) & 0xffff;
		for (bits += 8; bits >= 5; bits -= 5)
			*ret++ = alphabet[acc >> (bits - 5) & 31];
	}
	if (bits > 0)
		*ret++ = alphabet[acc << (5 - bits) & 31];
	*ret = '\0';
}

/* 0 to 31; -1 for what parts groups, -2 for anything else. */
static int
digit(char c)
{
	const char *at;

	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	if (c == ' ' || c == '-' || c == '\t' || c == '\n' || c == '\r')
		return -1;
	if (c == 'O')
		return 0;
	if (c == 'I' || c == 'L')
		return 1;
	at = strchr(alphabet, c);
	return at != NULL ? (int)(at - alphabet) : -2;
}

/* NULL and *ret_len bytes, or why not. */
static const char *
base32_parse(const char *text, uint8_t ret[BYTES_MAX], size_t *ret_len)
{
	struct wr w = wr_of(ret, BYTES_MAX);
	uint32_t acc = 0;
	unsigned bits = 0;

	for (; *text != '\0'; text++) {
		int v = digit(*text);

		if (v == -2)
			return "has a character that no beacon has; expected "
			       "digits and letters without U";
		if (v < 0)
			continue;
		acc = (acc << 5 | (uint32_t)v) & 0x1fff;
		bits += 5;
		if (bits >= 8) {
			bits -= 8;
			wr_u8(&w, (uint8_t)(acc >> bits));
		}
	}
	if (!wr_ok(&w))
		return "is too long; expected at most 100 characters";
	if (bits >= 5 || (acc & ((1u << bits) - 1)) != 0)
		return "is wrong in its last character, or cut off";
	*ret_len = w.len;
	return NULL;
}

bool
beacon_write(const struct beacon *b, char out[static BEACON_TEXT])
{
	uint8_t p[BYTES_MAX];
	struct wr w = wr_of(p, sizeof(p) - CRC_LEN);
	size_t alen = addr_is_v4(&b->ep) ? 4 : 16;
	size_t name_len = strnlen(b->network, sizeof(b->network));
	uint32_t hours = b->ends / HOUR + (b->ends % HOUR != 0);

	out[0] = '\0';
	if (!addr_routable(&b->ep) || hours > UINT32_MAX / HOUR ||
	    text_check(b->network, name_len) != NULL)
		return false;
	wr_u8(&w, (uint8_t)(VERSION | (alen == 4 ? 0 : IS_V6)));
	wr_bytes(&w, b->key, sizeof(b->key));
	wr_bytes(&w, b->ep.ip + sizeof(b->ep.ip) - alen, alen);
	wr_be16(&w, b->ep.port);
	wr_u8(&w, (uint8_t)(hours >> 16));
	wr_be16(&w, (uint16_t)hours);
	wr_bytes(&w, b->network, name_len);
	if (!wr_ok(&w))
		return false;
	w.max += CRC_LEN;
	wr_be32(&w, crc32_of(p, w.len));
	base32_format(p, w.len, out);
	return true;
}

static bool
beacon_get(struct rd *rd, struct beacon *b)
{
	uint8_t version, high;
	const uint8_t *ip;
	uint16_t port, low;
	size_t alen, name_len;
	uint32_t hours;

	if (!rd_u8(rd, &version) || (version & ~IS_V6) != VERSION)
		return false;
	alen = (version & IS_V6) != 0 ? 16 : 4;
	if (!rd_bytes(rd, b->key, sizeof(b->key)) || !rd_ref(rd, &ip, alen) ||
	    !rd_be16(rd, &port) || !rd_u8(rd, &high) || !rd_be16(rd, &low))
		return false;
	b->ep = addr_from_ip(ip, alen, port);
	hours = (uint32_t)high << 16 | low;
	b->ends = hours * HOUR;
	name_len = rd->left;
	if (hours > UINT32_MAX / HOUR || addr_is_v4(&b->ep) != (alen == 4) ||
	    !addr_routable(&b->ep) || name_len >= sizeof(b->network) ||
	    text_check(rd->p, name_len) != NULL)
		return false;
	return rd_bytes(rd, b->network, name_len);
}

bool
beacon_parse(const char *text, struct beacon *ret, const char **ret_why)
{
	uint8_t p[BYTES_MAX];
	struct rd rd, tail;
	uint32_t crc = 0;
	size_t len;

	memset(ret, 0, sizeof(*ret));
	*ret_why = base32_parse(text, p, &len);
	if (*ret_why != NULL)
		return false;
	*ret_why = "is cut off, or no beacon";
	if (len <= CRC_LEN)
		return false;
	rd = rd_of(p, len - CRC_LEN);
	tail = rd_of(p + len - CRC_LEN, CRC_LEN);
	*ret_why = "has a wrong character, or one too few or too many: its "
		   "checksum does not hold";
	if (!rd_be32(&tail, &crc) || crc != crc32_of(p, len - CRC_LEN))
		return false;
	*ret_why = "is of another version, or has a bad address";
	if (!beacon_get(&rd, ret)) {
		memset(ret, 0, sizeof(*ret));
		return false;
	}
	*ret_why = NULL;
	return true;
}
