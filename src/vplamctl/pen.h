/* How the text output writes: colours, lines with a label, columns. */
#ifndef VPLAM_VPLAMCTL_PEN_H
#define VPLAM_VPLAMCTL_PEN_H

#include <stdio.h>

#include "vplamctl/out.h"

enum colour { PLAIN, BOLD, GREEN, YELLOW, RED, CYAN };

/* What follows has this colour, if the output has any. */
void pen_colour(struct out *o, enum colour c);

/* Text from outside: it must not steer the terminal. */
void pen_text(FILE *f, const char *s);

/* "what: name", on a line of its own. */
void pen_heading(
    struct out *o, enum colour c, const char *what, const char *name);

/* "  what: ", and a whole line of it. */
void pen_label(struct out *o, const char *what);
void pen_line(struct out *o, const char *what, const char *text);

/* The strings of an array, parted by commas. */
void pen_list(struct out *o, struct json_object *list);

/* Text in a column of its own, parted from the next by two spaces. */
void pen_cell(struct out *o, const char *text, size_t width);

#endif
