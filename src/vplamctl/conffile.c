#include "vplamctl/conffile.h"

#include <stdlib.h>
#include <string.h>

#include "base/cfgtext.h"
#include "base/fdutil.h"
#include "base/xmem.h"

char *
conffile_read(const char *path, int *ret_err, const char **ret_why)
{
	char *text = xmalloc(CONFFILE_BYTES + 1);
	ssize_t len = file_read(path, text, CONFFILE_BYTES + 1);
	int line;

	*ret_why = NULL;
	*ret_err = len < 0 ? (int)-len : 0;
	if (len >= 0)
		*ret_why = cfgtext_prepare(text, (size_t)len, &line);
	if (len >= 0 && *ret_why == NULL)
		return text;
	free(text);
	return NULL;
}

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static const char *
skip_space(const char *p)
{
	return p + strspn(p, " \t\r\n");
}

/* Behind the quoted text that begins at p. */
static const char *
skip_quoted(const char *p)
{
	char quote = *p++;

	while (*p != '\0' && *p != quote)
		p += *p == '\\' && p[1] != '\0' ? 2 : 1;
	return *p != '\0' ? p + 1 : p;
}

/* The value at p, without its quotes. */
static bool
value_get(const char *p, char ret[CONFFILE_VALUE])
{
	char quote = *p == '"' || *p == '\'' ? *p++ : '\0';
	size_t n = 0;

	while (*p != '\0' && n < CONFFILE_VALUE) {
		if (quote != '\0' ? *p == quote
				  : strchr(" \t\r\n,}{", *p) != NULL)
			break;
		if (quote == '"' && *p == '\\' && p[1] != '\0')
			p++;
		ret[n++] = *p++;
	}
	if (n == 0 || n == CONFFILE_VALUE)
		return false;
	ret[n] = '\0';
	return true;
}

/* At a word outside of blocks: is it "option =", and what follows? */
static const char *
after_option(const char *p, const char *option)
{
	size_t len = strlen(option);

	if (strncmp(p, option, len) != 0 || is_word(p[len]))
		return NULL;
	p = skip_space(p + len);
	if (*p != '=')
		return NULL;
	p = skip_space(p + 1);
	return *p == '{' ? skip_space(p + 1) : p;
}

bool
conffile_value(const char *text, const char *option, char ret[CONFFILE_VALUE])
{
	unsigned depth = 0;
	const char *p = text, *v;

	ret[0] = '\0';
	while (*p != '\0') {
		if (*p == '"' || *p == '\'') {
			p = skip_quoted(p);
			continue;
		}
		if (is_word(*p)) {
			v = depth == 0 ? after_option(p, option) : NULL;
			if (v != NULL)
				return value_get(v, ret);
			while (is_word(*p))
				p++;
			continue;
		}
		if (*p == '{')
			depth++;
		else if (*p == '}' && depth > 0)
			depth--;
		p++;
	}
	return false;
}

bool
conffile_quote(const char *value, char *ret, size_t max)
{
	size_t n = 0;

	if (max < 3)
		return false;
	ret[n++] = '"';
	for (; *value != '\0'; value++) {
		bool escape = strchr("\"\\$", *value) != NULL;

		if (n + escape + 3 > max)
			return false;
		if (escape)
			ret[n++] = '\\';
		ret[n++] = *value;
	}
	ret[n++] = '"';
	ret[n] = '\0';
	return true;
}

const char *
conffile_network(struct network *net, const char *name, const char *key_file)
{
	uint8_t key[KEY_LEN];
	const char *why = NULL;

	if (key_file[0] == '\0') {
		network_open(net, name, strlen(name));
		return NULL;
	}
	if (!key_file_load(key_file, key, &why))
		return why;
	network_closed(net, key);
	wipe(key, sizeof(key));
	return NULL;
}

const char *
conffile_identity(const char *path, struct identity *ret)
{
	uint8_t seed[KEY_LEN];
	const char *why = NULL;
	bool ok;

	if (!key_file_load(path, seed, &why))
		return why;
	ok = identity_from_seed(seed, ret);
	wipe(seed, sizeof(seed));
	return ok ? NULL : "does not hold a usable key";
}
