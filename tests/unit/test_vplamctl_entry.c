/* vplamctl invite, join, revoke and entry: what people see, and files. */
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/base64.h"
#include "base/fdutil.h"
#include "base/xmem.h"
#include "crypto/minisign.h"
#include "crypto/sign.h"
#include "tests/unit/ctlrun.h"
#include "wire/entry.h"
#include "wire/uri.h"

#define KEY "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define LIST "RWRxaURqYSZp4gpBG69SizI9H5eFjH7tZuQrGhYwXy16Aqk/4rP8LztC"
#define URI "vpla://" KEY "@192.0.2.1:7000?network=my%20mesh"

/* vplamctl VERB ... in an island of its own; FILE.conf is its configuration. */
static struct ctl_result
join(const char *island, const char *string)
{
	char *config = ctl_path(island);
	char *args = xasprintf("join --config %s/vplamad.conf --key-file "
			       "%s.var/id.key %s",
	    config, config, string);
	struct ctl_result r = ctl_run(args, "");

	free(args);
	free(config);
	return r;
}

static void
put(const char *name, const char *text, size_t len)
{
	char *path = ctl_path(name);

	assert_int_equal(file_write(path, text, len, 0600), 0);
	free(path);
}

static void
make_island(const char *name)
{
	char *path = ctl_path(name);

	assert_int_equal(mkdir(path, 0755), 0);
	free(path);
}

static bool
is_there(const char *name)
{
	char *path = ctl_path(name);
	bool is = access(path, F_OK) == 0;

	free(path);
	return is;
}

static void
a_uri_makes_an_island(void **state)
{
	struct ctl_result r =
	    join("uri", "'" URI "&ep=[2001:db8::1]&name=north%20tower%21'");
	char text[2048], again[2048], key[64], *path;
	struct stat st;
	uint8_t seed[KEY_LEN];

	(void)state;
	assert_string_equal(r.err, "");
	assert_int_equal(r.rc, 0);
	ctl_has(r.out, "made a private key");
	ctl_has(r.out, "vplamad does not run");
	ctl_slurp("uri/vplamad.conf", text, sizeof(text));
	ctl_has(text, "\nnetwork = \"my mesh\"\n");
	ctl_has(text, "\ntrust = open\n");
	ctl_has(text, "\nopen-transit = yes\n");
	ctl_has(text, "/uri.var/id.key\"\n");
	assert_null(strstr(text, "entry ="));
	ctl_slurp("uri/peers.d/north-tower.conf", text, sizeof(text));
	ctl_has(text,
	    "peer \"north-tower\" {\n\tpublic-key = \"" KEY
	    "=\"\n\tendpoint = { \"192.0.2.1:7000\", "
	    "\"[2001:db8::1]:7469\" }\n}\n");
	ctl_slurp("uri.var/id.key", key, sizeof(key));
	assert_int_equal(strlen(key), KEY_TEXT);
	key[KEY_TEXT - 1] = '\0';
	assert_true(key_parse(key, seed));
	path = ctl_path("uri.var/id.key");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	free(path);

	/* A second time changes nothing, whatever the peer calls itself. */
	r = join("uri", "'" URI "&name=other'");
	assert_int_equal(r.rc, 0);
	ctl_has(r.out, "has this peer already");
	assert_false(is_there("uri/peers.d/other.conf"));
	ctl_slurp("uri/peers.d/north-tower.conf", again, sizeof(again));
	assert_string_equal(again, text);
	ctl_slurp("uri.var/id.key", again, sizeof(again));
	again[KEY_TEXT - 1] = '\0';
	assert_string_equal(again, key);
}

static void
a_list_makes_an_island(void **state)
{
	struct ctl_result r = join(
	    "list", "'http://a.example/entry.json#" LIST "&network=my%20mesh'");
	char text[2048];

	(void)state;
	assert_int_equal(r.rc, 0);
	ctl_slurp("list/vplamad.conf", text, sizeof(text));
	ctl_has(text,
	    "\nentry = \"http://a.example/entry.json#" LIST
	    "&network=my%20mesh\"\n");
	ctl_has(text, "\nnetwork = \"my mesh\"\n");
	assert_false(is_there("list/peers.d"));
}

