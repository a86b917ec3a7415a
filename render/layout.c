#include "render/layout.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
static const struct {
	const char *name;
	int w, h;
} sizes[] = {
	{"BoldNumber",     2, 2},
	{"Metric",         3, 3},
	{"FunnelsQuery",   4, 4},
	{"RetentionQuery", 6, 7},
	{"PathsQuery",     12, 7},
	{"text",           2, 2},
};
/* clang-format on */

void layout_default_size(const char *kind, const char *display, int *w, int *h)
{
	*w = 6;
	*h = 5;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		if (strcmp(sizes[i].name, kind) == 0 || strcmp(sizes[i].name, display) == 0) {
			*w = sizes[i].w;
			*h = sizes[i].h;
			return;
		}
	}
}

static void pull_inside(struct cell *cell)
{
	cell->w = CLAMP(cell->w, 1, LAYOUT_COLUMNS);
	cell->h = CLAMP(cell->h, 1, LAYOUT_MAX_ROWS);
	cell->x = CLAMP(cell->x, 0, LAYOUT_COLUMNS - cell->w);
	cell->y = CLAMP(cell->y, 0, LAYOUT_MAX_ROWS);
}

static int bottom(const struct cell *cell)
{
	return cell->y + cell->h;
}

static bool share_columns(const struct cell *a, const struct cell *b)
{
	return a->x < b->x + b->w && b->x < a->x + a->w;
}

static bool overlap(const struct cell *a, const struct cell *b)
{
	return share_columns(a, b) && a->y < bottom(b) && b->y < bottom(a);
}

/* Below the window of columns that is filled least deep, leftmost first. */
static void find_place(struct cell *cell, const struct cell *cells, size_t count)
{
	int depth[LAYOUT_COLUMNS] = {0};
	int best = -1;

	for (size_t i = 0; i < count; i++) {
		if (cells[i].placed) {
			for (int x = cells[i].x; x < cells[i].x + cells[i].w; x++) {
				depth[x] = MAX(depth[x], bottom(&cells[i]));
			}
		}
	}
	for (int x = 0; x + cell->w <= LAYOUT_COLUMNS; x++) {
		int deepest = 0;

		for (int column = x; column < x + cell->w; column++) {
			deepest = MAX(deepest, depth[column]);
		}
		if (best < 0 || deepest < best) {
			best = deepest;
			cell->x = x;
			cell->y = deepest;
		}
	}
	cell->placed = true;
}

/* By y, then x, then the order that was given: what comes first stays, what comes later moves. */
static int compare_places(gconstpointer left, gconstpointer right, gpointer unused)
{
	const struct cell *a = *(struct cell *const *)left, *b = *(struct cell *const *)right;

	(void)unused;
	if (a->y != b->y) {
		return a->y < b->y ? -1 : 1;
	}
	if (a->x != b->x) {
		return a->x < b->x ? -1 : 1;
	}
	return a < b ? -1 : a > b;
}

static void settle(struct cell *cell, struct cell **settled, size_t count)
{
	bool free_here = true;
	int top = 0;

	for (size_t i = 0; i < count; i++) {
		free_here = free_here && !overlap(cell, settled[i]);
		if (share_columns(cell, settled[i]) && bottom(settled[i]) <= cell->y) {
			top = MAX(top, bottom(settled[i]));
		}
	}
	if (free_here) {
		cell->y = top;
		return;
	}
	/* Each push moves it below one more tile, so there are at most `count` of them. */
	for (bool pushed = true; pushed;) {
		pushed = false;
		for (size_t i = 0; i < count; i++) {
			if (overlap(cell, settled[i])) {
				cell->y = bottom(settled[i]);
				pushed = true;
			}
		}
	}
}

void layout_place(struct cell *cells, size_t count, double width)
{
	g_autofree struct cell **order = g_new(struct cell *, count + 1);

	for (size_t i = 0; i < count; i++) {
		pull_inside(&cells[i]);
	}
	for (size_t i = 0; i < count; i++) {
		if (!cells[i].placed) {
			find_place(&cells[i], cells, count);
		}
		order[i] = &cells[i];
	}
	g_qsort_with_data(order, (int)count, sizeof(struct cell *), compare_places, NULL);
	for (size_t i = 0; i < count; i++) {
		if (width <= LAYOUT_NARROW) {
			order[i]->x = 0;
			order[i]->w = LAYOUT_COLUMNS;
			order[i]->y = i == 0 ? 0 : bottom(order[i - 1]);
		} else {
			settle(order[i], order, i);
		}
	}
}

struct rect layout_rect(const struct cell *cell, double width)
{
	double pitch = (width + LAYOUT_GAP) / LAYOUT_COLUMNS;
	double left = round(pitch * cell->x);

	/* Rounding the right edge rather than the width keeps every gap 16 px wide. */
	return (struct rect){left, (double)cell->y * (LAYOUT_ROW + LAYOUT_GAP),
		round(pitch * (cell->x + cell->w)) - LAYOUT_GAP - left,
		(double)cell->h * (LAYOUT_ROW + LAYOUT_GAP) - LAYOUT_GAP};
}

double layout_height(const struct cell *cells, size_t count)
{
	int rows = 0;

	for (size_t i = 0; i < count; i++) {
		rows = MAX(rows, bottom(&cells[i]));
	}
	return rows == 0 ? 0 : (double)rows * (LAYOUT_ROW + LAYOUT_GAP) - LAYOUT_GAP;
}
