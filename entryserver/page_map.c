/* Where the vnodes are: dots of light on a world of dots. */
#include <stdbool.h>

#include "entryserver/page_html.h"
#include "entryserver/page_parts.h"

/* Lengths on the map are hundredths of a cell. */
#define CELL 100
#define MARGIN (6 * CELL)
#define CROWD 40	       /* places, from where dots are smaller */
#define LEAST_WIDE (44 * CELL) /* nearer, the land would be coarse */

struct view {
	int x, y, wide, high;
};

static int
clamp(int v, int least, int most)
{
	return v < least ? least : v > most ? most : v;
}

/* So that no cell is cut. */
static int
whole(int v)
{
	return v - v % CELL;
}

static int
map_x(const struct entry_server *s)
{
	return clamp(
	    (s->lon - LAND_WEST) / (LAND_CELL_LON / CELL), 0, LAND_WIDE * CELL);
}

static int
map_y(const struct entry_server *s)
{
	return clamp((LAND_NORTH - s->lat) / (LAND_CELL_LAT / CELL), 0,
	    LAND_HIGH * CELL);
}

/* The part of the world that holds all places; false: there are none. */
static bool
look_at(const struct entry_list *l, struct view *v, unsigned *ret_places)
{
	int left = LAND_WIDE * CELL, top = LAND_HIGH * CELL;
	int right = 0, bottom = 0;
	unsigned i, n = 0;

	for (i = 0; i < l->n; i++) {
		const struct entry_server *s = &l->server[i];

		if (!s->has_place)
			continue;
		n++;
		left = map_x(s) < left ? map_x(s) : left;
		right = map_x(s) > right ? map_x(s) : right;
		top = map_y(s) < top ? map_y(s) : top;
		bottom = map_y(s) > bottom ? map_y(s) : bottom;
	}
	*ret_places = n;
	if (n == 0)
		return false;
	v->wide = right - left + 2 * MARGIN;
	v->high = bottom - top + 2 * MARGIN;
	/* Always of one shape. */
	if (v->wide < v->high * 2)
		v->wide = v->high * 2;
	v->wide = clamp(whole(v->wide + CELL), LEAST_WIDE, LAND_WIDE * CELL);
	v->high = clamp(whole(v->wide / 2), 0, LAND_HIGH * CELL);
	v->x = clamp(
	    whole((left + right - v->wide) / 2), 0, LAND_WIDE * CELL - v->wide);
	v->y = clamp(
	    whole((top + bottom - v->high) / 2), 0, LAND_HIGH * CELL - v->high);
	return true;
}

static void
dot(const struct entry_server *s, int radius, FILE *out)
{
	int x = map_x(s), y = map_y(s);

	fprintf(out,
	    "<circle%s cx=\"%d.%02d\" cy=\"%d.%02d\" r=\"%d.%02d\"><title>",
	    s->up ? "" : " class=\"silent\"", x / CELL, x % CELL, y / CELL,
	    y % CELL, radius / CELL, radius % CELL);
	html_text(out, s->name[0] != '\0' ? s->name : "without a name");
	if (s->community[0] != '\0') {
		fputs(", ", out);
		html_text(out, s->community);
	}
	fprintf(out, ": %s</title></circle>\n", s->up ? "up" : "silent");
}

void
page_map(const struct model *m, FILE *out)
{
	struct view v;
	unsigned i, places;

	if (!look_at(&m->list, &v, &places))
		return;
	fprintf(out,
	    "<figure class=\"map\">\n<svg viewBox=\"%d.%02d %d.%02d %d.%02d "
	    "%d.%02d\" role=\"img\" aria-label=\"World map with %u place%s; "
	    "the list names them\">\n<path class=\"land\" d=\"%s\"/>\n"
	    "<g class=\"places\">\n",
	    v.x / CELL, v.x % CELL, v.y / CELL, v.y % CELL, v.wide / CELL,
	    v.wide % CELL, v.high / CELL, v.high % CELL, places,
	    places == 1 ? "" : "s", page_land());
	/* The first of the list on top. */
	for (i = m->list.n; i-- > 0;)
		if (m->list.server[i].has_place)
			dot(&m->list.server[i],
			    v.wide / (places < CROWD ? 120 : 170), out);
	fputs("</g>\n</svg>\n</figure>\n", out);
}
