/* Goal lines: a value to reach, dashed across the plot, with its name (spec/insights.md 5.10).
 *
 * Add them to the range before the axis is made, so that the axis holds them. */
#pragma once
#include "render/axis.h"
#include "render/value_label.h"

void goal_add_to_range(const json_t *query, struct axis_range *range);
/* `high` is the largest value of the series: a goal may be hidden once it is reached.
 * Its name keeps clear of `labels`, which may be NULL. */
void goal_draw(struct canvas *c, const struct axis *axis, const json_t *query,
	const struct number_format *format, double high, struct value_labels *labels);
