/*
 * The address book of a running vplamad, for tests/show/spread.
 *
 *	spread_book SOCKET tell COUNT [FIRST]
 *	spread_book SOCKET list
 *
 * tell: as of a list, of so many vnodes that are not there, number N (from
 * FIRST on) at 10.N.1.1:7469; prints "KEY ADDRESS NEWS" for each.
 * list: prints "KEY TOLD-BY REACHED FAILS" for each entry.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "crypto/keys.h"
#include "tests/show/asked.h"
#include "wire/uri.h"

/* The result, which the caller puts; what fails ends the program. */
static struct json_object *
call(struct client *ctl, const char *cmd, struct json_object *args)
{
	struct json_object *reply = client_call(ctl, cmd, args), *result;

	if (reply == NULL)
		fatalx("%s: %s", cmd, ctl->why);
	result = json_object_get(json_object_object_get(reply, "result"));
	json_object_put(reply);
	return result;
}

static const char *
text(struct json_object *o, const char *name)
{
	return json_object_get_string(json_object_object_get(o, name));
}

static void
tell_one(struct client *ctl, unsigned n)
{
	struct json_object *args = json_object_new_object(), *result;
	struct uri u = { .n_ep = 1, .ep[0].port = URI_PORT };
	uint8_t seed[KEY_LEN];
	char out[URI_TEXT], key[KEY_TEXT];
	struct identity id;

	random_bytes(seed, sizeof(seed));
	if (!identity_from_seed(seed, &id))
		fatalx("no identity");
	memcpy(u.key, id.ed_pk, KEY_LEN);
	snprintf(u.ep[0].host, sizeof(u.ep[0].host), "10.%u.1.1", n);
	if (!uri_write(&u, out))
		fatalx("no URI");
	json_object_object_add(args, "uri", json_object_new_string(out));
	json_object_object_add(args, "from", json_object_new_string("a list"));
	result = call(ctl, "entry.add", args);
	key_format(id.ed_pk, key);
	printf("%s 10.%u.1.1 %s\n", key, n, text(result, "news"));
	json_object_put(result);
}

/* One page; the last key on it, or "" when it was the last page. */
static void
list_page(struct client *ctl, char last[KEY_TEXT])
{
	struct json_object *args = json_object_new_object(), *result, *list, *e;
	size_t i, n;

	if (last[0] != '\0')
		json_object_object_add(
		    args, "after", json_object_new_string(last));
	result = call(ctl, "entry.list", args);
	list = json_object_object_get(result, "entries");
	n = json_object_array_length(list);
	last[0] = '\0';
	for (i = 0; i < n; i++) {
		e = json_object_array_get_idx(list, i);
		printf("%s %s %s %s\n", text(e, "public_key"),
		    text(e, "told_by"), text(e, "reached"), text(e, "fails"));
		snprintf(last, KEY_TEXT, "%s", text(e, "public_key"));
	}
	if (!json_object_get_boolean(json_object_object_get(result, "more")))
		last[0] = '\0';
	json_object_put(result);
}

int
main(int argc, char **argv)
{
	char last[KEY_TEXT] = "";
	unsigned i, count, first;
	struct client ctl;

	log_init("spread_book", LOG_LV_INFO);
	if (argc < 3 || !crypto_start())
		fatalx("usage: spread_book SOCKET tell COUNT [FIRST] | list");
	ctl_connect(&ctl, argv[1]);
	if (strcmp(argv[2], "list") == 0) {
		do
			list_page(&ctl, last);
		while (last[0] != '\0');
		return 0;
	}
	count = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 0;
	first = argc > 4 ? (unsigned)strtoul(argv[4], NULL, 10) : 0;
	for (i = 0; i < count; i++)
		tell_one(&ctl, first + i);
	return 0;
}