/* Its words as they are said, over the telephone. */
static char *
beacon_of(const char *network, time_t ends)
{
	struct beacon b = { .ends = (uint32_t)ends };
	char text[BEACON_TEXT];

	memset(b.key, 7, sizeof(b.key));
	strcpy(b.network, network);
	assert_true(addr_parse("192.0.2.9:7469", 0, &b.ep));
	assert_true(beacon_write(&b, text));
	return xasprintf("%.4s %.10s %s", text, text + 4, text + 14);
}

static void
a_beacon_makes_an_island(void **state)
{
	char *good = beacon_of("my mesh", time(NULL) + 7200);
	char *old = beacon_of("my mesh", time(NULL) - 7200);
	char *nameless = beacon_of("", time(NULL) + 7200);
	struct ctl_result r = join("beacon", good);
	char text[2048], *with;

	(void)state;
	assert_int_equal(r.rc, 0);
	ctl_slurp("beacon/peers.d/vnode-BwcHBwcH.conf", text, sizeof(text));
	ctl_has(text, "endpoint = { \"192.0.2.9:7469\" }");
	ctl_slurp("beacon/vplamad.conf", text, sizeof(text));
	ctl_has(text, "network = \"my mesh\"");

	r = join("old", old);
	assert_int_equal(r.rc, 1);
	ctl_has(r.err, "the beacon ended at 20");
	r = join("nameless", nameless);
	assert_int_equal(r.rc, 1);
	ctl_has(r.err, "--network NAME");
	with = xasprintf("--network named %s", nameless);
	r = join("nameless", with);
	assert_int_equal(r.rc, 0);
	good[0] = good[0] == 'A' ? 'B' : 'A';
	r = join("wrong", good);
	assert_int_equal(r.rc, 1);
	ctl_has(r.err, "wrong character");
	assert_false(is_there("old") || is_there("wrong"));
	free(with);
	free(good);
	free(old);
	free(nameless);
}

static void
what_does_not_fit_together_is_refused(void **state)
{
	static const char own[] = "# network = \"comment\"\n"
				  "device x { name = \"a } b\" }\n"
				  "network = 'theirs'\n";
	struct ctl_result r;
	char text[2048];

	(void)state;
	make_island("other");
	put("other/vplamad.conf", own, strlen(own));
	r = join("other", "'" URI "'");
	assert_int_equal(r.rc, 1);
	ctl_has(r.err, "\"my mesh\"");
	ctl_has(r.err, "\"theirs\"");
	r = join("other", "--network mine 'vpla://" KEY "@a'");
	assert_int_equal(r.rc, 1);
	r = join("none", "'vpla://" KEY "@a'");
	assert_int_equal(r.rc, 1);
	ctl_has(r.err, "--network NAME");
	r = join("none", "--network x '" URI "'");
	assert_int_equal(r.rc, 1);
	ctl_has(r.err, "--network says \"x\"");
	r = join("none", "ftp://x/y");
	assert_int_equal(r.rc, 1);
	r = join("none", "vpla://x");
	assert_int_equal(r.rc, 1);
	ctl_has(r.err, "the URI has no @");
	assert_false(is_there("none"));
	ctl_slurp("other/vplamad.conf", text, sizeof(text));
	assert_string_equal(text, own);
	assert_false(is_there("other.var"));
	assert_false(is_there("other/peers.d"));
}

static void
what_people_wrote_stays(void **state)
{
	static const char own[] = "network = mesh # mine\n";
	static const char full[] = "network = mesh\nentry = { \"dns:a\" }";
	char text[2048];
	struct ctl_result r;

	(void)state;
	make_island("own");
	put("own/vplamad.conf", own, strlen(own));
	r = join("own", "'https://a/e#" LIST "'");
	assert_int_equal(r.rc, 0);
	ctl_has(r.out, "trust = known");
	ctl_slurp("own/vplamad.conf", text, sizeof(text));
	assert_string_equal(text,
	    "network = mesh # mine\n\n# Added by vplamctl join.\nentry = "
	    "\"https://a/e#" LIST "\"\n");
	r = join("own", "'https://a/e#" LIST "'");
	assert_int_equal(r.rc, 0);
	ctl_has(r.out, "has this list already");
	r = join("own", "dns:b");
	assert_int_equal(r.rc, 1);
	ctl_has(r.err, "add \"dns:b\" to its option entry");

	make_island("full");
	put("full/vplamad.conf", full, strlen(full));
	r = join("full", "dns:b");
	assert_int_equal(r.rc, 1);
	ctl_slurp("full/vplamad.conf", text, sizeof(text));
	assert_string_equal(text, full);

	make_island("own/peers.d");
	put("own/peers.d/tower.conf", "# mine\n", 7);
	r = join("own", "'vpla://" KEY "@a?name=tower'");
	assert_int_equal(r.rc, 1);
	ctl_has(r.err, "it stays as it is");
	ctl_slurp("own/peers.d/tower.conf", text, sizeof(text));
	assert_string_equal(text, "# mine\n");
	put("own.var/id.key", "no key\n", 7);
	r = join("own", "'vpla://" KEY "@a?name=b'");
	assert_int_equal(r.rc, 1);
	ctl_has(r.err, "does not hold a key");
}

