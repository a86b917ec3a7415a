/* What a card shows instead of a chart: that there is no data, or why it could not be drawn
 * (spec/insights.md 5.27).  The two look different, so that nobody takes a failure for a zero. */
#pragma once
#include "render/canvas.h"
#include "render/theme.h"

void state_draw_empty(struct canvas *c, struct rect box, const struct theme *theme);
void state_draw_failed(
	struct canvas *c, struct rect box, const char *message, const struct theme *theme);
