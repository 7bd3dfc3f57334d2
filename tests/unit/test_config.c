/*
 * The configuration: golden files (what is printed, or every error with its
 * place), every truncation of a good file, and the road there and back.
 */
#include "vplamad/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fdutil.h"
#include "base/xmem.h"
#include "neg/neg.h"
#include "tests/folder.h"
#include "vplamad/cfgdevice.h"
#include "vplamad/option.h"

#define GOLDEN SRCDIR "/tests/golden/config"
#define SEED0 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
#define SEED9 "CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=\n"
#define KEY1 "iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w="
#define FILE_MAX 65536

struct dir {
	char path[64];
	char conf[96];
};

static void
put(const struct dir *d, const char *name, const char *text, mode_t mode)
{
	char *path = xasprintf("%s/%s", d->path, name);

	assert_int_equal(file_write(path, text, strlen(text), mode), 0);
	free(path);
}

static void
clear_folder(const struct dir *d)
{
	char *pattern = xasprintf("%s/peers.d/*", d->path);
	glob_t found;
	size_t i;

	if (glob(pattern, 0, NULL, &found) == 0) {
		for (i = 0; i < found.gl_pathc; i++)
			unlink(found.gl_pathv[i]);
		globfree(&found);
	}
	free(pattern);
}

static int
setup(void **state)
{
	struct dir *d = xcalloc(1, sizeof(*d));
	char *sub;

	umask(022);
	assert_true(folder_make(d->path));
	snprintf(d->conf, sizeof(d->conf), "%s/vplamad.conf", d->path);
	sub = xasprintf("%s/peers.d", d->path);
	assert_int_equal(mkdir(sub, 0755), 0);
	free(sub);
	put(d, "id.key", SEED0, 0600);
	put(d, "net.key", SEED9, 0600);
	put(d, "open.key", SEED9, 0644);
	put(d, "long.key", SEED9 SEED9, 0600);
	*state = d;
	return 0;
}

static int
teardown(void **state)
{
	static const char *const names[] = { "vplamad.conf", "id.key",
		"net.key", "open.key", "long.key", "peers.d" };
	struct dir *d = *state;
	size_t i;

	clear_folder(d);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *path = xasprintf("%s/%s", d->path, names[i]);

		remove(path);
		free(path);
	}
	rmdir(d->path);
	free(d);
	return 0;
}

/* text with every `from` replaced; the caller frees. */
static char *
replace(const char *text, const char *from, const char *to)
{
	char *ret = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&ret, &len);
	const char *hit;

	while ((hit = strstr(text, from)) != NULL) {
		fprintf(f, "%.*s%s", (int)(hit - text), text, to);
		text = hit + strlen(from);
	}
	fputs(text, f);
	fclose(f);
	return ret;
}

/* Lays out a golden input: "--- NAME" begins another file. */
static void
lay_out(const struct dir *d, char *text)
{
	static const char mark[] = "--- ";
	const char *name = "vplamad.conf";
	char *next, *eol;

	clear_folder(d);
	for (; text != NULL; text = next) {
		char save[64];

		next = strncmp(text, mark, 4) == 0 ? text : NULL;
		if (next == NULL) {
			next = strstr(text, "\n--- ");
			if (next != NULL)
				next++;
		}
		snprintf(save, sizeof(save), "%s", name);
		if (next != NULL) {
			eol = strchr(next, '\n');
			*eol = '\0';
			name = next + strlen(mark);
			*next = '\0';
			next = eol + 1;
		}
		put(d, save, text, 0644);
	}
}

/* What a person would see: the canonical form, or the errors. */
static char *
outcome(const struct dir *d)
{
	struct config_errors errs = { 0 };
	struct config cfg;
	char *ret = NULL;
	size_t len = 0, i;
	FILE *f = open_memstream(&ret, &len);

	if (config_load(d->conf, &cfg, &errs)) {
		config_print(&cfg, f);
		config_warnings(&cfg, &errs);
		config_free(&cfg);
	}
	for (i = 0; i < errs.n; i++)
		fprintf(f, "%s\n", errs.text[i]);
	config_errors_free(&errs);
	fclose(f);
	return ret;
}

