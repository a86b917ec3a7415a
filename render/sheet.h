/* Rows and columns of text in a box: what tables on pages and tiles are drawn with
 * (spec/insights.md 5.24, 5.25).
 *
 * Numbers stand at the right and are never cut; texts are, with an ellipsis.  Rows and columns that
 * do not fit are left out whole, and a last line says how many. */
#pragma once
#include "render/canvas.h"
#include "render/theme.h"

struct sheet_column {
	const char *title;
	bool numeric; /* right-aligned */
};

struct sheet {
	const struct sheet_column *columns;
	size_t column_count, row_count;
	/* The text of a cell, g_free()d by the sheet; NULL for one without a value. */
	char *(*cell)(const void *from, size_t row, size_t column);
	/* A swatch before the first column, or NULL for none. */
	struct color (*color)(const void *from, size_t row);
	const void *from;
};

/* Of all rows, as far as a picture may be high. */
double sheet_height(const struct sheet *s);
void sheet_draw(
	struct canvas *c, struct rect box, const struct sheet *s, const struct theme *theme);
