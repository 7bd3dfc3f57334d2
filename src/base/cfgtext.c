#include "base/cfgtext.h"

#include <stdbool.h>
#include <string.h>

#define BRACES 8 /* deeper nesting is the parser's to refuse */

struct scan {
	char *p, *end;
	int line;
	int brace[BRACES]; /* lines of the open ones */
	unsigned depth;
};

static void
step(struct scan *s)
{
	if (*s->p == '\n')
		s->line++;
	s->p++;
}

/* From the quote to the one that closes it; false when there is none. */
static bool
skip_quoted(struct scan *s)
{
	char quote = *s->p;

	for (step(s); s->p < s->end; step(s)) {
		if (*s->p == '\\' && s->p + 1 < s->end)
			step(s);
		else if (*s->p == quote)
			break;
	}
	if (s->p == s->end)
		return false;
	step(s);
	return true;
}

static void
blank_line(struct scan *s)
{
	while (s->p < s->end && *s->p != '\n')
		*s->p++ = ' ';
}

static bool
blank_comment(struct scan *s)
{
	char *close = NULL;

	if (s->end - s->p >= 4)
		close = memmem(s->p + 2, (size_t)(s->end - s->p) - 2, "*/", 2);
	if (close == NULL)
		return false;
	for (; s->p < close + 2; step(s))
		if (*s->p != '\n')
			*s->p = ' ';
	return true;
}

static void
note_brace(struct scan *s)
{
	if (*s->p == '{' && s->depth++ < BRACES)
		s->brace[s->depth - 1] = s->line;
	if (*s->p == '}' && s->depth > 0)
		s->depth--;
	step(s);
}

const char *
cfgtext_prepare(char *text, size_t len, int *ret_line)
{
	struct scan s = { .p = text, .end = text + len, .line = 1 };

	while (s.p < s.end) {
		char c = *s.p, next = s.p + 1 < s.end ? s.p[1] : '\0';

		*ret_line = s.line;
		if (c == '\0')
			return "a NUL byte; expected text";
		if (c == '"' || c == '\'') {
			if (!skip_quoted(&s))
				return "a quote that is never closed";
		} else if (c == '#' || (c == '/' && next == '/')) {
			blank_line(&s);
		} else if (c == '/' && next == '*') {
			if (!blank_comment(&s))
				return "a comment that is never closed";
		} else {
			note_brace(&s);
		}
	}
	if (s.depth == 0)
		return NULL;
	*ret_line = s.brace[s.depth <= BRACES ? s.depth - 1 : BRACES - 1];
	return "a { that is never closed";
}
