#include "vplamctl/pen.h"

#include <string.h>

void
pen_colour(struct out *o, enum colour c)
{
	static const char *const codes[] = {
		[PLAIN] = "\033[0m",
		[BOLD] = "\033[1m",
		[GREEN] = "\033[32m",
		[YELLOW] = "\033[33m",
		[RED] = "\033[31m",
		[CYAN] = "\033[36m",
	};

	if (o->colour)
		fputs(codes[c], o->f);
}

void
pen_text(FILE *f, const char *s)
{
	for (; s != NULL && *s != '\0'; s++)
		fputc((unsigned char)*s < 0x20 || *s == 0x7f ? '?' : *s, f);
}

void
pen_heading(struct out *o, enum colour c, const char *what, const char *name)
{
	pen_colour(o, c);
	pen_colour(o, BOLD);
	fprintf(o->f, "%s", what);
	pen_colour(o, PLAIN);
	fputs(": ", o->f);
	pen_colour(o, c);
	pen_text(o->f, name);
	pen_colour(o, PLAIN);
	fputc('\n', o->f);
}

void
pen_label(struct out *o, const char *what)
{
	fputs("  ", o->f);
	pen_colour(o, BOLD);
	fputs(what, o->f);
	pen_colour(o, PLAIN);
	fputs(": ", o->f);
}

void
pen_line(struct out *o, const char *what, const char *text)
{
	pen_label(o, what);
	pen_text(o->f, text);
	fputc('\n', o->f);
}

void
pen_list(struct out *o, struct json_object *list)
{
	size_t i;

	for (i = 0; i < get_len(list); i++) {
		if (i > 0)
			fputs(", ", o->f);
		pen_text(o->f,
		    json_object_get_string(json_object_array_get_idx(list, i)));
	}
}

void
pen_cell(struct out *o, const char *text, size_t width)
{
	size_t n = strlen(text);

	pen_text(o->f, text);
	for (; n < width; n++)
		fputc(' ', o->f);
	fputs("  ", o->f);
}
