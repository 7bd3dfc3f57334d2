#include "vplamctl/jointext.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/log.h"
#include "crypto/keys.h"
#include "vplamctl/conffile.h"

static bool
is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9');
}

void
join_peer_name(const struct uri *u, char ret[static JOIN_NAME])
{
	char key[BASE64_TEXT(RECORD_KEY)];
	size_t i, n = 0;

	for (i = 0; u->name[i] != '\0' && n < JOIN_NAME - 1; i++) {
		if (is_plain(u->name[i]))
			ret[n++] = u->name[i];
		else if (n > 0 && ret[n - 1] != '-')
			ret[n++] = '-';
	}
	while (n > 0 && ret[n - 1] == '-')
		n--;
	ret[n] = '\0';
	if (n > 0)
		return;
	base64_format(BASE64_URL, u->key, sizeof(u->key), key);
	snprintf(ret, JOIN_NAME, "vnode-%.8s", key);
}

/* Grows as it is written. */
static FILE *
text_open(char **ret, size_t *len)
{
	FILE *f = open_memstream(ret, len);

	if (f == NULL)
		fatalx("out of memory");
	return f;
}

static void
text_close(FILE *f)
{
	if (fclose(f) != 0)
		fatalx("out of memory");
}

char *
join_peer_text(const struct uri *u)
{
	char key[KEY_TEXT], name[JOIN_NAME], *text;
	size_t len;
	unsigned i;
	FILE *f = text_open(&text, &len);

	key_format(u->key, key);
	join_peer_name(u, name);
	fprintf(f,
	    "# Made by vplamctl join and yours from now on.\n"
	    "peer \"%s\" {\n\tpublic-key = \"%s\"\n\tendpoint = { ",
	    name, key);
	for (i = 0; i < u->n_ep; i++) {
		bool v6 = strchr(u->ep[i].host, ':') != NULL;

		fprintf(f, v6 ? "%s\"[%s]:%u\"" : "%s\"%s:%u\"",
		    i > 0 ? ", " : "", u->ep[i].host, u->ep[i].port);
	}
	fputs(" }\n}\n", f);
	text_close(f);
	return text;
}

/* Nothing for NULL. */
static bool
option_put(FILE *f, const char *option, const char *value)
{
	char quoted[2 * CONFFILE_VALUE];

	if (value == NULL)
		return true;
	if (!conffile_quote(value, quoted, sizeof(quoted)))
		return false;
	fprintf(f, "%s = %s\n", option, quoted);
	return true;
}

char *
join_config_text(const char *network, const char *key_file, const char *list)
{
	char *text;
	size_t len;
	FILE *f = text_open(&text, &len);
	bool ok;

	fputs("# Made by vplamctl join and yours from now on; see "
	      "vplamad.conf(5).\n",
	    f);
	ok = option_put(f, "network", network) &&
	    option_put(f, "private-key-file", key_file) &&
	    option_put(f, "entry", list);
	fputs("\n# Whoever knows the network may have a tunnel with us, and "
	      "send packets through\n# it. Without open-transit only peers "
	      "that files here name may do the latter.\n"
	      "trust = open\nopen-transit = yes\n\n"
	      "# The interface for the mesh daemon.\n"
	      "device \"vpl0\" {\n}\n",
	    f);
	text_close(f);
	if (ok)
		return text;
	free(text);
	return NULL;
}