static char *
slurp(const char *path)
{
	char *buf = xmalloc(FILE_MAX);

	if (file_read(path, buf, FILE_MAX) < 0)
		buf[0] = '\0';
	return buf;
}

static void
golden_one(const struct dir *d, const char *in_path)
{
	char long_name[301];
	char *in = slurp(in_path), *with_dir, *with_long, *out, *shown, *ok;
	char *ok_path =
	    xasprintf("%.*s.ok", (int)(strlen(in_path) - 3), in_path);

	memset(long_name, 'x', 300);
	long_name[300] = '\0';
	with_dir = replace(in, "@DIR@", d->path);
	with_long = replace(with_dir, "@LONG@", long_name);
	lay_out(d, with_long);
	out = outcome(d);
	shown = replace(out, d->path, "@DIR@");
	if (getenv("UPDATE_GOLDEN") != NULL)
		assert_int_equal(
		    file_write(ok_path, shown, strlen(shown), 0644), 0);
	ok = slurp(ok_path);
	if (strcmp(ok, shown) != 0)
		fail_msg("%s: got\n%s", ok_path, shown);
	free(ok);
	free(shown);
	free(out);
	free(with_long);
	free(with_dir);
	free(ok_path);
	free(in);
}

static void
test_golden(void **state)
{
	glob_t found;
	size_t i;

	assert_int_equal(glob(GOLDEN "/*.in", 0, NULL, &found), 0);
	assert_true(found.gl_pathc >= 10);
	for (i = 0; i < found.gl_pathc; i++)
		golden_one(*state, found.gl_pathv[i]);
	globfree(&found);
}

static char *
full(const struct dir *d)
{
	char *in = slurp(GOLDEN "/full.in");
	char *text = replace(in, "@DIR@", d->path);

	free(in);
	return text;
}

/* What is printed reads back to the same. */
static void
test_round_trip(void **state)
{
	const struct dir *d = *state;
	char *in = full(d), *once, *twice;

	lay_out(d, in);
	once = outcome(d);
	assert_non_null(strstr(once, "rekey-after = 2\n"));
	put(d, "vplamad.conf", once, 0644);
	twice = outcome(d);
	assert_string_equal(once, twice);
	free(twice);
	free(once);
	free(in);
}

/* The values end up where the daemon looks for them. */
static void
test_values(void **state)
{
	const struct dir *d = *state;
	const struct config_device *dev;
	struct config_errors errs = { 0 };
	struct config cfg;
	char *in = full(d);

	lay_out(d, in);
	assert_true(config_load(d->conf, &cfg, &errs));
	assert_string_equal(cfg.network, "mesh \"one\" \\ $HOME");
	assert_int_equal(cfg.given[OPT_listen].n, 2);
	assert_int_equal(cfg.listen[1].port, 17469);
	assert_int_equal(cfg.rekey_after, 2);
	assert_int_equal(cfg.fanout_rate[0], 1);
	assert_int_equal(cfg.fanout_rate[1], 1000000);
	assert_int_equal(cfg.mtu, 9216);
	assert_int_equal(cfg.mark, 4294967295);
	assert_int_equal(cfg.log_level, LOG_LV_DEBUG);
	assert_int_equal(cfg.given[OPT_mtu].line, 11);
	assert_string_equal(cfg.bind_device, "eth0.7");
	assert_true(offload_has(&cfg, OFFLOAD_TSO));
	assert_false(offload_has(&cfg, OFFLOAD_GSO));
	assert_int_equal(cfg.given[OPT_prefix].n, 4);
	assert_int_equal(cfg.prefix[3].family, PREFIX_MAC);
	assert_true(cfg.netid == 0x0123456789abcdef);
	assert_int_equal(cfg.given[OPT_claim].n, 2);
	assert_int_equal(cfg.claim[1].family, PREFIX_IPV6);
	assert_string_equal(cfg.mesh_interface[0], "eth1");
	assert_int_equal(cfg.route_table, 7469);
	assert_int_equal(cfg.route_protocol, 119);
	assert_int_equal(cfg.answer_identity, 1);
	assert_int_equal(cfg.n_devices, 1);
	dev = &cfg.devices[0];
	assert_string_equal(dev->name, "vpl0");
	assert_int_equal(dev->line, 50);
	assert_int_equal(dev->mode, MODE_SWITCH);
	assert_int_equal(dev->given[DEV_OPT_address].n, 2);
	assert_int_equal(dev->address[1].bits, 64);
	assert_int_equal(dev->address[1].a[15], 1);
	assert_int_equal(dev->mac.n, 3);
	assert_int_equal(dev->mac.a[1], 0x76);
	assert_int_equal(dev->mac_limit, 16384);
	assert_int_equal(dev->allow_ra, 1);
	assert_int_equal(cfg.n_peers, 2);
	assert_string_equal(cfg.peers[0].name, "island");
	assert_string_equal(cfg.peers[0].endpoint[2], "[2001:db8::1]:65535");
	assert_int_equal(cfg.peers[0].given[PEER_OPT_endpoint].n, 3);
	assert_int_equal(cfg.peers[0].pair_psk[0], 9);
	assert_int_equal(cfg.peers[0].given[PEER_OPT_prefix].n, 2);
	assert_int_equal(cfg.peers[0].prefix[1].bits, 48);
	assert_int_equal(cfg.peers[0].line, 66);
	assert_int_equal(cfg.peers[0].trust_renumber, 0);
	assert_int_equal(cfg.peers[1].trust_renumber, 1);
	assert_int_equal(cfg.peers[1].line, 74);
	assert_string_equal(cfg.peers[1].file, d->conf);
	assert_int_equal(cfg.id.seed[0], 0);
	config_free(&cfg);
	free(in);
}

