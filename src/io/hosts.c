#include "io/hosts.h"

#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/xmem.h"

#define WHITE " \t\r"

char *
hosts_load(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	size_t len = 0, room = 4096;
	char *text = try_malloc(room + 1), *more;
	ssize_t n;

	while (text != NULL && fd >= 0 && len < HOSTS_MAX) {
		if (len == room) {
			more = try_reallocarray(text, 2 * room + 1, 1);
			if (more == NULL)
				break;
			text = more;
			room *= 2;
		}
		n = read(fd, text + len, room - len);
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	if (fd >= 0)
		close(fd);
	if (text != NULL)
		text[len] = '\0';
	return text;
}

/* The next word up to end; *p is behind it then. */
static size_t
word(const char **p, const char *end, const char **ret)
{
	while (*p < end && strchr(WHITE, **p) != NULL)
		(*p)++;
	*ret = *p;
	while (*p < end && strchr(WHITE, **p) == NULL)
		(*p)++;
	return (size_t)(*p - *ret);
}

static bool
line_has(const char *p, const char *end, const char *name)
{
	size_t len, want = strlen(name);
	const char *w;

	while ((len = word(&p, end, &w)) > 0)
		if (len == want && strncasecmp(w, name, len) == 0)
			return true;
	return false;
}

/* "ADDRESS NAME..." and perhaps a comment. */
static bool
line_find(const char *p, const char *end, const char *name, uint16_t port,
    struct addr *ret)
{
	const char *hash = memchr(p, '#', (size_t)(end - p)), *w;
	char text[ADDR_TEXT];
	size_t len;

	if (hash != NULL)
		end = hash;
	len = word(&p, end, &w);
	if (len == 0 || len >= sizeof(text) || !line_has(p, end, name))
		return false;
	memcpy(text, w, len);
	text[len] = '\0';
	if (!addr_parse(text, port, ret))
		return false;
	ret->port = port;
	return true;
}

unsigned
hosts_find(const char *text, const char *name, uint16_t port, struct addr *ret,
    unsigned max)
{
	const char *p = text, *end;
	unsigned n = 0;

	while (p != NULL && *p != '\0' && n < max) {
		end = p + strcspn(p, "\n");
		if (line_find(p, end, name, port, &ret[n]))
			n++;
		p = *end == '\0' ? end : end + 1;
	}
	return n;
}
