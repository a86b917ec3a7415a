#include "render/goal.h"

#include <math.h>
#include <string.h>

enum { MAX_GOALS = 50, BUBBLE_HEIGHT = 18, PADDING = 4, DASH = 6, LEAST_PLOT = 32 };

static const struct type text_type = {.size = 11, .weight = WEIGHT_MEDIUM};

static size_t goal_count(const json_t *goals)
{
	return MIN(json_array_size(goals), MAX_GOALS);
}

static const json_t *goals_of(const json_t *query)
{
	return json_get_array(query_filter(query), "goalLines");
}

static double value_of(const json_t *goal)
{
	const json_t *value = json_object_get(goal, "value");

	return json_is_number(value) ? json_number_value(value) : NAN;
}

void goal_add_to_range(const json_t *query, struct axis_range *range)
{
	const json_t *goals = goals_of(query);

	for (size_t i = 0; i < goal_count(goals); i++) {
		axis_range_add(range, value_of(json_array_get(goals, i)));
	}
}

static void draw_bubble(struct canvas *c, const struct axis *axis, double y, const json_t *goal,
	const char *text, struct value_labels *labels)
{
	const struct rect p = axis->plot;
	double width = fmin(ceil(canvas_text_width(c, text, text_type)) + 2 * PADDING, p.w);
	bool at_end = strcmp(json_get_text(goal, "position", "start"), "end") == 0;
	double x = at_end ? p.x + p.w - width : p.x;
	double top = fmax(fmin(y - BUBBLE_HEIGHT / 2.0, p.y + p.h - BUBBLE_HEIGHT), p.y - PADDING);
	struct rect box = {x, top, width, BUBBLE_HEIGHT};

	if (labels) {
		value_labels_keep_clear(labels, box);
	}
	canvas_fill_rect(c, box, 4, CORNERS_ALL, axis->theme->bubble);
	box.x += PADDING;
	box.w -= 2 * PADDING - 1;
	canvas_text(c, box, text, text_type, ALIGN_START, (struct color){1, 1, 1, 1});
}

void goal_draw(struct canvas *c, const struct axis *axis, const json_t *query,
	const struct number_format *format, double high, struct value_labels *labels)
{
	const json_t *goals = goals_of(query);
	struct color ink = color_with_alpha(axis->theme->text, 0.4);
	struct stroke stroke = {.width = 2, .dash = DASH, .gap = DASH};

	for (size_t i = 0; i < goal_count(goals); i++) {
		const json_t *goal = json_array_get(goals, i);
		const char *border = json_get_text(goal, "borderColor", NULL);
		double value = value_of(goal);
		double y = axis_y(axis, value);
		double line[] = {axis->plot.x, y, axis->plot.x + axis->plot.w, y};
		g_autofree char *number = number_text(format, value);
		const char *label = json_get_text(goal, "label", number);

		if (isnan(value) ||
			(!json_get_bool(goal, "displayIfCrossed", true) && high >= value)) {
			continue;
		}
		canvas_line(c, line, 2, stroke,
			border && color_is_hex(border) ? color_of_hex(border) : ink);
		if (axis->plot.h >= LEAST_PLOT && json_get_bool(goal, "displayLabel", true) &&
			label[0] != '\0') {
			draw_bubble(c, axis, y, goal, label, labels);
		}
	}
}