/* So do those of trust and of what we say of ourselves. */
static void
test_values_of_trust(void **state)
{
	const struct dir *d = *state;
	struct config_errors errs = { 0 };
	struct config cfg;
	char *in = full(d);

	lay_out(d, in);
	assert_true(config_load(d->conf, &cfg, &errs));
	assert_int_equal(cfg.trust, TRUST_SECRET);
	assert_int_equal(cfg.given[OPT_trust_authority].n, 2);
	assert_int_equal(cfg.trust_authority[1][0], 0x81);
	assert_int_equal(cfg.max_peers, 4096);
	assert_int_equal(cfg.given[OPT_advertise].n, 3);
	assert_int_equal(cfg.advertise[1].port, 65535);
	assert_string_equal(cfg.name, "Nordturm \"1\" käse");
	assert_string_equal(cfg.community, "freifunk");
	assert_string_equal(cfg.country, "DE");
	assert_int_equal(cfg.place.lat, -5250000);
	assert_int_equal(cfg.place.lon, 1340512);
	assert_string_equal(cfg.entry[3], "cmd:/usr/bin/list");
	assert_int_equal(cfg.store_interval, 3600);
	config_free(&cfg);
	free(in);
}

/* Cut anywhere: an error with the file's name, or a shorter good one. */
static void
test_truncated(void **state)
{
	const struct dir *d = *state;
	char *in = full(d);
	size_t len = strlen(in), i, refused = 0;

	for (i = 0; i <= len; i++) {
		struct config_errors errs = { 0 };
		struct config cfg;
		char *cut = strndup(in, i);

		put(d, "vplamad.conf", cut, 0644);
		if (config_load(d->conf, &cfg, &errs)) {
			assert_int_equal(errs.n, 0);
			config_free(&cfg);
		} else {
			assert_true(errs.n > 0);
			assert_ptr_equal(
			    strstr(errs.text[0], d->path), errs.text[0]);
			refused++;
		}
		config_errors_free(&errs);
		free(cut);
	}
	/* The whole is good, and a cut in a quote leaves nothing behind. */
	assert_true(refused > len / 2 && refused < len);
	put(d, "vplamad.conf", in, 0644);
	free(in);
	in = outcome(d);
	assert_non_null(strstr(in, "peer \"island\""));
	free(in);
}

/* Every byte value in the place of every byte: no crash, no silence. */
static void
test_mangled(void **state)
{
	const struct dir *d = *state;
	char *in = full(d), was;
	size_t len = strlen(in), i;
	unsigned seed = 7;

	for (i = 0; i < len; i++) {
		struct config_errors errs = { 0 };
		struct config cfg;

		was = in[i];
		seed = seed * 1103515245u + 12345u;
		in[i] = (char)(1 + (seed >> 16) % 255);
		put(d, "vplamad.conf", in, 0644);
		if (config_load(d->conf, &cfg, &errs))
			config_free(&cfg);
		else
			assert_true(errs.n > 0);
		config_errors_free(&errs);
		in[i] = was;
	}
	free(in);
}