static void
a_running_daemon_reads_it(void **state)
{
	static const char *const replies[] = { HELLO,
		"{\"id\":2,\"ok\":true,\"result\":{}}\n", NULL };
	static const char *const refuses[] = { HELLO,
		"{\"id\":2,\"ok\":false,\"error\":{\"code\":\"config\","
		"\"text\":\"no good\"}}\n",
		NULL };
	char *island = ctl_path("live"), *args, buf[512];
	struct ctl_result r;

	(void)state;
	args = xasprintf("join --config %s/vplamad.conf --key-file %s/id.key "
			 "'" URI "'",
	    island, island);
	r = ctl_run_against(replies, args);
	assert_int_equal(r.rc, 0);
	assert_null(strstr(r.out, "does not run"));
	ctl_slurp("requests", buf, sizeof(buf));
	ctl_has(buf, "\"cmd\":\"reload\"");
	r = ctl_run_against(refuses, args);
	assert_int_equal(r.rc, 1);
	ctl_has(r.err, "no good");
	free(args);
	free(island);
}

#define SELF(record, network)                                             \
	"{\"id\":2,\"ok\":true,\"result\":{\"version\":1,\"public_key\":" \
	"\"" KEY "=\",\"network\":\"" network                             \
	"\",\"record\":{\"endpoints\":[" record "]},\"uri\":\"" URI "\"}}\n"

static void
invitations(void **state)
{
	static const char *const self[] = { HELLO,
		SELF("\"192.0.2.1:7000\"", "my mesh"), NULL };
	static const char *const closed[] = { HELLO,
		"{\"id\":2,\"ok\":true,\"result\":{\"uri\":\"" URI
		"\",\"record\":{\"accepts\":\"closed\"}}}\n",
		NULL };
	struct ctl_result r = ctl_run_against(self, "invite");

	(void)state;
	assert_int_equal(r.rc, 0);
	assert_string_equal(r.out, URI "\n");
	assert_string_equal(r.err, "");
	r = ctl_run_against(closed, "invite");
	assert_int_equal(r.rc, 0);
	assert_string_equal(r.out, URI "\n");
	ctl_has(r.err, "trust = known");
	r = ctl_run_against(self, "invite --json");
	ctl_has(r.out, "\"uri\":\"" URI "\"");
	r = ctl_run_against(self, "invite --qr");
	if (r.rc == 0) {
		ctl_has(r.out, "\xe2\x96\x88\xe2\x96\x80");
		/* A border of white, two lines of it. */
		assert_memory_equal(
		    strchr(r.out, '\n') + 1, "\xe2\x96\x88\xe2\x96\x88", 6);
	} else {
		ctl_has(r.err, "without libqrencode");
	}
	assert_int_equal(ctl_run("invite --hours 3", "").rc, 2);
	assert_int_equal(ctl_run("invite --beacon --hours 0", "").rc, 2);
	assert_int_equal(ctl_run("invite --beacon --hours 8761", "").rc, 2);
	assert_int_equal(ctl_run("invite --reason stolen", "").rc, 2);
	assert_int_equal(ctl_run("show --qr", "").rc, 2);
}

static struct beacon
beacon_in(const char *out)
{
	char first[BEACON_TEXT] = "", *groups = strchr(out, '\n') + 1;
	struct beacon b, again;
	const char *why;

	memcpy(first, out, (size_t)(groups - 1 - out));
	assert_true(beacon_parse(first, &b, &why));
	*strchr(groups, '\n') = '\0';
	assert_true(beacon_parse(groups, &again, &why));
	assert_memory_equal(&b.key, &again.key, sizeof(b.key));
	assert_int_equal(groups[4], ' ');
	return b;
}

