/* The parts of the page; page.c puts them in order. */
#ifndef VPLAM_ENTRYSERVER_PAGE_PARTS_H
#define VPLAM_ENTRYSERVER_PAGE_PARTS_H

#include <stdio.h>

#include "entryserver/model.h"

/* By scripts/page2c.awk from page.css, page.js, land.txt. */
const char *page_css(void);
const char *page_js(void);
const char *page_policy_meta(void); /* what a page may say of itself */
const char *page_land(void);	    /* what a <path> may hold */

/* Columns and rows of land.txt: cells of 2.5 by 2 degrees. */
#define LAND_WIDE 144
#define LAND_HIGH 67
#define LAND_CELL_LON 250000 /* 1/100000 degree */
#define LAND_CELL_LAT 200000
#define LAND_WEST (-18000000) /* of its upper left corner */
#define LAND_NORTH 7800000

/* Nothing when nobody gave a place. */
void page_map(const struct model *m, FILE *out);

/* How to join: lines to paste, a QR code. */
void page_join(const struct model *m, FILE *out);

/* All vnodes, a row each. */
void page_table(const struct model *m, FILE *out);

#endif