static void
expect_error(const char *path, const char *text)
{
	struct config_errors errs = { 0 };
	struct config cfg;

	assert_false(config_load(path, &cfg, &errs));
	assert_true(errs.n > 0);
	if (strstr(errs.text[0], text) == NULL)
		fail_msg("got: %s", errs.text[0]);
	config_errors_free(&errs);
}

static void
test_unreadable(void **state)
{
	const struct dir *d = *state;
	char long_path[600];
	char *sub = xasprintf("%s/peers.d", d->path);

	expect_error("/nonexistent/vplamad.conf", "No such file");
	expect_error(d->path, "Is a directory");

	/* No folder peers.d is no error. */
	put(d, "vplamad.conf", "mtu = 1\n", 0644);
	clear_folder(d);
	assert_int_equal(rmdir(sub), 0);
	expect_error(d->conf, "mtu");
	assert_int_equal(mkdir(sub, 0755), 0);
	free(sub);
	memset(long_path, '/', sizeof(long_path) - 1);
	long_path[sizeof(long_path) - 1] = '\0';
	expect_error(long_path, "too long");
}

static void
check_table(const struct option *table, size_t n)
{
	char buf[512];
	const struct option *o;

	for (o = table; o < table + n; o++) {
		memset(buf, 0, sizeof(buf));
		assert_true(strlen(o->help) > 10);
		assert_true(o->type->size * o->values < 65536);
		if (o->def != NULL && o->values == 1)
			assert_null(o->type->parse(o, o->def, buf));
	}
}

/* Every option says what it is for, and its default is a good value. */
static void
test_table(void **state)
{
	(void)state;
	check_table(options, OPT_MAX);
	check_table(device_options, DEV_OPT_MAX);
	check_table(peer_options, PEER_OPT_MAX);
}

/* The part of a section about one option, to the next item or list end. */
static char *
manual_item(const char *manual, const char *section, const char *name)
{
	char *head = xasprintf(".It Cm %s\n", name), *item;
	const char *from = strstr(manual, section), *to, *end;

	assert_non_null(from);
	from = strstr(from, head);

	if (from == NULL)
		fail_msg("vplamad.conf(5) has no %s", name);
	to = strstr(from + 1, "\n.It ");
	end = strstr(from, "\n.El");
	if (to == NULL || end < to)
		to = end;
	item = strndup(from, (size_t)(to - from));
	free(head);
	return item;
}

static void
expect_words(const char *item, const char *words)
{
	char *copy = xstrdup(words), *word, *rest;

	for (word = strtok_r(copy, " ", &rest); word != NULL;
	     word = strtok_r(NULL, " ", &rest))
		if (strstr(item, word) == NULL)
			fail_msg("no \"%s\" in:\n%s", word, item);
	free(copy);
}

static void
check_manual(const char *manual, const char *section, const struct option *o)
{
	char *item = manual_item(manual, section, o->name);
	char text[64];

	if (o->def != NULL)
		expect_words(item, o->def);
	if (strcmp(o->type->expected, "a number") == 0) {
		snprintf(text, sizeof(text), "%lld %lld %s", o->least, o->most,
		    o->unit);
		expect_words(item, text);
	}
	snprintf(text, sizeof(text), "up to %u", o->values);
	if (o->values > 2 && strstr(item, text) == NULL)
		fail_msg("no \"%s\" in:\n%s", text, item);
	/* of devices it is said once, for all of them */
	if (strcmp(section, ".Sh DEVICES") != 0 &&
	    (strstr(item, "Restart") == NULL) != o->reload)
		fail_msg("restart or reload? %s", o->name);
	free(item);
}

/* The manual tells of every option, with its default and bounds. */
static void
test_manual(void **state)
{
	char *manual = slurp(SRCDIR "/doc/vplamad.conf.5");
	size_t i;

	(void)state;
	for (i = 0; i < OPT_MAX; i++)
		check_manual(manual, ".Sh OPTIONS", &options[i]);
	for (i = 0; i < DEV_OPT_MAX; i++)
		check_manual(manual, ".Sh DEVICES", &device_options[i]);
	for (i = 0; i < PEER_OPT_MAX; i++)
		check_manual(manual, ".Sh PEERS", &peer_options[i]);
	free(manual);
}

