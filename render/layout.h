/* Tiles on a grid of 12 columns (spec/insights.md 6.2): rows of 80 px, gaps of 16 px, every tile
 * moved up until it touches another.  Integers in, rectangles out; nothing is measured. */
#pragma once
#include "render/canvas.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	LAYOUT_COLUMNS = 12,
	LAYOUT_ROW = 80,
	LAYOUT_GAP = 16,
	LAYOUT_NARROW = 768, /* up to this width tiles stand in one column */
	LAYOUT_MAX_ROWS = 1000 /* of one tile, and where a position may lie */
};

struct cell {
	int x, y, w, h; /* in columns and rows */
	bool placed; /* x and y are given */
};

/* The size of a tile that says none, by what it shows: a query kind, or a display for trends;
 * "text" for a text tile. */
void layout_default_size(const char *kind, const char *display, int *w, int *h);

/* Gives every cell its place; cells without one come in the order of the array.  Sizes and
 * positions outside the grid are moved into it. */
void layout_place(struct cell *cells, size_t count, double width);

/* Relative to the grid's corner, on whole pixels so that borders stay sharp. */
struct rect layout_rect(const struct cell *cell, double width);
double layout_height(const struct cell *cells, size_t count);
