/* Which colour is whose: swatches and names beside a plot (spec/insights.md 5.11).
 *
 * Below or above, items wrap and are centred; at a side they stand one below the other.  What
 * would take more than a third of the box folds into "and 28 more". */
#pragma once
#include "render/canvas.h"
#include "render/result.h"

struct legend_item {
	const char *text;
	struct color color;
};

enum legend_side { LEGEND_BOTTOM, LEGEND_TOP, LEGEND_LEFT, LEGEND_RIGHT };

/* Draws at the side and returns what is left of the box.  A box too small for both keeps the
 * plot and drops the legend. */
struct rect legend_draw(struct canvas *c, struct rect box, const struct legend_item *items,
	size_t count, enum legend_side side, const struct theme *theme);

/* For a chart of series: those that are not hidden, at legendPosition; nothing for a single one
 * or when `wanted` is false. */
struct rect legend_draw_series(struct canvas *c, struct rect box, const struct result *r,
	const json_t *query, bool wanted, const struct theme *theme);
