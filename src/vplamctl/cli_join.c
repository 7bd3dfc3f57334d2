/* Joining a network by one line of text: URI, place of a list, or beacon. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fdutil.h"
#include "base/xmem.h"
#include "vplamctl/ask.h"
#include "vplamctl/human.h"
#include "vplamctl/join.h"
#include "vplamctl/jointext.h"
#include "vplamctl/conffile.h"
#include "wire/uri.h"

#define USER "vplama" /* whom the daemon runs as */
#define PATH_TEXT 512

struct join {
	struct cli *cli;
	const char *config;
	char *text;	     /* of it, comments blanked; NULL: no file */
	char dir[PATH_TEXT]; /* where it is */
	char key_file[PATH_TEXT];
	char peer_file[PATH_TEXT];
	char network[URI_TEXT];
	struct uri peer; /* n_ep 0: it is a list */
	struct source list;
	const char *string; /* as it was given */
	const char *pinned; /* see join.h */
	struct json_object *did;
};

static int refuse(struct join *j, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static int
refuse(struct join *j, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return cli_fail(j->cli, "refused", text);
}

static void did(struct join *j, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
did(struct join *j, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	json_object_array_add(j->did, json_object_new_string(text));
}

/* The words of a beacon may have come as several arguments. */
static char *
joined(int argc, char **argv)
{
	size_t len = 1, n = 0;
	char *text;
	int i;

	for (i = 0; i < argc; i++)
		len += strlen(argv[i]) + 1;
	text = xmalloc(len);
	for (i = 0; i < argc; i++)
		n += (size_t)snprintf(
		    text + n, len - n, "%s%s", i > 0 ? " " : "", argv[i]);
	return text;
}

/* A beacon as if it had been a URI. */
static int
take_beacon(struct join *j)
{
	struct beacon b;
	const char *why;
	char ended[HUMAN_TEXT];
	int64_t now = clock_wall();

	if (!beacon_parse(j->string, &b, &why))
		return refuse(j, "the beacon %s", why);
	if (now >= (int64_t)RECORD_EPOCH && now >= b.ends)
		return refuse(j,
		    "the beacon ended at %s; ask for a new one (or set the "
		    "clock)",
		    human_date(b.ends, ended));
	memcpy(j->peer.key, b.key, sizeof(j->peer.key));
	addr_host_format(&b.ep, j->peer.ep[0].host);
	j->peer.ep[0].port = b.ep.port;
	j->peer.n_ep = 1;
	strcpy(j->peer.network, b.network);
	return EXIT_OK;
}

static int
take_string(struct join *j)
{
	const char *why;

	if (strncmp(j->string, "vpla:", 5) == 0) {
		if (!uri_parse(j->string, &j->peer, &why))
			return refuse(j, "the URI %s", why);
	} else if (strchr(j->string, ':') != NULL) {
		if (!source_parse(j->string, &j->list, &why))
			return refuse(j, "%s: %s", j->string, why);
	} else if (take_beacon(j) != EXIT_OK) {
		return EXIT_FAIL;
	}
	strcpy(
	    j->network, j->peer.n_ep > 0 ? j->peer.network : j->list.network);
	return EXIT_OK;
}

/* Two that name the network must name the same one. */
static int
take_network(struct join *j, const char *name, const char *who)
{
	if (name[0] == '\0')
		return EXIT_OK;
	if (strlen(name) > NETWORK_NAME_MAX)
		return refuse(j, "%s: a network's name has 1 to 64 bytes", who);
	if (j->network[0] != '\0' && strcmp(j->network, name) != 0)
		return refuse(j,
		    "the invitation is to the network \"%s\", but %s says "
		    "\"%s\"; one daemon is in one network",
		    j->network, who, name);
	strcpy(j->network, name);
	return EXIT_OK;
}

static int
take_config(struct join *j)
{
	char value[CONFFILE_VALUE];
	const char *why, *slash = strrchr(j->config, '/');
	int err;

	if (slash == NULL)
		strcpy(j->dir, ".");
	else
		snprintf(j->dir, sizeof(j->dir), "%.*s",
		    slash == j->config ? 1 : (int)(slash - j->config),
		    j->config);
	j->text = conffile_read(j->config, &err, &why);
	if (j->text == NULL && err == ENOENT)
		return EXIT_OK;
	if (j->text == NULL)
		return refuse(
		    j, "%s: %s", j->config, err != 0 ? strerror(err) : why);
	if (conffile_value(j->text, "private-key-file", value)) {
		if (j->cli->opt[OPT_KEY_FILE] != NULL &&
		    strcmp(j->cli->opt[OPT_KEY_FILE], value) != 0)
			return refuse(j, "%s names the private key %s, not %s",
			    j->config, value, j->cli->opt[OPT_KEY_FILE]);
		strcpy(j->key_file, value);
	}
	if (!conffile_value(j->text, "network", value))
		return refuse(
		    j, "%s names no network; write the line", j->config);
	return take_network(j, value, j->config);
}

static bool
file_has(const char *path, const char *part)
{
	const char *why;
	int err;
	char *text = conffile_read(path, &err, &why);
	bool has = text != NULL && strstr(text, part) != NULL;

	free(text);
	return has;
}

/* The file of the configuration that has this text, for free(), or NULL. */
static char *
which_has(const struct join *j, const char *part)
{
	char pattern[PATH_TEXT + 16], *path = NULL;
	glob_t found = { 0 };
	size_t i;

	snprintf(pattern, sizeof(pattern), "%s/peers.d/*.conf", j->dir);
	if (j->text != NULL && strstr(j->text, part) != NULL)
		return xstrdup(j->config);
	if (glob(pattern, 0, NULL, &found) != 0)
		return NULL;
	for (i = 0; i < found.gl_pathc && path == NULL; i++)
		if (file_has(found.gl_pathv[i], part))
			path = xstrdup(found.gl_pathv[i]);
	globfree(&found);
	return path;
}

/* Is the peer configured? Says where. */
static bool
is_peer(struct join *j, const char *key)
{
	char *path = which_has(j, key);
	bool is = path != NULL;

	if (is)
		did(j, "%s has this peer already", path);
	free(path);
	return is;
}

/* The key there was another: whoever wrote that has to say what holds. */
static int
look_at_pin(struct join *j)
{
	char *quoted, *path;
	int rc = EXIT_OK;

	if (j->pinned == NULL)
		return EXIT_OK;
	quoted = xasprintf("\"%s\"", j->pinned);
	path = which_has(j, quoted);
	if (path != NULL)
		rc = refuse(j,
		    "%s has %s already, with another key than the one that "
		    "is shown there now: somebody else may answer; nothing "
		    "was changed. Ask its operator; if its key did change, "
		    "take that peer out first",
		    path, j->pinned);
	free(path);
	free(quoted);
	return rc;
}

/* A folder that may be there already. */
static int
make_dir(struct join *j, const char *path, mode_t mode, bool of_user)
{
	struct passwd *pw;

	if (mkdir(path, mode) < 0)
		return errno == EEXIST
		    ? EXIT_OK
		    : refuse(j, "%s: %s", path, strerror(errno));
	pw = of_user && geteuid() == 0 ? getpwnam(USER) : NULL;
	if (pw != NULL && lchown(path, pw->pw_uid, pw->pw_gid) < 0)
		return refuse(j, "%s: %s", path, strerror(errno));
	did(j, "made the folder %s", path);
	return EXIT_OK;
}

static int
dir_of(struct join *j, const char *path)
{
	char dir[PATH_TEXT], *slash;

	snprintf(dir, sizeof(dir), "%s", path);
	slash = strrchr(dir, '/');
	if (slash == NULL || slash == dir)
		return EXIT_OK;
	*slash = '\0';
	return make_dir(j, dir, 0750, true);
}

static int
make_key(struct join *j)
{
	uint8_t seed[KEY_LEN];
	struct identity id;
	struct passwd *pw;
	char text[KEY_TEXT + 1];
	int rc;

	if (dir_of(j, j->key_file) != EXIT_OK)
		return EXIT_FAIL;
	do { /* the one seed in 2^250 that has no X25519 key */
		random_bytes(seed, sizeof(seed));
	} while (!identity_from_seed(seed, &id));
	key_format(seed, text);
	text[KEY_TEXT - 1] = '\n';
	rc = file_create(j->key_file, text, KEY_TEXT, 0600);
	wipe(text, sizeof(text));
	wipe(seed, sizeof(seed));
	wipe(&id, sizeof(id));
	if (rc < 0)
		return refuse(j, "%s: %s", j->key_file, strerror(-rc));
	pw = geteuid() == 0 ? getpwnam(USER) : NULL;
	if (pw != NULL && lchown(j->key_file, pw->pw_uid, pw->pw_gid) < 0)
		return refuse(j, "%s: %s", j->key_file, strerror(errno));
	did(j, "made a private key, %s", j->key_file);
	return EXIT_OK;
}

/* The key is there, or can be: nothing is written yet. */
static int
look_at_key(struct join *j, bool *ret_missing)
{
	struct identity id;
	const char *why;
	bool own;

	*ret_missing = access(j->key_file, F_OK) < 0 && errno == ENOENT;
	if (*ret_missing)
		return EXIT_OK;
	why = conffile_identity(j->key_file, &id);
	if (why != NULL)
		return refuse(j, "%s: %s", j->key_file, why);
	own = j->peer.n_ep > 0 &&
	    memcmp(id.ed_pk, j->peer.key, sizeof(id.ed_pk)) == 0;
	wipe(&id, sizeof(id));
	if (own)
		return refuse(
		    j, "that is our own invitation: it is for others");
	return EXIT_OK;
}

static int
make_config(struct join *j)
{
	char *text = join_config_text(j->network,
	    strcmp(j->key_file, CONFFILE_KEY) != 0 ? j->key_file : NULL,
	    j->peer.n_ep == 0 ? j->string : NULL);
	int rc = text != NULL ? file_create(j->config, text, strlen(text), 0644)
			      : -ENAMETOOLONG;

	free(text);
	if (rc < 0)
		return refuse(j, "%s: %s", j->config, strerror(-rc));
	did(j,
	    "wrote %s: network %s, trust = open, open-transit = yes, device "
	    "vpl0",
	    j->config, j->network);
	return EXIT_OK;
}

/* All of it at the end of a file, or nothing. False with errno. */
static bool
append(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC), err = 0;
	ssize_t len = (ssize_t)strlen(text), n;
	struct stat st;

	if (fd < 0)
		return false;
	if (fstat(fd, &st) < 0)
		err = errno;
	else if ((n = write(fd, text, (size_t)len)) != len || fsync(fd) < 0) {
		err = n >= 0 && n < len ? ENOSPC : errno;
		if (ftruncate(fd, st.st_size) < 0)
			err = errno;
	}
	close(fd);
	errno = err;
	return err == 0;
}

/* A line at the end of what a person wrote, whose lines all stay. */
static int
add_list(struct join *j)
{
	char quoted[2 * CONFFILE_VALUE], value[CONFFILE_VALUE], *line;
	bool ok;

	if (!conffile_quote(j->string, quoted, sizeof(quoted)))
		return refuse(j, "%s is too long", j->string);
	if (strstr(j->text, quoted) != NULL) {
		did(j, "%s has this list already", j->config);
		return EXIT_OK;
	}
	if (conffile_value(j->text, "entry", value))
		return refuse(j,
		    "%s has lists of its own; add %s to its option entry",
		    j->config, quoted);
	line = xasprintf("\n# Added by vplamctl join.\nentry = %s\n", quoted);
	ok = append(j->config, line);
	free(line);
	if (!ok)
		return refuse(j, "%s: %s", j->config, strerror(errno));
	did(j, "added the list to %s", j->config);
	if (!conffile_value(j->text, "trust", value) ||
	    strcmp(value, "known") == 0)
		did(j,
		    "with trust = known, as there, nobody of the list is "
		    "dialled: see trust in vplamad.conf(5)");
	return EXIT_OK;
}

static int
make_peer(struct join *j)
{
	char dir[PATH_TEXT + 16], *text;
	int rc;

	snprintf(dir, sizeof(dir), "%s/peers.d", j->dir);
	if (make_dir(j, dir, 0755, false) != EXIT_OK)
		return EXIT_FAIL;
	text = join_peer_text(&j->peer);
	rc = file_create(j->peer_file, text, strlen(text), 0644);
	free(text);
	if (rc < 0)
		return refuse(j, "%s: %s", j->peer_file, strerror(-rc));
	did(j, "wrote %s", j->peer_file);
	return EXIT_OK;
}

/* Nothing is written before all of this holds. */
static int
look(struct join *j, bool *ret_key, bool *ret_peer)
{
	char name[JOIN_NAME], key[KEY_TEXT];
	struct cli *cli = j->cli;

	if (take_string(j) != EXIT_OK ||
	    take_network(j,
		cli->opt[OPT_NETWORK] != NULL ? cli->opt[OPT_NETWORK] : "",
		"--network") != EXIT_OK ||
	    take_config(j) != EXIT_OK || look_at_key(j, ret_key) != EXIT_OK)
		return EXIT_FAIL;
	if (j->network[0] == '\0')
		return refuse(j,
		    "the invitation does not tell the network's name: ask, and "
		    "give it with --network NAME");
	*ret_peer = false;
	if (j->peer.n_ep == 0)
		return EXIT_OK;
	key_format(j->peer.key, key);
	if (is_peer(j, key))
		return EXIT_OK;
	if (look_at_pin(j) != EXIT_OK)
		return EXIT_FAIL;
	*ret_peer = true;
	join_peer_name(&j->peer, name);
	if (snprintf(j->peer_file, sizeof(j->peer_file), "%s/peers.d/%s.conf",
		j->dir, name) >= (int)sizeof(j->peer_file))
		return refuse(j, "%s: the name is too long", j->dir);
	if (access(j->peer_file, F_OK) == 0)
		return refuse(j,
		    "%s is there and names another peer; it stays as it is",
		    j->peer_file);
	return EXIT_OK;
}

static int
write_all(struct join *j, bool key, bool peer)
{
	if (key && make_key(j) != EXIT_OK)
		return EXIT_FAIL;
	if (j->text == NULL) {
		if (make_dir(j, j->dir, 0755, false) != EXIT_OK ||
		    make_config(j) != EXIT_OK)
			return EXIT_FAIL;
	} else if (j->peer.n_ep == 0 && add_list(j) != EXIT_OK) {
		return EXIT_FAIL;
	}
	return peer ? make_peer(j) : EXIT_OK;
}

/* A running daemon reads it now; one that does not run will at its start. */
static int
tell(struct join *j)
{
	struct json_object *res = NULL, *doc = json_object_new_object();
	char key[KEY_TEXT];
	struct client cl;
	bool there = client_open(&cl, j->cli->socket);
	int rc = EXIT_OK;

	if (!there && strcmp(cl.code, "not-running") == 0)
		did(j, "vplamad does not run: systemctl enable --now vplama");
	json_object_object_add(
	    doc, "network", json_object_new_string(j->network));
	if (j->peer.n_ep > 0) {
		key_format(j->peer.key, key);
		json_object_object_add(
		    doc, "public_key", json_object_new_string(key));
	}
	json_object_object_add(doc, "text", json_object_get(j->did));
	j->cli->out.ops->lines(&j->cli->out, doc);
	json_object_put(doc);
	if (!there)
		return strcmp(cl.code, "not-running") == 0
		    ? EXIT_OK
		    : cli_fail(j->cli, cl.code, cl.why);
	res = ask_on(j->cli, &cl, "reload", NULL);
	if (res == NULL)
		rc = EXIT_FAIL;
	json_object_put(res);
	client_close(&cl);
	return rc;
}

int
join_by(struct cli *cli, const char *string, const char *pinned,
    struct json_object *lines)
{
	struct join j = {
		.cli = cli, .string = string, .pinned = pinned, .did = lines
	};
	bool key = false, peer = false;
	int rc = EXIT_FAIL;

	j.config = cli->opt[OPT_CONFIG] != NULL ? cli->opt[OPT_CONFIG]
						: CONFFILE_CONFIG;
	snprintf(j.key_file, sizeof(j.key_file), "%s",
	    cli->opt[OPT_KEY_FILE] != NULL ? cli->opt[OPT_KEY_FILE]
					   : CONFFILE_KEY);
	if (look(&j, &key, &peer) == EXIT_OK &&
	    write_all(&j, key, peer) == EXIT_OK)
		rc = tell(&j);
	free(j.text);
	return rc;
}

int
cli_join(struct cli *cli, int argc, char **argv)
{
	struct json_object *lines = json_object_new_array();
	char *string = joined(argc, argv);
	int rc = join_by(cli, string, NULL, lines);

	json_object_put(lines);
	free(string);
	return rc;
}