/* Each pair of from and to in turn; NULL ends. The caller frees. */
static char *
replace_all(const char *text, const char *const *pairs)
{
	char *ret = xstrdup(text), *next;

	for (; pairs[0] != NULL; pairs += 2) {
		next = replace(ret, pairs[0], pairs[1]);
		free(ret);
		ret = next;
	}
	return ret;
}

static char *
as_printed(const struct option *o, const void *base, const struct given *given)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	option_print(o, base, given->n, "", f);
	fclose(f);
	return text;
}

/* The device of the example, with what its kind has. */
static void
expect_device_defaults(const struct config_device *dev)
{
	const struct option *o;
	char *text;
	unsigned i;

	for (i = 0; i < DEV_OPT_MAX; i++) {
		o = &device_options[i];
		if (!device_has(dev, (enum device_option_id)i))
			continue;
		if (dev->given[i].line == 0)
			fail_msg("the example lacks %s", o->name);
		if (o->def == NULL)
			continue;
		text = as_printed(o, dev, &dev->given[i]);
		expect_words(text, o->def);
		free(text);
	}
}

/* As it prints with nothing but the two things that must be given. */
static void
expect_defaults(const struct config *cfg)
{
	const struct option *o;

	for (o = options; o < options + OPT_MAX; o++) {
		const struct given *given = &cfg->given[o - options];
		char *text;

		if (given->line == 0)
			fail_msg("the example lacks %s", o->name);
		if (o->def == NULL || o - options == OPT_private_key_file)
			continue;
		text = as_printed(o, cfg, given);
		expect_words(text, o->def);
		free(text);
	}
}

/* The example with every option switched on: good, and all defaults. */
static void
test_example(void **state)
{
	const struct dir *d = *state;
	const char *const on[] = { "\n#\n", "\n\n", "\n# ", "\n// ", "\n#\t#",
		"\n//", "\n#", "\n", "\n\t# ", "\n\t// ", "\n\t#", "\n\t",
		"/var/lib/vplama/network.key", "/var/lib/vplama/id.key",
		"/var/lib/vplama/island.psk", "/var/lib/vplama/id.key",
		"/var/lib/vplama/id.key", "@KEY@", NULL };
	struct config_errors errs = { 0 };
	char *in = slurp(SRCDIR "/doc/examples/vplamad.conf");
	char *key = xasprintf("%s/id.key", d->path);
	char *text = replace_all(in, on), *done = replace(text, "@KEY@", key);
	struct config cfg;
	size_t i;

	lay_out(d, done);
	if (!config_load(d->conf, &cfg, &errs))
		fail_msg("%s", errs.text[0]);
	expect_defaults(&cfg);
	assert_int_equal(cfg.n_devices, 1);
	expect_device_defaults(&cfg.devices[0]);
	assert_int_equal(cfg.n_peers, 1);
	for (i = 0; i < PEER_OPT_MAX; i++)
		assert_true(cfg.peers[0].given[i].line > 0);
	config_free(&cfg);

	/* As it is shipped: its own device and nothing else. */
	assert_true(strstr(in, "\ndevice \"vpl0\" {\n") != NULL);
	free(done);
	free(text);
	free(key);
	free(in);
}

/* The largest data body, when nobody says it, is what the devices need. */
static void
test_mtu_of_devices(void **state)
{
	static const struct {
		const char *blocks;
		uint32_t mtu;
	} cases[] = {
		{ "", 1400 },
		{ "device a { mtu = 1000 }", 1400 },
		{ "device a { }", 1418 },
		{ "device a { kind = tun\nmtu = 1400 }", 1400 },
		{ "device a { kind = tun\nmtu = 1401 }", 1401 },
		{ "device a { kind = dummy\nmtu = 2000 }", 2018 },
		{ "device a { kind = dummy\ncarries = ip\nmtu = 2000 }", 2000 },
		{ "device a { mtu = 1600 }\ndevice b { mtu = 1500 }", 1618 },
		{ "device a { mtu = 9216 }", 9216 },
		{ "mtu = 600\ndevice a { mtu = 9216 }", 600 },
	};
	const struct dir *d = *state;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config_errors errs = { 0 };
		struct config cfg;
		char *text = xasprintf("network = m\n"
				       "private-key-file = \"%s/id.key\"\n%s\n",
		    d->path, cases[i].blocks);

		lay_out(d, text);
		assert_true(config_load(d->conf, &cfg, &errs));
		assert_int_equal(cfg.mtu, cases[i].mtu);
		config_free(&cfg);
		free(text);
	}
}

