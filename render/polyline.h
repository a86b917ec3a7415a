/* A line through the values of a series: gaps where values are missing, and no more points than
 * pixels can show (spec/insights.md 5.5).
 *
 * Of the points that share half a pixel column the first, lowest, highest and last stay, so that
 * every peak of a dense line is still there. */
#pragma once
#include "render/axis.h"

/* `dashed_tail`: the segment into the last bucket is dashed, for that bucket is still open. */
void polyline_draw(struct canvas *c, const struct axis *axis, const double *values, size_t count,
	bool dashed_tail, struct color ink);

/* What of `count` pairs of x, y is worth drawing, in place; returns how many stay. */
size_t polyline_thin(double *xy, size_t count);