static void
beacons(void **state)
{
	static const char *const both[] = { HELLO,
		SELF("\"[2001:db8::1]:7000\",\"192.0.2.1:7000\"", "my mesh"),
		NULL };
	static const char *const six[] = { HELLO,
		SELF("\"[2001:db8::1]:7000\"", "my mesh"), NULL };
	static const char *const none[] = { HELLO, SELF("", "m"), NULL };
	struct ctl_result r = ctl_run_against(both, "invite --beacon");
	int64_t now = (int64_t)time(NULL);
	struct beacon b;

	(void)state;
	assert_int_equal(r.rc, 0);
	b = beacon_in(r.out);
	assert_string_equal(b.network, "my mesh");
	assert_true(addr_is_v4(&b.ep)); /* the other leaves no room for it */
	assert_in_range(b.ends, now + 86400 - 5, now + 86400 + 3600);
	r = ctl_run_against(six, "invite --beacon --hours 2");
	assert_int_equal(r.rc, 0);
	ctl_has(r.out, "--network \"my mesh\"");
	b = beacon_in(r.out);
	assert_string_equal(b.network, "");
	assert_in_range(b.ends, now + 7200 - 5, now + 7200 + 3600);
	r = ctl_run_against(none, "invite --beacon");
	assert_int_equal(r.rc, 1);
	ctl_has(r.err, "advertise");
}

/* A revocation as it was printed: is it signed for the network "my mesh"? */
static struct revoke
revocation(const char *text, bool *ret_holds)
{
	uint8_t raw[REVOKE_LEN];
	const uint8_t *sig;
	struct network net;
	struct revoke r;
	size_t len;

	assert_true(base64_parse(
	    BASE64_PLAIN, text, strcspn(text, "\n"), raw, sizeof(raw), &len));
	assert_true(revoke_parse(raw, len, &r, &sig));
	network_open(&net, "my mesh", 7);
	*ret_holds =
	    key_verify(r.by, SIGN_REVOKE, net.netid, raw, len - 64, sig);
	return r;
}

static void
revocations(void **state)
{
	static const char *const takes[] = { HELLO,
		"{\"id\":2,\"ok\":true,\"result\":{}}\n", NULL };
	char *args, *island = ctl_path("revoke"), buf[1024];
	struct ctl_result r = join("revoke", "'" URI "'");
	struct revoke rev;
	bool holds;

	(void)state;
	assert_int_equal(r.rc, 0);
	args = xasprintf("revoke --config %s/vplamad.conf", island);
	r = ctl_run(args, "");
	assert_int_equal(r.rc, 0);
	rev = revocation(r.out, &holds);
	assert_true(holds);
	assert_memory_equal(rev.key, rev.by, sizeof(rev.by));
	assert_int_equal(rev.reason, REVOKE_RETIRED);
	assert_in_range(rev.issued, time(NULL) - 5, time(NULL));
	r = ctl_run_against(takes, args);
	assert_int_equal(r.rc, 0);
	ctl_has(r.out, "the key is revoked");
	ctl_slurp("requests", buf, sizeof(buf));
	ctl_has(buf, "\"entry.revoke\",\"args\":{\"revocation\":\"Ag");
	free(args);

	args = xasprintf(
	    "revoke --config %s/vplamad.conf --reason stolen " KEY "=", island);
	r = ctl_run(args, "");
	rev = revocation(r.out, &holds);
	assert_true(holds);
	assert_int_equal(rev.key[31], 31);
	assert_int_equal(rev.reason, REVOKE_STOLEN);
	free(args);
	args = xasprintf("revoke --config /nonexistent --network other "
			 "--key-file %s.var/id.key",
	    island);
	r = ctl_run(args, "");
	(void)revocation(r.out, &holds);
	assert_false(holds); /* that is another network */
	free(args);
	assert_int_equal(ctl_run("revoke --reason x", "").rc, 2);
	assert_int_equal(ctl_run("revoke x", "").rc, 2);
	r = ctl_run("revoke --config /nonexistent", "");
	assert_int_equal(r.rc, 1);
	ctl_has(r.err, "/nonexistent: No such file");
	free(island);
}

/* A list as an entry server makes it. */
struct made {
	struct entry_list l;
	struct minisign_key key;
	struct identity id;
};

