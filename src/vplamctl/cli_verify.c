/* Looking at a list of vnodes without any network. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fdutil.h"
#include "base/xmem.h"
#include "crypto/minisign.h"
#include "crypto/sign.h"
#include "vplamctl/cli.h"
#include "vplamctl/human.h"
#include "vplamctl/conffile.h"
#include "wire/entry.h"

/* What was found: lines for people, and whether all holds. */
struct report {
	struct json_object *doc, *lines;
	bool ok;
};

static void say(struct report *r, bool ok, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void
say(struct report *r, bool ok, const char *fmt, ...)
{
	char text[600];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	json_object_array_add(r->lines, json_object_new_string(text));
	r->ok = r->ok && ok;
}

static void
note(struct report *r, const char *name, int64_t v)
{
	json_object_object_add(r->doc, name, json_object_new_int64(v));
}

/* A key itself, or a file of one. NULL, or why not. */
static const char *
key_get(const char *arg, struct minisign_pub *ret)
{
	char file[MINISIGN_FILE_MAX];
	const char *why = NULL;
	ssize_t len;

	if (minisign_pub_parse(arg, ret))
		return NULL;
	len = file_read(arg, file, sizeof(file));
	if (len == -ENOENT)
		return "is no key of a list (RW...), and no file of that name";
	if (len == -EFBIG)
		return "is too large for a key";
	if (len < 0)
		return strerror((int)-len);
	return minisign_pub_file_parse(file, (size_t)len, ret, &why) ? NULL
								     : why;
}

static void
check_signature(struct report *r, const struct cli *cli, const char *path,
    const char *text, size_t len)
{
	char sig[MINISIGN_FILE_MAX], trusted[MINISIGN_COMMENT], *beside;
	const char *key = cli->opt[OPT_KEY], *why;
	uint8_t id[MINISIGN_ID];
	struct minisign_pub pub;
	ssize_t n;

	why = key != NULL ? key_get(key, &pub) : NULL;
	if (why != NULL) {
		say(r, false, "signature: not checked: %s %s", key, why);
		return;
	}
	beside = xasprintf("%s.minisig", path);
	n = file_read(cli->opt[OPT_SIG] != NULL ? cli->opt[OPT_SIG] : beside,
	    sig, sizeof(sig));
	free(beside);
	if (n < 0)
		say(r, false, "signature: %s", strerror((int)-n));
	else if (!minisign_verify(key != NULL ? &pub : NULL, text, len, sig,
		     (size_t)n, id, trusted, &why))
		say(r, false, "signature: %s", why);
	else if (key == NULL)
		say(r, false,
		    "signature: not checked; give the list's key "
		    "with --key");
	else {
		for (n = 0; trusted[n] != '\0';
		     n++) /* minisign's own has tabs */
			if (trusted[n] == '\t')
				trusted[n] = ' ';
		say(r, true, "signature: holds (%s)", trusted);
	}
}

static void
check_times(struct report *r, const struct entry_list *l, int64_t now)
{
	char a[HUMAN_TEXT], b[HUMAN_TEXT];

	say(r, l->generated <= now + (int64_t)RECORD_SKEW_S, "generated: %s%s",
	    human_date(l->generated, a),
	    l->generated > now + (int64_t)RECORD_SKEW_S
		? ", which is yet to come"
		: "");
	say(r, now < l->valid_until, "fresh until: %s, valid until: %s%s",
	    human_date(l->fresh_until, a), human_date(l->valid_until, b),
	    now >= l->valid_until	? ", which has passed"
		: now >= l->fresh_until ? "; a newer one should be there"
					: "");
}

enum words { WORDS_NONE, WORDS_HOLD, WORDS_BAD };

/* Its own words about itself. *why is set when they are bad. */
static enum words
check_record(const struct entry_server *s, const struct network *net,
    int64_t now, const char **why)
{
	const uint8_t *sig;
	struct record rec;
	size_t len;

	*why = NULL;
	if (s->record_len == 0)
		return WORDS_NONE;
	if (!record_parse(s->record, s->record_len, &rec, &len, &sig))
		*why = "is malformed";
	else if (memcmp(rec.key, s->key, sizeof(rec.key)) != 0)
		*why = "is another vnode's";
	else if (!key_verify(
		     rec.key, SIGN_RECORD, net->netid, s->record, len, sig))
		*why = "has a signature that does not hold";
	else if ((rec.flags & RECORD_PUBLIC) == 0)
		*why = "does not agree to be listed";
	else if (now > 0 && !record_in_time(&rec, (uint64_t)now))
		*why = "is out of time";
	return *why == NULL ? WORDS_HOLD : WORDS_BAD;
}

static void
check_servers(struct report *r, const struct entry_list *l, int64_t now)
{
	unsigned n[WORDS_BAD + 1] = { 0 }, up = 0, i;
	struct network net;
	char key[KEY_TEXT];
	const char *why;

	network_open(&net, l->network, strlen(l->network));
	for (i = 0; i < l->n; i++) {
		enum words words = check_record(&l->server[i], &net, now, &why);

		n[words]++;
		up += l->server[i].up;
		if (words != WORDS_BAD)
			continue;
		key_format(l->server[i].key, key);
		say(r, false, "server %s: its record %s", key, why);
	}
	say(r, true, "servers: %u, of which %u are up", l->n, up);
	say(r, true, "own records: %u hold, %u are missing, %u are bad",
	    n[WORDS_HOLD], n[WORDS_NONE], n[WORDS_BAD]);
	note(r, "servers", l->n);
	note(r, "up", up);
	note(r, "records_good", n[WORDS_HOLD]);
	note(r, "records_missing", n[WORDS_NONE]);
	note(r, "records_bad", n[WORDS_BAD]);
}

static void
check_list(struct report *r, const char *text, size_t len)
{
	int64_t now = clock_wall();
	struct entry_list l;
	const char *why;

	if (!entry_parse(text, len, &l, &why)) {
		say(r, false, "the list is none: %s", why);
		return;
	}
	say(r, true, "network: %s%s%s", l.network,
	    l.publisher[0] != '\0' ? ", published by " : "", l.publisher);
	say(r, true, "serial: %" PRIu64, l.serial);
	json_object_object_add(
	    r->doc, "network", json_object_new_string(l.network));
	note(r, "serial", (int64_t)l.serial);
	note(r, "generated", l.generated);
	note(r, "fresh_until", l.fresh_until);
	note(r, "valid_until", l.valid_until);
	check_times(r, &l, now);
	check_servers(r, &l, now);
	entry_fini(&l);
}

int
cli_entry_verify(struct cli *cli, int argc, char **argv)
{
	char *text = xmalloc(ENTRY_BYTES + 1), *why;
	ssize_t len = file_read(argv[0], text, ENTRY_BYTES + 1);
	struct report r = { .ok = true };

	(void)argc;
	if (len < 0) {
		why = xasprintf("%s: %s", argv[0], strerror((int)-len));
		cli_fail(cli, "refused", why);
		free(why);
		free(text);
		return EXIT_FAIL;
	}
	r.doc = json_object_new_object();
	r.lines = json_object_new_array();
	check_signature(&r, cli, argv[0], text, (size_t)len);
	check_list(&r, text, (size_t)len);
	json_object_object_add(r.doc, "ok", json_object_new_boolean(r.ok));
	json_object_object_add(r.doc, "text", r.lines);
	cli->out.ops->lines(&cli->out, r.doc);
	json_object_put(r.doc);
	free(text);
	return r.ok ? EXIT_OK : EXIT_FAIL;
}