/* Words are read into enums that other folders own: they agree. */
static void
test_words(void **state)
{
	const struct option *mode = &device_options[DEV_OPT_mode];

	(void)state;
	assert_string_equal(option_word(mode, MODE_HUB), "hub");
	assert_string_equal(option_word(mode, MODE_ROUTER), "router");
	assert_null(option_word(mode, MODE_ROUTER + 1));
	assert_string_equal(
	    option_word(&options[OPT_offload], OFFLOAD_GRO), "gro");
	assert_string_equal(
	    option_word(&device_options[DEV_OPT_carries], CARRIES_IP), "ip");
	assert_string_equal(
	    option_word(&options[OPT_rehook], REHOOK_ATOMIC), "atomic-only");
	assert_string_equal(
	    option_word(&options[OPT_rehook], REHOOK_AUTO), "auto");
	assert_string_equal(
	    option_word(&options[OPT_rehook_rule], RULE_SIZE), "size");
	assert_string_equal(
	    option_word(&options[OPT_stable], NEG_STABLE_YES), "yes");
	assert_string_equal(
	    option_word(&options[OPT_stable], NEG_STABLE_NO), "no");
	assert_string_equal(
	    option_word(&options[OPT_log_level], LOG_LV_DEBUG), "debug");
}

static void
test_make(void **state)
{
	const char *ep[9] = { "a.example:1", "[::1]:2", "a:3", "a:4", "a:5",
		"a:6", "a:7", "a:8", "a:9" };
	struct config_kept kept = { 0 };
	struct config_peer p, q;

	(void)state;
	assert_null(config_peer_make("one", KEY1, ep, 8, &p));
	assert_string_equal(p.name, "one");
	assert_int_equal(p.given[PEER_OPT_endpoint].n, 8);
	assert_string_equal(p.endpoint[1], "[::1]:2");
	assert_null(p.file);
	assert_non_null(config_peer_make("one", KEY1, ep, 9, &q));
	assert_non_null(config_peer_make("", KEY1, ep, 1, &q));
	assert_non_null(config_peer_make("one", KEY1 " ", ep, 1, &q));
	ep[0] = "a.example";
	assert_non_null(config_peer_make("one", KEY1, ep, 1, &q));

	assert_null(config_peer_make("one", KEY1, ep + 1, 1, &q));
	config_keep(&kept, &p);
	assert_string_equal(kept.name, "one");
	assert_string_equal(kept.endpoint[7], "a:8");
	assert_true(config_same_id(&kept, &q));
	assert_false(config_same_endpoints(&kept, &q));
	assert_null(config_peer_make("two", KEY1, ep + 1, 1, &p));
	config_keep(&kept, &p);
	assert_false(config_same_id(&kept, &q));
	assert_true(config_same_endpoints(&kept, &q));

	assert_true(config_same_prefixes(&kept, &q));
	p.given[PEER_OPT_prefix].n = 1;
	assert_null(prefix_parse("10.0.0.0/8", &p.prefix[0]));
	config_keep(&kept, &p);
	assert_false(config_same_prefixes(&kept, &q));
	q.given[PEER_OPT_prefix].n = 1;
	assert_null(prefix_parse("10.0.0.0/9", &q.prefix[0]));
	assert_false(config_same_prefixes(&kept, &q));
	assert_null(prefix_parse("10.0.0.0/8", &q.prefix[0]));
	assert_true(config_same_prefixes(&kept, &q));
	config_kept_free(&kept);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_values_of_trust),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_mangled),
		cmocka_unit_test(test_unreadable),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_mtu_of_devices),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_make),
		cmocka_unit_test(test_manual),
		cmocka_unit_test(test_example),
	};

	if (!crypto_start())
		return 1;
	return cmocka_run_group_tests(tests, setup, teardown);
}