static void
sign_record(struct made *m, struct entry_server *s, const char *network,
    uint64_t issued, uint8_t flags)
{
	struct record rec = { .issued = issued,
		.life = 3600,
		.load = RECORD_LOAD_UNKNOWN,
		.flags = flags };
	struct network net;
	size_t len;

	memcpy(rec.key, m->id.ed_pk, sizeof(rec.key));
	rec.ep[rec.n_ep++] = s->ep[0];
	len = record_write(&rec, s->record);
	network_open(&net, network, strlen(network));
	identity_sign(
	    &m->id, SIGN_RECORD, net.netid, s->record, len, s->record + len);
	s->record_len = len + SIG_LEN;
}

static void
list_make(struct made *m)
{
	uint8_t seed[KEY_LEN] = { 9 };
	int64_t now = (int64_t)time(NULL);
	struct entry_server *s;

	memset(m, 0, sizeof(*m));
	minisign_generate(&m->key);
	assert_true(identity_from_seed(seed, &m->id));
	m->l = (struct entry_list){ .network = "my mesh",
		.publisher = "tower",
		.serial = 77,
		.generated = now - 10,
		.fresh_until = now + 3600,
		.valid_until = now + 7200,
		.n = 1 };
	m->l.server = s = xcalloc(1, sizeof(*s));
	memcpy(s->key, m->id.ed_pk, sizeof(s->key));
	s->up = true;
	assert_true(addr_parse("192.0.2.1:7469", 0, &s->ep[s->n_ep++]));
	sign_record(m, s, "my mesh", (uint64_t)now - 60, RECORD_PUBLIC);
}

/* Writes list and signature, and has them verified with the list's key. */
static struct ctl_result
verify(struct made *m)
{
	char sig[MINISIGN_FILE_MAX], key[MINISIGN_KEY_TEXT];
	char *path = ctl_path("entry.json"), *text, *args;
	struct ctl_result r;
	size_t len;

	text = entry_write(&m->l, &len);
	minisign_sign(&m->key, text, len, "serial 77", sig);
	minisign_pub_format(&m->key.pub, key);
	put("entry.json", text, len);
	put("entry.json.minisig", sig, strlen(sig));
	args = xasprintf("entry verify --key %s %s", key, path);
	r = ctl_run(args, "");
	free(args);
	free(text);
	free(path);
	return r;
}

static void
lists_that_hold(void **state)
{
	char *path = ctl_path("entry.json"), file[MINISIGN_FILE_MAX], *args;
	struct ctl_result r;
	struct made m;

	(void)state;
	list_make(&m);
	r = verify(&m);
	assert_int_equal(r.rc, 0);
	ctl_has(r.out, "signature: holds (serial 77)\n");
	ctl_has(r.out, "network: my mesh, published by tower\n");
	ctl_has(r.out, "servers: 1, of which 1 are up\n");
	ctl_has(r.out, "own records: 1 hold, 0 are missing, 0 are bad\n");

	minisign_pub_file(&m.key.pub, file);
	put("list.pub", file, strlen(file));
	args = xasprintf(
	    "--json entry verify %s --key $(dirname %s)/list.pub", path, path);
	r = ctl_run(args, "");
	assert_int_equal(r.rc, 0);
	ctl_has(r.out, "\"ok\":true");
	ctl_has(r.out, "\"serial\":77");
	free(args);
	args = xasprintf("entry verify %s", path);
	r = ctl_run(args, "");
	assert_int_equal(r.rc, 1); /* by whom is not known */
	ctl_has(r.out, "not checked; give the list's key");
	free(args);
	free(path);
	entry_fini(&m.l);
}

static void
lists_that_do_not_hold(void **state)
{
	int64_t now = (int64_t)time(NULL);
	struct ctl_result r;
	struct made m, other;

	(void)state;
	list_make(&m);
	list_make(&other);
	sign_record(&m, m.l.server, "other", (uint64_t)now, RECORD_PUBLIC);
	r = verify(&m);
	assert_int_equal(r.rc, 1);
	ctl_has(r.out, "has a signature that does not hold");
	ctl_has(r.out, "0 hold, 0 are missing, 1 are bad");
	sign_record(&m, m.l.server, "my mesh", (uint64_t)now, 0);
	r = verify(&m);
	assert_int_equal(r.rc, 1);
	ctl_has(r.out, "does not agree to be listed");
	sign_record(
	    &m, m.l.server, "my mesh", (uint64_t)now - 5000, RECORD_PUBLIC);
	r = verify(&m);
	assert_int_equal(r.rc, 1);
	ctl_has(r.out, "is out of time");
	sign_record(&m, m.l.server, "my mesh", (uint64_t)now, RECORD_PUBLIC);
	m.l.server[0].key[0] ^= 1;
	r = verify(&m);
	assert_int_equal(r.rc, 1);
	ctl_has(r.out, "is another vnode's");
	m.l.server[0].key[0] ^= 1;
	m.l.valid_until = now - 1;
	m.l.fresh_until = m.l.generated;
	r = verify(&m);
	assert_int_equal(r.rc, 1);
	ctl_has(r.out, "which has passed");
	m.l.generated = now + 1000;
	m.l.fresh_until = m.l.valid_until = now + 9000;
	r = verify(&m);
	assert_int_equal(r.rc, 1);
	ctl_has(r.out, "yet to come");
	entry_fini(&m.l);
	entry_fini(&other.l);
}

static void
signatures_that_do_not_hold(void **state)
{
	char key[MINISIGN_KEY_TEXT], *path = ctl_path("entry.json"), *args;
	struct made m, other;
	struct ctl_result r;

	(void)state;
	list_make(&m);
	list_make(&other);
	assert_int_equal(verify(&m).rc, 0);
	minisign_pub_format(&other.key.pub, key);
	args = xasprintf("entry verify --key %s %s", key, path);
	r = ctl_run(args, "");
	assert_int_equal(r.rc, 1);
	ctl_has(r.out, "signature: is by another key");
	free(args);
	minisign_pub_format(&m.key.pub, key);
	args = xasprintf("entry verify --key %s --sig %s %s", key, path, path);
	r = ctl_run(args, "");
	assert_int_equal(r.rc, 1);
	ctl_has(r.out, "is no signature of minisign");
	free(args);
	put("entry.json", "{}", 2);
	args = xasprintf("entry verify --key %s %s", key, path);
	r = ctl_run(args, "");
	assert_int_equal(r.rc, 1);
	ctl_has(r.out, "does not hold");
	ctl_has(r.out, "the list is none: format");
	free(args);
	r = ctl_run("entry verify /nonexistent", "");
	assert_int_equal(r.rc, 1);
	ctl_has(r.err, "No such file");
	entry_fini(&m.l);
	entry_fini(&other.l);
	free(path);
}

static void
commands_for_the_daemon(void **state)
{
	static const char *const ok[] = { HELLO,
		"{\"id\":2,\"ok\":true,\"result\":{\"entries\":[{"
		"\"public_key\":\"AA=\"}],\"more\":true}}\n",
		"{\"id\":3,\"ok\":true,\"result\":{\"entries\":[{"
		"\"public_key\":\"BB=\"}],\"more\":false}}\n",
		NULL };
	static const struct {
		const char *args, *request;
	} cases[] = {
		{ "entry list",
		    "\"cmd\":\"entry.list\",\"args\":{\"after\":\"AA=\"}}" },
		{ "entry sources", "\"cmd\":\"entry.sources\"}" },
		{ "entry audit", "\"cmd\":\"entry.audit\"}" },
		{ "entry fetch", "\"cmd\":\"entry.fetch\"}" },
		{ "entry add '" URI "'",
		    "\"cmd\":\"entry.add\",\"args\":{\"uri\":\"vpla:" },
	};
	struct ctl_result r;
	char buf[2048];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		r = ctl_run_against(ok, cases[i].args);
		assert_int_equal(r.rc, 0);
		ctl_slurp("requests", buf, sizeof(buf));
		ctl_has(buf, cases[i].request);
	}
	assert_int_equal(ctl_run("entry add x", "").rc, 2);
	assert_int_equal(ctl_run("entry", "").rc, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_uri_makes_an_island),
		cmocka_unit_test(a_list_makes_an_island),
		cmocka_unit_test(a_beacon_makes_an_island),
		cmocka_unit_test(what_does_not_fit_together_is_refused),
		cmocka_unit_test(what_people_wrote_stays),
		cmocka_unit_test(a_running_daemon_reads_it),
		cmocka_unit_test(invitations),
		cmocka_unit_test(beacons),
		cmocka_unit_test(revocations),
		cmocka_unit_test(lists_that_hold),
		cmocka_unit_test(lists_that_do_not_hold),
		cmocka_unit_test(signatures_that_do_not_hold),
		cmocka_unit_test(commands_for_the_daemon),
	};

	return cmocka_run_group_tests(tests, ctl_begin, ctl_end);
}
